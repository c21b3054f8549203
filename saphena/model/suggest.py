"""Nearest known words, for remedies and searches."""

from __future__ import annotations

from rapidfuzz import fuzz, process


def nearest(word: str, words: list[str], limit: int = 3) -> list[str]:
    """The most similar known words, best first; empty if none is close."""
    return [match for match, score, _ in process.extract(word, words, limit=limit) if score >= 60]


def nearest_entries(word: str, names: dict[str, list[str]], limit: int = 3) -> list[str]:
    """Ids whose own or other names are most similar to a word, best first."""
    plain = word.replace("_", " ").lower()
    scores = {
        id_: max(fuzz.ratio(plain, name.lower()) for name in (id_.replace("_", " "), *of)) for id_, of in names.items()
    }
    close = sorted((id_ for id_, score in scores.items() if score >= 60), key=lambda id_: -scores[id_])
    return close[:limit]


def _alike(a: str, b: str) -> float:
    """Similarity of the whole, or a little less for that of the words they share (0 to 100)."""
    return max(fuzz.ratio(a, b), 0.9 * fuzz.token_set_ratio(a, b))


def did_you_mean(word: str, words: list[str]) -> str:
    """A remedy sentence for an unknown word."""
    close = nearest(word, words)
    return f"Did you mean {' or '.join(close)}?" if close else "Check the spelling"

"""Nearest known words, for remedies and searches."""

from __future__ import annotations

from rapidfuzz import process


def nearest(word: str, words: list[str], limit: int = 3) -> list[str]:
    """The most similar known words, best first; empty if none is close."""
    return [match for match, score, _ in process.extract(word, words, limit=limit) if score >= 60]


def did_you_mean(word: str, words: list[str]) -> str:
    """A remedy sentence for an unknown word."""
    close = nearest(word, words)
    return f"Did you mean {' or '.join(close)}?" if close else "Check the spelling"

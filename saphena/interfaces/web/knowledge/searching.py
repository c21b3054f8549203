"""Search over names and synonyms in all languages: begins of words count, and so does a slip of the keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process, utils

from saphena.model.network import Model

KINDS = ("conditions", "findings", "treatments", "investigations", "instruments", "red_flags")
CLOSE = 78
"""Likeness of two words, of 100, from which one may be a slip for the other."""
SHORT = 4
"""Words with fewer letters must be typed as they are."""
MOST = 12
"""Of one kind."""


@dataclass(frozen=True)
class Term:
    """A name under which an entry may be looked for."""

    kind: str
    id: str
    words: tuple[str, ...]


def split(text: str) -> tuple[str, ...]:
    """Words without marks, in small letters; ё as е."""
    return tuple(utils.default_process(text).replace("ё", "е").split())


@lru_cache(maxsize=4)
def _terms(model: Model) -> tuple[tuple[Term, ...], tuple[str, ...]]:
    k = model.knowledge
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for kind, held in (("conditions", k.conditions), ("findings", k.findings)):
        for id_, one in held.items():
            names[kind, id_] |= {one.name, *one.synonyms, *(c for of in one.codes.values() for c in of)}
            for of in k.words.values():
                if id_ in of:
                    names[kind, id_] |= {of[id_].name, *of[id_].synonyms}
    for condition in k.conditions.values():
        names["conditions", condition.id] |= {state.name for state in condition.states}
    for treatment in k.care.treatments.values():
        names["treatments", treatment.id] |= {treatment.name, *treatment.atc}
    names |= {("investigations", one.id): {one.name} for one in k.care.investigations.values()}
    names |= {("instruments", one.id): {one.name} for one in k.instruments.values()}
    names |= {("red_flags", one.id): {one.name} for one in k.red_flags}
    for by_kind in k.patient_words.values():
        for kind, entries in by_kind.items():
            for id_, word in entries.items():
                if (kind, id_) in names:
                    names[kind, id_].add(word.name)
    terms = [Term(kind, id_, split(name)) for (kind, id_), of in names.items() for name in {*of, id_.replace("_", " ")}]
    return tuple(terms), tuple({word for term in terms for word in term.words})


def search(model: Model, asked: str) -> dict[str, list[str]]:
    """Kind -> ids, best first; kinds with nothing found are left out."""
    wanted = split(asked[:100])
    if not wanted:
        return {}
    terms, vocabulary = _terms(model)
    near = [_near(word, vocabulary) for word in wanted]
    best: dict[tuple[str, str], float] = {}
    for term in terms:
        score = _score(term, near)
        if score > best.get((term.kind, term.id), 0.0):
            best[term.kind, term.id] = score
    found: dict[str, list[str]] = {}
    for (kind, id_), _ in sorted(best.items(), key=lambda pair: (-pair[1], pair[0])):
        if len(of := found.setdefault(kind, [])) < MOST:
            of.append(id_)
    return {kind: found[kind] for kind in KINDS if kind in found}


def _near(word: str, vocabulary: Iterable[str]) -> dict[str, float]:
    """Words that may be meant, with how likely."""
    close = {}
    if len(word) >= SHORT:
        close = {match: score for match, score, _ in process.extract(word, vocabulary, scorer=fuzz.ratio, limit=40)
                 if score >= CLOSE}  # fmt: skip
    for known in vocabulary:
        if known.startswith(word):
            close[known] = max(close.get(known, 0.0), 100.0 if known == word else 95.0)
    return close


def _score(term: Term, near: list[dict[str, float]]) -> float:
    """How well a name answers: every word asked for must be in it, and little else."""
    scores = [max((words.get(word, 0.0) for word in term.words), default=0.0) for words in near]
    if not all(scores):
        return 0.0
    return sum(scores) / len(scores) - 1.5 * max(0, len(term.words) - len(near))

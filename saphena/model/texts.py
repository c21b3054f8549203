"""The shape of what is said: sentences, clinical words of a language, and what the source article names."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from saphena.model.numbers import Id, Probability, Strict, TriageLevel


class TriageText(Strict):
    name: str
    clinician: str
    patient: str


class ProbabilityWord(Strict):
    at_least: Probability
    word: str


class TextFile(Strict):
    """Sentences shown to people, in one language."""

    language: Literal["en", "ru"]
    intended_use: str
    triage: dict[TriageLevel, TriageText]
    words: tuple[ProbabilityWord, ...]
    sentences: dict[Id, str]


class Words(Strict):
    """How one thing is called in another language than English, and how a patient is asked for it or told of it."""

    name: str
    question: str | None = None
    patient: str | None = None
    synonyms: tuple[str, ...] = ()


class WordsFile(Strict):
    """Clinical words in one language. English names stand with the entries themselves; what a patient is told of a
    condition stands here in every language."""

    language: Literal["en", "ru"]
    findings: dict[Id, Words] = {}
    measurements: dict[Id, Words] = {}
    risk_factors: dict[Id, Words] = {}
    conditions: dict[Id, Words] = {}
    facts: dict[Id, Words] = {}
    medicines: dict[Id, Words] = {}
    red_flags: dict[Id, Words] = {}
    treatments: dict[Id, Words] = {}
    investigations: dict[Id, Words] = {}
    referrals: dict[Id, Words] = {}
    follow_up: dict[Id, Words] = {}


class ArticleRow(Strict):
    """One item of the source article: the ids that hold it, or why there is none."""

    section: str
    item: str
    ids: tuple[Id, ...] = Field(
        (), description="Conditions, findings, risk factors, measurements, mechanisms, red flags"
    )
    treatments: tuple[Id, ...] = ()
    investigations: tuple[Id, ...] = ()
    instruments: tuple[Id, ...] = ()
    referrals: tuple[Id, ...] = ()
    answer: str | None = None

    @property
    def held(self) -> tuple[Id, ...]:
        """Every id that holds it."""
        return (*self.ids, *self.treatments, *self.investigations, *self.instruments, *self.referrals)

    @model_validator(mode="after")
    def _answered(self) -> Self:
        if not self.held and not self.answer:
            raise ValueError("an item of the article without an answer; add ids, or answer: the reason")
        return self


class ArticleFile(Strict):
    """Every item of the source article."""

    rows: tuple[ArticleRow, ...]

"""How good is it, and where does it fail: the recorded figures, case by case, and never without what they hold for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from saphena.evaluation.evaluate import Group
from saphena.evaluation.metrics import Figure
from saphena.evaluation.recorded import Evaluation, Presentations, read
from saphena.evaluation.results import CaseResult
from saphena.evaluation.tables import tables
from saphena.interfaces.web.access import Anyone
from saphena.interfaces.web.charts import Reached, reliability
from saphena.interfaces.web.knowledge.reading import Reading
from saphena.interfaces.web.knowledge.words import vocabulary
from saphena.interfaces.web.language import Language, language_of
from saphena.interfaces.web.rendering import model_of, page

router = APIRouter(include_in_schema=False)
SHOWN = ("the leading condition", "all conditions above 5 %")
"""Calibrations that are drawn."""


@router.get("/evaluation")
def overview(request: Request, reader: Anyone) -> Response:
    """The figures that matter, calibration, groups, mix-ups, and where it fails."""
    found = read(Evaluation)
    presentations = read(Presentations)
    language = language_of(request)
    if found is None:
        return _page(request, "nothing.html", found)
    return _page(
        request,
        "index.html",
        found,
        hits={figure.name: figure for figure in found.figures},
        groups=_groups(found),
        drawings=[
            (one, reliability([Reached(b.said, b.true.share, b.true.low, b.true.high, b.true.of) for b in one.bins],
                              _drawn(language, one.pairs)))
            for one in found.calibration
            if one.name in SHOWN
        ],
        mixed=_mixed(found.cases),
        missed=[case for case in found.cases if case.gold and case.rank != 1],
        emergencies=_emergencies(presentations),
        presentations=presentations,
    )  # fmt: skip


@router.get("/evaluation/cases")
def cases(request: Request, reader: Anyone) -> Response:
    """Every case with the place of its published diagnosis."""
    return _page(request, "cases.html", read(Evaluation))


@router.get("/evaluation/misses")
def misses(request: Request, reader: Anyone) -> Response:
    """Every case whose diagnosis did not come first, with what spoke for and against."""
    found = read(Evaluation)
    missed = [case for case in found.cases if (case.gold and case.rank != 1) or case.fault] if found else []
    return _page(request, "misses.html", found, missed=missed)


@router.get("/evaluation/emergencies")
def emergencies(request: Request, reader: Anyone) -> Response:
    """Frozen emergencies and their look-alikes: the level they should have and the one they have."""
    presentations = read(Presentations)
    held = (*presentations.emergencies, *presentations.alikes) if presentations else ()
    return _page(
        request, "emergencies.html", read(Evaluation), presentations=presentations, held=held,
        counts=_emergencies(presentations),
    )  # fmt: skip


@router.get("/evaluation/tables")
def all_tables(request: Request, reader: Anyone) -> Response:
    """Every table of the reference page."""
    found = read(Evaluation)
    return _page(request, "tables.html", found, tables=tables(found) if found else ())


def _page(request: Request, template: str, found: Evaluation | None, **held: Any) -> Response:
    if found is None:
        template = "nothing.html"
    reading = Reading(model_of(request), language_of(request))
    share = _Shares(reading.language)
    words = vocabulary(reading.language)
    return page(
        request, f"evaluation/{template}", reading=reading, found=found, share=share, word=words,
        stale=found is not None and found.model != reading.model.version, **held,
    )  # fmt: skip


class _Shares:
    """Figures in the reader's language: always with their denominator and interval."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def per_cent(self, value: float) -> str:
        return f"{self.language.number(100 * value)} %"

    def interval(self, one: Figure) -> str:
        return f"{self.language.number(100 * one.low)}–{self.language.number(100 * one.high)} %"

    def of(self, one: Figure) -> str:
        return f"{one.hits} {self.language.say('of')} {one.of}"

    def decimal(self, value: float | None, digits: int = 2) -> str:
        return "–" if value is None else self.language.number(value, digits)


def _groups(found: Evaluation) -> list[tuple[str, tuple[Group, ...]]]:
    named = (("By what is known", found.levels), ("By group of conditions", found.groups))
    return [(title, groups) for title, groups in named if groups]


def _mixed(cases: tuple[CaseResult, ...]) -> list[tuple[str, str, int]]:
    """Diagnosis, what came first instead, how often."""
    pairs = Counter((c.gold, c.leader) for c in cases if c.gold and c.rank != 1 and not c.fault)
    return [(gold, leader, n) for (gold, leader), n in pairs.most_common()]


def _emergencies(presentations: Presentations | None) -> dict[str, int]:
    if presentations is None:
        return {}
    return {
        "emergencies": len(presentations.emergencies),
        "missed": sum(one.missed for one in presentations.emergencies),
        "alikes": len(presentations.alikes),
        "over": sum(one.over for one in presentations.alikes),
    }


def _drawn(language: Language, pairs: int) -> str:
    said = language.say("Reliability: how often it came true, against the probability said, for {n} probabilities.")
    return said.format(n=pairs)

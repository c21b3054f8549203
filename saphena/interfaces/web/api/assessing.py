"""What Saphena says of a case: nothing of it is kept."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Query, Request
from pydantic import BaseModel, Field

from saphena.assessment import Assessment, assess
from saphena.assessment.leaflet import leaflet
from saphena.inference.observe import observe
from saphena.interfaces.web.access import Anyone, Clinician
from saphena.interfaces.web.api.answers import MISSING, Lang
from saphena.interfaces.web.api.cases import EXAMPLE, LONGEST, BoundedCase, SentCase
from saphena.interfaces.web.problems import Unknown
from saphena.interfaces.web.rendering import model_of
from saphena.model.instruments import InstrumentFile
from saphena.model.network import Model
from saphena.model.suggest import did_you_mean
from saphena.pathway.interview import Checklist, Finished, next_step
from saphena.pathway.scoring import ScoreResult, score, score_case
from saphena.pathway.truth import LEGS, Rules

router = APIRouter(tags=["Assess"])
Draws = Annotated[
    int, Query(ge=0, le=1000, description="Draws for 95 % intervals and for stability; 0 leaves them out")
]
Ahead = Annotated[int, Query(ge=0, le=50, description="So many findings worth having next; 0 leaves them out")]
Word = Annotated[str, Field(max_length=LONGEST)]


@router.post("/assess", summary="Assess a case")
def assess_case(
    request: Request, reader: Clinician, case: SentCase, draws: Draws = 0, ahead: Ahead = 0, language: Lang = "en"
) -> Assessment:
    """Triage, differential with the evidence for and against each condition, what to find out next, and the plan."""
    return assess(model_of(request), case, language, draws=draws, ahead=ahead)


class LeafletPart(BaseModel):
    """One part of a leaflet."""

    id: str
    title: str
    lines: list[str]


@router.post("/leaflet", summary="The same in words for the patient")
def leaflet_of(request: Request, reader: Anyone, case: SentCase, language: Lang = "en") -> list[LeafletPart]:
    """What to do now, what it may be, what helps, what to ask, and when to come back at once."""
    model = model_of(request)
    parts = leaflet(model, assess(model, case, language), language)
    return [LeafletPart(id=one.id, title=one.title, lines=list(one.lines)) for one in parts]


class ToAsk(BaseModel):
    """One thing to ask."""

    finding: str
    question: str
    answers: list[str]


class NextQuestion(BaseModel):
    """What an interview asks next."""

    kind: Literal["checklist", "question", "finished"]
    ask: list[ToAsk] = Field(description="Several for a checklist (none of these: all absent), one for a question")
    because: str | None = Field(
        description="What an answer could change: red_flag, must_not_miss, leader, leading or investigation; or why "
        "it is finished: nothing_changes, not_worth_asking, age or no_probabilities"
    )
    subject: str | None = Field(description="The red flag, condition or investigation that it could change")


@router.post("/next-question", summary="What to ask next")
def next_question(
    request: Request,
    reader: Anyone,
    case: SentCase,
    language: Lang = "en",
    examined: Annotated[bool, Query(description="Signs may be asked for too, not only what a patient can say")] = False,
) -> NextQuestion:
    """Red flags first, then what could change something. Put the answers into the case and ask again."""
    model = model_of(request)
    step = next_step(model, case, ("history", "examination") if examined else ("history",))
    if isinstance(step, Finished):
        return NextQuestion(
            kind="finished", ask=[], because=step.reason, subject=step.left.subject if step.left else None
        )
    if isinstance(step, Checklist):
        asked = [_to_ask(model, id_, ("absent", "present"), language) for id_ in step.findings]
        return NextQuestion(kind="checklist", ask=asked, because="red_flag", subject=None)
    asked = [_to_ask(model, step.finding, step.answers, language)]
    return NextQuestion(kind="question", ask=asked, because=step.change.kind, subject=step.change.subject)


def _to_ask(model: Model, finding: str, answers: tuple[str, ...], language: str) -> ToAsk:
    words = model.knowledge.words.get(language, {}).get(finding)
    question = (words.question if words else None) or model.knowledge.findings[finding].question
    return ToAsk(finding=finding, question=question, answers=[*answers, "unknown"])


class Score(BaseModel):
    """What a published score, stage or formula says; a range where items are missing."""

    instrument: str
    leg: str | None
    lowest: float | None = Field(description="Fewest points still possible; null where there is no result")
    highest: float | None
    unit: str | None
    bands: list[str] = Field(description="Results still possible")
    certain: bool = Field(description="Exactly one result is left")
    missing: list[str] = Field(description="Items without an answer")


@router.post("/instruments/{instrument}/score", responses=MISSING, summary="Score an instrument from answers")
def score_answers(
    request: Request,
    reader: Anyone,
    instrument: str,
    answers: Annotated[
        dict[Word, bool | float | Word | None],
        Body(max_length=200, description="Answer by item; what is left out is unknown", examples=[{}]),
    ],
) -> Score:
    """The items and their answers are in `/vocabulary/instruments/{id}`."""
    return _shown(score(_instrument(request, instrument), answers))


@router.post("/instruments/{instrument}/score-case", responses=MISSING, summary="Score an instrument from a case")
def score_of_case(request: Request, reader: Anyone, instrument: str, case: SentCase) -> list[Score]:
    """As far as the case answers its items; one result for each leg where legs differ."""
    model, found = model_of(request), _instrument(request, instrument)
    if not found.licence.shipped:
        score(found, {})  # Says where to get it.
    rules = Rules(model, observe(model, case))
    return [_shown(score_case(rules, found, leg)) for leg in (LEGS if found.per_leg else ("",))]


def _instrument(request: Request, id_: str) -> InstrumentFile:
    known = model_of(request).knowledge.instruments
    if id_ not in known:
        raise Unknown(f"there is no instrument {id_[:80]}", did_you_mean(id_[:80], list(known)))
    return known[id_]


def _shown(result: ScoreResult) -> Score:
    points = result.points
    return Score(
        instrument=result.instrument.id,
        leg=result.leg or None,
        lowest=points.lowest if points else None,
        highest=points.highest if points else None,
        unit=result.instrument.unit,
        bands=[band.name for band in result.bands],
        certain=result.certain,
        missing=list(result.missing),
    )


class Change(BaseModel):
    """A case, and the same case with one thing otherwise."""

    case: BoundedCase
    other: BoundedCase


class Moved(BaseModel):
    """One condition, before and after."""

    condition: str
    before: float
    after: float


class Compared(BaseModel):
    """How the answer differs."""

    before: str = Field(description="Level of triage")
    after: str
    probabilities: list[Moved]


@router.post("/compare", summary="Compare two cases")
def compare(
    request: Request,
    reader: Clinician,
    change: Annotated[Change, Body(examples=[{"case": EXAMPLE, "other": EXAMPLE}])],
) -> Compared:
    """What would be different: for what-if, and for a visit beside the last one."""
    model = model_of(request)
    before, after = (assess(model, case) for case in (change.case, change.other))
    second = {one.id: one.probability for one in after.differential}
    return Compared(
        before=before.triage.level,
        after=after.triage.level,
        probabilities=[
            Moved(condition=one.id, before=one.probability, after=second[one.id])
            for one in before.differential
            if one.id in second
        ],
    )

"""What is asked next, and where in the interview that is."""

from __future__ import annotations

from dataclasses import dataclass

from saphena.inference.observe import observe
from saphena.interfaces.web.interview.held import Held
from saphena.interfaces.web.interview.sheets import number, one
from saphena.model.network import Model
from saphena.pathway.given import Given
from saphena.pathway.health import risk_factors_to_ask
from saphena.pathway.interview import Finished, Question, next_step
from saphena.pathway.triage import RaisedFlag, triage

FEELINGS = 6
"""Single questions before those about the person's health, which then decide what else is worth asking."""
MOST_QUESTIONS = 10
"""A patient answers no more single questions; what is left is for the clinician."""
HEALTH = 10
"""Risk factors asked about in one list."""
ABOUT = 20
"""Pages that an interview usually takes: 25 of 30 made-up people of all complaints needed 18 or 19, and there is one more
since, for medicines."""
STOPS = ("emergency", "same_day")
"""Levels of red flags that do not wait for the end of the interview."""
SECTIONS = ("where", "when", "feels", "health", "check")


@dataclass(frozen=True)
class Next:
    """The next page, and what the engine says of it if it is one of its questions."""

    ask: str
    question: Question | None = None


def next_page(model: Model, held: Held, given: Given) -> Next | None:
    """What to ask; None when nothing is left that is worth a page."""
    kinds = [ask.partition(":")[0] for ask in held.asked]
    for fixed in ("who", "about", "pregnancy", "complaint", "place"):
        if fixed not in kinds and (fixed != "pregnancy" or may_be_pregnant(model, held)):
            return Next(fixed)
    if "onset" not in given.findings and "onset" in model.knowledge.findings:
        return Next("question:onset")
    step = next_step(model, given.asked(), for_investigation=False)
    singles = kinds.count("question") - 1
    if not isinstance(step, Finished | Question):
        return Next("list:" + ",".join(step.findings))
    if isinstance(step, Finished) or singles >= FEELINGS:
        if "medicines" not in kinds and model.knowledge.medicines:
            return Next("medicines")
        factors = risk_factors_to_ask(model, given.case(), HEALTH) if "health" not in kinds else ()
        if factors:
            return Next("health:" + ",".join(factors))
    if isinstance(step, Question) and singles < MOST_QUESTIONS:
        return Next(f"question:{step.finding}", step)
    return None if "measures" in kinds else Next("measures")


def may_be_pregnant(model: Model, held: Held) -> bool:
    """Of the age and sex in which somebody can be."""
    factor = model.knowledge.risk_factors.get("pregnancy")
    about = held.answer_to("about")
    if factor is None or not about or "about" not in held.asked:
        return False
    low, high = factor.only_ages or (0.0, 120.0)
    return one(about, "sex") != "male" and low <= (number(one(about, "age")) or 0.0) <= high


def flags_to_show(model: Model, held: Held, given: Given) -> tuple[RaisedFlag, ...]:
    """Red flags that hold and that nobody was told of yet."""
    if "complaint" not in held.asked:
        return ()
    raised = triage(model, observe(model, given.case()), None).raised
    return tuple(r for r in raised if r.flag.triage in STOPS and r.flag.id not in held.shown)


def section_of(held: Held, ask: str) -> int:
    """Place of a page among the sections."""
    kind = ask.partition(":")[0]
    if kind in ("list", "question") and ask != "question:onset":
        return 4 if any(a.startswith("health:") for a in held.asked) else 2
    return {"question": 1, "medicines": 3, "health": 3, "measures": 4}.get(kind, 0)

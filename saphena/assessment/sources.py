"""Where a number of the answer comes from, in words."""

from __future__ import annotations

from functools import lru_cache

from saphena.assessment.shapes import NumberParent
from saphena.model.network import Model
from saphena.model.numbers import Parent, Sensitivity
from saphena.model.schema import ConditionFile, Source


@lru_cache(maxsize=2**14)
def parent_of(model: Model, condition: str, state: str | None, finding: str) -> NumberParent | None:
    """Parent of the number that links a condition (in a state) to a finding."""
    file = model.knowledge.conditions[condition]
    number: Sensitivity | None = None
    for one in file.states:
        if one.id == state:
            number = one.findings.get(finding)
    number = number or file.findings.get(finding)
    if number is None:
        return _through_mechanism(model, file, state, finding)
    value = f"{number.sensitivity:g}" if number.sensitivity is not None else _grade_words(number.grades)
    return describe_parent(model, number, value)


def _through_mechanism(model: Model, file: ConditionFile, state: str | None, finding: str) -> NumberParent | None:
    """Parent of the number that links a mechanism of the condition to the finding."""
    own = next((one.mechanisms for one in file.states if one.id == state), {})
    for id_ in {**file.mechanisms, **own}:
        mechanism = model.knowledge.mechanisms[id_]
        link = mechanism.findings.get(finding)
        if link is not None:
            words = f"{link.probability:g}" if link.probability is not None else _grade_words(link.grades)
            return describe_parent(model, link, f"{words} through {mechanism.name.lower()}")
    return None


def _grade_words(grades: dict[str, float] | None) -> str:
    return ", ".join(f"{grade} {value:g}" for grade, value in (grades or {}).items())


def describe_parent(model: Model, number: Parent, value: str) -> NumberParent:
    """A number's parent in words."""
    source = model.knowledge.sources.get(number.source) if number.source else None
    cited = ", ".join(citation(model.knowledge.sources[p]) for p in number.parents if p in model.knowledge.sources)
    return NumberParent(
        kind=number.kind,
        number=value,
        source=citation(source) if source else cited or None,
        url=source.URL if source else None,
        quote=number.quote,
        reasoning=number.assumption or number.derived,
    )


def citation(source: Source) -> str:
    """Short form of a source: author, year, journal."""
    extra = source.model_extra or {}
    authors = extra.get("author") or []
    first = authors[0].get("family") or authors[0].get("literal", "") if authors else ""
    year = str((extra.get("issued") or {}).get("date-parts", [[""]])[0][0])
    where = str(extra.get("container-title") or extra.get("publisher") or "")
    head = " ".join(x for x in (first or source.title, year) if x)
    return f"{head}, {where}" if where else head

"""What a rule rests on, and what of it is still to be asked."""

from __future__ import annotations

from typing import get_args

from saphena.model.numbers import ObtainedBy
from saphena.model.rules import Rule
from saphena.pathway.truth import Rules


def grounds(rules: Rules, rule: Rule, leg: str) -> list[str]:
    """Ids in a rule that holds, as far as they are present themselves."""
    name = rule.predicate
    value = getattr(rule, name)
    if rules.holds(rule, leg) is not True or name in ("not_", "absent"):
        return []
    if name in ("all", "any"):
        return [fact for part in value for fact in grounds(rules, part, leg)]
    if name == "at_least":
        return [fact for part in value.of for fact in grounds(rules, part, leg)]
    if name == "score":
        items = rules.model.knowledge.instruments[value.id].items
        return [f for item in items if item.range[1] > 0 for rule in item.rules for f in grounds(rules, rule, leg)]
    if name in ("measure", "difference"):
        return [value.id]
    if name == "known":
        return [value]
    return [id_ for id_ in mentioned(rule, rules) if is_true(rules, id_)]


def open_in(rules: Rules, rule: Rule, leg: str) -> list[str]:
    """Ids of what is unknown in a rule that is undecided, in the parts that are undecided."""
    if rules.holds(rule, leg) is not None:
        return []
    if rule.parts:
        found = [id_ for part in rule.parts for id_ in open_in(rules, part, leg)]
        return list(dict.fromkeys(found))
    if rule.measure is not None or rule.difference is not None:
        return [(rule.measure or rule.difference).id]  # type: ignore[union-attr]
    if rule.known is not None:
        return [rule.known]
    if rule.clinician_says is not None:
        return [rule.clinician_says]
    return [id_ for id_ in dict.fromkeys(mentioned(rule, rules)) if not is_known(rules, id_)] or mentioned(rule, rules)


def mentioned(rule: Rule, rules: Rules) -> list[str]:
    """Findings and risk factors a rule speaks of, in order; items of scores included."""
    name = rule.predicate
    value = getattr(rule, name)
    if name in ("all", "any"):
        return [id_ for part in value for id_ in mentioned(part, rules)]
    if name == "not_":
        return mentioned(value, rules)
    if name == "at_least":
        return [id_ for part in value.of for id_ in mentioned(part, rules)]
    if name in ("present", "absent", "both_legs", "one_leg", "context"):
        return [value]
    if name in ("grade", "duration"):
        return [value.finding]
    if name in ("pregnant", "pregnancy_weeks"):
        return ["pregnancy"]
    if name == "score":
        items = rules.model.knowledge.instruments[value.id].items
        return [id_ for item in items for rule in item.rules for id_ in mentioned(rule, rules)]
    return []


def is_known(rules: Rules, id_: str) -> bool:
    """Answered with certainty, or settled by age and sex."""
    return id_ in rules.answered or rules.context(id_) is not None


def is_true(rules: Rules, id_: str) -> bool:
    """Present, for certain or in doubt."""
    interval = rules.seen.interval(id_)
    if interval is not None:
        return interval.lowest > 0
    return rules.context(id_) is True


def patient_first(rules: Rules, ids: list[str]) -> tuple[str, ...]:
    """What can be asked before what must be examined or measured."""
    order = get_args(ObtainedBy)
    by = rules.model.knowledge.obtained_by
    return tuple(sorted(ids, key=lambda id_: order.index(by.get(id_, "history"))))

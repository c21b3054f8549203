"""A case as lines that can be read and compared: what was said, and how."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from saphena.case import Case
from saphena.interfaces.web.record.naming import Names
from saphena.interfaces.web.start import setting_names

Lines = dict[tuple[str, str], tuple[Markup, str]]
"""(part of the case, what) -> (how it is called, what was said)."""


@dataclass(frozen=True)
class Difference:
    """One line on which two versions of a case differ; empty where a version does not mention it."""

    what: Markup
    before: str
    after: str


def lines(case: Case, names: Names) -> Lines:
    """Everything that a case says."""
    _ = names.language.say
    text = Markup("{}").format
    found: Lines = {
        ("person", "age"): (text(_("Age")), f"{case.age:g}"),
        ("person", "sex"): (text(_("Sex")), sex_name(case.sex, names)),
        ("person", "setting"): (text(_("Seen in")), setting_names(names.language)[case.setting]),
    }
    if case.index_leg:
        found["person", "index_leg"] = (text(_("Leg of the main complaint")), names.leg(case.index_leg))
    if case.pregnancy_weeks is not None:
        found["person", "pregnancy"] = (text(_("Weeks of pregnancy")), f"{case.pregnancy_weeks:g}")
    for id_ in case.known_conditions:
        found["condition", id_] = (names.condition(id_), _("known"))
    for id_ in case.excluded_conditions:
        found["condition", id_] = (names.condition(id_), _("excluded"))
    for words in case.medicines:
        found["medicine", words] = (text(words), _("taken"))
    for id_, answer in case.context.items():
        found["context", id_] = (names.item(id_), names.value(answer))
    for id_, place, statement in case.statements():
        said = names.value(next(x for x in (statement.value, statement.at_least, statement.at_most) if x is not None))
        if statement.at_least is not None:
            said = _around(_("%(grade)s or more"), said)
        if statement.at_most is not None:
            said = _around(_("%(grade)s or less"), said)
        if statement.certainty < 1:
            said += " · " + _("%(percent)s%% sure") % {"percent": f"{100 * statement.certainty:g}"}
        leg = f", {names.leg(statement.leg)}" if statement.leg else ""
        key = "/".join(map(str, place[1:]))
        found["finding", f"{key}/{statement.leg or ''}"] = (Markup("{}{}").format(names.item(id_), leg), said)
    for id_, answer in case.clinician_says.items():
        found["clinician", id_] = (names.item(id_), names.value(answer))
    for words in case.other_findings:
        found["other", words] = (text(words), _("present"))
    return found


def _around(sentence: str, grade: Markup) -> Markup:
    before, _place, after = sentence.partition("%(grade)s")
    return Markup("{}{}{}").format(before, grade, after)


def differences(before: Case, after: Case, names: Names) -> list[Difference]:
    """Where two versions differ, in the order of the second."""
    old, new = lines(before, names), lines(after, names)
    keys = [*new, *(key for key in old if key not in new)]
    found = []
    for key in keys:
        was, now = old.get(key), new.get(key)
        if was is None or now is None or was[1] != now[1]:
            name = (now or was or (Markup(""), ""))[0]
            found.append(Difference(name, was[1] if was else "", now[1] if now else ""))
    return found


def sex_name(sex: str, names: Names) -> str:
    """Recorded sex."""
    _ = names.language.say
    return {"female": _("woman"), "male": _("man")}.get(sex, _("not recorded"))

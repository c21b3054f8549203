"""The plan on the terminal, for the clinician: terse, with its sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from saphena.assessment import Assessment, per_cent
from saphena.assessment.plan_shapes import Ground, Named, OptionShown, PlanShown, ReasonShown, UseShown
from saphena.interfaces.cli.show import LEVEL_STYLE, console

STYLES = {"offered": "green", "caution": "yellow", "waiting": "cyan", "struck": "red"}
HEADS = {
    "offered": "Offer",
    "caution": "Offer with caution",
    "waiting": "Wait for an answer or an investigation",
    "struck": "Struck out",
}
MANY = 8
"""Investigations shown at once."""
LINES = {"first": "first line", "second": "second line", "third": "third line", "adjunct": "beside others"}


def show_plan(answer: Assessment) -> None:
    """Triage, then what to do next in the order in which it is done."""
    out, plan = console(), answer.plan
    out.print(
        Text.assemble(
            (f" {answer.triage.name.upper()} ", LEVEL_STYLE[answer.triage.level]), "  ", answer.triage.clinician
        )
    )
    for flag in answer.triage.red_flags:
        _line(out, f"! {flag.name}: {flag.action}", 2)
    _staging(out, plan)
    _workup(out, plan)
    _options(out, plan)
    _referral(out, plan)
    out.print()
    out.print(answer.intended_use, style="dim")
    out.print(f"Saphena {answer.software}, model {answer.model}, care {answer.care}", style="dim")


def _line(out: Console, text: str | Text, indent: int = 0, style: str = "") -> None:
    out.print(Padding(text if isinstance(text, Text) else Text(text, style=style), (0, 0, 0, indent)))


def _head(out: Console, text: str) -> None:
    out.print()
    out.print(text, style="bold")


def _names(named: Iterable[Named]) -> str:
    return ", ".join(one.name for one in named)


def _leg(leg: str | None) -> str:
    return f", {leg} leg" if leg else ""


def _ground(ground: Ground) -> str:
    if ground.source is None:
        return f"judged: {ground.judged}"
    return f"{ground.source}{' (recalled)' if ground.recalled else ''}"


def _staging(out: Console, plan: PlanShown) -> None:
    if not plan.staging:
        return
    _head(out, "Stage and scores")
    for one in plan.staging:
        unit = f" {one.unit}" if one.unit else ""
        points = f"{one.lowest:g}" if one.lowest == one.highest else f"{one.lowest:g}–{one.highest:g}"
        told = one.band or f"{' or '.join(one.bands)}" or "no band"
        shown = told if one.kind == "stage" else f"{points}{unit}: {told}"
        _line(out, f"{one.name}{_leg(one.leg)}: {shown}", 2)
        if one.missing and one.band is None:
            _line(out, f"missing: {_names(one.missing[:6])}{' ...' if len(one.missing) > 6 else ''}", 4, "dim")


def _workup(out: Console, plan: PlanShown) -> None:
    sure = [step for step in plan.next_steps if step.certainty != "open"]
    unsure = [step for step in plan.next_steps if step.certainty == "open" and step.because is not None]
    if plan.next_steps:
        _head(out, "Next, by published sequences")
    for step in [*sure, *unsure[:MANY]]:
        because = f" ({step.because.name}, {per_cent(step.probability)})" if step.because and step.probability else ""
        level = f" [{step.level.replace('_', ' ')}]" if step.level else ""
        _line(out, f"{step.name}{because}{level}: {step.say}", 2)
        if step.ask:
            _line(out, f"{'unless' if step.certainty == 'usual' else 'only if'}: {_names(step.ask)}", 4, "dim")
        _line(out, _ground(step.ground), 4, "dim")
    if plan.investigations:
        _head(out, "Investigations")
    for one in plan.investigations[:MANY]:
        facts = [one.place, f"cost {one.cost_tier} of 5", one.delay]
        facts += [f"{one.radiation} radiation"] if one.radiation != "none" else []
        facts += [one.invasiveness] if one.invasiveness != "none" else []
        _line(out, Text.assemble((f"{one.name}", STYLES[one.status]), f" ({', '.join(facts)})"), 2)
        for result in one.outcomes:
            moves = "; ".join(f"{name} {per_cent(a)} to {per_cent(b)}" for name, a, b in result.moves) or "moves little"
            value = result.value.replace("_", " ")
            _line(
                out, f"{value} ({per_cent(result.probability)}): {moves}; {result.triage.replace('_', ' ')}", 4, "dim"
            )
            if result.newly_offered:
                _line(out, f"then offered: {', '.join(result.newly_offered[:5])}", 6, "dim")
            if result.no_longer_offered:
                _line(out, f"no longer offered: {', '.join(result.no_longer_offered[:5])}", 6, "dim")
        _reasons(out, one.reasons)
    if len(plan.investigations) > MANY:
        _line(out, f"and {len(plan.investigations) - MANY} more (--json)", 2, "dim")
    if plan.not_ordered:
        _head(out, "Not to order")
    for refused in plan.not_ordered[:MANY]:
        _line(out, f"{refused.name}: {refused.say} ({_ground(refused.ground)})", 2)


def _options(out: Console, plan: PlanShown) -> None:
    for conflict in plan.conflicts:
        if conflict is plan.conflicts[0]:
            _head(out, "Conflicts")
        wanted = _names(conflict.wanted_for) or "prevention"
        settle = f"; settled by {_names(conflict.settle)}" if conflict.settle else ""
        _line(
            out,
            f"{conflict.treatment.name}{_leg(conflict.leg)}: for {wanted}, against {conflict.against.name}: "
            f"{conflict.resolution}{settle}",
            2,
        )
    if plan.empty_sentence:
        _head(out, plan.empty_sentence)
    for status, head in HEADS.items():
        mine = _by_legs(o for o in plan.options if o.status == status)
        if mine:
            _head(out, head)
        if status == "waiting":
            _questions(out, mine)
        for option, legs in mine:
            _option(out, option, legs)
    if plan.rejected:
        _head(out, "Not recommended")
    for one in plan.rejected:
        for use in one.uses:
            for_ = f" for {use.condition.name}" if use.condition else ""
            _line(out, f"{one.name}{for_}: {use.aim} ({use.strength}; {_ground(use.ground)})", 2)


def _by_legs(options: Iterable[OptionShown]) -> list[tuple[OptionShown, str]]:
    """Options that are the same for both legs, once."""
    found: dict[tuple[str, tuple[ReasonShown, ...]], tuple[OptionShown, list[str]]] = {}
    for option in options:
        _, legs = found.setdefault((option.id, option.reasons), (option, []))
        legs += [option.leg] if option.leg else []
    return [(o, ", both legs" if len(legs) == 2 else _leg(legs[0] if legs else None)) for o, legs in found.values()]


def _questions(out: Console, options: list[tuple[OptionShown, str]]) -> None:
    """What decides most of them, first."""
    held: Counter[str] = Counter()
    for option, _ in options:
        held.update({one.name for reason in option.reasons if reason.status == "waiting" for one in reason.ask})
    told = [f"{name} ({count})" for name, count in held.most_common()]
    if told:
        _line(out, f"Answers that decide them (how many each): {', '.join(told)}", 2, STYLES["waiting"])


def _option(out: Console, option: OptionShown, legs: str) -> None:
    waits = option.status == "waiting"
    _line(out, Text.assemble((option.name, STYLES[option.status]), f"{legs}{'' if waits else ': ' + option.what}"), 2)
    for use in option.uses[:1] if waits else option.uses:
        _line(out, _use(use, brief=waits), 4, "dim")
    _reasons(out, option.reasons)
    for head, text in (("monitor", option.monitoring), ("stop", option.stop)):
        if text and option.status in ("offered", "caution"):
            _line(out, f"{head}: {text}", 4, "dim")


def _use(use: UseShown, brief: bool = False) -> str:
    sure = "" if use.confirmed else ", if confirmed"
    for_ = f"{use.condition.name}{sure}: {use.aim}" if use.condition is not None else use.aim
    line = LINES.get(use.line, use.line)
    if brief:
        return f"{line}, {for_}"
    after = f"; after {_names(use.after)}" if use.after else ""
    effect = f"; {use.effect}" if use.effect else ""
    return f"{line}, {for_} ({use.strength}; {_ground(use.ground)}){effect}{after}"


def _reasons(out: Console, reasons: Iterable[ReasonShown]) -> None:
    """One by one, without what only waits for answers: those are asked once for all."""
    for reason in reasons:
        if reason.status == "waiting" and reason.ask:
            continue
        chance = f" ({per_cent(reason.probability)})" if reason.probability is not None and reason.condition else ""
        because = _names(reason.because) or (reason.condition.name if reason.condition else "")
        settle = f"; settled by {_names(reason.settle)}" if reason.settle else ""
        source = f" ({reason.source})" if reason.source else ""
        _line(out, f"{reason.status}: {because}{chance}: {reason.text}{settle}{source}", 4, STYLES[reason.status])


def _referral(out: Console, plan: PlanShown) -> None:
    if plan.referrals:
        _head(out, "Refer")
    for one in plan.referrals:
        sure = "" if one.confirmed else ", if confirmed"
        _line(out, f"{one.to} ({one.level.replace('_', ' ')}{sure}): {one.send} ({_ground(one.ground)})", 2)
    if plan.follow_up:
        _head(out, "Follow up")
    for visit in plan.follow_up:
        _line(out, f"{_names(visit.conditions)}: {visit.after}. Expect: {visit.expect} If not: {visit.otherwise}", 2)
        if visit.watch:
            _line(out, f"watch for: {'; '.join(visit.watch)}", 4, "dim")

"""What the terminal shows. Colour only on a terminal; NO_COLOR, pipes and 80 columns behave."""

from __future__ import annotations

import os
import shutil
import sys

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from saphena.assessment import (
    DISPLAY_CAP,
    Assessment,
    ConditionAssessment,
    FindingWeight,
    NumberParent,
    frequency,
    per_cent,
)
from saphena.case import Case
from saphena.faults import Faulty
from saphena.inference.explain import Explanation
from saphena.model.network import ADULT, Model
from saphena.pathway.differential import Group

BAR = 20
PLUG_IN_GAP = 0.02
"""Difference between the figure shown (plug-in) and the average over the draws from which it is said."""
TOGETHER = {"history": "ask", "examination": "examine", "laboratory": "order", "imaging": "image"}
QUESTIONS = 5
"""Red-flag questions shown at once."""
LEVEL_STYLE = {
    "emergency": "bold white on red",
    "same_day": "bold red",
    "urgent": "bold yellow",
    "routine": "bold green",
    "self_care": "bold green",
}
UNLIKELY = 5
"""So many of those that are unlikely are printed."""
SHOWN: tuple[Group, ...] = ("explains", "must_not_miss", "may_explain", "also_present")


def console(stderr: bool = False) -> Console:
    """A console as wide as the terminal, at most 100 columns; 80 where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    width = min(100, shutil.get_terminal_size((80, 24)).columns) if stream.isatty() or "COLUMNS" in os.environ else 80
    return Console(file=stream, width=max(40, width), highlight=False, soft_wrap=False, emoji=False, markup=False)


def welcome() -> None:
    """What to type next."""
    out = console()
    out.print("Saphena: clinical decision support for legs that are heavy, painful, swollen,")
    out.print("weak, cramping or discoloured.\n")
    for command, what in (
        ("saphena assess CASE.yaml", "assess a case (examples/ holds some)"),
        ("saphena interview", "answer questions instead; red flags come first"),
        ("saphena influence CASE.yaml", "which numbers its assessment rests on"),
        ("saphena findings swollen calf", "find the name of a finding"),
        ("saphena conditions", "list the conditions it knows"),
        ("saphena knowledge show ID", "what it knows, and every source"),
        ("saphena evaluate", "judge it on published cases: hits and misses"),
        ("saphena --help", "all commands; each has --help of its own"),
    ):
        out.print(Text.assemble("  ", (f"{command:<32}", "bold"), what))
    out.print()
    out.print("Decision support for clinicians; not certified as a medical device.", style="dim")


def faults(error: Faulty) -> None:
    """Every fault, one a line, on standard error."""
    out = console(stderr=True)
    count = len(error.faults)
    out.print(f"{'One fault' if count == 1 else f'{count} faults'}; nothing was done.", style="bold red")
    for fault in error.faults:
        place = fault.file if fault.line is None else f"{fault.file}:{fault.line}"
        text = Text.assemble(
            (place, "bold"), f": {fault.path}: " if fault.path else ": ", fault.message, ". ", (fault.remedy, "italic")
        )
        out.print(Padding(text, (0, 0, 0, 2)))


# --- the assessment --------------------------------------------------------------------------


def assessment(model: Model, answer: Assessment, case: Case, top: int) -> None:
    """The whole assessment."""
    out = console()
    words = {"female": "woman", "male": "man"} if case.age >= ADULT else {"female": "girl", "male": "boy"}
    sex = words.get(case.sex, "person" if case.age >= ADULT else "child")
    out.print(Text(f"{case.age:g}-year-old {sex}, {_setting(model, case.setting)}", style="dim"))
    out.print()
    _triage(out, answer)
    if answer.sampled is not None:
        out.print(Text(answer.sampled.sentence, style="yellow"))
        out.print()
    _groups(out, model, answer)
    _together(out, answer)
    _stability(out, answer)
    leading = [c for c in answer.differential if c.group in ("explains", "must_not_miss")][:top]
    for condition in leading or [c for c in answer.differential if c.group in ("may_explain", "also_present")][:1]:
        _ledger(out, condition, whole=False)
    _next(out, answer)
    _fit(out, answer)
    _footer(out, answer)


def explanation(model: Model, answer: Assessment, condition: str, why: Explanation) -> None:
    """The ledger of one condition, its rivals, and what would move it."""
    out = console()
    chosen = next(c for c in answer.differential if c.id == condition)
    names = {f.id: f.name for f in model.knowledge.findings.values()}
    _ledger(out, chosen, whole=True)
    if why.of:
        accounts = f"Would alone account for {len(why.accounts_alone_for)} of {why.of} findings"
        by_name = ", ".join(names[f] for f in why.accounts_alone_for)
        out.print(Padding(Text.assemble(accounts, (f": {by_name}" if by_name else "", "dim")), (0, 0, 0, 2)))
    out.print(Text("By kind of finding, each kind left out as a whole", style="bold"))
    for group in why.groups:
        out.print(Padding(Text(f"{group.decibans:+6.1f} dB  {group.group} ({len(group.findings)})"), (0, 0, 0, 2)))
    if why.explained_away_by:
        out.print(Text("Explained away by", style="bold"))
        for rival in why.explained_away_by:
            name = model.knowledge.conditions[rival.condition].name
            out.print(Padding(Text(f"{name}: without it {per_cent(rival.probability_without)}"), (0, 0, 0, 2)))
    for title, levers in (("Would be raised most by", why.raised_by), ("Would be lowered most by", why.lowered_by)):
        if levers:
            out.print(Text(title, style="bold"))
        for lever in levers:
            words = f"{names[lever.finding]}, {lever.answer}: {per_cent(lever.probability)}"
            out.print(
                Padding(
                    Text.assemble(words, (f"  (chance of that answer {per_cent(lever.chance)})", "dim")), (0, 0, 0, 2)
                )
            )
    _footer(out, answer)


def _next(out: Console, answer: Assessment) -> None:
    if not answer.next:
        return
    out.print(Text("What would tell most next", style="bold underline"))
    for one in answer.next:
        moves = "; ".join(f"{m.name} {per_cent(m.before)} → {per_cent(m.after)}" for m in one.moves[:2])
        out.print(Padding(Text.assemble((one.name, "bold"), f" ({one.obtained_by}): if so, {moves}"), (0, 0, 0, 2)))
    for batch in answer.next_together:
        names = [name[0].lower() + name[1:] if name[1:2].islower() else name for name in batch.names]
        listed = f"{', '.join(names[:-1])} and {names[-1]}"
        words = f"{TOGETHER[batch.obtained_by]} {listed} ({batch.information:.2f} bits)"
        out.print(Padding(Text.assemble(("Together: ", "bold"), words), (0, 0, 0, 2)))
    out.print()


def _stability(out: Console, answer: Assessment) -> None:
    """How steady leader and triage are over the draws, and where the average over them differs from the figure."""
    if answer.stability is None:
        return
    same = f"triage is the same in {share_of_draws(answer.stability.triage_same)}"
    first = next((c.name for c in answer.differential if c.group == "explains"), None)
    if first is not None and answer.stability.leader_first is not None:
        leads = share_of_draws(answer.stability.leader_first)
        out.print(Text(f"{first} stays first in {leads} of draws of the model's numbers; {same}.", style="dim"))
    else:
        out.print(Text(f"Over draws of the model's numbers, {same}.", style="dim"))
    apart = [
        f"{c.name} {per_cent(c.probability)} plug-in, {per_cent(c.interval.average)} on average"
        for c in answer.differential
        if c.interval is not None and c.group != "other" and abs(c.interval.average - c.probability) > PLUG_IN_GAP
    ]
    if apart:
        out.print(Text(f"Averaged over the draws: {'; '.join(apart)}.", style="dim"))
    out.print()


def share_of_draws(share: float) -> str:
    """A share of draws, never rounded up to all of them."""
    return "all" if share > 0.999 else f"{min(99, round(100 * share))} %"


def what_if(model: Model, before: Assessment, after: Assessment, change: str) -> None:
    """What a change of the case would change in the assessment."""
    out = console()
    out.print(Text.assemble(("What if ", "bold"), change))
    same = before.triage.level == after.triage.level
    out.print(f"  triage: {before.triage.name}" + (", unchanged" if same else f" → {after.triage.name}"))
    then = {c.id: c for c in after.differential}
    moved = [(c, then[c.id]) for c in before.differential if abs(then[c.id].probability - c.probability) >= 0.005]
    for old, new in sorted(moved, key=lambda pair: -abs(pair[1].probability - pair[0].probability))[:8]:
        out.print(f"  {old.name}: {per_cent(old.probability)} → {per_cent(new.probability)}")
    if not moved:
        out.print("  no condition moves by half a per cent")
    raised = {f.name for f in after.triage.red_flags} - {f.name for f in before.triage.red_flags}
    lowered = {f.name for f in before.triage.red_flags} - {f.name for f in after.triage.red_flags}
    for name in sorted(raised):
        out.print(f"  red flag raised: {name}")
    for name in sorted(lowered):
        out.print(f"  red flag gone: {name}")
    _footer(out, after)


def _setting(model: Model, setting: str) -> str:
    return next(s.name for s in model.knowledge.settings.settings if s.id == setting).lower()


def _triage(out: Console, answer: Assessment) -> None:
    triage = answer.triage
    out.print(Text.assemble((f" {triage.name.upper()} ", LEVEL_STYLE[triage.level]), "  ", triage.clinician))
    for flag in triage.red_flags:
        because = f" ({', '.join(flag.because)})" if flag.because else ""
        out.print(
            Padding(
                Text.assemble(
                    ("Red flag: ", "bold red"), flag.name, because, ". ", flag.action, (f" [{flag.source}]", "dim")
                ),
                (0, 0, 0, 2),
            )
        )
    for passed in triage.must_not_miss:
        out.print(
            Padding(
                Text.assemble(
                    ("Must not be missed: ", "bold"),
                    f"{passed.name}, {per_cent(passed.probability)}, above its threshold of {per_cent(passed.threshold)}",
                    f" ({passed.level.replace('_', ' ')})",
                ),
                (0, 0, 0, 2),
            )
        )
    if triage.unanswered:
        out.print(Padding(Text("Not answered yet, and would raise the urgency:", style="bold"), (0, 0, 0, 2)))
        asked: set[str] = set()
        for flag_open in triage.unanswered:
            new = [(a, q) for a, q in zip(flag_open.ask, flag_open.questions, strict=True) if a not in asked]
            if not new or len(asked) >= QUESTIONS:
                continue
            id_, question = new[0]
            asked.add(id_)
            out.print(Padding(Text.assemble("? ", question, (f" {id_}", "dim")), (0, 0, 0, 4)))
        rest = len({a for f in triage.unanswered for a in f.ask} - asked)
        if rest > 0:
            out.print(
                Padding(
                    Text(f"and {rest} more in {len(triage.unanswered)} red flags (--json lists them)", style="dim"),
                    (0, 0, 0, 4),
                )
            )
    out.print()


def _groups(out: Console, model: Model, answer: Assessment) -> None:
    sentences = model.knowledge.texts["en"].sentences
    for group in SHOWN:
        members = [c for c in answer.differential if c.group == group]
        if not members:
            continue
        out.print(Text(sentences[group], style="bold underline"))
        table = Table.grid(padding=(0, 1))
        table.add_column(width=BAR, no_wrap=True)
        table.add_column(ratio=1)
        for condition in members[:UNLIKELY] if group == "may_explain" else members:
            table.add_row(_bar(condition.probability), _line(condition))
        if group == "may_explain" and len(members) > UNLIKELY:
            table.add_row("", Text(f"and {len(members) - UNLIKELY} more (--json lists them)", style="dim"))
        out.print(Padding(table, (0, 0, 1, 2)))
    known = [c.name for c in answer.differential if c.group == "known"]
    if known:
        out.print(Text.assemble(("Known: ", "bold"), ", ".join(known)))
        out.print()


def _together(out: Console, answer: Assessment) -> None:
    """Joint explanations, where there is more than one condition to combine, and the chance of any danger."""
    shortlist = sum(c.group in ("explains", "must_not_miss") for c in answer.differential)
    if answer.sets and shortlist > 1:
        out.print(Text("Most probable together", style="bold"))
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right", width=7, no_wrap=True)
        table.add_column(ratio=1)
        for one in answer.sets:
            table.add_row(per_cent(one.probability), " + ".join(one.names) or "none of these")
        out.print(Padding(table, (0, 0, 0, 2)))
    if answer.any_must_not_miss is not None:
        p = answer.any_must_not_miss
        out.print(
            Text.assemble(
                ("At least one that must not be missed: ", "bold"), f"{per_cent(p)}, {frequency(min(p, DISPLAY_CAP))}"
            )
        )
        out.print()


def _bar(probability: float) -> Text:
    full = round(probability * BAR)
    return Text.assemble(("█" * full, "cyan"), ("·" * (BAR - full), "dim"))


def _line(condition: ConditionAssessment) -> Text:
    text = Text.assemble((condition.name, "bold"), ": ", condition.shown)
    if condition.of and condition.group != "must_not_miss":
        text.append(
            f"; explains {len(condition.explains)} of {condition.of} findings" if condition.group == "explains" else ""
        )
    states = [s for s in sorted(condition.states, key=lambda s: -s.probability) if s.probability >= 0.01]
    for state in states:
        text.append(f"\n  {state.name} {per_cent(state.probability)}", "dim")
    return text


def _ledger(out: Console, condition: ConditionAssessment, whole: bool) -> None:
    out.print(
        Text.assemble(
            (condition.name, "bold"), f": prior {per_cent(condition.prior)} → {per_cent(condition.probability)}"
        )
    )
    weights = list(condition.weights)
    if not whole:
        weights = [w for w in weights if abs(w.decibans) >= 0.5][:6]
    for title, chosen in (
        ("for", [w for w in weights if w.decibans > 0]),
        ("against", [w for w in weights if w.decibans <= 0]),
    ):
        if not chosen:
            continue
        out.print(Padding(Text(title, style="italic"), (0, 0, 0, 2)))
        table = Table.grid(padding=(0, 1))
        table.add_column(justify="right", width=8)
        table.add_column(ratio=3)
        table.add_column(ratio=2, style="dim")
        for weight in chosen:
            table.add_row(f"{weight.decibans:+.1f} dB", _weight_name(weight), parent_words(weight.parent, whole))
        out.print(Padding(table, (0, 0, 0, 4)))
    if whole:
        out.print(
            Padding(
                Text(f"{condition.shared_decibans:+.1f} dB  shared between findings, or explained away"), (0, 0, 0, 4)
            )
        )
        out.print()
        out.print(
            Padding(
                Text(
                    "dB: decibans; +10 multiplies the odds by ten. Each weight is the change when that one "
                    "finding is left out; with the shared line the column adds up from prior to posterior odds.",
                    style="dim",
                ),
                (0, 0, 0, 2),
            )
        )
        if condition.explains:
            names = {w.finding + (f"@{w.leg}" if w.leg else ""): w.name for w in condition.weights}
            accounts = ", ".join(names.get(label, label) for label in condition.explains)
            out.print(Padding(Text(f"Accounts for: {accounts}"), (0, 0, 0, 2)))
    out.print()


def _weight_name(weight: FindingWeight) -> str:
    side = f", {weight.leg}" if weight.leg else ""
    return f"{weight.name}{side}: {weight.value}"


def parent_words(parent: NumberParent | None, whole: bool) -> str:
    """The parent of a number: ``0.85, Laurikka 1993 (derived)``; with quote and reasoning if ``whole``."""
    if parent is None:
        return "not caused by it"
    if parent.kind == "assumption":
        return f"{parent.number}, assumption" + (f": {parent.reasoning}" if whole else "")
    text = f"{parent.number}, {parent.source or parent.kind}"
    if parent.kind != "seen":
        text += f" ({parent.kind})"
    if whole and parent.quote:
        text += f": “{parent.quote}”"
    return text


def _fit(out: Console, answer: Assessment) -> None:
    if answer.fit.nothing_explains is None and answer.fit.level != "nothing_found":
        return
    text = Text(answer.fit.sentence, style="" if answer.fit.level in ("explained", "nothing_found") else "yellow")
    if answer.fit.level in ("poor", "improbable", "outside") and answer.fit.unexplained:
        text.append(f" Not explained: {', '.join(answer.fit.unexplained)}.")
    if answer.fit.nothing_explains is not None:
        text.append(
            f" That no condition of the model causes any of it: {per_cent(answer.fit.nothing_explains)}.", "dim"
        )
    out.print(text)
    for line in (*answer.warnings, *answer.left_out):
        out.print(Text(f"Note: {line}.".replace("..", "."), style="yellow"))


def _footer(out: Console, answer: Assessment) -> None:
    if answer.fit.nothing_explains is None and answer.fit.level != "nothing_found":
        for line in (*answer.warnings, *answer.left_out):
            out.print(Text(f"Note: {line}".rstrip("."), style="yellow"))
    out.print()
    out.print(Text(f"Model {answer.model}, Saphena {answer.software}. {answer.intended_use}", style="dim"))

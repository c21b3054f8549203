"""What ``saphena evaluate --diagnostics`` and ``--influence`` show."""

from __future__ import annotations

from pathlib import Path
from statistics import median

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from saphena.assessment import per_cent
from saphena.evaluation.coded import answer
from saphena.evaluation.diagnostics import Diagnostics, diagnose
from saphena.evaluation.fits import Fits
from saphena.evaluation.folded import OnCases
from saphena.evaluation.monotone import Fall
from saphena.evaluation.recording import Answer
from saphena.evaluation.selfcheck import Calibration, SelfConsistency
from saphena.evaluation.spread import OverallInfluence, overall_influence
from saphena.interfaces.cli.influence import words
from saphena.interfaces.cli.show import console
from saphena.model.network import Model

LISTED = 10
OWN_LISTED = 20


def run_diagnostics(model: Model, folder: Path, people: int, as_json: bool) -> None:
    """Run and show, with a progress bar on standard error."""
    with _bar() as bar:
        task = bar.add_task("", total=100)
        result = diagnose(
            model, folder, people, lambda name, share: bar.update(task, description=name, completed=round(100 * share))
        )
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        show_diagnostics(result)


def run_influence(model: Model, folder: Path, as_json: bool) -> None:
    """The same, of all numbers over all cases."""
    cases = answer(model, folder)
    with _bar() as bar:
        task = bar.add_task("cases", total=len(cases))
        result = overall_influence(model, cases, tell=lambda: bar.advance(task))
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        show_influence(result)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip


def show_diagnostics(result: Diagnostics) -> None:
    """One part after the other."""
    out = console()
    _sampled(out, result.self_consistency)
    _heading(out, "Recording and mechanisms", "people of the model, answered in several ways: said / true")
    out.print(_answers((*result.recording, *result.mechanism_truth)))
    out.print(_on_cases(result.mechanism_cases))
    out.print()
    _heading(out, "Does it say when it does not know?", "cases by what is said of the fit")
    out.print(_fits(result.fits))
    out.print()
    _heading(out, "The right condition left out", f"{len(result.leave_out.cases)} coded cases")
    out.print(
        f"  leader above 0.8 all the same: {result.leave_out.confident}; a high probability means best of those in "
        "the model"
    )
    fits = [one.poor_fit for one in result.leave_out.cases if one.poor_fit is not None]
    if fits:
        out.print(f"  findings left unexplained: median {per_cent(median(fits))}")
    table = _table("left out", "takes over", "cases", "best parted by", "bits")
    for twin in result.leave_out.twins:
        by = f"{words(twin.finding)} ({twin.obtained_by})" if twin.finding else "-"
        table.add_row(words(twin.gold), words(twin.twin), str(len(twin.cases)), by, f"{twin.information:.3f}")
    out.print(table)
    out.print()
    if result.perturbation is not None:
        _heading(out, "Other numbers", f"top 1 with the numbers as authored {result.perturbation.top_1:.2f}")
        table = _table("changed", "draws", "top 1", "lowest to highest", "leader changes", "above 0.95 and wrong")
        for kind in result.perturbation.kinds:
            table.add_row(
                kind.kind, str(kind.draws), f"{kind.top_1:.2f}", f"{kind.top_1_low:.2f} to {kind.top_1_high:.2f}",
                per_cent(kind.leader_changes), per_cent(kind.wrong_above_95),
            )  # fmt: skip
        out.print(table)
        out.print()
    _monotone(out, result)
    _mixes(out, result)
    _priors(out, result)
    _kappa(out, result)


def _sampled(out: Console, result: SelfConsistency) -> None:
    of = result.calibration
    _heading(out, "Sampled cases", f"{result.label}; {of.people:,} people, {words(result.setting)}")
    out.print(_bins(of))
    verdict = "consistent: every bin within sampling error" if result.consistent else "NOT CONSISTENT"
    out.print(
        Text(
            f"  {verdict} (p = {of.p_value:.3g}); {len(result.deviations)} of {result.looked_at:,} counts beyond chance",
            style="bold green" if result.consistent else "bold red",
        )
    )
    out.print(f"  Brier {of.brier:.4f}, log loss {of.log_loss:.4f} a pair; {of.unanswered} people without an answer")
    for one in result.deviations[:LISTED]:
        where = f" with {words(one.finding)}" if one.finding else ""
        out.print(f"    {words(one.condition)}{where}: {one.seen} there, {one.expected:.1f} expected")
    table = _table("decision, sampled cases only", "present", "threshold", "model", "act on all", "on none")
    for curve in result.decision_curves:
        if curve.own:
            table.add_row(
                words(curve.condition), str(curve.present), f"{curve.threshold:g}", f"{curve.by_model:.2f}",
                f"{curve.act_all:.2f}", "0",
            )  # fmt: skip
    out.print(table)
    out.print(Text("  net benefit in true positives a thousand people, at the stated threshold", style="dim"))
    out.print(Text(f"  {result.caution}", style="dim"))
    out.print()


def _bins(of: Calibration) -> Table:
    table = _table("probability", "pairs", "said", "true", "95 % interval", "standard errors")
    for one in of.bins:
        table.add_row(
            f"{one.low:g} to {one.high:g}", f"{one.count:,}", f"{one.said:.4f}", f"{one.true:.4f}",
            f"{one.true_low:.4f} to {one.true_high:.4f}", f"{one.errors:+.1f}",
        )  # fmt: skip
    return table


def _answers(answers: tuple[Answer, ...]) -> Table:
    bins = [f"{b.low:g}-{b.high:g}" for b in answers[0].calibration.bins[1:]]
    table = _table("recorded", "answered", *bins, "log loss")
    for one in answers:
        shares = [f"{b.said:.2f} / {b.true:.2f}" for b in one.calibration.bins[1:]]
        table.add_row(one.recorded, one.answered, *shares, f"{one.calibration.log_loss:.4f}")
    return table


def _on_cases(answers: tuple[OnCases, ...]) -> Table:
    table = _table("coded cases", "answered", "first", "leader at 0.9", "and wrong", "mean of leader", "log loss")
    for one in answers:
        table.add_row(
            str(one.cases), one.answered, str(one.first), str(one.sure), str(one.sure_and_wrong), f"{one.leader:.3f}",
            f"{one.log_loss:.3f}",
        )  # fmt: skip
    return table


def _fits(found: tuple[Fits, ...]) -> Table:
    levels = ("explained", "partly", "improbable", "poor", "nothing_found", "outside")
    table = _table("cases of", *(words(level) for level in levels))
    for one in found:
        table.add_row(one.cases_of, *(str(one.said.get(level, "-")) for level in levels))
    return table


def _monotone(out: Console, result: Diagnostics) -> None:
    of = result.monotonicity
    _heading(out, "Monotonicity", f"{of.looked_at:,} steps; a condition must not become less probable by")
    if not of.own:
        out.print("  nothing its own numbers do")
    for one in of.own[:OWN_LISTED]:
        out.print(_fall(one))
    if len(of.own) > OWN_LISTED:
        out.print(Text(f"  and {len(of.own) - OWN_LISTED} more (--json)", style="dim"))
    out.print(f"  explained away by other conditions: {len(of.explained_away)}; the largest:")
    for one in of.explained_away[:5]:
        out.print(_fall(one))
    out.print()


def _fall(one: Fall) -> str:
    where = f" ({one.case})" if one.case else ""
    change = f"{per_cent(one.before)} → {per_cent(one.after)}"
    return f"    {words(one.condition)}: {words(one.by)}, {words(one.step)}: {change}{where}"


def _mixes(out: Console, result: Diagnostics) -> None:
    off = [m for m in result.mixes if not m.agrees]
    _heading(out, "Complaints", f"{len(result.mixes) - len(off)} of {len(result.mixes)} measured shares within 2")
    for one in off:
        known = "known" if one.known_miss else "NEW"
        names = ", ".join(words(c) for c in one.conditions)
        out.print(f"    {one.complaint}: {names}: published {one.published:.3f}, model {one.model:.3f} ({known})")
    out.print()


def _priors(out: Console, result: Diagnostics) -> None:
    of = result.priors
    _heading(out, "Priors given back", f"{of.compared - len(of.off)} of {of.compared} within 10 %")
    for one in sorted(of.off, key=lambda p: -abs(p.mean / p.stated - 1) if p.stated else 0.0)[:LISTED]:
        why = ", raised to the floor" if one.floored else ""
        out.print(
            f"    {words(one.condition)}, {words(one.setting)}: stated {one.stated:.3g}, mean {one.mean:.3g}{why}"
        )
    out.print()


def _kappa(out: Console, result: Diagnostics) -> None:
    of = result.kappa
    if of is None:
        return
    _heading(
        out, "What a narrative leaves out", f"fitted on {of.fitted_on} coded cases, checked on {of.checked_on} others"
    )
    table = _table("kappa, examined", "log loss of the gold condition, fitted half", "other half")
    table.add_row(f"fitted {of.kappa:g}, {of.examined:g}", f"{of.fitted_loss:.3f}", f"{of.checked_loss:.3f}")
    table.add_row(
        f"stated {of.stated[0]:g}, {of.stated[1]:g}", f"{of.stated_fitted_loss:.3f}", f"{of.stated_checked_loss:.3f}"
    )
    table.add_row("ignored 0, 0", f"{of.ignored_fitted_loss:.3f}", f"{of.ignored_checked_loss:.3f}")
    out.print(table)
    out.print(f"  with the halves changed: {of.swapped[0]:g}, {of.swapped[1]:g}")


def show_influence(result: OverallInfluence) -> None:
    """Spread, misses, and the numbers that matter most."""
    out = console()
    _heading(out, "All numbers at once", f"{result.draws:,} draws, {result.cases} coded cases, model {result.model}")
    for spread in result.spreads:
        out.print(
            f"  {spread.name}: {spread.authored:.2f} as authored; over the draws {spread.mean:.2f} "
            f"(95 % {spread.low:.2f} to {spread.high:.2f})"
        )
    if result.too_wide:
        out.print(f"  too wide: {', '.join(result.too_wide)}")
    out.print()
    table = _table("missed, or must not be", "case", "place", "probability", "not first", "not in three", "below limit")
    for one in result.missed:
        table.add_row(
            words(one.gold), one.id, str(one.place), per_cent(one.probability), per_cent(one.not_first),
            per_cent(one.not_in_three), per_cent(one.below_threshold) if one.below_threshold is not None else "",
        )  # fmt: skip
    out.print(table)
    out.print()
    _heading(out, "Where reading another paper pays", "numbers by what they move over all cases")
    table = _table("number", "known as", "spread", "cases")
    for number in result.numbers:
        table.add_row(number.name, number.parent, f"{number.spread:.2f}", str(number.cases))
    out.print(table)
    for parent, share in result.by_parent.items():
        out.print(f"  {parent}: {per_cent(share)} of the spread, from {result.numbers_by_parent[parent]} numbers")
    out.print(
        Text(
            "spread: sum over cases of the share of the spread of the accepted condition's log odds that goes with the "
            "number. The cases are few and chosen: a number that none of them touches is not thereby unimportant.",
            style="dim",
        )
    )


def _heading(out: Console, title: str, more: str) -> None:
    out.print(Text.assemble((title, "bold"), f"  {more}"))


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True, header_style="dim")
    table.add_column(first)
    for name in others:
        table.add_column(name)
    return table

"""What ``saphena influence`` shows: which of the model's numbers one answer rests on."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from saphena.assessment import per_cent
from saphena.interfaces.cli.show import console, share_of_draws
from saphena.model.network import Model
from saphena.pathway.influence import BEYOND_CHANCE, CaseInfluence, NumberInfluence

SHOWN_FROM = 2.0
"""Standard errors below which a change of place may be chance and is left blank."""


def influence(model: Model, answer: CaseInfluence) -> None:
    """The table of numbers, and how stable leader and triage are."""
    out = console()
    name, now = model.knowledge.conditions[answer.condition].name, per_cent(answer.probability)
    out.print(Text.assemble((name, "bold"), f": {now} (plug-in)"))
    steady = answer.stability
    if steady.leader is not None and steady.leader_first is not None:
        first = model.knowledge.conditions[steady.leader].name
        out.print(
            f"  {first} stays first in {share_of_draws(steady.leader_first)} of {steady.draws:,} draws of all numbers"
        )
    out.print(f"  triage is the same in {share_of_draws(steady.triage_same)}")
    reached = ", ".join(f"{words(of)} in {share_of_draws(p)}" for of, p in answer.at_least.items() if p > 0)
    out.print(f"  by probability alone, at least: {reached or 'no threshold is passed in any draw'}")
    out.print()
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold")
    table.add_column("number", ratio=1)
    table.add_column("known as", no_wrap=True)
    table.add_column("spread", justify="right", no_wrap=True)
    table.add_column(f"{now} →", no_wrap=True)
    table.add_column("place", justify="right", no_wrap=True)
    table.add_column("triage", no_wrap=True)
    for one in answer.numbers:
        table.add_row(
            str(one.number), one.number.parent, f"{100 * one.share_of_spread:.0f} %",
            f"{per_cent(one.low)} to {per_cent(one.high)}", _place(one), _triage(one),
        )  # fmt: skip
    out.print(table)
    out.print()
    out.print(
        Text(
            "spread: share of the spread of its log odds that goes with the number. "
            f"{now} →: the probability when this number alone runs over its 95 % interval. "
            "place, triage: highest less lowest tenth of the number's draws; blank where it may be chance.",
            style="dim",
        )
    )


def words(id_: str) -> str:
    """An id as words."""
    return id_.replace("_", " ").replace(".", ", ")


def _place(one: NumberInfluence) -> str:
    clear = abs(one.rank_change) > SHOWN_FROM * one.rank_error and abs(one.rank_change) >= 0.05
    return f"{one.rank_change:+.1f}" if clear else ""


def _triage(one: NumberInfluence) -> str:
    level = max(one.triage_change, key=lambda of: abs(one.triage_change[of]))
    change, error = one.triage_change[level], one.triage_error[level]
    clear = abs(change) > BEYOND_CHANCE * error and abs(change) >= 0.01
    return f"{words(level)} {100 * change:+.0f} %" if clear else ""

"""``saphena score``: published scores, stages and formulas from answers or from a case."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from saphena.assessment import citation
from saphena.faults import Fault, Faulty
from saphena.interfaces.cli.cases import observed, read_case
from saphena.model.instruments import InstrumentFile
from saphena.model.network import Model
from saphena.model.store import load_model
from saphena.model.suggest import did_you_mean
from saphena.pathway.scoring import ScoreResult, score, score_case
from saphena.pathway.truth import LEGS, Rules

DASH = "–"


def score_command(
    name: Annotated[str | None, typer.Argument(help="Instrument; without it all are listed.")] = None,
    values: Annotated[list[str] | None, typer.Argument(help="item=answer; without them its items are listed.")] = None,
    case: Annotated[str | None, typer.Option(help="Answers come from this case (- reads standard input).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Compute a published score, stage or formula."""
    model = load_model()
    instruments, console = model.knowledge.instruments, Console(highlight=False)
    if name is None:
        _list(console, list(instruments.values()))
        return
    if name not in instruments:
        raise Faulty([Fault("saphena score", None, "", f"there is no {name}", did_you_mean(name, list(instruments)))])
    instrument = instruments[name]
    if case is not None:
        rules = Rules(model, observed(model, read_case(case))[1])
        results = [score_case(rules, instrument, leg) for leg in (LEGS if instrument.per_leg else ("",))]
    elif values:
        results = [score(instrument, _pairs(name, values))]
    else:
        _items(console, model, instrument)
        return
    if as_json:
        typer.echo(json.dumps([_plain(one) for one in results], indent=2, ensure_ascii=False))
        return
    for result in results:
        _show(console, model, result)


def _pairs(name: str, values: list[str]) -> dict[str, str]:
    wrong = [v for v in values if "=" not in v]
    if wrong:
        raise Faulty(
            [Fault(name, None, v, "is no answer", "Write item=answer, such as age_over_65=yes") for v in wrong]
        )
    return {key.strip(): value.strip() for key, _, value in (v.partition("=") for v in values)}


def _plain(result: ScoreResult) -> dict[str, object]:
    points = result.points
    return {
        "instrument": result.instrument.id,
        "leg": result.leg or None,
        "points": None if points is None else [points.lowest, points.highest],
        "bands": [band.name for band in result.bands],
        "certain": result.certain,
        "missing": list(result.missing),
    }


def _list(console: Console, instruments: list[InstrumentFile]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("id", "name", "kind"):
        table.add_column(column, overflow="fold")
    for one in sorted(instruments, key=lambda i: i.id):
        table.add_row(one.id, one.name, one.kind if one.licence.shipped else f"not shipped: {one.licence.where}")
    console.print(table)


def _items(console: Console, model: Model, instrument: InstrumentFile) -> None:
    console.print(f"{instrument.name}\n{instrument.use_for}\n")
    for item in instrument.items:
        if item.levels:
            answers = ", ".join(f"{level.id} ({level.points:g}: {level.name})" for level in item.levels)
        elif item.number is not None:
            low, high = item.number.plausible
            answers = f"a number, {low:g} to {high:g}{'' if item.number.unit == '1' else ' ' + item.number.unit}"
        else:
            answers = f"yes ({item.points:g}) or no"
        console.print(f"  {item.id}: {item.name}\n    {answers}", soft_wrap=True)
    for band in instrument.bands:
        bound = f"{band.at_least:g} and more: " if band.at_least is not None else ""
        console.print(f"{bound}{band.name}. {band.meaning}", soft_wrap=True)
    _source(console, model, instrument)


def _show(console: Console, model: Model, result: ScoreResult) -> None:
    instrument, points = result.instrument, result.points
    unit = f" {instrument.unit}" if instrument.unit else ""
    leg = f", {result.leg} leg" if result.leg else ""
    if points is None:
        told = "no result"
    elif points.lowest == points.highest:
        told = f"{points.lowest:g}{unit}"
    else:
        told = f"{points.lowest:g}{DASH}{points.highest:g}{unit}"
    console.print(f"{instrument.name}{leg}: {told}", soft_wrap=True)
    if result.band is not None:
        console.print(f"{result.band.name}. {result.band.meaning}", soft_wrap=True)
    elif result.bands:
        console.print(f"Still possible: {'; '.join(band.name for band in result.bands)}", soft_wrap=True)
    if result.missing:
        console.print(f"Not answered: {', '.join(result.missing)}", soft_wrap=True)
    if instrument.limits:
        console.print(instrument.limits, soft_wrap=True)
    _source(console, model, instrument)


def _source(console: Console, model: Model, instrument: InstrumentFile) -> None:
    if instrument.source is not None:
        console.print(citation(model.knowledge.sources[instrument.source]), soft_wrap=True)

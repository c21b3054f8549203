"""Commands of those who judge the model: ``evaluate``, ``deal``, ``simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from saphena.case import Setting
from saphena.faults import Fault, Faulty
from saphena.interfaces.cli.cases import known_setting
from saphena.model.store import load_model


def evaluate(
    cases: Annotated[
        Path | None,
        typer.Option(
            metavar="PLACE",
            help="A folder of coded cases with gold.yaml, or one case of it; the published cases that ship with "
            "Saphena without.",
        ),
    ] = None,
    second: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="A second coding of some of the cases, to compare with the first."),
    ] = None,
    interviews: Annotated[
        bool, typer.Option("--interviews/--no-interviews", help="Simulate an interview of every case as well.")
    ] = True,
    robustness: Annotated[
        bool, typer.Option("--robustness", help="Lose or turn round some of the findings, 200 times; takes minutes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print figures and every case as JSON.")] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report with plots, and the ledger of every miss.")
    ] = None,
    write_docs: Annotated[
        bool,
        typer.Option(
            "--write-docs", help="Write the figures into docs/reference/evaluation.md, and keep them for the web."
        ),
    ] = False,
    check_docs: Annotated[
        bool,
        typer.Option(
            "--check-docs", help="Fail where docs/reference/evaluation.md says something else; interviews only if held."
        ),
    ] = False,
    record: Annotated[bool, typer.Option("--record", help="Append the figures to evaluation/runs.jsonl.")] = False,
    seal: Annotated[
        bool, typer.Option("--seal", help="Only write the hash of cases, gold and triage into gold.yaml.")
    ] = False,
    diagnostics: Annotated[
        bool, typer.Option("--diagnostics", help="Check the model itself instead, on people drawn from it.")
    ] = False,
    people: Annotated[
        int, typer.Option(min=100, max=1_000_000, metavar="N", help="With --diagnostics: how many people to draw.")
    ] = 10_000,
    influence: Annotated[
        bool, typer.Option("--influence", help="Show instead which numbers all cases together rest on.")
    ] = False,
    plans: Annotated[
        int,
        typer.Option(
            min=0, max=1_000_000, metavar="N", help="Check instead the plans of so many people; 2000 take minutes."
        ),
    ] = 0,
) -> None:
    """Judge the answers on published cases: every figure with its interval, every miss by name.

    Needs the extra: pip install 'saphena[evaluation]'. Exit status 0: judged; 1: the documented figures
    are not these, or a plan offers what it must not; 2: the cases are refused.
    """
    if plans:
        from saphena.interfaces.cli.plans import run_plans

        raise typer.Exit(run_plans(load_model(), plans, as_json))
    from saphena.evaluation.cases import CASES
    from saphena.evaluation.needed import needed
    from saphena.interfaces.cli import evaluation

    if seal:
        evaluation.sealed(cases)
        return
    if diagnostics or influence:
        needed("scipy.stats")
        from saphena.interfaces.cli.diagnostics import run_diagnostics, run_influence

        place = cases or CASES
        if diagnostics:
            run_diagnostics(load_model(), place, people, as_json)
        if influence:
            run_influence(load_model(), place, as_json)
        return
    if (write_docs or check_docs) and (cases is not None or second is not None or (write_docs and not interviews)):
        option = "--write-docs" if write_docs else "--check-docs"
        message = "describes all cases that ship with Saphena"
        raise Faulty(
            [Fault(option, None, "", message, "Leave --cases and --second out, and --no-interviews for --write-docs")]
        )
    model = load_model()
    result = evaluation.evaluated(model, cases, second, interviews, robustness)
    dropped = evaluation.written(model, cases, result, html, write_docs, record)
    if as_json:
        typer.echo(result.model_dump_json(indent=2))
    else:
        evaluation.evaluation(result, dropped)
    if check_docs and not evaluation.documented(result):
        raise typer.Exit(1)


def deal(
    texts: Annotated[Path, typer.Argument(metavar="TEXTS", help="JSON Lines: id, source, licence, text.")],
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the coder finds them, and the vocabulary.")],
) -> None:
    """Hand texts of cases to whoever codes them, without anything that gives a diagnosis away."""
    from saphena.evaluation.deal import deal as hand_out

    typer.echo(f"{hand_out(load_model(), texts, folder)} texts and the vocabulary are in {folder}.")


def simulate(
    count: Annotated[int, typer.Argument(metavar="N", min=1, max=1_000_000, help="How many people.")],
    setting: Annotated[
        str, typer.Option(metavar="SETTING", help=f"Where they are seen: {', '.join(get_args(Setting))}.")
    ] = "primary_care",
    age: Annotated[
        float | None, typer.Option(min=18, max=120, metavar="YEARS", help="All of this age; drawn without.")
    ] = None,
    sex: Annotated[str | None, typer.Option(metavar="SEX", help="All female, or all male; drawn without.")] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="I", help="The same seed gives the same people.")] = 0,
    recorded: Annotated[
        float, typer.Option(min=0, max=1, metavar="P", help="Chance that a finding is recorded, whatever it is.")
    ] = 0.08,
    out: Annotated[
        str,
        typer.Option(
            metavar="DIR", help="Write cases.jsonl and truth.jsonl into this folder; - prints both, a person a line."
        ),
    ] = "-",
) -> None:
    """Draw people from the model itself: cases with what was recorded, and the truth about them.

    For trying out the software and its interfaces. Simulated people are exactly as the model believes
    them to be, so they prove nothing about real ones.
    """
    from saphena.evaluation.simulated import write_simulated

    known_setting(setting)
    if sex not in (None, "female", "male"):
        raise Faulty([Fault("--sex", None, "", f"{sex} is not drawn", "Write female or male, or leave it out")])
    folder = None if out == "-" else Path(out)
    write_simulated(load_model(), count, setting, seed, recorded, folder, typer.echo, age, sex)

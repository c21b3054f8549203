"""Commands and their arguments. Each reads its input, calls one function and hands the answer to ``show``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from saphena.assessment import Assessment, assess
from saphena.assessment.leaflet import leaflet, plain
from saphena.case import Case, Setting
from saphena.faults import Fault, Faulty
from saphena.inference.evidence import ImpossibleEvidence
from saphena.inference.explain import explain as explain_condition
from saphena.inference.observe import observe
from saphena.inference.subset import TooWide
from saphena.inference.uncertainty import DRAWS
from saphena.interfaces.cli import kernels, research, show, vocabulary
from saphena.interfaces.cli.account import account
from saphena.interfaces.cli.cases import known_setting, observed, read_case
from saphena.interfaces.cli.knowledge import knowledge, print_schema
from saphena.interfaces.cli.plan import show_plan
from saphena.interfaces.cli.record import audit
from saphena.interfaces.cli.record import record as record_commands
from saphena.interfaces.cli.score import score_command
from saphena.interfaces.cli.serve import serve_command
from saphena.model.network import Model
from saphena.model.reader import Document, read_file, undotted
from saphena.model.store import load_model
from saphena.model.validate import validate
from saphena.version import VERSION

app = typer.Typer(
    name="saphena",
    help="Clinical decision support for legs that are heavy, painful, swollen, weak, cramping or discoloured.",
    no_args_is_help=False,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(account, name="account")
app.add_typer(audit, name="audit")
app.add_typer(knowledge, name="knowledge")
app.add_typer(record_commands, name="record")

Draws = Annotated[
    int, typer.Option(min=0, max=1000, metavar="N", help="Draws for the 95 % intervals; 0 leaves them out.")
]
Ahead = Annotated[
    int, typer.Option("--next", min=0, max=50, metavar="N", help="How many findings worth having next to show.")
]
REFUSED = 2
"""Exit status for input that is refused."""


@app.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the versions of software and model.")] = False,
) -> None:
    """Without a command: what to type next."""
    if version:
        typer.echo(f"saphena {VERSION}, model {load_model().version}")
    elif context.invoked_subcommand is None:
        show.welcome()


@app.command("assess")
def assess_command(
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="A case in YAML or JSON: a file, or - for standard input.")
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the assessment as JSON (schema: saphena schema assessment).")
    ] = False,
    setting: Annotated[
        str | None,
        typer.Option(
            metavar="SETTING",
            help=f"Where the patient is seen: {', '.join(get_args(Setting))}. Replaces the setting of the case.",
        ),
    ] = None,
    explain: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION", help="Show the whole ledger of one condition, with the source of every number."
        ),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FINDING=VALUE",
            help="Show what this answer would change, e.g. calf_pain.right=absent; may be repeated.",
        ),
    ] = None,
    ahead: Ahead = 3,
    draws: Draws = DRAWS,
    top: Annotated[
        int, typer.Option(min=1, max=100, metavar="N", help="How many conditions to show with their evidence.")
    ] = 3,
    plan: Annotated[bool, typer.Option("--plan", help="Show what to do next, for the clinician.")] = False,
    as_leaflet: Annotated[bool, typer.Option("--leaflet", help="Print a leaflet for the patient.")] = False,
    language: Annotated[str, typer.Option("--lang", metavar="LANG", help="Language of the leaflet: en or ru.")] = "en",
) -> None:
    """Assess a case: how urgent it is, what it may be, and why.

    Exit status 0: assessed; 2: the case is refused, with every fault named.
    """
    document = read_case(case)
    if setting is not None and isinstance(document.value, dict):
        document.value["setting"] = setting
    model = load_model()
    checked = validate(document, Case)
    _known_condition(model, "--explain", explain)
    if language not in model.knowledge.texts:
        raise Faulty(
            [Fault("--lang", None, "", f"there is no {language}", f"Known: {', '.join(model.knowledge.texts)}")]
        )
    waiting = kernels.without_waiting()
    try:
        answer = assess(model, checked, draws=0 if what_if else draws, ahead=0 if what_if else ahead)
    except Faulty as error:
        raise Faulty([document.fault(undotted(f.path), f.message, f.remedy) for f in error.faults]) from None
    if what_if:
        changed = _changed(document, what_if)
        try:
            show.what_if(model, answer, assess(model, validate(changed, Case)), ", ".join(what_if))
        except Faulty as error:
            raise Faulty([Fault("--what-if", None, f.path, f.message, f.remedy) for f in error.faults]) from None
    elif explain is not None and answer.differential:
        why = explain_condition(model, observe(model, checked), explain)
        if as_json:
            typer.echo(json.dumps(asdict(why), indent=2))
        else:
            show.explanation(model, answer, explain, why)
    elif as_json:
        typer.echo(answer.model_dump_json(indent=2))
    elif as_leaflet:
        typer.echo(plain(leaflet(model, answer, language)), nl=False)
    elif plan:
        show_plan(answer)
    else:
        show.assessment(model, answer, checked, top=top)
    if waiting:
        kernels.compile_beside()


app.command("score")(score_command)
app.command("serve")(serve_command)


@app.command("compile")
def compile_command() -> None:
    """Compile the fast kernels of inference for this machine, which the first large case would wait for otherwise.

    `saphena assess` starts this by itself, beside its first answer; SAPHENA_COMPILE=never prevents that.
    """
    kernels.compile_now()
    typer.echo("The kernels are compiled.")


@app.command("influence")
def influence_command(
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="A case in YAML or JSON: a file, or - for standard input.")
    ],
    condition: Annotated[
        str | None, typer.Option(metavar="ID", help="The condition to look at; the one that leads without.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, max=1000, metavar="N", help="How many numbers to show.")] = 12,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show which of the model's numbers an answer rests on, and how stable leader and triage are.

    Exit status 0: shown; 2: the case is refused, or has no differential.
    """
    from saphena.interfaces.cli.influence import influence as show_influence
    from saphena.pathway.influence import influence

    document, model = read_case(case), load_model()
    checked, observation = observed(model, document)
    _known_condition(model, "--condition", condition)
    kernels.without_waiting()
    if not model.knows_age(checked.age):
        raise Faulty(
            [
                Fault(
                    document.name,
                    None,
                    "age",
                    "this age has no differential",
                    f"People from {model.youngest:g} years on have one",
                )
            ]
        )
    try:
        answer = influence(model, observation, condition, top)
    except (ImpossibleEvidence, TooWide) as error:
        raise Faulty(
            [Fault(document.name, None, "findings", f"there are no probabilities: {error}", "Check the findings")]
        ) from None
    if as_json:
        typer.echo(json.dumps(asdict(answer), indent=2))
    else:
        show_influence(model, answer)


@app.command()
def interview(
    file: Annotated[
        Path | None, typer.Option(help="Keep the answers in this case file; an existing one is resumed.")
    ] = None,
    setting: Annotated[str, typer.Option(metavar="SETTING", help="Where the patient is seen.")] = "primary_care",
    clinician: Annotated[bool, typer.Option("--clinician", help="Ask for signs of the examination as well.")] = False,
    most: Annotated[
        int,
        typer.Option("--max-questions", min=0, metavar="N", help="Stop after so many questions; checklists are asked."),
    ] = 30,
    draws: Draws = DRAWS,
    ahead: Ahead = 3,
) -> None:
    """Ask, red flags first, then what tells most, and end in an assessment.

    y yes, n no, d don't know, s skip, u undo, ? why asked, q stop and assess.
    """
    from saphena.interfaces.cli.interview import Interview, Stop, ask_head

    kernels.without_waiting()
    known_setting(setting)
    model = load_model()
    head, found = {}, {}
    if file is not None and file.exists():
        resumed = read_file(file)
        observed(model, resumed)
        head = {key: value for key, value in resumed.value.items() if key != "findings"}
        found = dict(resumed.value.get("findings") or {})
    else:
        try:
            head = ask_head(input, print, setting)
        except (EOFError, Stop):
            typer.echo("\nNothing was entered, so there is nothing to assess.")
            return
    talk = Interview(model, input, print, head, found, file, clinician, most, [(id_,) for id_ in found])
    case = talk.run()
    show.assessment(model, assess(model, case, draws=draws, ahead=ahead), case, top=2)


@app.command()
def findings(
    words: Annotated[list[str] | None, typer.Argument(help="Words to search; all findings without any.")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="How many to show.")] = 12,
) -> None:
    """Search findings, measurements and risk factors by name and synonym."""
    vocabulary.findings(load_model(), words or [], limit)


@app.command()
def conditions() -> None:
    """List the conditions the model knows."""
    vocabulary.conditions(load_model())


@app.command()
def schema(
    name: Annotated[str, typer.Argument(help="case or assessment.")],
) -> None:
    """Print the JSON Schema of a case or of an assessment."""
    shapes: dict[str, Any] = {"case": Case, "assessment": Assessment}
    print_schema(name, shapes)


app.command("evaluate")(research.evaluate)
app.command("deal")(research.deal)
app.command("simulate")(research.simulate)


def main() -> None:
    """Entry point: any refused input is one clear message and exit status 2, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # Where a sign cannot be written, ? stands for it.
    sys.exit(_guarded(lambda: app(standalone_mode=True)))


def _guarded(run: Callable[[], Any]) -> int:
    try:
        run()
    except Faulty as error:
        show.faults(error)
        return REFUSED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        show.faults(
            Faulty(
                [Fault(str(error.filename), None, "", f"cannot be used ({error.strerror})", "Check path and rights")]
            )
        )
        return REFUSED
    return 0


def _known_condition(model: Model, option: str, id_: str | None) -> None:
    if id_ is not None and id_ not in model.knowledge.conditions:
        from saphena.model.suggest import did_you_mean

        raise Faulty(
            [Fault(option, None, "", f"there is no condition {id_}", did_you_mean(id_, list(model.conditions)))]
        )


def _other_legs(before: Any, leg: str) -> dict[str, Any]:
    """What the case says of the legs that are not changed."""
    if leg == "both":
        return {}
    if isinstance(before, dict) and "both" in before:
        before = {"right": before["both"], "left": before["both"]}
    if isinstance(before, list):
        before = {one.get("leg"): one.get("value") for one in before if isinstance(one, dict)}
    legs = before if isinstance(before, dict) else {}
    return {side: legs[side] for side in ("right", "left") if side in legs and side != leg}


def _changed(document: Document, changes: list[str]) -> Document:
    """The case with some answers replaced: ``finding=value`` or ``finding.leg=value``."""
    findings = dict(document.value.get("findings") or {})
    for change in changes:
        name, equals, value = change.partition("=")
        finding, _, leg = name.strip().partition(".")
        if not equals or leg not in ("", "right", "left", "both"):
            raise Faulty(
                [
                    Fault(
                        "--what-if",
                        None,
                        "",
                        f"{change!r} is no change of a finding",
                        "Write finding=value, or finding.right=value",
                    )
                ]
            )
        before = findings.get(finding)
        if leg:
            findings[finding] = {**_other_legs(before, leg), leg: value.strip()}
        else:
            findings[finding] = value.strip()
    return Document(document.name, {**document.value, "findings": findings}, document.lines)

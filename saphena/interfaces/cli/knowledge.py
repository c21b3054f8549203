"""``saphena knowledge``: look at it, check it, ask what it implies, write its pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from saphena.faults import Fault, Faulty
from saphena.interfaces.cli import vocabulary
from saphena.model.schema import FILE_KINDS
from saphena.model.store import load_model

knowledge = typer.Typer(help="Look at, check and compile the knowledge.", no_args_is_help=True, rich_markup_mode=None)


@knowledge.command("check")
def check(
    folder: Annotated[
        Path | None, typer.Argument(help="A knowledge folder; the one of this installation without.")
    ] = None,
    notices: Annotated[bool, typer.Option(help="Also list what is worth knowing but no fault.")] = False,
) -> None:
    """Check knowledge: every id, number and parent; compile it; print counts.

    Exit status 0: it passes; 2: it is refused, with every fault named.
    """
    from saphena.model.load import KNOWLEDGE
    from saphena.model.store import checked

    loaded, model = checked(folder or KNOWLEDGE)
    vocabulary.counts(loaded, model, notices)


@knowledge.command("show")
def show_entry(
    id_: Annotated[
        str, typer.Argument(metavar="ID", help="A condition, finding, risk factor, mechanism, measurement or source.")
    ],
) -> None:
    """Show one entry of the knowledge with the parent of every number."""
    vocabulary.entry(load_model(), id_)


@knowledge.command("schema")
def schema(
    kind: Annotated[str | None, typer.Argument(help=f"Kind of file: {', '.join(FILE_KINDS)}.")] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the schemas of all kinds into this folder, for an editor.")
    ] = None,
) -> None:
    """Print the JSON Schema of a kind of knowledge file."""
    if write is not None:
        write.mkdir(parents=True, exist_ok=True)
        for name, shape in FILE_KINDS.items():
            (write / f"{name}.schema.json").write_text(json.dumps(shape.model_json_schema(), indent=2) + "\n")
        typer.echo(f"{len(FILE_KINDS)} schemas in {write}")
        return
    print_schema(kind or "", dict(FILE_KINDS))


@knowledge.command("implied")
def implied(
    condition: Annotated[str | None, typer.Option(metavar="ID", help="One condition alone.")] = None,
    outside: Annotated[bool, typer.Option(help="Only what lies outside the published interval.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Also draw published against implied, as SVG or PNG.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    record: Annotated[
        bool, typer.Option("--record", help="Keep all of it for the pages of the web application.")
    ] = False,
) -> None:
    """What the model implies for each published sensitivity, specificity and likelihood ratio.

    Exit status 0: shown; 2: a study cannot be asked of the model.
    """
    from saphena.interfaces.cli.implied import run_implied

    run_implied(load_model(), condition, outside, plot, as_json, record)


@knowledge.command("rules")
def rules(
    freeze: Annotated[bool, typer.Option(help="Write edge cases for the rules that have none.")] = False,
    again: Annotated[
        list[str] | None, typer.Option(metavar="GROUP.RULE", help="Write those of this rule anew; may be repeated.")
    ] = None,
) -> None:
    """Try every rule at its edges: cases inside, outside and unknown, and mutants that they must refute.

    Exit status 0: all agree and no mutant survives; 1: some do not.
    """
    from saphena.interfaces.cli.rules import run_rules

    raise typer.Exit(run_rules(load_model(), freeze or bool(again), again or []))


@knowledge.command("pages")
def pages(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")],
) -> None:
    """Write a Markdown page for every condition and finding, with coverage, parents and the knowledge card."""
    from saphena.interfaces.pages import write_pages

    typer.echo(f"{write_pages(load_model(), folder)} pages in {folder}")


@knowledge.command("translations")
def translations(
    language: Annotated[str, typer.Option("--lang", metavar="LANG", help="Language, as its two letters.")] = "ru",
    folder: Annotated[
        Path | None, typer.Argument(help="The folder of texts; the one of this installation without.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="Bring the files up to date, for a translator.")] = False,
) -> None:
    """What clinicians read in another language: which sentences have no translation.

    A sentence that was changed has none, until it is translated anew; pages show it in English.
    Exit status 0: each has one; 1: some have none.
    """
    from saphena.interfaces.cli.translations import run_translations
    from saphena.model.load import KNOWLEDGE

    lines, missing = run_translations(load_model().knowledge, folder or KNOWLEDGE / "text", language, write)
    typer.echo("\n".join(lines))
    raise typer.Exit(1 if missing else 0)


def print_schema(name: str, shapes: dict[str, Any]) -> None:
    """The JSON Schema of one shape; raises ``Faulty`` for a name that is none."""
    if name not in shapes:
        raise Faulty([Fault("schema", None, "", f"there is no schema {name!r}", f"Known: {', '.join(shapes)}")])
    typer.echo(json.dumps(shapes[name].model_json_schema(), indent=2))

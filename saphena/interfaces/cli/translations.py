"""``saphena knowledge translations``: files of translations that hold every sentence of today, and no other."""

from __future__ import annotations

from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from saphena.model.schema import Knowledge
from saphena.model.sentences import sentences

WIDTH = 120


def run_translations(knowledge: Knowledge, folder: Path, language: str, write: bool) -> tuple[list[str], int]:
    """One line for each file in ``folder/<language>``, and how many sentences have no translation.

    ``write`` brings the files up to date: new sentences come in empty, with the entry they belong to beside them;
    sentences that the knowledge no longer has go out.
    """
    lines, missing = [], 0
    for name, wanted in sentences(knowledge).items():
        path = folder / language / f"{name}.po"
        held = _held(path, language)
        kept = {sentence: held[sentence] for sentence in wanted if sentence in held}
        lacking, stale = len(wanted) - len(kept), len(held) - len(kept)
        missing += lacking
        lines.append(f"{path.name}: {len(wanted)} sentences, {lacking} without translation, {stale} no longer there")
        if write:
            _write(path, language, wanted, kept)
    return lines, missing


def _held(path: Path, language: str) -> dict[str, str]:
    """Every finished translation of a file; none of a file that is not there yet."""
    if not path.exists():
        return {}
    with path.open("rb") as file:
        messages = list(read_po(file, locale=language))
    return {str(m.id): str(m.string) for m in messages if m.id and m.string and not m.fuzzy}


def _write(path: Path, language: str, wanted: dict[str, str], kept: dict[str, str]) -> None:
    made = Catalog(locale=language)
    for sentence, entry in wanted.items():
        made.add(sentence, kept.get(sentence, ""), auto_comments=[entry])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Without a head, which would change by the hour and has nothing that is needed: there are no plurals.
        write_po(file, made, width=WIDTH, omit_header=True)

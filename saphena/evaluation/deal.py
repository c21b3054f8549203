"""Hand out texts to whoever codes them: the text and the words to code it in, and nothing that gives a diagnosis away."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from saphena.faults import Fault, Faulty
from saphena.model.network import Model
from saphena.model.schema import Finding

GIVEN = ("id", "source", "licence", "text")
"""All that a line of the texts may hold."""
VOCABULARY = "VOCABULARY.md"


def deal(model: Model, texts: Path, folder: Path) -> int:
    """Write each text of a JSON Lines file (``GIVEN``) to a file of its own, and the vocabulary; how many there were.

    Raises ``Faulty`` for a line that is no text, holds anything else (a diagnosis, say), or repeats an id, and
    for a folder that holds gold; then nothing is written.
    """
    found: dict[str, dict[str, str]] = {}
    faults: list[Fault] = []
    for number, line in enumerate(texts.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry: Any = json.loads(line)
        except ValueError:
            entry = None
        fault = _fault(entry, found)
        if fault is None:
            found[entry["id"]] = entry
        else:
            faults.append(Fault(texts.name, number, *fault))
    if (folder / "gold.yaml").exists():
        faults.append(Fault(str(folder), None, "", "holds gold.yaml", "Name a folder of its own for the coder"))
    if faults:
        raise Faulty(faults)
    folder.mkdir(parents=True, exist_ok=True)
    for id_, entry in found.items():
        head = [f"{key}: {entry[key]}" for key in GIVEN[:3] if key in entry]
        (folder / f"{_file_name(id_)}.txt").write_text("\n".join([*head, "", entry["text"], ""]), encoding="utf-8")
    (folder / VOCABULARY).write_text(vocabulary(model), encoding="utf-8")
    return len(found)


def vocabulary(model: Model) -> str:
    """Every finding, measurement and risk factor with its definition; no condition, and no number."""
    k = model.knowledge
    lines = ["# Findings", ""]
    lines += [f"- `{id_}`{_grades(one)}: {one.name}. {one.definition}" for id_, one in sorted(k.findings.items())]
    lines += ["", "# Measurements", ""]
    lines += [f"- `{id_}`: {one.name}" for id_, one in sorted(k.measurements.items())]
    lines += ["", "# Risk factors", ""]
    lines += [f"- `{id_}`: {one.name}" for id_, one in sorted(k.risk_factors.items())]
    return "\n".join(lines) + "\n"


def _grades(finding: Finding) -> str:
    of = f" ({', '.join(finding.grades)})" if finding.kind == "graded" else ""
    return of + (" by leg" if finding.sided else "")


def _fault(entry: Any, found: dict[str, dict[str, str]]) -> tuple[str, str, str] | None:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("id", "text")):
        return "", "is no text", 'Write {"id": ..., "source": ..., "licence": ..., "text": ...} on one line'
    more = sorted(set(entry) - set(GIVEN))
    if more:
        return more[0], "is not for the coder", f"Leave it out; a line holds {', '.join(GIVEN)}"
    if entry["id"] in found:
        return "id", f"{entry['id']} is there twice", "Give each text its own id"
    return None


def _file_name(id_: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", id_).lower()

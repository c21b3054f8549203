"""Cases as files: read, and checked against the model with every fault at its file and line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from saphena.case import Case, Setting
from saphena.faults import Fault, Faulty
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.model.network import Model
from saphena.model.reader import LARGEST_BYTES, Document, read_bytes, read_file, undotted
from saphena.model.validate import validate


def read_case(name: str) -> Document:
    """A file, or standard input for ``-``."""
    if name == "-":
        return read_bytes(sys.stdin.buffer.read(LARGEST_BYTES + 1), "standard input")
    return read_file(Path(name))


def observed(model: Model, document: Document) -> tuple[Case, Observation]:
    """The case of a file, checked against the model."""
    case = validate(document, Case)
    try:
        return case, observe(model, case)
    except Faulty as error:
        raise Faulty([document.fault(undotted(f.path), f.message, f.remedy) for f in error.faults]) from None


def known_setting(setting: str) -> None:
    """Refuse a setting that there is not."""
    if setting not in get_args(Setting):
        raise Faulty(
            [Fault("--setting", None, "", f"there is no setting {setting}", f"Known: {', '.join(get_args(Setting))}")]
        )

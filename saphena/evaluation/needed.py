"""Packages that only the evaluation needs; the extra ``evaluation`` installs them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from saphena.faults import Fault, Faulty

EXTRA = "evaluation"


def needed(module: str) -> Any:
    """The module, or a fault that names the extra that holds it."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != module.partition(".")[0]:
            raise
        package = module.partition(".")[0]
        raise Faulty(
            [Fault("saphena evaluate", None, "", f"{package} is not installed", f"pip install 'saphena[{EXTRA}]'")]
        ) from None

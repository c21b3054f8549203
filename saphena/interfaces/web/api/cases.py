"""A case as it is sent, within bounds."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body
from pydantic import AfterValidator

from saphena.case import Case

MOST_ENTRIES, LONGEST = 400, 300
"""More than the vocabulary has, and longer than any value of it."""


def _bounded(case: Case) -> Case:
    """Refuse what is no case of a person, before anything is compared with the vocabulary."""
    held = case.model_dump(mode="json")
    for name, value in held.items():
        if isinstance(value, dict | list) and len(value) > MOST_ENTRIES:
            raise ValueError(f"{name} has {len(value)} entries; send at most {MOST_ENTRIES}")
    _short(held)
    return case


def _short(value: Any) -> None:
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise ValueError(f"a text has {len(value)} characters; send at most {LONGEST}")
        if any(ord(letter) < 32 for letter in value):
            raise ValueError("a text holds control characters; leave them out")
    elif isinstance(value, dict):
        for key, inside in value.items():
            _short(key)
            _short(inside)
    elif isinstance(value, list):
        if len(value) > MOST_ENTRIES:
            raise ValueError(f"a list has {len(value)} entries; send at most {MOST_ENTRIES}")
        for inside in value:
            _short(inside)


EXAMPLE = {
    "age": 54,
    "sex": "female",
    "setting": "primary_care",
    "context": {"standing_work": "present", "pregnancy": "absent"},
    "findings": {
        "leg_heaviness": {"both": "present"},
        "worse_in_evening": "present",
        "relieved_by_elevation": "present",
        "leg_swelling": {"right": "present", "left": "absent"},
    },
}
BoundedCase = Annotated[Case, AfterValidator(_bounded)]
"""A case inside something else."""
SentCase = Annotated[BoundedCase, Body(examples=[EXAMPLE])]
"""A case that is the whole request. What is not mentioned is unknown, never absent."""

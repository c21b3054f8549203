"""The shape of medicines: what is true of whoever takes one, and what it is reason to ask."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from saphena.model.numbers import Id, Strict

Atc = Annotated[str, StringConstraints(pattern=r"^[A-V]\d{2}[A-Z]{2}\d{2}$")]
"""A medicine in the classification of the WHO, as its seven signs."""


class Medicine(Strict):
    """One medicine, by its international name. No doses: a case says only that it is taken."""

    id: Id
    name: str
    atc: tuple[Atc, ...] = Field((), description="Codes of its forms that act on the whole body")
    synonyms: tuple[str, ...] = Field((), description="Brands, other spellings and abbreviations")
    means: tuple[Id, ...] = Field((), description="Risk factors and facts that hold, by definition, while it is taken")
    asks: tuple[Id, ...] = Field((), description="Risk factors and facts that it makes worth asking")


class Together(Strict):
    """What holds where several medicines are taken that mean one of these."""

    means: Id
    at_least: Annotated[int, Field(ge=2)]
    of: tuple[Id, ...] = Field(min_length=1)


class MedicinesFile(Strict):
    """Medicines of one field."""

    medicines: tuple[Medicine, ...]
    together: tuple[Together, ...] = ()

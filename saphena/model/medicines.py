"""The shape of medicines: what is true of whoever takes one, and what it is reason to ask."""

from __future__ import annotations

from collections.abc import Collection
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
    unless: tuple[Id, ...] = Field((), description="Where one of these is present, what it means is asked instead")

    def meant(self, present: Collection[str]) -> tuple[Id, ...]:
        """What holds while it is taken by somebody of whom this is known to be present."""
        return () if any(id_ in present for id_ in self.unless) else self.means

    def asked(self, present: Collection[str]) -> tuple[Id, ...]:
        """What it makes worth asking there."""
        return self.asks if self.meant(present) else (*self.means, *self.asks)


class Together(Strict):
    """What holds where several medicines are taken that mean one of these."""

    means: Id
    at_least: Annotated[int, Field(ge=2)]
    of: tuple[Id, ...] = Field(min_length=1)


class MedicinesFile(Strict):
    """Medicines of one field."""

    medicines: tuple[Medicine, ...]
    together: tuple[Together, ...] = ()

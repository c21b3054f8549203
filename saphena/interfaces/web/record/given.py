"""What a stored assessment said first: read from its JSON, since a page needs a few of its thousands of values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from saphena.records.shapes import Level, StoredAssessment


@dataclass(frozen=True)
class Chance:
    """One condition of a differential."""

    id: str
    group: str
    probability: float


@dataclass(frozen=True)
class Given:
    """Triage and differential, as they were given."""

    level: Level
    differential: tuple[Chance, ...]

    @property
    def leader(self) -> Chance | None:
        """The first of the differential."""
        return self.differential[0] if self.differential else None


def given(stored: StoredAssessment) -> Given:
    """The answer that was stored."""
    held = stored.assessment
    entries = (Chance(one["id"], one["group"], one["probability"]) for one in held["differential"])
    return Given(cast(Level, held["triage"]["level"]), tuple(entries))

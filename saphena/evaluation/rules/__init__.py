"""Rules as data, tried at their edges: cases just inside, just outside and unknown, frozen, and mutants that they refute."""

from saphena.evaluation.rules.every import Named, rules_of
from saphena.evaluation.rules.frozen import FROZEN, Judged, freeze, judge, read_frozen
from saphena.evaluation.rules.mutants import mutants

__all__ = ["FROZEN", "Judged", "Named", "freeze", "judge", "mutants", "read_frozen", "rules_of"]

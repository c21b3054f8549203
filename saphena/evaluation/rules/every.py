"""Every rule of the knowledge that decides something, by name: red flags, obstacles, steps, indications, referrals."""

from __future__ import annotations

from dataclasses import dataclass

from saphena.model.network import Model
from saphena.model.rules import Rule


@dataclass(frozen=True)
class Named:
    """A rule, what it belongs to, and whether it asks for one leg."""

    group: str
    name: str
    rule: Rule
    per_leg: bool
    source: str

    @property
    def leg(self) -> str:
        """The leg on which it is tried."""
        return "right" if self.per_leg else ""


def rules_of(model: Model) -> list[Named]:
    """Every rule once."""
    k = model.knowledge
    care = k.care
    found = [Named("red_flags", f.id, f.when, f.per_leg, f.source) for f in k.red_flags]
    holders = [(g.id, g.obstacles) for g in care.obstacle_groups.values()]
    holders += [(t.id, t.obstacles) for t in care.treatments.values()]
    holders += [(i.id, i.obstacles) for i in care.investigations.values()]
    for holder, obstacles in holders:
        found += [
            Named("obstacles", f"{holder}.{o.id}", o.when, o.per_leg, o.source or "judged")
            for o in obstacles
            if o.when is not None
        ]
        found += [
            Named("obstacles", f"{holder}.{o.id}.cleared", o.cleared, o.per_leg, o.source or "judged")
            for o in obstacles
            if o.cleared is not None
        ]
    for treatment in care.treatments.values():
        found += [
            Named("indications", f"{treatment.id}.{i}", use.when, False, use.source or "judged")
            for i, use in enumerate(treatment.indications)
            if use.when is not None
        ]
    for sequence in care.sequences:
        if sequence.applies is not None:
            found.append(Named("sequences", f"{sequence.id}.applies", sequence.applies, False, "judged"))
        found += [
            Named("sequences", f"{sequence.id}.{step.id}", step.when, False, step.source or "judged")
            for step in sequence.steps
            if step.when is not None
        ]
    found += [
        Named("sequences", f"not_recommended.{one.id}.{key}", rule, False, one.source or "judged")
        for one in care.not_recommended
        for key, rule in (("when", one.when), ("unless", one.unless))
        if rule is not None
    ]
    found += [
        Named("referrals", one.id, one.when, False, one.source or "judged")
        for one in care.referrals
        if one.when is not None
    ]
    return found

"""People whom a contraindication concerns: drawn from the model, with conditions, facts and measurements added.

A person is drawn for one treatment and one of its contraindications: the treatment's condition is known or made
probable, the contraindication is made to hold, and most others of that treatment not to. From the answer *variants*
follow, which differ in facts that decide care only, so that one inference serves several plans.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import numpy as np

from saphena.case import Case, Setting
from saphena.evaluation.plan_check.remedies import NO_GOOD, Barrier, Remedies, Remedy
from saphena.evaluation.plan_check.truth import SIDES, facts_of, parts_of
from saphena.evaluation.plan_check.wishes import Draft
from saphena.inference.sampling import Simulated, simulate
from saphena.model.network import ADULT, Model

SETTINGS: tuple[str, ...] = get_args(Setting)
RECORDED = 0.03
POOL = 64
"""People drawn at a time, of one setting."""
MOST_FINDINGS = 5
KNOWN = 0.75
"""Share in whom the treatment's condition is known; in the others it is made probable."""
CLEARED = 0.85
"""Share in whom everything else that forbids the treatment is answered absent."""
ANSWERED = 0.9
"""Share of facts that are answered, where they decide nothing."""
BY_CHANCE = 0.01
"""Share of them that are present."""
ENOUGH = 50
"""Cases in which each contraindication should hold; one that does not yet goes before all that do."""
MOST_DRAWN = 120
"""People drawn for one that hardly ever can hold."""
Pair = tuple[str, str]
"""A treatment and one of its contraindications."""


class People:
    """Draws cases, those first that try what was tried least."""

    def __init__(self, model: Model, remedies: Remedies, seed: int, enough: int = ENOUGH) -> None:
        self.enough, self.held, self.drawn = enough, Counter[Pair](), Counter[Pair]()
        self.model, self.remedies = model, remedies
        self.rng = np.random.default_rng(seed)
        self.pools: dict[str, list[Simulated]] = {}
        self.barriers: dict[Pair, Barrier] = {(r.id, b.id): b for r, b in remedies.forbidding()}
        self.needs: dict[Pair, float] = dict.fromkeys(self.barriers, 0.0)
        """How far each pair has been tried; the least goes first."""
        self.care_only = [a.id for a in remedies.answerable.values() if a.care_only]
        self.of_disease: dict[str, list[Remedy]] = {}
        for remedy in remedies.remedies.values():
            for use in remedy.uses:
                if use.condition is not None and use.line not in NO_GOOD:
                    listed = self.of_disease.setdefault(use.condition.partition(".")[0], [])
                    listed += [remedy] if remedy not in listed else []

    def tried(self, held: Counter[Pair], alone: Counter[Pair]) -> None:
        """Tell which contraindications held in a case, and which of them with nothing else against the treatment."""
        self.held += held
        for pair, count in (held + alone).items():
            if pair in self.needs:
                self.needs[pair] += count / 2

    def _has_enough(self, pair: Pair) -> bool:
        return self.held[pair] >= self.enough or self.drawn[pair] >= MOST_DRAWN

    def next(self) -> Case:
        """A person for the pair that needs it most."""
        open_ = [pair for pair in self.needs if not self._has_enough(pair)] or list(self.needs)
        least = min(self.needs[pair] for pair in open_)
        pairs = [pair for pair in open_ if self.needs[pair] <= least + 0.5]
        pair = pairs[int(self.rng.integers(len(pairs)))]
        self.drawn[pair] += 1
        self.needs[pair] += 0.3  # Not for ever the same, where it cannot hold.
        for _ in range(5):
            draft = self._draft(self.remedies.remedies[pair[0]], self.barriers[pair])
            if draft is not None:
                return self._case(draft)
        self.needs[pair] += 5
        return self._case(self._blank())

    def variants(self, case: Case, remedies: Sequence[Remedy], count: int) -> Iterator[Case]:
        """The same person with other facts, each time against one of these treatments."""
        pairs = [(r.id, b.id) for r in remedies for b in r.forbids if self._facts_alone(b)]
        pairs.sort(key=lambda pair: (self._has_enough(pair), self.needs[pair]))
        for pair in pairs[:count]:
            self.needs[pair] += 0.2
            draft = self._blank()
            draft.ages, draft.sex = (case.age, case.age), case.sex
            when = self.barriers[pair].when
            assert when is not None
            if draft.wish(when, True):
                kept = {id_: word for id_, word in case.context.items() if id_ not in self.care_only}
                facts = self._facts(draft, case.age, case.sex)
                yield case.model_copy(update={"context": {**kept, **facts, **draft.context}})

    def _facts_alone(self, barrier: Barrier) -> bool:
        """Does a barrier rest on nothing that inference reads?"""
        if barrier.when is None or not all(id_ in self.care_only for id_ in facts_of(barrier.when)):
            return False
        rules = [barrier.when]
        for rule in rules:
            if not parts_of(rule) and "context" not in rule:
                return False
            rules += parts_of(rule)
        return True

    # --- one person --------------------------------------------------------------------------

    def _blank(self) -> Draft:
        return Draft(self.remedies, self.rng, leg=str(self.rng.choice(SIDES)))

    def _draft(self, remedy: Remedy, barrier: Barrier) -> Draft | None:
        draft = self._blank()
        uses = [u for u in remedy.uses if u.line not in NO_GOOD]
        use = draft.pick(uses)
        if barrier.when is not None and not draft.wish(barrier.when, True):
            return None
        if barrier.condition is not None and not draft.suffers(barrier.condition):
            return None
        if use.when is not None and not draft.wish(use.when, True):
            return None
        if use.condition is not None:
            if draft.chance(KNOWN):
                if not draft.suffers(use.condition):
                    return None
            else:
                self._probable(draft, use.condition)
        cleared = draft.chance(CLEARED)
        for other in remedy.barriers:
            if other.id == barrier.id:
                continue
            if other.severity == "contraindicated" and cleared:
                if other.cleared is not None and draft.chance(0.4) and draft.wish(other.cleared, True):
                    continue
                _ = draft.wish(other.when, False) if other.when else draft.is_free_of(str(other.condition))
            elif draft.chance(0.3) and other.when:
                draft.wish(other.when, draft.chance(0.3))
        return draft

    def _probable(self, draft: Draft, name: str) -> None:
        """Findings of a condition, those first that most people have who have it."""
        for finding in self.remedies.diseases[name.partition(".")[0]].findings[: 3 + int(self.rng.integers(6))]:
            if draft.chance(0.8):
                draft.wish({"present": finding}, True)

    def _case(self, draft: Draft) -> Case:
        """The draft, filled up with what was recorded of somebody who was drawn from the model."""
        setting = draft.setting or str(self.rng.choice(SETTINGS))
        drawn = self._person(setting).case
        sex = draft.sex or ("unknown" if draft.chance(0.02) else drawn.sex)
        age = self._age(draft, drawn.age)
        context = {
            id_: word
            for id_, word in drawn.context.items()
            if word == "absent" or self.remedies.answerable[id_].possible(age, sex)
        }
        context = {**context, **self._facts(draft, age, sex), **draft.context}
        if draft.chance(0.1):
            context = {id_: word for id_, word in context.items() if id_ in draft.context or draft.chance(0.7)}
        known = list(draft.known)
        if draft.chance(0.25):
            extra = str(draft.pick(list(self.remedies.diseases)))
            known += [extra] if extra not in {name.partition(".")[0] for name in (*known, *draft.excluded)} else []
        written: dict[str, Any] = {
            "age": age,
            "sex": sex,
            "setting": setting,
            "index_leg": draft.leg if draft.chance(0.7) else None,
            "pregnancy_weeks": draft.weeks,
            "context": context,
            "known_conditions": known,
            "excluded_conditions": draft.excluded,
            "clinician_says": draft.says,
            "findings": {**self._sampled(draft, drawn), **self._written(draft)},
        }
        return Case.model_validate(written)

    def _person(self, setting: str) -> Simulated:
        pool = self.pools.setdefault(setting, [])
        if not pool:
            pool += simulate(self.model, POOL, setting, self.rng, recorded=RECORDED)
        return pool.pop()

    def _age(self, draft: Draft, drawn: float) -> float:
        low, high = draft.ages
        if low <= drawn <= high and draft.chance(0.6):
            return drawn
        if low < ADULT < high and draft.chance(0.7):
            low = ADULT
        return float(draft.pick([low, high, *self.rng.integers(int(low), int(high) + 1, size=4)]))

    def _facts(self, draft: Draft, age: float, sex: str) -> dict[str, Any]:
        """Facts that decide care only: most answered absent, a few present, the rest unknown."""
        result = {}
        for id_ in self.care_only:
            draw = float(self.rng.random())
            if id_ not in draft.context and draw < ANSWERED:
                there = draw < BY_CHANCE and self.remedies.answerable[id_].possible(age, sex)
                result[id_] = "present" if there else "absent"
        return result

    def _sampled(self, draft: Draft, drawn: Case) -> dict[str, Any]:
        """Some recorded findings that the draft says nothing of."""
        own = {*draft.findings, *draft.values}
        own |= {parent for id_ in draft.findings if (parent := self.remedies.terms[id_].parent) is not None}
        read = {r["finding"]: g.id for g in self.remedies.gauges.values() for r in g.reads}
        mine = {r["finding"] for id_ in draft.values for r in self.remedies.gauges[id_].reads}
        result: dict[str, Any] = {}
        for id_, value in drawn.model_dump(mode="json")["findings"].items():
            term = self.remedies.terms.get(id_)
            parent = term.parent if term else None
            if id_ not in own | mine and parent is None and read.get(id_) not in own and len(result) < MOST_FINDINGS:
                result[id_] = {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value
        return result

    def _written(self, draft: Draft) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for id_, stated in draft.findings.items():
            result[id_] = stated[""] if "" in stated else dict(stated)
        for id_, values in draft.values.items():
            unit = self.remedies.gauges[id_].unit
            words = {side: v if unit == "1" else f"{v:g} {unit}" for side, v in values.items()}
            result[id_] = words.get("", words)
        for id_, written in list(result.items()):  # A sided finding of no leg, and a doubtful one, now and then.
            term = self.remedies.terms.get(id_)
            if not isinstance(written, dict):
                continue
            if draft.chance(0.03) and len(written) == 1:
                result[id_] = next(iter(written.values()))
            elif term is not None and draft.chance(0.02) and len(term.grades) == 2 and len(written) == 1:
                ((side, word),) = written.items()
                result[id_] = {"value": word, "leg": side, "certainty": 0.8}
        return {id_: written for id_, written in result.items() if written}

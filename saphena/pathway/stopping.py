"""What answers not given yet could still change: triage, the leading conditions, the next investigation.

An interview goes on as long as one of them could. Answers rarer than ``RAREST_ANSWER`` are not counted:
some answer to nearly every question would overturn everything, and is not going to be given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from saphena.case import ByLeg
from saphena.faults import Faulty
from saphena.inference.answers import SOURCES, Answers
from saphena.inference.next_finding import Candidate, Judge, candidates_of
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.posterior import Posterior
from saphena.model.network import Model
from saphena.pathway.differential import Leader, differential
from saphena.pathway.triage import LEVELS, Triage, flag_holds
from saphena.pathway.truth import Rules

Floats = NDArray[np.float64]

RAREST_ANSWER = 0.01
"""A question whose telling answer is rarer would be put to a hundred people for one. Rare dangers have red flags,
which are asked first and whatever their chance."""
SMALLEST_CHANGE = 0.03
"""Movement of a leading condition that is worth a question: below it the words and the frequency shown hardly differ,
and intervals are several times wider."""
LEADING = 3
"""Conditions that lead: as many as are shown with their evidence."""
INVESTIGATION_GAIN = 0.03
"""By how much the new best investigation must be worth more than the old one: what a blood sample costs."""
INVESTIGATIONS = 8
"""Those of the highest utility now; one far behind does not become the best by an answer that moves nothing else."""
TINY = 1e-12
AFFORDABLE_STATES = 2**23
"""Stored states spent on the question about investigations; wide cases ask it of fewer findings."""


@dataclass(frozen=True)
class Change:
    """What one answer would change."""

    kind: Literal["red_flag", "must_not_miss", "leader", "leading", "investigation"]
    finding: str
    answer: str
    chance: float
    subject: str
    """The red flag, the condition, or the finding of the investigation."""
    before: float
    after: float
    """Probability of the condition; utility of the investigation; 1 where a flag would be raised, 0.5 where it
    would be opened and ask for more."""

    @property
    def size(self) -> float:
        """How large the change is."""
        return abs(self.after - self.before)


class Outlook:
    """What the answers to unanswered findings could change in one case."""

    def __init__(
        self, model: Model, observation: Observation, posterior: Posterior, urgency: Triage, answers: Answers
    ) -> None:
        self.model, self.observation, self.urgency, self.answers = model, observation, urgency, answers
        self.membership = (model.network.condition_of[:, None] == np.arange(len(model.conditions))).astype(float)
        self.now = answers.before @ self.membership
        self.leader = Leader(model, observation, posterior)
        entries = differential(model, observation, posterior, urgency)
        leading = [e.posterior.id for e in entries if e.group in ("explains", "must_not_miss")][:LEADING]
        self.leading = [model.conditions.index(id_) for id_ in leading]
        self.thresholds = Thresholds(model, observation)
        self.by_flag = min((LEVELS.index(r.flag.triage) for r in urgency.raised), default=len(LEVELS))
        # Without flag and threshold: what triage says now, if neither set it.
        self.otherwise = LEVELS.index("routine" if urgency.reason in ("red_flag", "probability") else urgency.level)
        self.asked_by = {id_: [o.flag for o in urgency.open if id_ in o.ask] for o in urgency.open for id_ in o.ask}

    def of_triage(self, candidate: Candidate) -> Change | None:
        """Would an answer change the level of triage, by a threshold or by a red flag?"""
        return self._threshold(candidate) or self._flag(candidate)

    def of_leading(self, candidate: Candidate) -> Change | None:
        """Would an answer change who leads, or move one of the leading conditions by more than its limit?"""
        now = int(self.leader.first(self.now))
        for answer, chance, after in _likely(candidate, candidate.after):
            new = int(self.leader.first(after))
            if new != now:
                return self._move("leader", candidate, answer, chance, new if new >= 0 else now, after)
        move = self.largest_move(candidate)
        return move if move is not None and move.size > SMALLEST_CHANGE else None

    def largest_move(self, candidate: Candidate) -> Change | None:
        """The largest movement of a leading condition by any answer; None if there is nobody to move."""
        moves = [
            self._move("leading", candidate, answer, chance, at, after)
            for answer, chance, after in _likely(candidate, candidate.after)
            for at in self.leading
        ]
        return max(moves, key=lambda move: move.size, default=None)

    def of_investigation(self, mine: list[Candidate], obtained_by: tuple[str, ...]) -> list[tuple[Candidate, Change]]:
        """Findings of which an answer would make another investigation the best one, by more than its limit.

        Those that are worth their cost by that alone, the most useful first.
        """
        others = tuple(by for by in SOURCES if by != "history" and by not in obtained_by)
        best = candidates_of(self.answers, obtained_by=others)[:INVESTIGATIONS]
        if not best or not mine:
            return []
        most = max(1, AFFORDABLE_STATES // (2 * len(best) * max(1, self.answers.programme.states)))
        chosen = sorted(mine, key=lambda c: -c.information)[:most]
        place = {a.finding: i for i, a in enumerate(self.answers.asked)}
        slots = [a.slot for a in self.answers.asked]
        pairs = [
            (mine_, test)
            for mine_ in chosen
            for test in best
            if (slot := slots[place[mine_.finding]]) is None or slot != slots[place[test.finding]]
        ]
        joints = self.answers.joint([(place[one.finding], place[test.finding]) for one, test in pairs])
        judge = Judge(self.model, self.answers.before)
        values: dict[str, dict[str, Floats]] = {}
        for (one, test), joint in zip(pairs, joints, strict=True):
            given = np.clip(joint.with_state / np.maximum(joint.chances, TINY)[..., None], 0.0, 1.0)
            share = joint.chances / np.maximum(np.array(one.chances), TINY)[:, None]
            gain = judge.stakes.loss(one.states) - (share * judge.stakes.loss(given)).sum(axis=1)
            values.setdefault(one.finding, {})[test.finding] = gain - test.cost
        found = [(self._other_test(one, best, values.get(one.finding, {})), one) for one in chosen]
        worth = [(gain - one.cost, one, change) for (gain, change), one in found if change is not None]
        worth.sort(key=lambda of: (-of[0], of[1].finding))
        return [(one, change) for gain, one, change in worth if gain > 0]

    def _other_test(
        self, candidate: Candidate, best: list[Candidate], values: dict[str, Floats]
    ) -> tuple[float, Change | None]:
        """Expected gain of choosing the test after the answer instead of before, and the largest change of choice.

        ``values``: utility of each test after each answer. To do none is worth 0 and among the choices.
        """
        now = {c.finding: c.utility for c in best if c.finding in values} | {"": 0.0}
        choice = max(now, key=lambda test: now[test])
        table = np.stack([*(values[test] for test in now if test), np.zeros(len(candidate.answers))], axis=1)
        gain, largest = 0.0, None
        for answer, chance, row in _likely(candidate, table):
            then = dict(zip(now, row.tolist(), strict=True))
            new = max(then, key=lambda test: then[test])
            gain += chance * (then[new] - then[choice])
            if then[new] - then[choice] > max(INVESTIGATION_GAIN, largest.size if largest is not None else 0.0):
                largest = Change(
                    "investigation", candidate.finding, answer, chance, new or choice, then[choice], then[new]
                )
        return gain, largest

    def _threshold(self, candidate: Candidate) -> Change | None:
        before = self.thresholds.passed(self.answers.before)
        now = self._level(before)
        for answer, chance, states in _likely(candidate, candidate.states):
            passed = self.thresholds.passed(states)
            if self._level(passed) != now:
                # Of those that cross their threshold, the most urgent one.
                at = min(np.flatnonzero(passed != before), key=lambda d: int(self.thresholds.level[d]))
                was, then = (float(p @ self.thresholds.covers[:, at]) for p in (self.answers.before, states))
                danger = self.thresholds.conditions[at]
                return Change("must_not_miss", candidate.finding, answer, chance, danger, was, then)
        return None

    def _level(self, passed: NDArray[np.bool_]) -> int:
        by = min(self.by_flag, int(self.thresholds.level[passed].min(initial=len(LEVELS))))
        return by if by < len(LEVELS) else self.otherwise

    def _flag(self, candidate: Candidate) -> Change | None:
        """A more urgent flag that the answer would raise, or open so that it asks for more."""
        flags = self.asked_by.get(candidate.finding, [])
        if not flags:
            return None
        opened: Change | None = None
        for answer, chance, _ in _likely(candidate, candidate.states):
            then = self._with(candidate, answer)
            if then is None:
                continue
            rules = Rules(self.model, then)
            for flag in flags:
                truth = flag_holds(rules, flag)
                if truth is True:
                    return Change("red_flag", candidate.finding, answer, chance, flag.id, 0.0, 1.0)
                if truth is None and opened is None and any(_is_present(then, entry) for entry in flag.entry):
                    opened = Change("red_flag", candidate.finding, answer, chance, flag.id, 0.0, 0.5)
        return opened

    def _with(self, candidate: Candidate, answer: str) -> Observation | None:
        """The case with an answer; None where the case then contradicts itself."""
        leg, case = self.observation.index_leg, self.observation.case
        said: str | ByLeg = "present" if answer in ("one leg", "both legs") else answer
        if self.model.knowledge.findings[candidate.finding].sided and leg:
            said = ByLeg.model_validate({leg: said})
        try:
            return observe(self.model, case.model_copy(update={"findings": {**case.findings, candidate.finding: said}}))
        except Faulty:
            return None

    def _move(
        self,
        kind: Literal["leader", "leading"],
        candidate: Candidate,
        answer: str,
        chance: float,
        at: int,
        after: Floats,
    ) -> Change:
        return Change(
            kind, candidate.finding, answer, chance, self.model.conditions[at], float(self.now[at]), float(after[at])
        )


class Thresholds:
    """Dangerous conditions, and from which probability each is acted on; those known beforehand left out."""

    def __init__(self, model: Model, observation: Observation) -> None:
        rules = [
            (c, condition.id, condition.must_not_miss)
            for c, condition in enumerate(model.knowledge.conditions.values())
            if condition.must_not_miss is not None and condition.id not in observation.known
        ]
        network = model.network
        self.conditions = tuple(id_ for _, id_, _ in rules)
        self.threshold = np.array([rule.threshold for _, _, rule in rules])
        self.level = np.array([LEVELS.index(rule.triage) for _, _, rule in rules], dtype=np.int64)
        self.covers = np.zeros((len(network.states), len(rules)))
        """(S, dangers) 1 where a state counts."""
        for at, (c, id_, rule) in enumerate(rules):
            named = {f"{id_}.{state}" for state in rule.states}
            for s in np.flatnonzero(network.condition_of == c):
                self.covers[s, at] = not named or network.states[s] in named

    def passed(self, states: Floats) -> NDArray[np.bool_]:
        """(..., dangers) which are at or above their threshold, of (..., S) P(state)."""
        return np.asarray(states @ self.covers >= self.threshold)


def _likely(candidate: Candidate, rows: Floats) -> list[tuple[str, float, Floats]]:
    """The answers that are likely enough, with what belongs to each."""
    zipped = zip(candidate.answers, candidate.chances, rows, strict=True)
    return [(answer, chance, row) for answer, chance, row in zipped if chance >= RAREST_ANSWER]


def _is_present(observation: Observation, id_: str) -> bool:
    interval = observation.interval(id_)
    return interval.lowest > 0 if interval is not None else observation.context.get(id_) is True

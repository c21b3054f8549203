"""Which findings to ask, examine or measure in one go.

What one question is worth depends on what else is asked: two that tell the same are worth hardly more
than one, and some tell only together. So the joint answers of a whole group are valued, exactly, and
the group is grown greedily; the best possible group may differ from the one found.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

from saphena.inference.answers import SOURCES, Answers
from saphena.inference.next_finding import Candidate, Judge, candidates_of
from saphena.inference.observation import Observation
from saphena.model.network import Model

MOST_TOGETHER = 3
"""More questions at once are a form, and their answers would mostly change what to ask next."""
MOST_CONSIDERED, FEWEST_CONSIDERED = 20, 8
"""Candidates of one group, those of the highest utility by themselves."""
AFFORDABLE_STATES = 2**22
"""Stored states spent on one group; wide cases consider fewer candidates."""


@dataclass(frozen=True)
class Batch:
    """Findings that can be obtained together, the most useful one first."""

    obtained_by: str
    region: str | None
    """Of an examination; None otherwise."""
    findings: tuple[str, ...]
    information: float
    """Expected joint information about the conditions, in bits."""
    utility: float
    """Expected fall of the loss of acting wrongly, less the cost of all of them."""
    cost: float
    single_information: tuple[float, ...]
    """Of each finding asked alone; what they lose together is said by more than one of them."""


def together(
    model: Model, observation: Observation, most: int = MOST_TOGETHER, obtained_by: tuple[str, ...] = SOURCES
) -> list[Batch]:
    """The best batch of each way of obtaining findings, and for an examination of each region; best first.

    A batch has at least two findings and is worth more than it costs, and more than any smaller one on the way
    to it. Raises ``ImpossibleEvidence`` or ``TooWide``.
    """
    return together_of(Answers(model, observation, obtained_by), most)


def together_of(answers: Answers, most: int = MOST_TOGETHER, single: list[Candidate] | None = None) -> list[Batch]:
    """The same, of answers that are worked out already, with what each tells alone."""
    search = _Search(answers, candidates_of(answers) if single is None else single)
    grown = [search.grow(key, members, most) for key, members in search.groups()]
    return sorted((b for b in grown if b is not None), key=lambda b: (-b.utility, -b.information, b.findings))


class _Search:
    def __init__(self, answers: Answers, single: list[Candidate]) -> None:
        self.answers, self.knowledge = answers, answers.model.knowledge
        self.judge = Judge(answers.model, answers.before)
        self.single = {c.finding: c for c in single}
        self.place = {a.finding: i for i, a in enumerate(answers.asked)}
        self.considered = max(
            FEWEST_CONSIDERED, min(MOST_CONSIDERED, AFFORDABLE_STATES // (8 * max(1, answers.programme.states)))
        )

    def groups(self) -> list[tuple[tuple[str, str], list[Candidate]]]:
        """What can be obtained together, best first."""

        def key(candidate: Candidate) -> tuple[str, str]:
            by = self.knowledge.obtained_by[candidate.finding]
            return by, self.knowledge.findings[candidate.finding].region if by == "examination" else ""

        ordered = sorted(self.single.values(), key=lambda c: (key(c), -c.utility, -c.information, c.finding))
        return [(of, list(members)[: self.considered]) for of, members in groupby(ordered, key)]

    def grow(self, key: tuple[str, str], members: list[Candidate], most: int) -> Batch | None:
        """Add what helps most, up to ``most``; the best batch on the way, or None if asking one or none is best."""
        chosen, rest = [self.place[members[0].finding]], [self.place[c.finding] for c in members[1:]]
        best, least = None, max(0.0, members[0].utility)
        while len(chosen) < most:
            parents = {self.answers.asked[i].slot for i in chosen} - {None}
            groups = [(*chosen, i) for i in rest if self.answers.asked[i].slot not in parents]
            if not groups:
                break
            batches = [
                self._batch(key, group, judged.information, judged.gain)
                for group, judged in zip(groups, self.judge.judge(self.answers.joint(groups)), strict=True)
            ]
            at = max(range(len(batches)), key=lambda n: (batches[n].utility, batches[n].information))
            chosen = list(groups[at])
            rest.remove(chosen[-1])
            if batches[at].utility > least:
                best, least = batches[at], batches[at].utility
        return best

    def _batch(self, key: tuple[str, str], group: tuple[int, ...], information: float, gain: float) -> Batch:
        by, region = key
        findings = tuple(self.answers.asked[i].finding for i in group)
        further = {str(k): v.value for k, v in self.knowledge.settings.cost_of_each_further.items()}[by]
        cost = self.judge.costs[by] * (1 + further * (len(group) - 1))
        alone = tuple(self.single[f].information for f in findings)
        return Batch(by, region or None, findings, information, gain - cost, cost, alone)

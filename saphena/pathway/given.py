"""What was answered in an interview so far, in order, so that an answer can be taken back.

The interviews on the terminal and on the page keep their answers here and ask ``interview.next_step`` for the next.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from saphena.case import Case
from saphena.inference.observe import observe
from saphena.model.network import Model
from saphena.model.schema import Finding


@dataclass
class Given:
    """The answers of one interview."""

    head: dict[str, Any]
    """Everything of the case but its findings."""
    findings: dict[str, Any] = field(default_factory=dict)
    history: list[tuple[str, ...]] = field(default_factory=list)
    """Groups of finding ids in the order of answering or skipping; a group is taken back together."""
    skipped: set[str] = field(default_factory=set)

    def case(self) -> Case:
        """The case so far."""
        return Case.model_validate({**self.head, "findings": dict(self.findings)})

    def asked(self) -> Case:
        """The same for choosing what to ask: a skipped question is not asked again, and not recorded either."""
        case = self.case()
        return case.model_copy(update={"findings": {**dict.fromkeys(self.skipped, "unknown"), **case.findings}})

    def record(self, model: Model, values: dict[str, Any]) -> None:
        """Keep answers; raises ``Faulty``, and keeps none, if the case would contradict itself."""
        observe(model, Given(self.head, {**self.findings, **values}).case())
        self.keep(values)

    def keep(self, values: dict[str, Any]) -> None:
        """The same unchecked, where all answers are looked at together once the last is there."""
        self.findings.update(values)
        self.history.append(tuple(values))

    def skip(self, *ids: str) -> None:
        """Leave questions without an answer."""
        self.skipped.update(ids)
        self.history.append(ids)

    def undo(self) -> tuple[str, ...]:
        """Take the last group back, and say which; nothing if there is none."""
        ids = self.history.pop() if self.history else ()
        for id_ in ids:
            self.findings.pop(id_, None)
            self.skipped.discard(id_)
        return ids

    def on_leg(self, finding: Finding, value: str) -> Any:
        """The answer, for the leg of the complaint where the finding has sides."""
        leg = self.head.get("index_leg")
        return {leg: value} if finding.sided and leg and value != "unknown" else value


def complained_of(finding: Finding, leg: str) -> Any:
    """A chief complaint as an answer; its leg may be right, left, both or not said."""
    value = finding.grades[1] if finding.kind == "graded" else "present"
    return {leg: value} if leg and finding.sided else value

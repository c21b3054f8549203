"""What is wrong with an input, said so that the reader can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Fault:
    """One fault: where it is, what is wrong, what to write instead."""

    file: str
    line: int | None
    path: str
    """Place inside the file, such as ``findings.calf_pain``; empty for the file as a whole."""
    message: str
    remedy: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        inside = f" {self.path}:" if self.path else ""
        return f"{place}:{inside} {self.message}. {self.remedy}"


class Faulty(ValueError):
    """An input with faults; carries every one of them, not the first only."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(set(faults), key=lambda f: (f.file, f.line or 0, f.path, f.message))
        super().__init__("\n".join(map(str, self.faults)))

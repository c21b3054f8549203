"""Sources on paper, where none can be opened: each has a number in the text and stands once at the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Note:
    """A source as it stands at the end, with every passage that was quoted from it; a judgement has its reasoning."""

    source: str | None
    url: str | None = None
    known: list[str] = field(default_factory=list)
    """How what is cited is known: ``seen``, ``recalled``, ``derived``, ``assumption``."""
    texts: list[str] = field(default_factory=list)


class Notes:
    """Numbers sources in the order in which they are first mentioned. Iterating gives them in that order, from 1."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[int, Note]] = {}

    def number(
        self, source: str | None, url: str | None = None, known: str | None = None, text: str | None = None
    ) -> int:
        """The number of a source; of a judgement, which has none, the number of its reasoning."""
        number, note = self._held.setdefault(source or f"\n{text}", (len(self._held) + 1, Note(source)))
        note.url = note.url or url
        for one, all_ in ((known, note.known), (text, note.texts)):
            if one and one not in all_:
                all_.append(one)
        return number

    def __iter__(self) -> Iterator[Note]:
        return (note for _, note in self._held.values())

    def __len__(self) -> int:
        return len(self._held)

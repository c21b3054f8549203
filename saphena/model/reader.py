"""Text of a YAML or JSON file -> plain values, remembering on which line each stands.

A deliberately small YAML: no aliases, anchors, tags or duplicate keys, at most ``DEEPEST`` levels,
and the scalars of YAML 1.2 (so ``no`` and ``on`` stay words). JSON is read by its own rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from saphena.faults import Fault, Faulty

LARGEST_BYTES = 1_000_000
DEEPEST = 40
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Path_ = tuple[str | int, ...]

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_TEXT = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\U0010ffff]")
"""Control characters (which steer a terminal) and halves of a character."""
_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True)
class Document:
    """Values of one file and the line of each."""

    name: str
    value: Any
    lines: Mapping[Path_, int]

    def line(self, path: Path_) -> int | None:
        """Line of a place, or of the nearest place around it that has one."""
        for end in range(len(path), -1, -1):
            if path[:end] in self.lines:
                return self.lines[path[:end]]
        return None

    def fault(self, path: Path_, message: str, remedy: str) -> Fault:
        """A fault at a place of this file."""
        return Fault(self.name, self.line(path), dotted(path), message, remedy)


def dotted(path: Path_) -> str:
    """``("findings", "calf_pain", 0)`` -> ``findings.calf_pain[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def undotted(text: str) -> Path_:
    """The path that ``dotted`` wrote."""
    parts = [part for part in re.split(r"\.|(?=\[[0-9]+\])", text) if part]
    return tuple(int(part[1:-1]) if re.fullmatch(r"\[[0-9]+\]", part) else part for part in parts)


def read_file(path: Path, name: str | None = None) -> Document:
    """Read a YAML or JSON file; raises ``Faulty`` with one clear fault for anything unreadable."""
    name = name or str(path)

    def refuse(message: str, remedy: str) -> Faulty:
        return Faulty([Fault(name, None, "", message, remedy)])

    try:
        if path.is_dir():
            raise refuse("is a directory", "Name one file in it")
        size = path.stat().st_size
        if size > LARGEST_BYTES:
            raise refuse(
                f"has {size / 1e6:.1f} MB, more than the {LARGEST_BYTES / 1e6:.0f} MB a file may have",
                "Split it, or check that it is the right file",
            )
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)  # A device has no size and no end.
    except FileNotFoundError:
        raise refuse("there is no such file", "Check the name and the folder") from None
    except PermissionError:
        raise refuse("may not be read", "Change its permissions, or copy it to where you may read it") from None
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror})", "Check the file") from None
    return read_bytes(data, name)


def read_bytes(data: bytes, name: str) -> Document:
    """Read the bytes of a YAML or JSON document."""
    if len(data) > LARGEST_BYTES:
        raise Faulty(
            [Fault(name, None, "", f"has more than {LARGEST_BYTES / 1e6:.0f} MB", "Check that it is the right file")]
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Faulty([Fault(name, None, "", f"is not UTF-8 text (byte {error.start})", "Save it as UTF-8")]) from None
    looks_like_json = text.lstrip()[:1] in ("{", "[")
    document = (_read_json(text, name) if looks_like_json else None) or _read_yaml(text, name)
    if unfit := [path for path, word in _words_of(document.value) if _NO_TEXT.search(word)]:
        raise Faulty([document.fault(p, "holds a character that is no text", "Remove it") for p in unfit])
    return document


def _words_of(value: Any) -> Iterator[tuple[Path_, str]]:
    """Every key and word with the place that can be named without it."""
    layer: list[tuple[Path_, Any]] = [((), value)]
    while layer:
        path, node = layer.pop()
        if isinstance(node, str):
            yield path, node
        elif isinstance(node, dict):
            for key, inner in node.items():
                yield path, key
                layer.append((path if _NO_TEXT.search(key) else (*path, key), inner))
        elif isinstance(node, list):
            layer += [((*path, i), inner) for i, inner in enumerate(node)]


def _read_json(text: str, name: str) -> Document | None:
    doubled: list[str] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in items:
            if key in seen:
                doubled.append(key)
            seen[key] = value
        return seen

    def refuse_constant(word: str) -> Any:
        raise Faulty([Fault(name, None, "", f"{word} is not a number", "Write a number, or leave the entry out")])

    try:
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=refuse_constant, parse_int=_integer)
    except RecursionError:
        raise Faulty([Fault(name, None, "", f"is nested deeper than {DEEPEST} levels", "Flatten it")]) from None
    except json.JSONDecodeError:
        return None  # A YAML flow mapping may look like JSON.
    if doubled:
        raise Faulty([Fault(name, None, key, "this key stands twice", "Keep one of them") for key in doubled])
    if _depth(value) > DEEPEST:
        raise Faulty([Fault(name, None, "", f"is nested deeper than {DEEPEST} levels", "Flatten it")])
    return Document(name, value, _lines_of_json(text, name, value))


def _lines_of_json(text: str, name: str, value: Any) -> Mapping[Path_, int]:
    """Lines of a JSON document, read as the YAML that nearly all JSON is; none where it is not."""
    try:
        as_yaml = _read_yaml(text, name)
    except Faulty:
        return {}
    return as_yaml.lines if as_yaml.value == value else {}


def _depth(value: Any) -> int:
    deepest, layer = 0, [value]
    while layer := [node for node in layer if isinstance(node, dict | list)]:
        deepest += 1
        layer = [child for node in layer for child in (node.values() if isinstance(node, dict) else node)]
        if deepest > DEEPEST:
            break
    return deepest


class _Builder:
    """Turns the events of one YAML document into values; collects faults as it goes."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.lines: dict[Path_, int] = {}
        self.root: Any = None
        # Open collections: [value, path, key waiting for its value (mappings)]
        self.stack: list[list[Any]] = []

    def fault(self, line: int | None, path: Path_, message: str, remedy: str) -> None:
        self.faults.append(Fault(self.name, line, dotted(path), message, remedy))

    def here(self) -> Path_:
        if not self.stack:
            return ()
        value, path, key = self.stack[-1]
        if isinstance(value, list):
            return (*path, len(value))
        return path if key is None else (*path, key)

    def at_key(self) -> bool:
        """Is a key of a mapping to come next?"""
        return bool(self.stack) and isinstance(self.stack[-1][0], dict) and self.stack[-1][2] is None

    def put(self, value: Any, line: int) -> None:
        if not self.stack:
            self.root = value
            self.lines[()] = line
            return
        holder, path, key = self.stack[-1]
        if isinstance(holder, list):
            self.lines[(*path, len(holder))] = line
            holder.append(value)
        elif key is None:
            if value in holder:
                self.fault(line, (*path, value), "this key stands twice", "Keep one of them")
            self.stack[-1][2] = value
            self.lines[(*path, value)] = line
        else:
            holder[key] = value
            self.stack[-1][2] = None

    def open(self, value: Any, line: int) -> None:
        if self.at_key():
            self.fault(line, self.here(), "a key must be a plain word", "Write one word before the colon")
            raise Faulty(self.faults)
        path = self.here() if self.stack else ()
        self.put(value, self.lines.get(path, line))
        self.stack.append([value, path, None])
        if len(self.stack) > DEEPEST:
            self.fault(line, (), f"is nested deeper than {DEEPEST} levels", "Flatten it")
            raise Faulty(self.faults)


def _read_yaml(text: str, name: str) -> Document:
    builder = _Builder(name)
    documents = 0
    try:
        for event in yaml.parse(text, Loader=_Loader):
            line = event.start_mark.line + 1 if event.start_mark is not None else 1
            if isinstance(event, yaml.AliasEvent):
                builder.fault(line, builder.here(), f"alias *{event.anchor} is not allowed", "Write the value out")
                raise Faulty(builder.faults)
            if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
                builder.fault(line, builder.here(), f"anchor &{event.anchor} is not allowed", "Leave it out")
            if isinstance(event, yaml.CollectionStartEvent | yaml.ScalarEvent) and event.tag not in (None, "!"):
                builder.fault(line, builder.here(), f"tag {event.tag} is not allowed", "Leave it out")
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    builder.fault(line, (), "holds more than one document", "Keep one; remove the line ---")
                    raise Faulty(builder.faults)
            elif isinstance(event, yaml.MappingStartEvent):
                builder.open({}, line)
            elif isinstance(event, yaml.SequenceStartEvent):
                builder.open([], line)
            elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
                builder.stack.pop()
            elif isinstance(event, yaml.ScalarEvent):
                plain = not event.style and event.implicit[0] and not builder.at_key()
                builder.put(_scalar(event.value) if plain else event.value, line)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "not readable"
        builder.fault(
            None if mark is None else mark.line + 1,
            (),
            f"is not YAML ({problem})",
            "Check indentation, colons and quotes on this line and the one before",
        )
    if builder.faults:
        raise Faulty(builder.faults)
    return Document(name, builder.root, builder.lines)


def _scalar(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _integer(text: str) -> int | float:
    """A number of hundreds of digits is infinite: no long calculation, and no limit of Python to run into."""
    return int(text) if len(text) < 300 else float(text)

"""Values -> a typed shape, with every fault named at its place and with a remedy."""

from __future__ import annotations

from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from saphena.faults import Fault, Faulty
from saphena.model.reader import Document, Path_
from saphena.model.suggest import did_you_mean

Shape = TypeVar("Shape", bound=BaseModel)


def validate(document: Document, shape: type[Shape]) -> Shape:
    """The document as ``shape``; raises ``Faulty`` with all faults at once."""
    if document.value is None:
        raise Faulty(
            [
                document.fault(
                    (),
                    "is empty",
                    f"Write a {_plain(shape.__name__)}; saphena schema and saphena knowledge schema print the keys",
                )
            ]
        )
    if not isinstance(document.value, dict):
        raise Faulty(
            [document.fault((), f"holds {_named(document.value)} instead of keys and values", "Write key: value lines")]
        )
    try:
        return shape.model_validate(document.value)
    except ValidationError as error:
        raise Faulty([_fault(document, shape, item) for item in error.errors()]) from None


def _fault(document: Document, shape: type[BaseModel], item: Any) -> Fault:
    path: Path_ = tuple(part for part in item["loc"] if not _is_branch(document, item["loc"], part))
    kind, value = item["type"], item.get("input")
    if kind == "extra_forbidden":
        known = _keys_at(shape, path[:-1])
        return document.fault(
            path,
            "unknown key",
            did_you_mean(str(path[-1]), known) + (f" Known keys: {', '.join(known)}" if known else ""),
        )
    if kind == "missing":
        return document.fault(path[:-1], f"{path[-1]} is missing", f"Add {path[-1]}:")
    if kind == "value_error":
        message, _, remedy = str(item["ctx"]["error"]).partition("; ")
        return document.fault(path, message, _sentence(remedy) or "Correct it")
    if kind == "literal_error":
        return document.fault(path, f"{value!r} is not allowed here", f"Write one of: {item['ctx']['expected']}")
    message = item["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return document.fault(path, f"{_named(value)} does not fit", f"It should be {message}")


def _is_branch(document: Document, loc: tuple[Any, ...], part: Any) -> bool:
    """Pydantic names union branches and ``[key]`` in its paths; they are no places in the file."""
    return part == "[key]" or (
        isinstance(part, str)
        and part not in _all_keys(document.value)
        and (part[:1].isupper() or "[" in part or part in ("str", "float", "int", "bool"))
    )


def _all_keys(value: Any) -> set[str]:
    found: set[str] = set()
    layer = [value]
    while layer:
        node = layer.pop()
        if isinstance(node, dict):
            found |= set(node)
            layer += list(node.values())
        elif isinstance(node, list):
            layer += node
    return found


def _keys_at(shape: type[BaseModel], path: Path_) -> list[str]:
    """Keys that the shape knows at a place; empty where keys are free."""
    current: Any = shape
    for part in path:
        current = _inside(current)
        if isinstance(current, type) and issubclass(current, BaseModel):
            info = current.model_fields.get(str(part))
            if info is None:
                return []
            current = info.annotation
        else:
            arguments = get_args(current)
            current = arguments[-1] if get_origin(current) is dict else arguments[0] if arguments else None
    current = _inside(current)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return sorted(info.alias or name for name, info in current.model_fields.items())
    return []


def _inside(annotation: Any) -> Any:
    """Strip ``X | None`` to ``X``."""
    if get_origin(annotation) in (Union, UnionType):
        return next((a for a in get_args(annotation) if a is not type(None)), None)
    return annotation


def _named(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    return repr(value) if len(repr(value)) < 60 else repr(value)[:57] + "..."


def _plain(name: str) -> str:
    return "".join(" " + c.lower() if c.isupper() else c for c in name).strip().removesuffix(" file")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]

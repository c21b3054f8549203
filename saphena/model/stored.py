"""Entries by id that a compiled model keeps as text until somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Generic, TypeVar, get_args

from pydantic import (
    ConfigDict,
    GetCoreSchemaHandler,
    SerializationInfo,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
STORED: dict[str, bool] = {"stored": True}
"""Validation and dump context of a compiled model, whose entries were checked when it was made."""


class Stored(Mapping[str, T], Generic[T]):
    """Id -> entry.

    In a compiled model the entries are kept as text until one is asked for: most calls read a few of many, and to
    build them all would be most of the start.
    """

    def __init__(self, held: Mapping[str, T] | None = None, text: str | None = None, of: Any = None) -> None:
        self._held, self._text, self._of = held, text, of

    def _read(self) -> Mapping[str, T]:
        if self._held is None:
            self._held = {} if self._text is None else _entries(self._of).validate_json(self._text)
            self._text = None
        return self._held

    def __getitem__(self, id_: str) -> T:
        return self._read()[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return f"Stored({self._read()!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (of,) = get_args(source)

        def validate(given: Any, inner: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Stored[T]:
            if isinstance(given, str) and info.context == STORED:
                return cls(text=given, of=of)
            return given if isinstance(given, cls) else cls(inner(given))

        def dump(held: Stored[T], inner: SerializerFunctionWrapHandler, info: SerializationInfo) -> Any:
            if info.context == STORED:
                entries = dict(held._read())
                return (
                    _entries(of).dump_json(entries, by_alias=True, exclude_defaults=True, exclude_unset=True).decode()
                )
            return inner(dict(held))

        entries = handler.generate_schema(dict[str, of])  # type: ignore[valid-type]
        return core_schema.with_info_wrap_validator_function(
            validate,
            entries,
            serialization=core_schema.wrap_serializer_function_ser_schema(dump, info_arg=True, schema=entries),
        )


@cache
def _entries(of: Any) -> TypeAdapter[Any]:
    return TypeAdapter(dict[str, of], config=ConfigDict(defer_build=True))

"""What the API answers with: pages of lists, versions, and every status that can occur."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field

from saphena.interfaces.web.problems import MEDIA_TYPE, Problem

T = TypeVar("T")
Responses = dict[int | str, dict[str, Any]]
Lang = Annotated[Literal["en", "ru"], Query(alias="lang", description="Language of sentences")]
Limit = Annotated[int, Query(ge=1, le=200, description="At most so many")]
Offset = Annotated[int, Query(ge=0, le=1_000_000, description="Leave out so many")]


class Page(BaseModel, Generic[T]):
    """A part of a list."""

    items: list[T]
    next: int | None = Field(description="The offset of the next part; null at the end")


def part(items: Sequence[T], offset: int, limit: int) -> Page[T]:
    """So many of a list that is held as a whole."""
    return at_most(items[offset:], offset, limit)


def at_most(items: Sequence[T], offset: int, limit: int) -> Page[T]:
    """So many of those from the offset on, of which there may be more."""
    return Page(items=list(items[:limit]), next=offset + limit if len(items) > limit else None)


def problem_of(description: str) -> dict[str, Any]:
    """A status with problem+json, as it is described."""
    return {"description": description, "content": {MEDIA_TYPE: {"schema": Problem.model_json_schema()}}}


ALWAYS: Responses = {
    400: problem_of("It is no HTTP request that can be read, or asks for another host"),
    401: problem_of("No token, or one that is wrong, revoked or expired"),
    403: problem_of("The token has not the role that this needs; or the request comes from another site"),
    408: problem_of("The request did not arrive in time"),
    413: problem_of("The request is larger than this installation takes"),
    422: problem_of("Something in the request does not fit; `faults` lists every one with its place and remedy"),
    429: problem_of("Too many wrong tokens or codes; `Retry-After` says how many seconds to wait"),
    500: problem_of("A fault of Saphena; it has been logged, and nothing was kept"),
}
"""Can be the answer to any request."""
MISSING: Responses = {404: problem_of("There is no such thing, or it is not for this account; the two look alike")}
BUSY: Responses = {503: problem_of("Somebody else is writing; try again after `Retry-After` seconds")}
EDIT: Responses = {
    412: problem_of("Somebody else changed it: `current` is the present version, and nothing was written"),
    428: problem_of("`If-Match` is missing: send the ETag of the version that you have seen"),
}
TAKEN: Responses = {409: problem_of("The identifier belongs to another patient, who is `current`")}
TAG = {"ETag": {"description": "Number of this version, in quotes", "schema": {"type": "string"}}}

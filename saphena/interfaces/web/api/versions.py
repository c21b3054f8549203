"""Editing without overwriting: the version that was seen comes back with every edit (ETag and If-Match)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Annotated, TypeVar

from fastapi import Depends, Header, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from saphena.interfaces.web.access import Reader, record_of
from saphena.records import Work
from saphena.records.shapes import Entry, Role

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
Id = Annotated[str, Path(pattern="^[0-9a-z-]{1,64}$", description="As a list or an earlier answer gave it")]
Ref = Annotated[str, StringConstraints(pattern="^[0-9a-z_-]{1,64}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_CONTROLS)]
Reason = Annotated[Words, Field(description="Why it is changed; kept with the version", examples=["Wrong leg"])]
E = TypeVar("E", bound=Entry)


class Because(BaseModel):
    """Why something is taken back."""

    reason: Reason


def _seen(
    if_match: Annotated[
        str | None,
        Header(pattern=r'^"[0-9]{1,9}"$', description='The ETag of the version that is changed, such as "3"'),
    ] = None,
) -> int:
    if if_match is None:
        raise HTTPException(428, "If-Match is missing. Send the ETag of the version that you have seen")
    return int(if_match.strip('"'))


Seen = Annotated[int, Depends(_seen)]


def tagged(response: Response, entry: E) -> E:
    """An entry, with its version as ETag."""
    response.headers["ETag"] = f'"{entry.number}"'
    return entry


def work(request: Request, reader: Reader, *roles: Role) -> AbstractContextManager[Work]:
    """One transaction in the reader's name."""
    return record_of(request).work(reader.actor(*roles))

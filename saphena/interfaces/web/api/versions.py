"""Editing without overwriting: the version that was seen comes back with every edit (ETag and If-Match)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Header, HTTPException, Path, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from saphena.interfaces.web.access import Clinician, Reader, record_of
from saphena.interfaces.web.api.answers import EDIT, MISSING, TAG, Limit, Offset, Page, part
from saphena.records import Work
from saphena.records.shapes import Entry, Role

NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
ID: dict[str, Any] = {"pattern": "^[0-9a-z-]{1,64}$", "description": "As a list or an earlier answer gave it"}
Id = Annotated[str, Path(**ID)]
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


def add_versions(
    router: APIRouter,
    address: str,
    shape: type[E],
    history: Callable[[Work, str], list[E]],
    withdraw: Callable[[Work, str, int, str], E] | None = None,
) -> None:
    """What each kind of entry has below its address: all versions, and taking back what was entered in error."""
    of = address.partition("{")[2].partition("}")[0]

    @router.get(
        f"{address}/history",
        summary="All versions",
        response_model=Page.__class_getitem__(shape),
        responses=MISSING,
    )
    def versions(
        request: Request, reader: Clinician, limit: Limit = 50, offset: Offset = 0, id_: str = Path(alias=of, **ID)
    ) -> Page[E]:
        """First to last."""
        with work(request, reader, "clinician") as w:
            return part(history(w, id_), offset, limit)

    if withdraw is None:
        return

    @router.post(
        f"{address}/withdraw",
        summary="Entered in error",
        response_model=shape,
        responses={200: {"headers": TAG}, **MISSING, **EDIT},
    )
    def take_back(
        request: Request,
        response: Response,
        reader: Clinician,
        seen: Seen,
        because: Because,
        id_: str = Path(alias=of, **ID),
    ) -> E:
        """It is kept, but counts for nothing."""
        with work(request, reader, "clinician") as w:
            return tagged(response, withdraw(w, id_, seen, because.reason))

"""How the web application is run: from the command line and from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from saphena.faults import Fault, Faulty
from saphena.interfaces.web.countries import COUNTRIES
from saphena.records.connection import default_url

PREFIX = "SAPHENA_"


class Settings(BaseModel):
    """Everything that may differ between two installations."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mode: Literal["local", "clinic"] = Field(
        "local", description="local: one person on this computer; clinic: accounts with roles"
    )
    host: str = Field("127.0.0.1", description="Address to listen on")
    port: int = Field(8600, ge=0, le=65535, description="0: any free port")
    database: str = Field("", description="sqlite:///... or postgresql://...; empty: SQLite in the user's data folder")
    country: str = Field("", description="Two letters; decides which emergency number is shown")
    secure: bool = Field(False, description="Served over TLS: cookies are sent over https only")
    hosts: tuple[str, ...] = Field((), description="Names under which it is reached; others are refused")
    report_to: str = Field("", description="Where a harmful answer is reported: an address for the foot of every page")
    body_limit: int = Field(1_000_000, ge=10_000, description="Bytes that one request may hold")
    slowest: float = Field(30.0, gt=0, description="Seconds within which a request must have come")
    wrong_tries: int = Field(30, ge=1, description="Wrong passwords, tokens and codes of one address before it waits")

    oidc_issuer: str = Field("", description="Single sign-on: https address of the identity provider; empty: none")
    oidc_client: str = Field("", description="Id of this installation with the provider")
    oidc_secret: SecretStr = Field(SecretStr(""), description="Its secret; from the environment only")
    oidc_create: bool = Field(False, description="Whoever the provider knows, with a role, gets an account")
    oidc_claim: str = Field("groups", description="Claim of the provider that holds the groups of a person")
    oidc_roles: tuple[str, ...] = Field((), description="group=role, such as doctors=clinician")

    @property
    def database_url(self) -> str:
        """The database, with the default filled in."""
        return self.database or default_url()

    @classmethod
    def read(cls, given: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ) -> Self:
        """Settings as given, then ``SAPHENA_...`` of the environment, then the defaults. Raises ``Faulty``."""
        names = {f"{PREFIX}{name.upper()}": name for name in cls.model_fields}
        held: dict[str, Any] = {names[key]: value for key, value in environment.items() if key in names and value}
        for name in ("hosts", "oidc_roles"):
            if name in held:
                held[name] = tuple(held[name].replace(",", " ").split())
        held |= {key: value for key, value in (given or {}).items() if value is not None}
        try:
            settings = cls.model_validate(held)
        except ValueError as error:
            errors = error.errors() if hasattr(error, "errors") else []
            raise Faulty(
                [
                    Fault(
                        "settings",
                        None,
                        str(one["loc"][0]) if one["loc"] else "",
                        str(one["msg"]),
                        f"Set {PREFIX}{str(one['loc'][0]).upper()} or the option of that name to something else",
                    )
                    for one in errors
                ]
            ) from None
        if settings.country and settings.country.upper() not in COUNTRIES:
            known = ", ".join(sorted(COUNTRIES))
            raise Faulty([Fault("settings", None, "country", f"no country {settings.country}", f"One of: {known}")])
        return settings


def static_folder() -> Path:
    """Stylesheet, fonts and scripts."""
    return Path(__file__).parent / "static"

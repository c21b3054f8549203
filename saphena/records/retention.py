"""How long things are kept."""

from __future__ import annotations

from saphena.records.record import Work
from saphena.records.shapes import RetentionPolicy, RetentionReport


def policy(work: Work) -> RetentionPolicy:
    """The policy in force."""
    raise NotImplementedError


def set_policy(work: Work, policy: RetentionPolicy) -> None:
    """Another policy; administrators only."""
    raise NotImplementedError


def apply(work: Work, *, dry_run: bool = True) -> RetentionReport:
    """Delete what is over its time, or only say what that would be."""
    raise NotImplementedError

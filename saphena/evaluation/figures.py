"""Shares with their uncertainty."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from scipy.stats import binomtest


class Figure(BaseModel):
    """A share with its 95 % Wilson interval."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    hits: int
    of: int
    share: float
    low: float
    high: float


def wilson(name: str, hits: int, of: int) -> Figure:
    """A share with its 95 % Wilson interval (scipy)."""
    if of == 0:
        return Figure(name=name, hits=0, of=0, share=0.0, low=0.0, high=1.0)
    interval = binomtest(hits, of).proportion_ci(method="wilson")
    return Figure(name=name, hits=hits, of=of, share=hits / of, low=float(interval.low), high=float(interval.high))

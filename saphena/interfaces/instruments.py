"""A function for each published score, stage and formula, named like it: ``instruments.wells_dvt(active_cancer=True)``.

Keyword arguments are the items (``saphena score NAME`` lists them); what is left out is unknown. Each
returns a ``ScoreResult``: points (a range where items are missing), the band, what is missing. Raises
``Faulty`` for an item that does not exist or an answer that is none. The functions use the model that ships.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from saphena.model.network import Model
from saphena.model.store import load_model
from saphena.pathway.scoring import Answer, ScoreResult
from saphena.pathway.scoring import score as _score


@lru_cache(maxsize=1)
def _model() -> Model:
    return load_model()


def __getattr__(name: str) -> Callable[..., ScoreResult]:
    instrument = _model().knowledge.instruments.get(name) if not name.startswith("_") else None
    if instrument is None:
        raise AttributeError(f"there is no instrument {name}; saphena score lists them")

    def function(leg: str = "", **values: Answer) -> ScoreResult:
        return _score(instrument, values, leg)

    function.__name__ = function.__qualname__ = name
    items = "\n".join(f"    {item.id}: {item.name}" for item in instrument.items)
    function.__doc__ = f"{instrument.name}. {instrument.use_for}\n\nItems:\n{items}\n"
    return function


def __dir__() -> list[Any]:
    return sorted(_model().knowledge.instruments)

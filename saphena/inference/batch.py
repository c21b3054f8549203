"""Many cases at once: every posterior, in parallel, the same whatever the number of threads.

``posterior`` explains one case; ``posterior_batch`` gives the probabilities of very many. Its rows are
those of ``Columns``; priors, absorbing, planning and both passes of a row are one compiled call
(``solver.py``), and the rows are shared between threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import numba
import numpy as np
from numpy.typing import NDArray

from saphena.case import Case
from saphena.inference.columns import Columns, columns_of, table_columns
from saphena.inference.prepare import prepare
from saphena.inference.solver import ARENA, TOO_WIDE, Numbers, People, Tables, owned, solve_people
from saphena.inference.subset import WIDEST, SubsetProgramme, TooWide
from saphena.model.network import SEXES, Model
from saphena.model.priors import band_centres

ANSWERED, AGE, IMPOSSIBLE, WIDE, REFUSED = range(5)
STATUS = ("answered", "age", "impossible", "too_wide", "refused")
"""Why a row has no probabilities: an age the model does not know; nothing in it can cause the findings; too many
present findings; the row does not fit the vocabulary."""


@dataclass(frozen=True)
class BatchPosterior:
    """Posteriors of ``N`` cases; rows without an answer are masked, and ``status`` says why."""

    conditions: tuple[str, ...]
    states: tuple[str, ...]
    presence: np.ma.MaskedArray[Any, Any]
    """(N, C) P(condition present | everything known)."""
    state: np.ma.MaskedArray[Any, Any]
    """(N, S)"""
    log_evidence: np.ma.MaskedArray[Any, Any]
    """(N,)"""
    status: NDArray[np.int8]
    """(N,) index of ``STATUS``."""
    faults: dict[int, str]
    """What is wrong with a refused row."""

    def columns(self) -> dict[str, Any]:
        """One column a condition, for ``pyarrow.table`` or a data frame; a row without an answer is null."""
        unanswered = self.status != ANSWERED
        found: dict[str, Any] = {"status": np.array(STATUS)[self.status], "log_evidence": self.log_evidence}
        found |= {id_: self.presence[:, c] for c, id_ in enumerate(self.conditions)}
        return {
            name: values if name == "status" else np.ma.MaskedArray(values, unanswered)
            for name, values in found.items()
        }


def posterior_batch(
    model: Model, cases: Columns | People | Sequence[Case] | Any, threads: int | None = None
) -> BatchPosterior:
    """Probabilities of many cases: a sequence of ``Case``, a table (``table_columns``), ``Columns`` or ``People``.

    A row gives what ``posterior`` gives for that case, to rounding. Rows that cannot be answered are
    masked, never dropped. Raises ``Faulty`` if a column of a table has no meaning.
    """
    if isinstance(cases, Columns):
        rows = cases
    elif isinstance(cases, People):
        rows = Columns(cases)
    elif isinstance(cases, Sequence) and not isinstance(cases, str):
        rows = columns_of(model, cast("Sequence[Case]", cases))
    else:
        rows = table_columns(model, cases)
    network, people, count = model.network, rows.people, len(rows.people.age)
    total, state = np.zeros(count), np.zeros((count, len(network.states)))
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads or before, numba.config.NUMBA_NUM_THREADS))  # type: ignore[attr-defined]
    try:
        arenas = np.empty((numba.get_num_threads(), ARENA))
        solve_people(_tables(model), _numbers(model), people, model.youngest, WIDEST, arenas, total, state)
    finally:
        numba.set_num_threads(before)
    for row in rows.doubtful:
        try:
            programme = SubsetProgramme(prepare(model, rows.observations[row]), "compiled")
        except TooWide:
            total[row] = TOO_WIDE
            continue
        alone = programme.marginals(programme.base)
        total[row], state[row] = alone.evidence[0], alone.state[0]
    status = np.where(total == TOO_WIDE, WIDE, np.where(total > 0, ANSWERED, IMPOSSIBLE)).astype(np.int8)
    status[people.age < model.youngest] = AGE
    status[list(rows.faults)] = REFUSED
    unanswered = status != ANSWERED
    state[unanswered] = 0.0
    answered = np.where(unanswered, 1.0, total)
    state /= answered[:, None]
    presence = np.zeros((count, len(model.conditions)))
    np.add.at(presence.T, network.condition_of, state.T)
    return BatchPosterior(
        model.conditions,
        network.states,
        np.ma.MaskedArray(np.minimum(presence, 1.0), np.repeat(unanswered[:, None], presence.shape[1], axis=1)),
        np.ma.MaskedArray(state, np.repeat(unanswered[:, None], state.shape[1], axis=1)),
        np.ma.MaskedArray(np.log(answered), unanswered),
        status,
        dict(rows.faults),
    )


# --- what the compiled rows read -------------------------------------------------------------------


@lru_cache(maxsize=4)
def _tables(model: Model) -> Tables:
    network = model.network
    tables = Tables(
        first_state=np.searchsorted(network.condition_of, np.arange(len(model.conditions) + 1)),
        grades=network.node_grades,
        link=network.link.transpose(1, 2, 0),
        mechanism_link=network.mechanism_link.transpose(1, 2, 0),
        mechanism_leak=network.mechanism_leak,
        mechanism_prior=network.mechanism_prior,
    )
    return owned(tables)


@lru_cache(maxsize=4)
def _numbers(model: Model) -> Numbers:
    network, tables = model.network, model.prior_tables
    factors = model.knowledge.risk_factors.values()
    widest = max((len(t.members) for t in tables), default=1)
    sizes = [len(t.possible) for t in tables]
    effects = np.zeros((sum(sizes), widest))
    row_begins = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    for t, start in zip(tables, row_begins, strict=False):
        effects[start : start + len(t.possible), : len(t.members)] = t.effects
    numbers = Numbers(
        centres=np.array(band_centres(model.knowledge)),
        intercept=network.intercept,
        leak=network.leak,
        prevalence=network.prevalence,
        only_sex=np.array([SEXES.index(f.only_sex) if f.only_sex else -1 for f in factors], dtype=np.int64),
        only_ages=np.array([f.only_ages or (-np.inf, np.inf) for f in factors], dtype=float).reshape(-1, 2),
        factor_begins=np.concatenate([[0], np.cumsum([len(t.factors) for t in tables])]).astype(np.int64),
        factors=np.array([r for t in tables for r in t.factors], dtype=np.int64),
        row_begins=row_begins,
        effects=effects,
        possible=np.concatenate([np.zeros(0), *(t.possible for t in tables)]),
    )
    return owned(numbers)

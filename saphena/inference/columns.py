"""Many cases as arrays: what a batch reads, from case objects or from the columns of a table.

A row means exactly what the same case means to ``observe``. Words and legs are read a column at a
time; a row with anything that needs more than its own column (measurements, children of a finding,
letters, known conditions, or a fault) is put together as a ``Case`` and read by ``observe`` itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from saphena.case import Case
from saphena.faults import Fault, Faulty
from saphena.inference.evidence import Ints
from saphena.inference.observation import Observation
from saphena.inference.observe import observe
from saphena.inference.prepare import soft_negatives
from saphena.inference.sayable import grades_of
from saphena.inference.solver import EXCLUDED, FREE, KNOWN, People
from saphena.model.network import SETTINGS, SEXES, Model
from saphena.model.schema import Finding
from saphena.model.suggest import did_you_mean

Small = NDArray[np.int8]
UNKNOWN = -1
LEGS = ("right", "left")
ABOUT = ("age", "sex", "setting", "index_leg")
"""Columns about the person that are read as they stand; the first three are needed."""
WHOLE = tuple(name for name in Case.model_fields if name not in (*ABOUT, "findings", "context"))
"""Columns whose rows are read as a case, where they say anything."""


@dataclass(frozen=True)
class Columns:
    """Cases as arrays, and what the arrays do not hold."""

    people: People
    faults: dict[int, str] = field(default_factory=dict)
    """Why a row is refused; it has nothing observed then."""
    observations: dict[int, Observation] = field(default_factory=dict)
    """Rows that ``observe`` has read, which another way of answering may want."""

    @property
    def doubtful(self) -> list[int]:
        """Rows with a statement in doubt, which are answered one by one."""
        return [row for row, o in self.observations.items() if any(s.doubt for s in o.seen)]


def columns_of(model: Model, cases: Sequence[Case]) -> Columns:
    """Cases as columns; a case that does not fit the vocabulary is a row with a fault."""
    return _Rows(model, len(cases)).columns(lambda row: cases[row], np.ones(len(cases), dtype=np.bool_))


def table_columns(model: Model, table: Any) -> Columns:
    """A table as columns: a mapping of names to arrays, an Arrow table, or anything with ``column_names``.

    Columns are ``age``, ``sex``, ``setting``, ``index_leg`` and the other keys of a case, ``context.NAME``
    for a risk factor, and the name of a finding or measurement, alone or with ``.right``, ``.left`` or
    ``.both``; a numeric measurement has its unit behind it, ``body_temperature [C]``. Values are words
    as in a case, or true and false; null is unknown. Raises ``Faulty`` if a column has no meaning; a
    value without one is a fault of its row.
    """
    return _Table(model, table).read()


# --- rows that are read as cases -----------------------------------------------------------------


class _Rows:
    """Arrays of all rows, filled from columns first and from whole cases where that is not enough."""

    def __init__(self, model: Model, count: int) -> None:
        network = model.network
        self.model, self.count = model, count
        self.age, self.sex, self.setting = np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.context = np.full((count, len(model.risk_factors)), UNKNOWN, dtype=np.int8)
        self.fixed = np.full((count, len(model.conditions)), FREE, dtype=np.int16)
        self.soft = np.ones((1, len(network.states)))
        self.mechanism_soft = np.ones((1, len(network.mechanism_leak)))
        self.seen: list[tuple[Ints, Ints, Ints, Ints]] = []
        """(rows, nodes, lowest, highest) of what was observed."""

    def columns(self, case_of: Callable[[int], Case | dict[str, Any]], whole: NDArray[np.bool_]) -> Columns:
        faults: dict[int, str] = {}
        observations: dict[int, Observation] = {}
        for row in np.flatnonzero(whole).tolist():
            try:
                written = case_of(row)
                case = written if isinstance(written, Case) else Case.model_validate(written)
                observations[row] = observation = observe(self.model, case)
            except Faulty as error:
                faults[row] = "; ".join(f"{f.path}: {f.message}. {f.remedy}" for f in error.faults)
            except ValidationError as error:
                faults[row] = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            else:
                self._observed(row, observation)
        rows, nodes, lowest, highest = (
            np.concatenate([np.zeros(0, dtype=np.int64), *(part[i] for part in self.seen)]) for i in range(4)
        )
        order = np.argsort(rows, kind="stable")
        begins = np.searchsorted(rows[order], np.arange(self.count + 1))
        people = People(
            self.age, self.sex, self.setting, self.context, self.fixed, begins, nodes[order], lowest[order],
            highest[order], self.soft, self.mechanism_soft,
        )  # fmt: skip
        return Columns(people, faults, observations)

    def _observed(self, row: int, observation: Observation) -> None:
        model, case = self.model, observation.case
        self.age[row], self.sex[row] = case.age, SEXES.index(case.sex)
        self.setting[row] = SETTINGS.index(case.setting)
        self.context[row] = UNKNOWN
        for id_, present in observation.context.items():
            self.context[row, model.risk_factors.index(id_)] = present
        for c, condition in enumerate(model.knowledge.conditions.values()):
            if condition.id in observation.known:
                state = observation.known[condition.id]
                self.fixed[row, c] = KNOWN if state is None else [s.id for s in condition.states].index(state)
            elif condition.id in observation.excluded:
                self.fixed[row, c] = EXCLUDED
        if case.recording == "narrative":
            if len(self.soft) < self.count:
                self.soft = np.repeat(self.soft, self.count, axis=0)
                self.mechanism_soft = np.repeat(self.mechanism_soft, self.count, axis=0)
            self.soft[row], self.mechanism_soft[row] = soft_negatives(model, observation)
        seen = observation.seen
        self.seen.append(
            (
                np.full(len(seen), row),
                np.array([model.node_index[s.node] for s in seen], dtype=np.int64),
                np.array([s.lowest for s in seen], dtype=np.int64),
                np.array([s.highest for s in seen], dtype=np.int64),
            )
        )


# --- columns -------------------------------------------------------------------------------------


class _Table(_Rows):
    """Reads a table a column at a time."""

    def __init__(self, model: Model, table: Any) -> None:
        names = list(table) if isinstance(table, Mapping) else list(table.column_names)
        self.values = {name: table[name] if isinstance(table, Mapping) else table.column(name) for name in names}
        lengths = {len(column) for column in self.values.values()}
        if len(lengths) > 1:
            raise Faulty(
                [Fault("table", None, "", "its columns differ in length", "Give every column one value a row")]
            )
        super().__init__(model, lengths.pop() if lengths else 0)
        self.whole = np.zeros(self.count, dtype=np.bool_)
        self.side = np.full(self.count, UNKNOWN, dtype=np.int8)
        """Index leg: 0 right, 1 left."""
        self.findings: dict[str, dict[str, tuple[Small, Small]]] = {}
        """Finding -> side -> lowest and highest grade, ``UNKNOWN`` where nothing is said."""
        self._check(names)

    def _check(self, names: list[str]) -> None:
        knowledge, faults = self.model.knowledge, []
        known = [*Case.model_fields, *knowledge.findings, *knowledge.measurements]
        for name in names:
            id_, unit, leg = _parts(name)
            if name.startswith("context."):
                if name[8:] not in knowledge.risk_factors:
                    hint = did_you_mean(name[8:], list(knowledge.risk_factors))
                    faults.append(Fault("table", None, name, "there is no risk factor of this name", hint))
            elif name in ("findings", "context") or id_ not in known or ((leg or unit) and id_ in Case.model_fields):
                hint = did_you_mean(id_, [i for i in known if i not in ("findings", "context")])
                faults.append(Fault("table", None, name, "this column has no meaning", hint))
            elif leg not in ("", "right", "left", "both"):
                faults.append(Fault("table", None, name, f"there is no leg {leg}", "Write .right, .left or .both"))
            elif unit and id_ not in knowledge.measurements:
                faults.append(Fault("table", None, name, f"{id_} has no unit", f"Name the column {id_}"))
        faults += [
            Fault("table", None, name, "this column is needed", "Add it, with a value in every row")
            for name in ("age", "sex", "setting")
            if name not in names
        ]
        if faults:
            raise Faulty(faults)

    def read(self) -> Columns:
        self._person()
        for name in self.values:
            id_, _, leg = _parts(name)
            if name.startswith("context."):
                self.context[:, self.model.risk_factors.index(name[8:])] = self._answers(name)
            elif id_ in WHOLE or id_ in self.model.knowledge.measurements:
                self.whole |= self._said(name)
            elif id_ in self.model.knowledge.findings:
                finding = self.model.knowledge.findings[id_]
                if finding.given is not None or (leg and not finding.sided):
                    self.whole |= self._said(name)
                else:
                    self._finding(finding, name, leg)
        self._index_leg()
        for one in self.model.knowledge.findings.values():
            if one.id in self.findings:
                self._see(one, self.findings[one.id])
        by_columns = ~self.whole
        self.seen = [_kept(part, by_columns) for part in self.seen]
        return self.columns(self._case, self.whole)

    # --- values ------------------------------------------------------------------------------

    def _words(self, name: str) -> tuple[Ints, list[Any]]:
        """A column as codes and what they stand for; -1 where it is null."""
        column = self.values[name]
        if hasattr(column, "combine_chunks"):  # Arrow
            column = column.combine_chunks()
        if hasattr(column, "dictionary_encode"):
            coded = column if hasattr(column, "dictionary") else column.dictionary_encode()
            return coded.indices.fill_null(UNKNOWN).to_numpy(zero_copy_only=False).astype(
                np.int64
            ), coded.dictionary.to_pylist()
        array = np.asarray(column)
        if array.dtype.kind in "biuUS":
            words, codes = np.unique(array, return_inverse=True)
            return codes.astype(np.int64), words.tolist()
        known: dict[Any, int] = {}
        codes = np.empty(len(array), dtype=np.int64)
        for i, value in enumerate(array.tolist()):
            codes[i] = UNKNOWN if _is_null(value) else known.setdefault(_plain(value), len(known))
        return codes, list(known)

    def _said(self, name: str) -> NDArray[np.bool_]:
        codes, words = self._words(name)
        silent = np.array([w == "unknown" or w == [] for w in words] + [True], dtype=np.bool_)
        return np.asarray(~silent[codes])

    def _looked_up(self, name: str, meaning: Callable[[Any], int | None]) -> Small:
        """Each value by its meaning; a row whose value has none is read as a case, which says why."""
        codes, words = self._words(name)
        meanings = [meaning(word) for word in words]
        self.whole |= np.array([m is None for m in meanings] + [False], dtype=np.bool_)[codes]
        return np.array([UNKNOWN if m is None else m for m in meanings] + [UNKNOWN], dtype=np.int8)[codes]

    def _answers(self, name: str) -> Small:
        answers = {"present": 1, "absent": 0, "unknown": UNKNOWN, True: 1, False: 0}
        return self._looked_up(name, lambda word: answers.get(word) if isinstance(word, str | bool) else None)

    def _person(self) -> None:
        for name, known in (("sex", SEXES), ("setting", SETTINGS)):
            codes = self._looked_up(name, lambda w, k=known: k.index(w) if w in k else None)  # type: ignore[misc]
            self.whole |= codes == UNKNOWN
            getattr(self, name)[:] = np.maximum(codes, 0)
        column = self.values["age"]
        if hasattr(column, "to_numpy") and hasattr(column, "fill_null"):
            column = column.fill_null(-1)
        try:
            age = np.asarray(column, dtype=float)
        except (TypeError, ValueError):
            age = np.full(self.count, -1.0)
        good = (age >= 0) & (age <= 120)
        self.whole |= ~good
        self.age[:] = np.where(good, age, 0.0)
        if "index_leg" in self.values:
            self.side[:] = self._looked_up("index_leg", lambda w: LEGS.index(w) if w in LEGS else None)

    def _finding(self, finding: Finding, name: str, leg: str) -> None:
        names = grades_of(finding)
        top = len(names) - 1

        def interval(word: Any) -> tuple[int, int] | None:
            if isinstance(word, bool):
                word = "present" if word else "absent"
            if word == "unknown":
                return UNKNOWN, UNKNOWN
            if word in names:
                return names.index(word), names.index(word)
            if word == "absent":
                return 0, 0
            if word == "present" and finding.scale == "finding":
                return 1, top
            return None

        codes, words = self._words(name)
        read = [interval(word) for word in words]
        self.whole |= np.array([i is None for i in read] + [False], dtype=np.bool_)[codes]
        ends = np.array([i or (UNKNOWN, UNKNOWN) for i in [*read, None]], dtype=np.int8)[codes]
        by_side = self.findings.setdefault(finding.id, {})
        for side in LEGS if leg == "both" else (leg,):
            if side in by_side:
                low, high = by_side[side]
                said = ends[:, 0] != UNKNOWN
                self.whole |= said & (low != UNKNOWN)  # Said twice: agreeing or not is for a case to tell.
                by_side[side] = np.where(said, ends[:, 0], low), np.where(said, ends[:, 1], high)
            else:
                by_side[side] = ends[:, 0], ends[:, 1]

    # --- legs --------------------------------------------------------------------------------

    def _index_leg(self) -> None:
        """As stated; else the leg that alone is mentioned, or has more present findings; else right."""
        present, mentioned = np.zeros((2, self.count), dtype=np.int64), np.zeros((2, self.count), dtype=np.bool_)
        for by_side in self.findings.values():
            for i, side in enumerate(LEGS):
                if side in by_side:
                    present[i] += by_side[side][0] > 0
                    mentioned[i] |= by_side[side][0] != UNKNOWN
        right, left = mentioned
        guess = np.where(right & ~left, 0, np.where(left & ~right, 1, (present[1] > present[0]).astype(np.int64)))
        guess = np.where(right | left, guess, UNKNOWN)
        self.side = np.where(self.side == UNKNOWN, guess, self.side).astype(np.int8)

    def _see(self, finding: Finding, by_side: dict[str, tuple[Small, Small]]) -> None:
        """Nodes of one finding, as ``observe`` chooses them."""
        nothing = np.full(self.count, UNKNOWN, dtype=np.int8)
        (right, right_high), (left, left_high), (low, high) = (
            by_side.get(side, (nothing, nothing)) for side in (*LEGS, "")
        )
        if not finding.sided:
            self._add(finding.id, low != UNKNOWN, low, high)
            return
        graded = finding.kind == "graded"
        whole = self.model.network.nodes[self.model.whole_node[finding.id]]
        on_right, on_left = right != UNKNOWN, left != UNKNOWN
        alike = on_right & on_left & (right == left) & (right_high == left_high)
        alike &= (right_high == 0) if graded else True
        self._add(whole, alike, np.where(right > 0, 2, 0), np.where(right > 0, 2, 0))
        for i, (said, lowest, highest) in enumerate(((on_right, right, right_high), (on_left, left, left_high))):
            self._add(f"{finding.id}@index", said & ~alike & (self.side == i), lowest, highest)
            self._add(f"{finding.id}@other", said & ~alike & (self.side != i), lowest, highest)
        unsided = (low != UNKNOWN) & ~on_right & ~on_left
        some = low > 0
        self._add(whole, unsided, low, high if graded else np.where(some, 2, high))

    def _add(self, node: str, where: NDArray[np.bool_], lowest: Any, highest: Any) -> None:
        rows = np.flatnonzero(where)
        if len(rows):
            column = np.full(len(rows), self.model.node_index[node])
            self.seen.append(
                (rows, column, np.asarray(lowest, dtype=np.int64)[rows], np.asarray(highest, dtype=np.int64)[rows])
            )

    # --- a row as a case ---------------------------------------------------------------------

    def _case(self, row: int) -> dict[str, Any]:
        case: dict[str, Any] = {}
        for name, column in self.values.items():
            value = column[row]
            value = _plain(value.as_py() if hasattr(value, "as_py") else value)
            if _is_null(value):
                continue
            id_, unit, leg = _parts(name)
            if unit and isinstance(value, int | float):
                value = f"{value!r} {unit}"
            if name.startswith("context."):
                case.setdefault("context", {})[name[8:]] = _word(value)
            elif id_ in Case.model_fields:
                case[id_] = float(value) if id_ == "age" and isinstance(value, int) else value
            elif leg:
                case.setdefault("findings", {}).setdefault(id_, []).append({"value": _word(value), "leg": leg})
            else:
                case.setdefault("findings", {}).setdefault(id_, []).append({"value": _word(value)})
        return case


def _kept(part: tuple[Ints, Ints, Ints, Ints], rows: NDArray[np.bool_]) -> tuple[Ints, Ints, Ints, Ints]:
    where = rows[part[0]]
    return part[0][where], part[1][where], part[2][where], part[3][where]


def _parts(name: str) -> tuple[str, str, str]:
    """``ankle_brachial_index.right [1]`` -> name, unit, leg."""
    head, bracket, unit = name.partition(" [")
    id_, _, leg = head.partition(".")
    return id_, unit.rstrip("]") if bracket else "", leg


def _is_null(value: Any) -> bool:
    return value is None or (isinstance(value, float) and value != value)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value.tolist() if isinstance(value, np.ndarray) else value


def _word(value: Any) -> Any:
    return ("present" if value else "absent") if isinstance(value, bool) else value

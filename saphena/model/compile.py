"""Knowledge -> the arrays inference works on. The only place where a sensitivity becomes a link.

A published sensitivity ``s`` includes every other cause of the finding. The link ``q`` of a
condition solves ``1 - s = (1 - q) B`` where ``B`` is the chance that nothing else causes the finding
in a person with the condition: the leak, the other conditions at their prior in primary care, and
mechanisms. For a graded finding the same holds for "at least this grade". Equations:
``docs/explanation/model.md``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import combinations

import numpy as np
from pydantic import BaseModel

from saphena.faults import Fault, Faulty
from saphena.model.care import Care
from saphena.model.network import ADULT_BANDS, AGE_BANDS, CHILD_BANDS, SEXES, YOUNG, Floats, Model, Network
from saphena.model.priors import factor_table, mean_priors, solve_intercepts
from saphena.model.schema import (
    ConditionFile,
    Finding,
    Knowledge,
    Leak,
    LeakException,
    Mechanism,
)
from saphena.model.states import ConditionState, states_of

ROUNDS = 30
"""Rounds in which links and backgrounds, which depend on each other, are solved."""


def compile_model(knowledge: Knowledge) -> Model:
    """Compile checked knowledge; raises ``Faulty`` where a mechanism alone exceeds a sensitivity."""
    compiler = _Compiler(knowledge)
    network = compiler.network()
    network.validate()
    return Model(knowledge, network, _version(knowledge, network), tuple(compiler.notices), _care_version(knowledge))


class _Compiler:
    def __init__(self, knowledge: Knowledge) -> None:
        self.k = knowledge
        self.states = states_of(knowledge)
        self.condition_of = np.array(
            [list(knowledge.conditions).index(c.condition.id) for c in self.states], dtype=np.int64
        )
        self.mechanisms = list(knowledge.mechanisms.values())
        self.switch = np.array([[c.mechanism(m.id) for m in self.mechanisms] for c in self.states]).reshape(
            len(self.states), len(self.mechanisms)
        )
        self.mechanism_leak = np.array([m.leak.value for m in self.mechanisms])
        self.reference_prior = mean_priors(knowledge, self.states, "primary_care")
        self.children: dict[str, list[str]] = {}
        for finding in knowledge.findings.values():
            if finding.given is not None:
                self.children.setdefault(finding.given, []).append(finding.id)
        self.notices: list[str] = []
        self.faults: list[Fault] = []
        self.nodes: list[tuple[str, Floats, Floats, Floats]] = []

    # --- links -------------------------------------------------------------------------------

    def network(self) -> Network:
        """All nodes, priors and risk factors."""
        self.on_given_cause = self._mechanism_given_cause()
        for finding in self.k.findings.values():
            if finding.given is None:
                self._add_nodes(finding)
        if self.faults:
            raise Faulty(self.faults)
        grades = max(links.shape[1] for _, links, _, _ in self.nodes)

        def stacked(position: int, axis: int) -> Floats:
            arrays = []
            for node in self.nodes:
                array = node[position]
                assert isinstance(array, np.ndarray)
                room = [(0, 0)] * (array.ndim - 1) + [(0, grades - array.shape[-1])]
                arrays.append(np.pad(array, room))
            return np.stack(arrays, axis=axis)

        effects, prevalence = factor_table(self.k, self.states)
        return Network(
            nodes=tuple(name for name, *_ in self.nodes),
            node_grades=np.array([links.shape[1] for _, links, _, _ in self.nodes], dtype=np.int64),
            states=tuple(c.name for c in self.states),
            condition_of=self.condition_of,
            link=stacked(1, 1),
            leak=stacked(3, 0),
            mechanism_leak=self.mechanism_leak,
            mechanism_prior=self.switch,
            mechanism_link=stacked(2, 1),
            intercept=solve_intercepts(self.k, self.states, effects, prevalence),
            log_odds_ratio=effects,
            prevalence=prevalence,
        )

    def _mechanism_given_cause(self) -> Floats:
        """(S, K) P(mechanism on | the state), the other conditions at their reference prior."""
        pi = self.reference_prior
        conditions = len(self.k.conditions)
        off_by = np.zeros((conditions, len(self.mechanisms)))
        np.add.at(off_by, self.condition_of, pi[:, None] * self.switch)
        off_by = 1 - off_by
        others = _product_of_others(off_by)[self.condition_of]
        return np.asarray(1 - (1 - self.mechanism_leak) * (1 - self.switch) * others)

    def _links(self, finding: Finding) -> tuple[Floats, Floats]:
        """Links of states (S, G) and mechanisms (K, G) to a finding without regard to sides."""
        names = finding.grades[1:] if finding.kind == "graded" else ("present",)
        mech = np.array([_grades(m.findings.get(finding.id), names) for m in self.mechanisms]).reshape(-1, len(names))
        authored = np.array([_grades(c.finding(finding.id), names) for c in self.states])
        if finding.scale == "complaint":
            return _pmf(authored), _pmf(mech)
        leak = _at_least(np.array(_leak_grades(finding.leak, names)))
        wanted, mech_at_least = _at_least(authored), _at_least(mech)
        self._refuse_strong_mechanisms(finding, names, wanted, mech_at_least)
        pi = self.reference_prior
        q = np.zeros_like(wanted)
        mechanisms = (1 - self.on_given_cause[:, :, None] * mech_at_least).prod(axis=1)
        for _ in range(ROUNDS):
            by_condition = np.zeros((len(self.k.conditions), len(names)))
            np.add.at(by_condition, self.condition_of, pi[:, None] * q)
            background = (1 - leak) * _product_of_others(1 - by_condition)[self.condition_of] * mechanisms
            new = np.where(wanted > 0, 1 - (1 - wanted) / np.maximum(background, 1e-12), 0.0)
            new = np.clip(new, 0.0, 1.0)
            # A higher grade cannot be more frequent than "at least" a lower one.
            new = np.maximum.accumulate(new[:, ::-1], axis=1)[:, ::-1]
            if np.abs(new - q).max(initial=0.0) < 1e-12:
                break
            q = new
        for s, state in enumerate(self.states):
            if wanted[s, 0] > 0 and q[s, 0] <= 1e-9 and not (self.switch[s] @ mech_at_least[:, 0] > 0):
                self.notices.append(
                    f"conditions/{state.condition.id}.yaml: {finding.id} of {state.name}: sensitivity "
                    f"{wanted[s, 0]:.3g} is not above the background {1 - background[s, 0]:.3g}; it has no effect"
                )
        return _pmf_at_least(q), _pmf(mech)

    def _refuse_strong_mechanisms(self, finding: Finding, names: tuple[str, ...], wanted: Floats, mech: Floats) -> None:
        for s, state in enumerate(self.states):
            if state.finding(finding.id) is None:
                continue
            alone = 1 - (1 - self.switch[s][:, None] * mech).prod(axis=0)
            for g, name in enumerate(names):
                if alone[g] > wanted[s, g] + 1e-9:
                    self.faults.append(
                        Fault(
                            f"conditions/{state.condition.id}.yaml",
                            None,
                            f"findings.{finding.id}",
                            f"{state.name} causes {finding.id} ({name}) through mechanisms alone with {alone[g]:.3f}, "
                            f"more than the sensitivity {wanted[s, g]:.3f}",
                            "Lower the probability of the mechanism, or leave the direct finding out",
                        )
                    )

    # --- nodes -------------------------------------------------------------------------------

    def _add_nodes(self, finding: Finding) -> None:
        names = finding.grades[1:] if finding.kind == "graded" else ("present",)
        links, mech = self._links(finding)
        leak = _leak_table(finding.leak, names)
        leak_both = self.k.settings.leak_two_sided.value
        children = self.children.get(finding.id, [])
        sides = np.array([_sides(c.condition) for c in self.states])
        mech_sides = np.array([(1.0, m.two_sided.value) for m in self.mechanisms]).reshape(-1, 2)
        sets = [of for n in range(len(children) + 1) for of in combinations(children, n)]
        for of in sets:
            name = "+".join((finding.id, *of))
            chances = [self._children_of(self.states, of), self._children_of(self.mechanisms, of)]
            leak_chances = self._leak_of_children(leak, of)
            forms = [
                _product_grades(pmf, chance) if of else pmf for pmf, chance in zip((links, mech), chances, strict=True)
            ]
            leak_form = _product_grades(leak, leak_chances) if of else leak
            if not finding.sided:
                self._node(name, forms[0], forms[1], leak_form)
                continue
            on_index = self.k.settings.one_sided_on_index_leg.value
            self._node(
                f"{name}@index",
                _one_leg(forms[0], sides, on_index, 1.0),
                _one_leg(forms[1], mech_sides, 1.0, 1.0),
                leak_form,
            )
            if not of:
                self._node(
                    f"{name}@other",
                    _one_leg(forms[0], sides, 1 - on_index, 0.0),
                    _one_leg(forms[1], mech_sides, 0.0, 0.0),
                    _scaled(leak_form, leak_both + (1 - leak_both) / 2),
                )
            if finding.kind == "graded" or of:
                self._node(f"{name}@any", forms[0], forms[1], leak_form)
            if finding.kind == "binary":
                # "Both legs" is one more thing that may be true of the parent, and the strongest.
                both = [np.where(of_sides[:, 0] > 0, of_sides[:, 1], 0.0) for of_sides in (sides, mech_sides)]
                self._node(
                    f"{name}@legs",
                    _product_grades(links, np.column_stack([chances[0], both[0]])),
                    _product_grades(mech, np.column_stack([chances[1], both[1]])),
                    _product_grades(
                        leak, np.concatenate([leak_chances, np.full((*leak.shape[:-1], 1), leak_both)], axis=-1)
                    ),
                )

    def _node(self, name: str, links: Floats, mech: Floats, leak: Floats) -> None:
        self.nodes.append((name, links, mech, leak))

    def _children_of(self, holders: Sequence[ConditionState | Mechanism], children: tuple[str, ...]) -> Floats:
        """(holders, children) P(child | the parent is present because of the holder)."""
        return np.array([[self._child(holder, child) for child in children] for holder in holders]).reshape(
            len(holders), len(children)
        )

    def _child(self, holder: ConditionState | Mechanism, child: str) -> float:
        """P(child | the parent is present because of the holder); its leak where nothing is authored."""
        if isinstance(holder, ConditionState):
            authored = holder.finding(child)
            value = authored.sensitivity if authored else None
        else:
            link = holder.findings.get(child)
            value = link.probability if link else None
        leak = self.k.findings[child].leak.value
        assert leak is not None
        return leak if value is None else value

    def _leak_of_children(self, leak: Floats, children: tuple[str, ...]) -> Floats:
        """(age band, sex, children) P(child | the parent is present for an unmodelled reason)."""
        tables = [_leak_table(self.k.findings[child].leak, ("present",))[..., 1] for child in children]
        return np.stack(tables, axis=-1) if tables else np.zeros((*leak.shape[:-1], 0))


def _product_of_others(each: Floats) -> Floats:
    """(C, G) for each row the product of all other rows, without a division that fails at 0."""
    ones = np.ones((1, each.shape[1]))
    before = np.concatenate([ones, np.cumprod(each[:-1], axis=0)])
    after = np.concatenate([np.cumprod(each[:0:-1], axis=0)[::-1], ones])
    return np.asarray(before * after)


def _product_grades(pmf: Floats, chances: Floats) -> Floats:
    """Spread P(parent) over what else is true of it; the last axis of ``chances`` runs over that.

    Grade 0 is "no parent"; grade 1 + b is "parent, with exactly those whose bit is set in b".
    """
    parent = pmf[..., 1]
    count = chances.shape[-1]
    grades = [pmf[..., 0]]
    for bits in range(2**count):
        part = parent
        for i in range(count):
            chance = chances[..., i]
            part = part * (chance if bits >> i & 1 else 1 - chance)
        grades.append(part)
    return np.stack(grades, axis=-1)


def _sides(condition: ConditionFile) -> tuple[float, float]:
    """(may affect the other leg: 1 or 0, P(both legs))."""
    if condition.one_sided:
        return 0.0, 0.0
    return 1.0, condition.two_sided.value if condition.two_sided else 0.0


def _scaled(pmf: Floats, factor: Floats | float) -> Floats:
    """The same grades, caused less often."""
    scaled = pmf * (np.asarray(factor)[..., None] if np.ndim(factor) else factor)
    scaled[..., 0] = 1 - scaled[..., 1:].sum(axis=-1)
    return scaled


def _one_leg(pmf: Floats, sides: Floats, share: float, acute: float) -> Floats:
    """Links to one leg: ``share`` of the one-sided cases lie there; ``acute`` of an acute one-sided condition."""
    both = sides[:, 1]
    return _scaled(pmf, np.where(sides[:, 0] > 0, both + (1 - both) * share, acute))


def _grades(number: object, names: tuple[str, ...]) -> list[float]:
    """Authored probabilities of each grade above 0, in order; zeros where nothing is authored."""
    if number is None:
        return [0.0] * len(names)
    grades: dict[str, float] | None = getattr(number, "grades", None)
    if grades is not None:
        return [grades.get(name, 0.0) for name in names]
    value = getattr(number, "sensitivity", None)
    if value is None:
        value = getattr(number, "probability", None)
    if value is None:
        value = getattr(number, "value", None)
    assert isinstance(value, float | int)
    return [float(value)]


def _leak_grades(leak: Leak | LeakException, names: tuple[str, ...]) -> list[float]:
    return _grades(leak, names)


def _leak_table(leak: Leak, names: tuple[str, ...]) -> Floats:
    """(age band, sex, G) leak with its exceptions; for unknown sex the general value holds."""
    table = np.zeros((len(AGE_BANDS), len(SEXES), len(names)))
    table[:] = _leak_grades(leak, names)
    for exception in sorted(
        leak.by, key=lambda e: 2 * (e.age is not None) - (e.age == "0-17") + 2 * (e.sex is not None)
    ):
        for a, band in enumerate(ADULT_BANDS[0] if name == YOUNG else name for name in AGE_BANDS):
            for x, sex in enumerate(SEXES):
                if (
                    exception.age in (None, band) or (exception.age == "0-17" and band in CHILD_BANDS)
                ) and exception.sex in (None, sex):
                    table[a, x] = _leak_grades(exception, names)
    return _pmf(table)


def _pmf(grades: Floats) -> Floats:
    """Probabilities of grades 1.. -> with grade 0 in front."""
    return np.concatenate([1 - grades.sum(axis=-1, keepdims=True), grades], axis=-1)


def _at_least(grades: Floats) -> Floats:
    return np.cumsum(grades[..., ::-1], axis=-1)[..., ::-1]


def _pmf_at_least(at_least: Floats) -> Floats:
    exact = at_least - np.concatenate([at_least[..., 1:], np.zeros_like(at_least[..., :1])], axis=-1)
    return _pmf(exact)


WORDS = frozenset(
    [
        "name",
        "question",
        "definition",
        "synonyms",
        "summary",
        "codes",
        "reviewed",
        "examples",
        "limits",
        "action",
        "tell_patient",
        "quote",
        "note",
        "assumption",
        "derived",
        "population",
        "source",
        "parents",
        "recalled",
        "use_for",
        "meaning",
        "texts",
        "words",
        "patient_words",
        "asked_at",  # Bears on what is asked, never on an answer.
        "asks",  # Bears on what is asked, never on an answer.
        "lasting",  # Bears on what the next visit starts from, never on an answer.
        "article",
        "sources",
        "judged",
        "licence",
        "change",
    ]
)
"""Fields that only tell; every other field of the knowledge is a number or a rule."""


def _version(knowledge: Knowledge, network: Network) -> str:
    """Hash of numbers and rules; words, cases and bibliography do not count.

    Numbers count with seven digits: processors differ in the last of sixteen, and one knowledge has one version.
    """
    digest = hashlib.sha256()
    for entry in fields(network):
        value = getattr(network, entry.name)
        digest.update(entry.name.encode())
        digest.update((_digits(value) if isinstance(value, np.ndarray) else repr(value)).encode())
    digest.update(json.dumps(_without_words(_deciding(knowledge)), sort_keys=True).encode())
    return digest.hexdigest()[:12]


def _digits(array: np.ndarray) -> str:
    numbers = " ".join(f"{number + 0.0:.7g}" for number in array.ravel().tolist())
    return f"{array.shape} {numbers}"


def _deciding(knowledge: Knowledge) -> Knowledge:
    """What bears on probabilities and triage: no care, and of the instruments those that a red flag asks for."""
    asked = {name for flag in knowledge.red_flags for name in flag.when.scores}
    used = {id_: one for id_, one in knowledge.instruments.items() if id_ in asked}
    return knowledge.model_copy(update={"care": Care(), "instruments": used})


def _care_version(knowledge: Knowledge) -> str:
    """Hash of everything that says what is done about a condition, its words included."""
    text = knowledge.care.model_dump_json(by_alias=True) + json.dumps(
        {id_: one.model_dump(mode="json", by_alias=True) for id_, one in knowledge.instruments.items()}
    )
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _without_words(shape: object) -> object:
    if isinstance(shape, BaseModel):
        return {name: _without_words(getattr(shape, name)) for name in type(shape).model_fields if name not in WORDS}
    if isinstance(shape, Mapping):
        return {key: _without_words(value) for key, value in shape.items()}
    if isinstance(shape, tuple):
        return [_without_words(value) for value in shape]
    return shape

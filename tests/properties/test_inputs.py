"""Whatever is handed in is read, or refused with a fault; nothing else ever comes back."""

from __future__ import annotations

import json
from math import log10
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from saphena import Assessment, Case, Fault, Faulty, Model, assess
from saphena.inference.evidence import ImpossibleEvidence
from saphena.model.reader import Document, read_bytes, undotted
from saphena.model.validate import validate

YAML_LIKE = st.text(st.sampled_from("ab10.-:[]{}\n \"'#&*!|>?,%@~\te\\"), max_size=60)


@given(
    st.one_of(
        st.binary(max_size=80),
        YAML_LIKE.map(str.encode),
        st.text(max_size=40).map(lambda t: t.encode("utf-8", "ignore")),
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    found: Document | Faulty
    try:
        found = read_bytes(data, "file")
    except Faulty as error:
        found = error
    assert isinstance(found, Document) or all(f.message and f.remedy for f in found.faults)


VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-5, 200),
        st.floats(allow_nan=True),
        st.sampled_from(
            ["present", "absent", "unknown", "small", "40 cm", "3 mm", "0.7", "right", "", "blue_sickness"]
        ),
        st.text(max_size=5),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(
            st.sampled_from(["right", "left", "both", "value", "leg", "at_least", "at_most", "origin", "date", "x"]),
            inner,
            max_size=3,
        ),
    ),
    max_leaves=4,
)
NAMES = st.sampled_from(
    [
        "ache",
        "glow",
        "glow_at_night",
        "lump",
        "size",
        "lump_diameter",
        "blue_food",
        "blue_sickness",
        "a[b]",
        "itch.",
        "1",
    ]
)
WRITTEN = st.fixed_dictionaries(
    {"age": st.one_of(st.integers(-1, 130), VALUES), "sex": st.sampled_from(["female", "male"]), "setting": st.just("population")},
    optional={
        "findings": st.dictionaries(NAMES, VALUES, max_size=4),
        "context": st.dictionaries(NAMES, VALUES, max_size=2),
        "known_conditions": st.lists(NAMES, max_size=2),
        "excluded_conditions": st.lists(NAMES, max_size=2),
        "recording": st.sampled_from(["narrative", "interviewed"]),
        "index_leg": VALUES,
        "examined": VALUES,
        "clinician_says": st.dictionaries(NAMES, VALUES, max_size=1),
    },
)  # fmt: skip


@given(WRITTEN)
def test_any_case_is_assessed_or_refused(small: Model, written: dict[str, Any]) -> None:
    faults: list[Fault] = []
    answer = None
    try:
        document = read_bytes(json.dumps(written, default=str).encode(), "case")
        answer = assess(small, validate(document, Case))
    except Faulty as error:
        faults = error.faults
    except ImpossibleEvidence:
        return
    for fault in faults:
        undotted(fault.path)
    if answer is not None:
        assert Assessment.model_validate_json(answer.model_dump_json()) == answer
        assert all(0 <= c.probability <= 1 for c in answer.differential)


GRADES = st.sampled_from(["present", "absent"])
SAID = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("ache", "glow", "itch", "numbness", "redness", "rash", "warmth", "tremble"), GRADES),
        "lump": st.one_of(GRADES, st.fixed_dictionaries({"right": GRADES}, optional={"left": GRADES})),
        "size": st.sampled_from(["none", "small", "large"]),
        "glow_at_night": GRADES,
    },
)


@settings(max_examples=200)
@given(SAID)
def test_everything_said_is_used_or_listed_as_left_out(small: Model, said: dict[str, Any]) -> None:
    case = Case.model_validate({"age": 55, "sex": "female", "setting": "primary_care", "findings": said})
    try:
        answer = assess(small, case)
    except Faulty:
        return
    told = " ".join((*answer.used, *answer.left_out)).replace("_", " ").lower()
    if said.get("glow") == "absent":  # Says the same of its child.
        said.pop("glow_at_night", None)
    assert not [id_ for id_ in said if id_.replace("_", " ") not in told]


@settings(max_examples=100)
@given(SAID, st.sampled_from([0.3, 0.5, 1.0]))
def test_the_ledger_always_adds_up(small: Model, said: dict[str, Any], share: float) -> None:
    case = Case.model_validate({"age": 30 + 50 * share, "sex": "male", "setting": "population", "findings": said})
    try:
        answer = assess(small, case)
    except Faulty:
        return
    for c in answer.differential:
        if not 0 < c.probability < 1 or len(c.weights) < len(answer.used):
            continue
        total = 10 * log10(c.prior / (1 - c.prior)) + sum(w.decibans for w in c.weights) + c.shared_decibans
        assert abs(total - 10 * log10(c.probability / (1 - c.probability))) < 1e-6

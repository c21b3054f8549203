"""Every result has an investigation that gives it; every step does something or says why not; the article is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest

from saphena import Model
from saphena.case import Case
from saphena.inference.observe import observe
from saphena.model.care import Care, InvestigationSequence, Obstacle, Step
from saphena.model.checker import SETTINGS
from saphena.model.instruments import Cited
from saphena.pathway.truth import Rules

ORDERED = ("bedside", "laboratory", "imaging", "neurophysiology", "histology")

ARTICLE = (
    "X-ray examination",
    "magnetic resonance imaging",
    "CT scan",
    "microbiological examination",
    "rheovasography of the arteries of the lower extremities",
    "duplex scanning (ultrasound)",
    "study for tumor markers",
    "serological analysis",
    "puncture bone biopsy",
    "skeletal scintigraphy",
    "ankle pressure index",
    "angiography of leg vessels",
    "biochemical and general analysis of blood and urine, blood glucose",
    "visual and physical examination",
    "vascular ultrasound and duplex angioscanning",
)
"""The studies that the source article names, in its words."""

REFUSED = {
    "rheovasography of the arteries of the lower extremities": "rheovasography",
    "study for tumor markers": "tumour_markers",
}
"""Of these, what is not recommended for any leg complaint."""

OUT_OF_THE_BEAM = ("bone_scintigraphy", "ct_brain")
"""No X-rays through hip, pelvis, spine or belly: the tracer has its own group, the head lies far from an unborn child."""

PATHWAYS = (
    "suspected_deep_vein_thrombosis",
    "deep_vein_thrombosis_in_general_practice",
    "superficial_vein_thrombosis",
    "chronic_venous_disease",
    "peripheral_arterial_disease",
    "limb_threatening_ischaemia",
    "acute_limb_ischaemia",
    "bilateral_leg_oedema",
    "lymphoedema",
    "nephrotic_syndrome",
    "swelling_in_pregnancy",
    "hot_swollen_joint",
    "suspected_gout",
    "knee_pain_without_injury",
    "knee_injury",
    "ankle_or_foot_injury",
    "unexplained_bone_pain",
    "suspected_osteomyelitis",
    "back_pain_with_leg_pain",
    "cauda_equina",
    "suspected_cord_compression",
    "weak_legs_with_upper_signs",
    "acute_ascending_weakness",
    "numb_or_burning_feet",
    "restless_legs",
    "leg_cramps",
    "proximal_weakness",
    "cellulitis",
    "suspected_necrotising_infection",
    "widespread_pain",
    "child_with_limp",
    "suspected_stress_fracture",
    "suspected_compartment_syndrome",
    "suspected_trichinellosis",
    "flat_foot",
)


@pytest.fixture(scope="module")
def care(model: Model) -> Care:
    return model.knowledge.care


@pytest.fixture(scope="module")
def sequences(care: Care) -> dict[str, InvestigationSequence]:
    return {one.id: one for one in care.sequences}


def _steps(care: Care) -> Iterator[tuple[str, Step]]:
    for sequence in care.sequences:
        for step in sequence.steps:
            yield sequence.id, step


def test_every_ordered_finding_is_given_by_an_investigation(model: Model, care: Care) -> None:
    given = {finding for one in care.investigations.values() for finding in one.yields}
    ordered = {id_ for id_, how in model.knowledge.obtained_by.items() if how in ORDERED}
    assert sorted(ordered - given) == []


def test_every_measurement_is_taken_by_an_investigation(model: Model, care: Care) -> None:
    taken = {name for one in care.investigations.values() for name in one.measures}
    assert sorted(set(model.knowledge.measurements) - taken) == []


def test_what_gives_no_finding_says_why(care: Care) -> None:
    silent = [
        id_
        for id_, one in care.investigations.items()
        if not (one.yields or one.measures or one.instruments) and not re.search(r"[Yy]ields no", one.limits or "")
    ]
    assert silent == []


def test_a_place_is_given_for_every_setting(care: Care) -> None:
    assert [id_ for id_, one in care.investigations.items() if set(one.available) != set(SETTINGS)] == []


@pytest.mark.parametrize("name", ARTICLE)
def test_the_study_of_the_article_is_answered(care: Care, name: str) -> None:
    assert [one.id for one in care.investigations.values() if one.article == name]


def test_no_investigation_claims_another_name_of_the_article(care: Care) -> None:
    assert {one.article for one in care.investigations.values() if one.article} == set(ARTICLE)


@pytest.mark.parametrize("investigation", REFUSED.values())
def test_what_the_article_should_not_list_is_refused_for_every_leg(care: Care, investigation: str) -> None:
    refused = [one for one in care.not_recommended if one.investigation == investigation]
    assert refused
    assert all(one.about == () and one.unless is None for one in refused)
    assert [id_ for id_, step in _steps(care) if investigation in step.do] == []


@pytest.mark.parametrize("id_", PATHWAYS)
def test_the_pathway_exists(sequences: dict[str, InvestigationSequence], id_: str) -> None:
    assert id_ in sequences


def test_every_step_does_something_or_says_why_not(model: Model, care: Care) -> None:
    idle = []
    for id_, step in _steps(care):
        for name in step.do:
            one = care.investigations.get(name)
            if one is not None and not (one.yields or one.measures or one.instruments or one.limits):
                idle.append((id_, step.id, name))
        if not step.do and not re.search(
            r"\b([Nn]o|[Nn]one|[Nn]othing|[Nn]ot|only|[Ss]eldom|other|standing)\b", step.say
        ):
            idle.append((id_, step.id, ""))
    assert idle == []


def test_steps_and_refusals_have_names_of_their_own(care: Care) -> None:
    names = [step.id for _, step in _steps(care)] + [one.id for one in care.not_recommended]
    assert sorted({name for name in names if names.count(name) > 1}) == []
    ids = [one.id for one in care.sequences]
    assert len(ids) == len(set(ids))


def test_a_step_without_a_rule_and_without_a_test_comes_last(care: Care) -> None:
    """It always holds and is never done: whatever stands behind it would not be reached."""
    early = [
        (sequence.id, step.id)
        for sequence in care.sequences
        for step in sequence.steps[:-1]
        if step.when is None and not step.do
    ]
    assert early == []


def test_every_condition_has_an_order_of_investigation(model: Model, care: Care) -> None:
    about = {name.partition(".")[0] for one in care.sequences for name in one.about}
    assert sorted(set(model.knowledge.conditions) - about) == []


def test_dangerous_procedures_name_their_obstacles(care: Care) -> None:
    bare = [
        id_
        for id_, one in care.investigations.items()
        if one.invasiveness in ("contrast", "needle", "catheter", "biopsy", "operation") and not care.obstacles(one)
    ]
    assert bare == []


def test_contrast_magnet_and_cuff_carry_their_groups(care: Care) -> None:
    for one in care.investigations.values():
        name = one.name.lower()
        if "magnetic resonance" in name:
            assert "mri" in one.obstacle_groups, one.id
        if one.id.startswith("ct_") and one.invasiveness == "contrast":
            assert "iodinated_contrast" in one.obstacle_groups, one.id
        if one.obtained_by == "imaging" and one.radiation in ("moderate", "high") and one.id not in OUT_OF_THE_BEAM:
            assert "ionising_radiation" in one.obstacle_groups, one.id
    for id_ in ("ankle_pressure_measurement", "exercise_ankle_pressure", "pulse_volume_recording"):
        assert "ankle_cuff" in care.investigations[id_].obstacle_groups
    for id_ in ("bone_scintigraphy", "lymphoscintigraphy"):
        assert "tracer" in care.investigations[id_].obstacle_groups


def _obstacles(care: Care) -> Iterator[Obstacle]:
    for group in care.obstacle_groups.values():
        yield from group.obstacles
    for one in care.investigations.values():
        yield from one.obstacles


def test_a_suspected_condition_that_forbids_names_what_settles_it(care: Care) -> None:
    open_ended = [
        one.id
        for one in _obstacles(care)
        if one.severity == "contraindicated" and one.condition is not None and not one.settled_by
    ]
    assert open_ended == []


def test_quotes_are_short(care: Care) -> None:
    cited: list[Cited] = [*care.investigations.values(), *_obstacles(care), *care.not_recommended]
    cited += [step for _, step in _steps(care)]
    assert [one for one in cited if one.quote is not None and len(one.quote.split()) > 40] == []


def test_thrombosis_in_pregnancy_is_scanned_and_never_asked_of_d_dimer(
    care: Care, sequences: dict[str, InvestigationSequence]
) -> None:
    sequence = sequences["suspected_deep_vein_thrombosis"]
    assert sequence.steps[0].do == ("whole_leg_vein_ultrasound",)
    for step in sequence.steps:
        if "d_dimer_test" in step.do or "wells_dvt" in step.do:
            assert step.when is not None
            assert "pregnant" in step.when.model_dump_json(exclude_unset=True)
    assert not any("d_dimer_test" in step.do for step in sequences["swelling_in_pregnancy"].steps)


@pytest.mark.parametrize(
    ("sequence", "first", "then"),
    [
        ("suspected_deep_vein_thrombosis", "wells_dvt", "d_dimer_test"),
        ("peripheral_arterial_disease", "ankle_pressure_measurement", "arterial_duplex"),
        ("peripheral_arterial_disease", "arterial_duplex", "mr_angiography_leg"),
        ("bilateral_leg_oedema", "natriuretic_peptide_test", "echocardiogram"),
        ("bilateral_leg_oedema", "medicines_review", "venous_reflux_duplex"),
        ("chronic_venous_disease", "ankle_pressure_measurement", "venous_reflux_duplex"),
        ("suspected_osteomyelitis", "xray_long_bone", "mri_limb_bone"),
        ("suspected_stress_fracture", "xray_long_bone", "mri_limb_bone"),
        ("unexplained_bone_pain", "mri_limb_bone", "bone_biopsy"),
        ("numb_or_burning_feet", "glucose_test", "nerve_conduction_studies"),
    ],
)
def test_the_published_order(sequences: dict[str, InvestigationSequence], sequence: str, first: str, then: str) -> None:
    at = {name: n for n, step in reversed(list(enumerate(sequences[sequence].steps))) for name in step.do}
    assert at[first] < at[then]


@pytest.mark.parametrize(
    ("sequence", "investigation", "level"),
    [
        ("cauda_equina", "mri_lumbar_spine", "emergency"),
        ("suspected_cord_compression", "mri_whole_spine", "emergency"),
        ("acute_limb_ischaemia", "ct_angiography_leg", "emergency"),
        ("hot_swollen_joint", "joint_aspiration", "emergency"),
        ("suspected_compartment_syndrome", "compartment_pressure_measurement", "emergency"),
        ("suspected_deep_vein_thrombosis", "proximal_vein_ultrasound", "same_day"),
        ("superficial_vein_thrombosis", "whole_leg_vein_ultrasound", "same_day"),
        ("swelling_in_pregnancy", "urine_dipstick", "same_day"),
    ],
)
def test_how_soon(sequences: dict[str, InvestigationSequence], sequence: str, investigation: str, level: str) -> None:
    steps = [step for step in sequences[sequence].steps if investigation in step.do]
    assert steps[0].level == level


@pytest.mark.parametrize(
    "sequence", ["back_pain_with_leg_pain", "knee_pain_without_injury", "leg_cramps", "cellulitis", "flat_foot"]
)
def test_where_no_test_is_needed_the_order_ends_so(sequences: dict[str, InvestigationSequence], sequence: str) -> None:
    assert sequences[sequence].steps[-1].do == ()


@pytest.mark.parametrize(("age", "sex"), [(7, "male"), (34, "female"), (80, "female")])
def test_silence_never_ends_an_order(model: Model, care: Care, age: int, sex: Literal["female", "male"]) -> None:
    """That no test is needed follows from answers only: unknown dangers leave the step open."""
    rules = Rules(model, observe(model, Case(age=age, sex=sex, setting="primary_care", recording="interviewed")))
    ended = [
        step.id
        for sequence in care.sequences
        for step, when in zip(sequence.steps, sequence.rules, strict=True)
        if not step.do and step.id != "any_no_panel" and (when is None or rules.holds(when))
    ]
    assert ended == []


def test_a_back_without_red_flags_needs_no_scan(model: Model, sequences: dict[str, InvestigationSequence]) -> None:
    quiet = [
        "saddle_numbness",
        "perianal_sensation_reduced",
        "bladder_dysfunction",
        "bowel_dysfunction",
        "anal_tone_reduced",
        "radiating_leg_pain",
        "fever",
        "unexplained_weight_loss",
        "constant_pain",
        "spinal_tenderness_midline",
        "thoracic_back_pain",
        "foot_or_toe_extension_weak",
        "plantarflexion_weak",
        "knee_extension_weak",
        "fall_or_high_energy_injury",
        "inflammatory_back_pain",
    ]
    calm = "procedure_considered injecting_drug_use immunosuppression spinal_injection_or_surgery active_cancer osteoporosis_known corticosteroid"
    case = Case(
        age=40,
        sex="male",
        setting="primary_care",
        recording="interviewed",
        findings={"low_back_pain": "present", **dict.fromkeys(quiet, "absent")},
        context=dict.fromkeys(calm.split(), "absent"),
    )
    rules = Rules(model, observe(model, case))
    back = sequences["back_pain_with_leg_pain"]
    assert back.steps[-1].id == "back_none"
    none_needed = back.rules[-1]
    assert none_needed is not None
    assert rules.holds(none_needed) is True
    feverish = case.model_copy(update={"findings": {**case.findings, "fever": "present"}})
    rules = Rules(model, observe(model, Case.model_validate(feverish.model_dump(exclude_unset=True))))
    assert rules.holds(none_needed) is not True


def test_thrombosis_likely_is_scanned_first(model: Model, sequences: dict[str, InvestigationSequence]) -> None:
    case = Case(
        age=70,
        sex="male",
        setting="primary_care",
        recording="interviewed",
        context={"active_cancer": "present", "previous_venous_thrombosis": "present"},
        findings={"calf_tenderness": "present", "whole_leg_swelling": "present"},
    )
    rules = Rules(model, observe(model, case))
    held = {s.id: s.when is None or rules.holds(s.when) for s in sequences["suspected_deep_vein_thrombosis"].steps}
    assert held["dvt_likely_ultrasound"] is True
    assert held["dvt_pregnancy_ultrasound"] is False
    assert held["dvt_unlikely_d_dimer"] is False

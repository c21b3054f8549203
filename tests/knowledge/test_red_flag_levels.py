"""How soon each red flag must be seen, pinned apart from the rules.

A level that changes in one place only is a slip.
"""

from __future__ import annotations

import pytest

from saphena import Model

LEVELS = {
    "emergency": (
        "acute_ascending_weakness",
        "acute_cord_lesion",
        "acute_heart_failure",
        "acute_limb_ischaemia",
        "acute_limb_ischaemia_threatened",
        "aortic_disease",
        "cauda_equina_compression_on_imaging",
        "cauda_equina_suspected",
        "cellulitis_complicated",
        "compartment_syndrome",
        "febrile_limping_child",
        "gout_like_attack_with_infection_signs",
        "hip_fracture",
        "infected_or_wet_gangrenous_foot",
        "injury_cannot_walk",
        "metastatic_cord_compression",
        "necrotising_infection",
        "pathological_fracture",
        "phlegmasia",
        "pre_eclampsia_severe",
        "pulmonary_embolism",
        "septic_arthritis",
        "septic_joint_fluid",
        "severely_ill",
        "spinal_infection",
        "sudden_leg_weakness",
    ),
    "same_day": (
        "back_pain_with_fever",
        "cellulitis_severe",
        "child_leukaemia",
        "deep_thrombus_seen",
        "diabetic_foot",
        "dvt_d_dimer_raised",
        "dvt_in_pregnancy",
        "dvt_likely",
        "dvt_suspected_low_score",
        "fever_puffy_face_muscle_pain",
        "heart_failure_decompensating",
        "hot_swollen_joint",
        "limb_threatening_ischaemia",
        "myelopathy_progressing",
        "nephrotic_picture",
        "pain_far_beyond_findings",
        "pre_eclampsia",
        "sciatica_motor_deficit",
        "slipped_epiphysis",
        "spinal_metastases",
        "superficial_thrombosis_near_deep_veins",
        "young_person_bone_pain",
    ),
    "urgent": (
        "bone_pain_unexplained",
        "cervical_myelopathy",
        "heart_failure_very_high_peptide",
        "sciatica_weakness_unexamined",
        "serious_spinal_pathology",
        "subacute_proximal_weakness",
        "swelling_with_weight_loss",
        "unexplained_weight_loss",
        "venous_leg_ulcer",
    ),
    "routine": ("heart_failure_raised_peptide",),
}


@pytest.mark.parametrize(("level", "flag"), [(level, flag) for level, flags in LEVELS.items() for flag in flags])
def test_level_of_a_red_flag(model: Model, level: str, flag: str) -> None:
    assert {f.id: f.triage for f in model.knowledge.red_flags}[flag] == level


def test_every_red_flag_is_in_the_table(model: Model) -> None:
    assert {f.id for f in model.knowledge.red_flags} == {flag for flags in LEVELS.values() for flag in flags}

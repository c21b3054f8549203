"""Medicines of a case: which are meant, and what is true of whoever takes them."""

from __future__ import annotations

import pytest

from saphena import Model, assess
from saphena.case import Case
from saphena.faults import Faulty
from saphena.inference.medicines import understood
from saphena.inference.observe import observe

PERSON = {"age": 62, "sex": "female", "setting": "primary_care", "findings": {"leg_swelling": "present"}}


def case(*medicines: str, **more: object) -> Case:
    return Case.model_validate({**PERSON, "medicines": medicines, **more})


@pytest.mark.parametrize(
    ("written", "id_"),
    [
        ("amlodipine", "amlodipine"),
        ("Amlodipine 5 mg", "amlodipine"),
        ("AMLODIPINE 10mg once a day", "amlodipine"),
        ("Norvasc", "amlodipine"),
        ("амлодипин", "amlodipine"),
        ("Ксарелто 20 мг", "rivaroxaban"),
        ("Xarelto", "rivaroxaban"),
        ("insulin glargine 20 units", "insulin_glargine"),
        ("5 mg amlodipine", "amlodipine"),
        ("амлодипин 5 мг 1 раз в день", "amlodipine"),
    ],
)
def test_names_brands_and_doses(model: Model, written: str, id_: str) -> None:
    found = understood(model, written).medicine
    assert found is not None
    assert found.id == id_


def test_what_is_not_known_names_what_may_have_been_meant(model: Model) -> None:
    wrong = understood(model, "warfarine")
    assert wrong.medicine is None
    assert "Warfarin" in wrong.like
    assert understood(model, "qqqq").like == ()


@pytest.mark.parametrize("written", ["ketoconazole 2%", "Voltaren 1 %", "5 ASA 2 g", "fluorouracil 5%"])
def test_a_cream_or_another_form_is_not_taken_for_the_tablet(model: Model, written: str) -> None:
    """A strength in per cent is no dose, and a number before the name belongs to it."""
    found = understood(model, written).medicine
    assert found is None or not {"strong_cyp3a4_or_pgp_drug", "nsaid_use", "antiplatelet_use", "active_cancer"} & set(
        found.means
    )


def test_it_counts_as_if_its_class_had_been_said(model: Model) -> None:
    """A differential test: naming the medicine is the same as answering what it means."""
    by_name = assess(model, case("amlodipine"))
    by_class = assess(model, case(context={"calcium_channel_blocker": "present"}))
    assert [(c.id, c.probability) for c in by_name.differential] == [
        (c.id, c.probability) for c in by_class.differential
    ]
    without = assess(model, case())
    assert [(c.id, c.probability) for c in by_name.differential] != [
        (c.id, c.probability) for c in without.differential
    ]


def test_it_decides_what_may_be_given(model: Model) -> None:
    seen = observe(model, case("ibuprofen", "apixaban"))
    assert seen.facts["nsaid_use"]
    assert seen.context["anticoagulant"]
    assert [one.id for one in seen.medicines] == ["ibuprofen", "apixaban"]


def test_two_together_mean_what_one_does_not(model: Model) -> None:
    assert "two_antithrombotics" not in observe(model, case("clopidogrel")).facts
    assert observe(model, case("clopidogrel", "aspirin")).facts["two_antithrombotics"]
    assert observe(model, case("clopidogrel", "rivaroxaban")).facts["two_antithrombotics"]
    assert "two_antithrombotics" not in observe(model, case("clopidogrel", "Plavix")).facts  # One and the same.


def test_it_never_overrules_what_was_said(model: Model) -> None:
    with pytest.raises(Faulty) as refused:
        observe(model, case("amlodipine", context={"calcium_channel_blocker": "absent"}))
    fault = refused.value.faults[0]
    assert (fault.path, fault.remedy) == ("context.calcium_channel_blocker", "Correct one of the two")
    assert "Amlodipine" in fault.message
    agreed = observe(model, case("amlodipine", context={"calcium_channel_blocker": "present"}))
    assert agreed.context["calcium_channel_blocker"]


def test_an_unknown_one_is_named_and_nothing_follows(model: Model) -> None:
    answer = assess(model, case("qqqq 3 mg"))
    assert "qqqq 3 mg is no medicine that Saphena knows: nothing follows from it" in answer.left_out
    assert [c.probability for c in answer.differential] == [c.probability for c in assess(model, case()).differential]


def test_what_is_only_likely_is_not_assumed(model: Model) -> None:
    """An uric-acid medicine is reason to ask for gout, not to count it as known."""
    assert "previous_gout" in model.knowledge.medicines["allopurinol"].asks
    assert "previous_gout" not in observe(model, case("allopurinol")).context


def test_insulin_in_pregnancy_is_asked_about_and_not_counted(model: Model) -> None:
    """Diabetes of pregnancy alone does not count as diabetes."""
    insulin = model.knowledge.medicines["insulin"]
    assert observe(model, case("insulin")).context == {"diabetes": True}
    pregnant = observe(model, case("insulin", age=30, pregnancy_weeks=20))
    assert "diabetes" not in pregnant.context
    assert "diabetes" in insulin.asked(["pregnancy"])
    assert "diabetes" not in insulin.asked([])


def test_every_medicine_is_found_by_each_of_its_names(model: Model) -> None:
    k = model.knowledge
    for id_, one in k.medicines.items():
        russian = k.words["ru"][id_]
        for name in (one.name, *one.synonyms, russian.name, *russian.synonyms):
            found = understood(model, name).medicine
            assert found is not None, name
            assert found.id == id_, name


def test_a_dose_is_never_the_name(model: Model) -> None:
    for id_, one in model.knowledge.medicines.items():
        for amount in ("5 mg", "2,5 мг", "1 g twice a day", "20 units", "0.4 ml daily"):
            found = understood(model, f"{one.name} {amount}").medicine
            assert found is not None, (one.name, amount)
            assert found.id == id_, (one.name, amount)

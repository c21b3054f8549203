"""The findings page: form to case and back, errors at their fields, search, the live differential."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from saphena import Model
from saphena.case import Case, Statement
from saphena.inference.observe import observe
from saphena.inference.posterior import posterior
from saphena.interfaces.web.clinician.form import fields_of, read
from saphena.interfaces.web.clinician.live import before_of, look
from saphena.interfaces.web.clinician.vocabulary import groups, search
from saphena.interfaces.web.language import Language

ENGLISH, RUSSIAN = Language("en"), Language("ru")
EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.yaml"))
CALF = Case.model_validate(yaml.safe_load((EXAMPLES[0].parent / "swollen_calf_after_flight.yaml").read_text()))
PERSON = {"age": "54", "sex": "female", "setting": "primary_care"}


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_a_case_comes_back_from_its_form(model: Model, path: Path) -> None:
    case = Case.model_validate(yaml.safe_load(path.read_text()))
    got = read(model, ENGLISH, fields_of(model, case))
    assert got.errors == {}
    assert got.case is not None
    first, second = observe(model, case), observe(model, got.case)
    assert {k: (i.lowest, i.highest, i.doubt) for k, i in first.intervals.items()} == {
        k: (i.lowest, i.highest, i.doubt) for k, i in second.intervals.items()
    }
    for held in ("measured", "context", "facts", "known", "excluded", "index_leg"):
        assert getattr(first, held) == getattr(second, held)
    assert got.case.clinician_says == case.clinician_says
    assert got.case.other_findings == case.other_findings


def test_what_a_row_cannot_show_is_kept(model: Model) -> None:
    said = Statement(at_least="mild", certainty=1.0)
    doubtful = Statement(value="present", certainty=0.8, origin="patient")
    case = Case(
        age=50,
        sex="male",
        setting="primary_care",
        findings={"pain_intensity": said, "fever": doubtful},
        index_leg="left",
    )
    got = read(model, ENGLISH, fields_of(model, case)).case
    assert got is not None
    assert [s for _, _, s in got.statements()] == [said, doubtful]


def test_who_said_it_stays_until_the_answer_is_changed(model: Model) -> None:
    case = Case(
        age=50, sex="male", setting="primary_care", findings={"fever": Statement(value="present", origin="patient")}
    )
    fields = fields_of(model, case)
    same, changed = (read(model, ENGLISH, {**fields, "f.fever": v}).case for v in ("present", "absent"))
    assert same is not None
    assert changed is not None
    assert [s.origin for _, _, s in same.statements()] == ["patient"]
    assert [s.origin for _, _, s in changed.statements()] == [None]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("age", ""),
        ("age", "old"),
        ("age", "130"),
        ("sex", ""),
        ("setting", "the moon"),
        ("pregnancy_weeks", "60"),
        ("m.d_dimer", "0.6 furlong"),
        ("m.calf_circumference.right", "900"),
        ("f.onset", "yesterday"),
        ("c.smoking", "perhaps"),
        ("f.no_such_finding", "present"),
    ],
)
def test_an_error_stands_at_its_field_and_the_value_is_kept(model: Model, field: str, value: str) -> None:
    fields = {**PERSON, "u.m.calf_circumference.right": "cm", field: value}
    got = read(model, ENGLISH, fields)
    assert got.case is None
    assert len(got.errors) == 1
    assert next(iter(got.errors)).startswith(field)
    assert got.fields[field] == value


def test_a_contradiction_is_explained_at_the_field(client: TestClient, model: Model) -> None:
    fields = {**PERSON, "f.leg_swelling.left": "present", "f.leg_swelling.both": "absent"}
    (words,) = read(model, ENGLISH, fields).errors.values()
    assert "said to be present and absent at once" in words
    answer = client.post("/assessment", data=fields)
    assert answer.status_code == 422
    assert answer.text.count("said to be present and absent at once") >= 2  # The summary, and the field.
    assert re.search(r'name="f.leg_swelling.left" value="present"[^>]* checked', answer.text)
    assert re.search(r'name="f.leg_swelling.both" value="absent"[^>]* checked', answer.text)


def test_measurements_in_their_units(model: Model) -> None:
    fields = {**PERSON, "m.d_dimer": "600", "u.m.d_dimer": "ng/mL FEU", "m.albumin": "3,1 g/dL", "u.m.albumin": "g/L"}
    case = read(model, ENGLISH, fields).case
    assert case is not None
    assert observe(model, case).measured == {("d_dimer", ""): pytest.approx(0.6), ("albumin", ""): pytest.approx(31)}


def test_known_and_excluded_conditions(model: Model) -> None:
    case = read(model, ENGLISH, {**PERSON, "d.gout": "known", "d.cellulitis": "excluded"}).case
    assert case is not None
    assert (case.known_conditions, case.excluded_conditions) == (("gout",), ("cellulitis",))
    assert read(model, ENGLISH, {**PERSON, "d.gout": "known excluded"}).errors.keys() == {"d.gout"}


@pytest.mark.parametrize(
    ("language", "query", "first"),
    [(ENGLISH, "sweling", "leg_swelling"), (RUSSIAN, "отек", "leg_swelling"), (ENGLISH, "heaviness", "leg_heaviness")],
)
def test_search_forgives_a_slip(model: Model, language: Language, query: str, first: str) -> None:
    found = search([r for g in groups(model, language) for r in g.rows], query)
    assert first in [r.id for r in found[:8]]


def test_search_finds_nothing_in_noise(model: Model) -> None:
    assert search([r for g in groups(model, ENGLISH) for r in g.rows], "qqzzxx") == []


def test_everything_of_the_vocabulary_has_one_row(model: Model) -> None:
    rows = [r.field for g in groups(model, ENGLISH) for r in g.rows]
    k = model.knowledge
    assert len(rows) == len(set(rows))
    for place, ids in (
        ("f", k.findings),
        ("m", k.measurements),
        ("c", {**k.risk_factors, **k.care.facts}),
        ("d", k.conditions),
    ):
        assert {r[2:] for r in rows if r[0] == place} == set(ids)


def test_the_rest_of_a_group_becomes_absent_only_when_asked(client: TestClient, model: Model) -> None:
    group = next(g for g in groups(model, ENGLISH) if g.id == "examination-hip")
    row = next(r for r in group.rows if r.kind == "answer" and r.sided)
    name = row.fields[0][0]
    before = client.post("/intake", data={**PERSON, name: "present"}).text
    after = client.post("/intake", data={**PERSON, name: "present", "rest": group.id}).text

    def absent(text: str) -> int:
        return len(re.findall(r'value="absent"[^>]* checked', text))

    answers = sum(len(r.fields) for r in group.rows if r.kind == "answer")
    assert (absent(before), absent(after)) == (0, answers - 1)
    assert re.search(rf'name="{re.escape(name)}" value="present"[^>]* checked', after)


def test_a_blank_page_has_no_complaint_and_the_rows_of_its_first_group(client: TestClient, model: Model) -> None:
    text = client.get("/intake", params={"setting": "vascular_clinic"}).text
    every = groups(model, ENGLISH)
    assert 'class="errors' not in text
    assert '<option value="vascular_clinic" selected>' in text
    assert text.count('<tr id="') == len(every[0].rows)
    assert text.count('<details class="group"') == len(every) + 1  # And something else.
    assert "style=" not in text
    assert len(text) < 100_000


def test_every_group_can_be_had_without_a_script(client: TestClient, model: Model) -> None:
    every = groups(model, ENGLISH)
    text = client.post("/intake", data={**PERSON, "open": "every"}).text
    assert text.count('<tr id="') == sum(len(g.rows) for g in every)
    one = client.post("/intake", data={**PERSON, "f.fever": "absent", "open": "imaging-knee"}).text
    group = next(g for g in every if g.id == "imaging-knee")
    assert {f'<tr id="{r.field}"' in one for r in group.rows} == {True}
    assert re.search(r'name="f.fever" value="absent"[^>]* checked', one)


def test_a_group_gets_its_rows_when_it_is_opened(client: TestClient, model: Model) -> None:
    group = next(g for g in groups(model, ENGLISH) if g.id == "history-nerves")
    last = json.dumps({group.rows[0].id: "present"})
    part = client.post("/intake/rows", data={**PERSON, "group": group.id, "last": last}).text
    assert part.count("last time: present") == 1
    assert part.strip().startswith('<table class="findings">')
    assert part.count('<tr id="') == len(group.rows)
    assert client.post("/intake/rows", data={"group": "no_such_group"}).status_code == 404


def test_the_summary_leads_to_the_row_that_is_wrong(client: TestClient) -> None:
    text = client.post("/assessment", data={**PERSON, "m.calf_circumference.right": "900"}).text
    (place,) = re.findall(r'<li><a href="#([^"]+)">', text[text.index('class="errors') : text.index("</ul></div>")])
    assert f'<tr id="{place}" class=" bad">' in text


def test_a_visit_that_begins_is_not_scolded(client: TestClient) -> None:
    text = client.post("/intake", data={"patient": "0" * 32, "last": "{}", "earlier": ""}).text
    assert 'class="errors' not in text


@pytest.mark.parametrize("said", ["f.trendelenburg_sign.both", "k.trendelenburg_sign.0"])
def test_the_rest_contradicts_nothing_that_was_said(client: TestClient, model: Model, said: str) -> None:
    group = next(g for g in groups(model, ENGLISH) if any(r.id == "trendelenburg_sign" for r in g.rows))
    value = "present" if said[0] == "f" else '{"value": "present", "certainty": 0.8}'
    text = client.post("/intake", data={**PERSON, said: value, "rest": group.id}).text
    assert 'class="errors' not in text


def test_when_it_began_is_never_absent(client: TestClient, model: Model) -> None:
    """The lowest grade of a complaint's course is not the complaint's absence: "chronic" would be an invented answer."""
    text = client.post("/intake", data={**PERSON, "rest": "history-leg"}).text
    select = text[text.index('name="f.onset"') :]
    assert "selected" not in select[: select.index("</select>")]
    assert re.search(r'name="f.leg_swelling.right" value="absent"[^>]* checked', text)


def test_filters_hide_and_keep(client: TestClient) -> None:
    text = client.post("/intake", data={**PERSON, "f.fever": "absent", "show": "answered"}).text
    row = re.search(r'<tr id="f.fever"[^>]*>', text)
    other = re.search(r'<tr id="f.onset"[^>]*>', text)
    assert row is not None
    assert "hidden" not in row[0]
    assert other is not None
    assert "hidden" in other[0]
    assert re.search(r'name="f.fever" value="absent"[^>]* checked', text)


def test_search_inside_the_form_needs_no_script(client: TestClient) -> None:
    text = client.post("/intake", data={**PERSON, "f.fever": "absent", "q": "onset of the main complaint"}).text
    row = re.search(r'<tr id="f.onset"[^>]*>', text)
    assert row is not None
    assert "hidden" not in row[0]
    assert re.search(r'name="f.fever" value="absent"[^>]* checked', text)


def test_live_is_the_posterior_with_what_it_was(client: TestClient, model: Model) -> None:
    whole = {c.id: c.probability for c in posterior(model, observe(model, CALF)).conditions}
    now = look(model, ENGLISH, observe(model, CALF), {"deep_vein_thrombosis": 0.5})
    assert now.standings
    for one in now.standings:
        assert one.probability == pytest.approx(whole[one.id], abs=1e-12)
    assert now.level == "same_day"
    assert "was 50 %" in now.said
    assert before_of(now.as_field)["deep_vein_thrombosis"] == pytest.approx(whole["deep_vein_thrombosis"], abs=1e-4)
    text = client.post("/intake/live", data={**fields_of(model, CALF), "was": "deep_vein_thrombosis:0.5 x:y"}).text
    assert "▲ was 50 %" in text
    assert 'id="said"' in text


def test_live_says_what_is_missing(client: TestClient) -> None:
    text = client.post("/intake/live", data={"setting": "primary_care", "sex": "female"}).text
    assert "Enter the age in years" in text


@pytest.mark.parametrize("age", ["0.5", "8"])
def test_live_of_a_child(client: TestClient, age: str) -> None:
    answer = client.post("/intake/live", data={**PERSON, "age": age, "f.fever": "present"})
    assert answer.status_code == 200
    assert "urgency" in answer.text


def test_find_as_a_page_and_as_a_part(client: TestClient) -> None:
    assert "<!doctype html>" in client.get("/findings", params={"q": "oedema"}).text
    part = client.get("/findings", params={"q": "oedema"}, headers={"HX-Request": "true"}).text
    assert "<!doctype" not in part
    assert 'href="#f.' in part


def test_nobody_else_comes_in(stranger: TestClient) -> None:
    for path in ("/intake/live", "/assessment.pdf"):
        assert stranger.post(path, data=PERSON).status_code == 303
    for path in ("/intake", "/assessment"):  # Whoever filled it in keeps what was sent, and is shown nothing else.
        answer = stranger.post(path, data=PERSON)
        assert answer.status_code == 401
        assert "You were signed out" in answer.text

"""The patient's interview as its forms send it: nothing lost, nothing kept unasked, nothing believed unread."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from saphena import Model
from saphena.assessment import likely, people
from saphena.case import Case
from saphena.inference.observe import observe
from saphena.interfaces.web.interview.held import Held, marked, readable
from saphena.interfaces.web.interview.sheets import sheet
from saphena.interfaces.web.interview.wording import Wording
from saphena.interfaces.web.language import Language
from saphena.pathway.health import risk_factors_to_ask
from saphena.pathway.interview import Mover, Question
from saphena.pathway.stopping import Change
from tests.web.interviewed import BEGUN, field, held, post, send


@pytest.fixture
def at_onset(client: TestClient) -> Response:
    page = client.get("/interview")
    for ask, sent in BEGUN.items():
        assert field(page, "ask") == ask
        page = send(client, page, **sent)
    return page


# --- answers ------------------------------------------------------------------------------------


def test_the_answers_become_the_case_that_they_mean(at_onset: Response, model: Model) -> None:
    assert field(at_onset, "ask") == "question:onset"
    case = readable(model, Held.read(field(at_onset, "held"))).case()
    expected = Case(
        age=55,
        sex="male",
        setting="primary_care",
        index_leg="right",
        findings={
            "leg_pain": {"both": "present"},
            "leg_swelling": {"both": "present"},
            "calf_pain": {"both": "present"},
            "knee_pain": {"right": "present"},
        },
    )
    assert case == expected


@pytest.mark.parametrize(
    ("places", "worst", "index", "pain"),
    [
        (["left_calf"], "", "left", {"left": "present"}),
        (["left_calf", "right_foot"], "", None, {"both": "present"}),
        (["left_calf", "right_foot"], "right_foot", "right", {"both": "present"}),
        (["unknown"], "", None, "present"),
    ],
)
def test_places_decide_the_leg(model: Model, places: list[str], worst: str, index: str | None, pain: Any) -> None:
    given = readable(
        model, held("who", "about", complaint={"complaint": "leg_pain"}, place={"place": places, "worst": worst})
    )
    assert given.head.get("index_leg") == index
    assert given.findings["leg_pain"] == pain


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("right", {"right": "present", "left": "absent"}),
        ("both", {"both": "present"}),
        ("absent", {"both": "absent"}),
        ("unknown", "unknown"),
    ],
)
def test_a_question_about_legs_takes_the_leg(model: Model, value: str, meant: Any) -> None:
    given = readable(model, held("who", "about", question__leg_itching={"value": value}))
    assert given.findings["leg_itching"] == meant


def test_measurements_get_their_units_and_the_body_mass_index(model: Model) -> None:
    sent = {"right_calf": "39,4", "left_calf": "36.2", "temperature": "38", "height": "170", "weight": "86,7"}
    given = readable(model, held("who", "about", health__obesity={"rest": "absent"}, measures=sent))
    assert given.findings == {
        "calf_circumference": {"right": "39.4 cm", "left": "36.2 cm"},
        "body_temperature": "38 C",
        "body_mass_index": "30.0 kg/m2",  # 86.7 / 1.7²
    }
    assert "obesity" not in given.head["context"]  # It was answered no; what was measured wins.


def test_pregnancy_is_asked_of_who_may_be_pregnant(client: TestClient) -> None:
    for sex, age, asked in [
        ("female", "30", True),
        ("unknown", "30", True),
        ("male", "30", False),
        ("female", "70", False),
    ]:
        page = post(client, held("who"), ask="about", age=age, sex=sex)
        assert (field(page, "ask") == "pregnancy") is asked, (sex, age)


def test_every_answer_is_marked_with_who_said_it(model: Model) -> None:
    for who, origin in [
        ("patient", "patient"),
        ("parent", "other_person"),
        ("carer", "other_person"),
        ("interpreter", "other_person"),
    ]:
        so_far = held(**{**BEGUN, "who": {"who": who, "agree": "yes"}})
        said = marked(readable(model, so_far).case(), so_far).statements()
        assert len(said) == 4
        assert {statement.origin for _, _, statement in said} == {origin}


WHOSE = {
    "parent": ("“you” means your child", "это ваш ребёнок"),
    "carer": ("“you” means that person", "это он или она"),
    "interpreter": ("“you” means the patient", "это пациент"),
}


@pytest.mark.parametrize("who", WHOSE)
def test_every_page_says_whose_legs_are_meant_if_somebody_else_answers(client: TestClient, who: str) -> None:
    asks = ("about", "pregnancy", "complaint", "place", "question:onset", "list:fever", "health:obesity", "measures")
    moves: list[dict[str, str]] = [{"ask": ask, "go": "language"} for ask in asks]
    moves += [
        {"go": "stop"},
        {"go": "leaflet"},
        {"ask": "list:bleeding_from_leg_vein", "yes": "bleeding_from_leg_vein"},
    ]
    english, russian = WHOSE[who]
    so_far = held(**{**BEGUN, "who": {"who": who, "agree": "yes"}})
    for move in moves if who == "parent" else moves[:1]:
        page = post(client, so_far, **move)
        assert page.status_code == 200
        assert page.text.count(english) == 1, move
    assert russian in post(client, so_far, to="/interview?lang=ru", **moves[0]).text
    assert english not in post(client, held(*BEGUN), to="/interview?lang=en", **moves[0]).text


@pytest.mark.parametrize(
    ("ask", "sent", "wrong"),
    [
        ("who", {"who": "patient"}, "agree"),
        ("about", {"age": "old", "sex": "male"}, "age"),
        ("about", {"age": "nan", "sex": "male"}, "age"),
        ("about", {"age": "121"}, "sex"),
        ("pregnancy", {"pregnant": "absent", "weeks": "20"}, "weeks"),
        ("complaint", {}, "complaint"),
        ("place", {"place": ["unknown", "left_calf"]}, "place"),
        ("place", {"place": ["left_calf"], "worst": "right_calf"}, "worst"),
        ("place", {"place": ["unknown"], "worst": "unknown"}, "worst"),
        ("question:onset", {}, "value"),
        ("list:fever,rigors", {"yes": "fever"}, "rest"),
        ("measures", {"right_calf": "394"}, "right_calf"),
        ("measures", {"height": "170"}, "weight"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(client: TestClient, ask: str, sent: dict[str, Any], wrong: str) -> None:
    page = post(client, held(), ask=ask, **sent)
    assert page.status_code == 422
    assert "<title>Error: " in page.text
    assert f'<a href="#{wrong}">' in page.text
    assert re.search(rf'id="{wrong}"', page.text)
    assert Held.read(field(page, "held")).steps == ()


# --- going about --------------------------------------------------------------------------------


def test_back_loses_nothing(client: TestClient, at_onset: Response) -> None:
    page = send(client, at_onset, go="back", value="weeks")
    assert field(page, "ask") == "place"
    assert len(re.findall(r'name="place"[^>]* checked', page.text)) == 3
    page = send(client, page, go="back", **BEGUN["place"])
    assert field(page, "ask") == "complaint"
    page = send(client, send(client, page, **BEGUN["complaint"]), **BEGUN["place"])
    assert re.search(r'value="weeks"[^>]* checked', page.text)  # Chosen, and left without being sent.


def test_one_answer_can_be_changed_without_the_others(client: TestClient, model: Model) -> None:
    before = held("who", "about", "complaint", "place")
    page = post(client, before, go="change:1")
    assert 'name="age"' in page.text
    assert 'value="55"' in page.text
    page = send(client, page, at=field(page, "at"), age="66", sex="male")
    after = Held.read(field(page, "held"))
    assert after.asked == before.asked
    assert readable(model, after).head["age"] == 66
    assert readable(model, after).findings == readable(model, before).findings


def test_a_complaint_added_later_is_not_undone_by_an_older_no(model: Model) -> None:
    before = held(
        "who", "about", "complaint", "place", list__leg_weakness={"rest": "absent"}, question__onset={"value": "weeks"}
    )
    assert readable(model, before).findings["leg_weakness"] == {"right": "absent"}
    after = before.with_answer("complaint", {"complaint": ("leg_pain", "leg_weakness")}, 2)
    assert readable(model, after).findings["leg_weakness"] == {"both": "present"}
    assert readable(model, after).findings["onset"] == "weeks"


def test_a_man_is_not_pregnant_after_the_sex_was_changed(model: Model) -> None:
    woman = held("who", about={"age": "30", "sex": "female"}, pregnancy={"pregnant": "present", "weeks": "20"})
    assert readable(model, woman).case().pregnancy_weeks == 20
    man = woman.with_answer("about", {"age": ("30",), "sex": ("male",)}, 1)
    assert readable(model, man).case().pregnancy_weeks is None
    assert readable(model, man).case().context == {}


def test_a_change_can_be_left(client: TestClient) -> None:
    before = held("who", "about", "complaint", "place")
    page = post(client, before, go="change:1")
    page = send(client, page, at=field(page, "at"), age="", go="back")
    assert Held.read(field(page, "held")).steps == before.steps


def test_another_language_keeps_what_stands_on_the_page(client: TestClient) -> None:
    page = post(client, held("who"), to="/interview?lang=ru", ask="about", age="44", go="language")
    assert "Возраст в годах" in page.text
    assert 'value="44"' in page.text
    client.get("/about?lang=en")


def test_why_is_said_in_two_sentences_of_numbers_that_add_up(model: Model) -> None:
    ids = sorted(model.knowledge.conditions)[:2]
    change = Change("leader", "leg_itching", "present", 0.2, ids[1], 0.1, 0.3)
    step = Question(
        "leg_itching", ("absent", "present"), (Mover(ids[0], 0.224, 0.5), Mover(ids[1], 0.1, 0.3)), 0.1, change
    )
    for code in ("en", "ru"):
        first, second = Wording(Language(code), model).why(step)
        assert all(Wording(Language(code), model).condition(id_) in first for id_ in ids)
        assert [int(n) for n in re.findall(r"\b(22|78)\b", second)] == [22, 78]


# --- red flags ----------------------------------------------------------------------------------


def test_a_red_flag_stops_the_interview_and_the_rest_is_optional(client: TestClient, model: Model) -> None:
    flag = next(
        f for f in model.knowledge.red_flags if f.entry == ("bleeding_from_leg_vein",) and f.triage == "emergency"
    )
    page = post(client, held("who", "about", "complaint", "place"), ask=f"list:{flag.entry[0]}", yes=flag.entry[0])
    assert "Get emergency help now" in page.text
    assert model.knowledge.patient_words["en"]["red_flags"][flag.id].patient in html.unescape(page.text)
    assert 'href="tel:112"' in page.text  # No country is set.
    assert 'name="ask"' not in page.text
    on = send(client, page, go="on")
    assert field(on, "ask") == "question:onset"
    assert flag.id in Held.read(field(on, "held")).shown


# --- what was tampered with ---------------------------------------------------------------------

GOOD = held("who", "about").model_dump()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        json.dumps({**GOOD, "price": 1}),
        json.dumps({**GOOD, "setting": "moon"}),
        json.dumps({**GOOD, "steps": [{"ask": "question:no_such_finding", "answer": {"value": ["present"]}}]}),
        json.dumps({**GOOD, "steps": [{"ask": "about", "answer": {"age": ["-5"], "sex": ["male"]}}]}),
        json.dumps({**GOOD, "steps": [{"ask": "list:fever,fever", "answer": {"rest": ["absent"]}}]}),
        json.dumps({**GOOD, "steps": [{"ask": "list:fever", "answer": {"yes": ["rigors"]}}]}),
        json.dumps({**GOOD, "steps": [{"ask": "who", "answer": {"who": ["x" * 5000]}}]}),
        json.dumps({**GOOD, "steps": [{"ask": "who", "answer": {}}] * 100}),
        json.dumps(
            {
                **GOOD,
                "steps": [
                    {"ask": "question:leg_swelling", "answer": {"value": ["absent"]}},
                    {"ask": "question:swelling_better_by_morning", "answer": {"value": ["present"]}},
                ],
            }
        ),
    ],
)
def test_what_no_page_would_send_is_refused_in_words(client: TestClient, text: str) -> None:
    page = client.post("/interview", data={"held": text, "go": "back"})
    assert page.status_code == 422
    assert "These answers cannot be read" in page.text
    assert "Traceback" not in page.text


@pytest.mark.parametrize("fields", [{"ask": "about", "age": "3", "sex": "male", "at": "9" * 5000}, {"go": "change:²"}])
def test_a_place_that_is_none_is_left_aside(client: TestClient, fields: dict[str, str]) -> None:
    page = post(client, held("who", "about"), **fields)
    assert (page.status_code, field(page, "ask")) == (200, "complaint")


def test_no_probability_is_said_to_be_certain(model: Model) -> None:
    assert (people(0.9999), people(0.004)) == (99, 0)
    assert likely(model, 0.9999) == "very likely"


def test_a_contradiction_is_said_where_it_is_made(client: TestClient) -> None:
    so_far = held("who", "about", question__leg_swelling={"value": "absent"})
    page = post(client, so_far, ask="question:swelling_better_by_morning", value="present")
    assert page.status_code == 422
    assert "does not go together with an earlier answer" in page.text
    assert Held.read(field(page, "held")).steps == so_far.steps


def test_an_address_of_nowhere_is_refused(client: TestClient) -> None:
    assert client.get("/interview", params={"setting": "moon"}).status_code == 422
    assert post(client, held(), ask="question:nothing", value="present").status_code == 422


# --- the end ------------------------------------------------------------------------------------


def test_the_result_draws_as_many_people_as_it_names(client: TestClient) -> None:
    page = post(client, held("who", "about", "complaint", "place"), go="stop")
    drawings = re.findall(r'aria-label="(\d+) of 100 people">(.*?)</div>', page.text, re.DOTALL)
    assert drawings
    for named, drawn in drawings:
        assert drawn.count("<i") == 100
        assert drawn.count('class="on"') == int(named)
    assert page.text.count('value="change:') == 4


def test_the_leaflet_speaks_the_language(client: TestClient, model: Model) -> None:
    page = post(client, held("who", "about", "complaint", "place"), to="/interview?lang=ru", go="leaflet")
    assert model.knowledge.texts["ru"].sentences["leaflet_now"] in page.text
    client.get("/about?lang=en")


def test_risk_factors_worth_asking_are_possible_and_open(model: Model) -> None:
    case = Case(age=55, sex="male", setting="primary_care", findings={"leg_swelling": {"right": "present"}})
    asked = risk_factors_to_ask(model, case, 8)
    assert len(asked) == 8
    assert all(model.knowledge.risk_factors[id_].only_sex != "female" for id_ in asked)
    known = case.model_copy(update={"context": dict.fromkeys(asked, "absent")})
    assert not set(asked) & set(risk_factors_to_ask(model, known, 8))
    assert risk_factors_to_ask(model, case.model_copy(update={"age": 0.1}), 8) == ()


def test_a_page_of_no_name_is_none(model: Model) -> None:
    assert sheet(model, "list:") is None
    assert sheet(model, "health:fever") is None
    assert sheet(model, "list:onset") is None


# --- medicines ----------------------------------------------------------------------------------


def test_medicines_are_kept_as_they_are_written(model: Model) -> None:
    so_far = held("who", "about", "complaint", "place", medicines={"medicines": "Norvasc 5 mg\nИнсулин, xyzzy"})
    case = readable(model, so_far).case()
    assert case.medicines == ("Norvasc 5 mg", "Инсулин", "xyzzy")
    assert observe(model, case).context == {"calcium_channel_blocker": True, "diabetes": True}


@pytest.mark.parametrize(
    "order", [("medicines", "health__diabetes,smoking"), ("health__diabetes,smoking", "medicines")]
)
def test_a_no_to_a_list_does_not_overrule_what_a_medicine_means(model: Model, order: tuple[str, str]) -> None:
    pages = {"medicines": {"medicines": "insulin"}, "health__diabetes,smoking": {"rest": "absent"}}
    so_far = held("who", "about", "complaint", "place", **{name: pages[name] for name in order})
    case = readable(model, so_far).case()
    assert case.context == {"smoking": "absent"}
    assert observe(model, case).context == {"smoking": False, "diabetes": True}


def test_what_a_medicine_means_is_not_asked(model: Model) -> None:
    without = readable(model, held("who", "about", "complaint", "place")).case()
    assert "diabetes" in risk_factors_to_ask(model, without, most=200)
    assert "diabetes" not in risk_factors_to_ask(
        model, without.model_copy(update={"medicines": ("insulin",)}), most=200
    )


def test_a_list_that_is_none_is_refused_at_its_field(client: TestClient, model: Model) -> None:
    so_far = held("who", "about", "complaint", "place")
    refused = post(client, so_far, ask="medicines", go="next", medicines="\n".join(f"m{i}" for i in range(61)))
    assert "Enter at most 60 medicines" in refused.text
    assert 'id="medicines-error"' in refused.text
    assert html.escape("m60") in refused.text
    taken = post(client, so_far, ask="medicines", go="next", medicines="a" * 90 + "\n" + "b" * 90 + "\n" + "c" * 90)
    assert field(taken, "ask") != "medicines"


def test_the_clinician_finds_them_in_the_form(client: TestClient) -> None:
    so_far = held("who", "about", "complaint", "place", medicines={"medicines": "Norvasc\nxyzzy"})
    code = re.search(r'class="code">.*</span>([^<]+)</p>', post(client, so_far, go="handover").text)
    assert code
    case = field(client.post("/handover", data={"code": code[1]}), "case")
    assert "Norvasc\nxyzzy</textarea>" in client.post("/intake", data={"case": case}).text

"""Pages of the knowledge and of the evaluation: all of them open, every number has a parent, unknown names are helped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from saphena import Model
from saphena.evaluation.recorded import Evaluation, ImpliedReport, Presentations, read
from saphena.interfaces.web.knowledge.bibliography import cited_by
from saphena.interfaces.web.knowledge.reading import PAGES
from saphena.interfaces.web.knowledge.searching import search
from saphena.model.load import KNOWLEDGE

FOR_EACH = ("conditions", "instruments")
"""Kinds with a file for each entry; the others are lists."""


def ids(kind: str) -> list[str]:
    """Every id of one kind, read from the files without the model."""
    paths = sorted((KNOWLEDGE / kind).glob("*.yaml"))
    if kind in FOR_EACH:
        return [path.stem for path in paths]
    return [id_ for path in paths for id_ in re.findall(r"^  - id: (\w+)$", path.read_text(encoding="utf-8"), re.M)]


EVERY = [(kind, id_) for kind in PAGES for id_ in ids(kind)]


class Numbers(HTMLParser):
    """Numbers that are shown, and the sources that stand one touch away."""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[str] = []
        self.known: dict[str, str] = {}
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if "popovertarget" in held:
            self.wanted.append(held["popovertarget"])
        if "popover" in held:
            self._inside = held["id"]
        if self._inside and held.get("class", "").startswith("known "):
            self.known[self._inside] = held["class"].removeprefix("known ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "aside":
            self._inside = ""


def page(client: TestClient, path: str, language: str = "en") -> str:
    answer = client.get(path, params={"lang": language})
    assert answer.status_code == 200, path
    return answer.text


def numbers(text: str) -> Numbers:
    found = Numbers()
    found.feed(text)
    return found


def test_every_entry_is_among_those_that_are_opened(model: Model) -> None:
    k = model.knowledge
    held = [*k.conditions, *k.findings, *k.care.treatments, *k.care.investigations, *k.instruments]
    assert sorted(id_ for _, id_ in EVERY) == sorted([*held, *(flag.id for flag in k.red_flags)])


@pytest.mark.one_in(23)
@pytest.mark.parametrize(("kind", "id_"), EVERY, ids=[f"{kind}/{id_}" for kind, id_ in EVERY])
def test_every_page_opens_and_every_number_on_it_has_a_parent(client: TestClient, kind: str, id_: str) -> None:
    for language in ("en", "ru"):
        found = numbers(page(client, f"/knowledge/{kind}/{id_}", language))
        assert len(set(found.wanted)) == len(found.wanted)
        assert set(found.wanted) == set(found.known)
        assert set(found.known.values()) <= {"seen", "recalled", "derived", "assumption"}


def test_a_condition_shows_as_many_numbers_as_its_file_holds(client: TestClient, model: Model) -> None:
    file = model.knowledge.conditions["gout"]
    text = page(client, "/knowledge/conditions/gout")
    table = text.partition('id="findings"')[2].partition('id="implied"')[0]
    assert not file.states
    assert len(numbers(table).wanted) == 2 * len(file.findings) + len(file.mechanisms)
    assert len(numbers(text.partition('id="factors"')[2].partition('id="findings"')[0]).wanted) == len(file.context)


def test_a_ratio_follows_from_the_two_numbers_beside_it(client: TestClient, model: Model) -> None:
    k = model.knowledge
    id_, value = next(
        (f, v) for f, v in k.conditions["gout"].findings.items() if v.sensitivity and k.findings[f].leak.value
    )
    leak = k.findings[id_].leak.value
    assert leak is not None
    assert value.sensitivity is not None
    row = page(client, "/knowledge/conditions/gout").partition(f'href="/knowledge/findings/{id_}"')[2].split("</tr>")[0]
    shown = re.findall(r'data-l="Ratio if (?:present|absent)">([^<]+)<', row)
    assert [float(x) for x in shown] == [
        pytest.approx(value.sensitivity / leak, rel=0.05),
        pytest.approx((1 - value.sensitivity) / (1 - leak), rel=0.05),
    ]


@pytest.mark.parametrize("kind", PAGES)
def test_an_unknown_name_gets_a_suggestion(client: TestClient, kind: str) -> None:
    meant = ids(kind)[0]
    answer = client.get(f"/knowledge/{kind}/{meant}x", params={"lang": "en"})
    assert answer.status_code == 404
    assert f"Did you mean {meant}" in answer.text


def test_nobody_reads_it_without_coming_in(stranger: TestClient) -> None:
    assert stranger.get("/knowledge").status_code == 303
    assert stranger.get("/evaluation").status_code == 303


# --- search ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "kind", "first"),
    [
        ("deep vein thrombosis", "conditions", "deep_vein_thrombosis"),
        ("trombosis", "conditions", "deep_vein_thrombosis"),
        ("M10", "conditions", "gout"),
        ("подагра", "conditions", "gout"),
        ("wells", "instruments", "wells_dvt"),
        ("compresion stockings", "treatments", "compression_stockings"),
        ("rheovasograpy", "investigations", "rheovasography"),
    ],
)
def test_the_search_finds_names_codes_other_languages_and_slips(
    model: Model, asked: str, kind: str, first: str
) -> None:
    assert first in search(model, asked)[kind][:4]


@pytest.mark.parametrize("asked", ["", "  ", "qqqqqqqq", "<script>", "%", "'; drop table"])
def test_a_search_for_nothing_finds_nothing_and_breaks_nothing(client: TestClient, model: Model, asked: str) -> None:
    assert search(model, asked) == {} or "drop" in asked
    assert "<script>" not in client.get("/knowledge", params={"q": asked}).text.partition("</head>")[2]


# --- scores ----------------------------------------------------------------------------------


def test_a_score_is_worked_out_from_the_form(client: TestClient) -> None:
    answers = "active_cancer=yes&entire_leg_swollen=yes"
    text = page(client, f"/knowledge/instruments/wells_dvt?{answers}")
    assert "Not answered" in text
    assert 'value="yes" selected' in text


def test_an_answer_that_is_none_is_said_at_the_field_and_kept(client: TestClient) -> None:
    answer = client.get("/knowledge/instruments/timed_up_and_go", params={"seconds": "soon", "lang": "en"})
    assert answer.status_code == 422
    assert "There is a problem" in answer.text


def test_what_may_not_be_shipped_is_named_without_a_form(client: TestClient) -> None:
    text = page(client, "/knowledge/instruments/womac")
    assert "may not be shipped" in text
    assert '/knowledge/instruments/womac" method' not in text


# --- sources and article ---------------------------------------------------------------------


def test_sources_say_who_cites_them(client: TestClient, model: Model) -> None:
    id_ = model.knowledge.red_flags[0].source
    assert ("red_flags", model.knowledge.red_flags[0].id) in cited_by(model)[id_]
    assert f"/knowledge/red_flags/{model.knowledge.red_flags[0].id}" in page(client, f"/knowledge/sources/{id_}")
    assert page(client, "/knowledge/sources").count("<tr>") == len(model.knowledge.sources) + 1


def test_the_article_has_a_row_for_every_item(client: TestClient, model: Model) -> None:
    text = page(client, "/knowledge/article")
    sections = {row.section for row in model.knowledge.article}
    assert text.count("<tr>") == len(model.knowledge.article) + len(sections)


# --- evaluation ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "/cases", "/misses", "/emergencies", "/tables"])
def test_every_page_of_the_evaluation_opens(client: TestClient, path: str) -> None:
    for language in ("en", "ru"):
        assert "<h1" in page(client, f"/evaluation{path}", language)


def test_recorded_figures_of_another_model_are_marked_as_such(client: TestClient, model: Model) -> None:
    found = read(Evaluation)
    assert found is not None
    assert ("figures are of another model" in page(client, "/evaluation")) == (found.model != model.version)
    assert found.model in page(client, "/evaluation")


def test_every_case_and_every_miss_is_listed(client: TestClient) -> None:
    found = read(Evaluation)
    assert found is not None
    listed, missed = page(client, "/evaluation/cases"), page(client, "/evaluation/misses")
    assert [c.id for c in found.cases if f'id="{c.id}"' not in listed] == []
    assert [c.id for c in found.cases if c.gold and c.rank != 1 and f'id="{c.id}"' not in missed] == []


def test_emergencies_are_counted_one_by_one(client: TestClient) -> None:
    held = read(Presentations)
    assert held is not None
    assert (len(held.emergencies), len(held.alikes)) == (135, 42)
    assert page(client, "/evaluation/emergencies").count("<tr>") == 1 + 135 + 42


def test_what_was_recorded_has_the_shape_of_today(model: Model) -> None:
    report = read(ImpliedReport)
    assert report is not None
    assert {row.condition.partition(".")[0] for row in report.rows} <= set(model.knowledge.conditions)

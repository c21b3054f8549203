"""The assessment page: ledgers that add up, what-if, comparison, text, JSON, paper, words in Russian."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from fastapi.testclient import TestClient

from saphena import Model
from saphena.assessment import Assessment, assess
from saphena.case import Case
from saphena.inference.observe import observe
from saphena.interfaces.web.charts.waterfall import decibans
from saphena.interfaces.web.clinician import routes
from saphena.interfaces.web.clinician.form import fields_of, read
from saphena.interfaces.web.clinician.paper import pdf
from saphena.interfaces.web.clinician.view import Earlier, Words, compared, ledger
from saphena.interfaces.web.clinician.vocabulary import Names
from saphena.interfaces.web.language import LOCALES, Language

WEB = LOCALES.parent
EXAMPLE = Path(__file__).parents[2] / "examples" / "swollen_calf_after_flight.yaml"
CASE = Case.model_validate(yaml.safe_load(EXAMPLE.read_text()))
WRITTEN = CASE.model_dump_json()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few draws and nothing ahead: what they come to is tested where it is worked out."""
    monkeypatch.setattr(routes, "DRAWS", 20)
    monkeypatch.setattr(routes, "AHEAD", 0)


@pytest.fixture(scope="session")
def answer(model: Model) -> Assessment:
    return assess(model, CASE)


@pytest.fixture(scope="session")
def text(app, model: Model) -> str:  # type: ignore[no-untyped-def]
    client = TestClient(app, base_url="http://127.0.0.1")
    client.get("/enter", params={"token": app.state.doors.token})
    return client.post("/assessment", data={"case": WRITTEN}).text


def test_every_ledger_adds_up(answer: Assessment) -> None:
    drawn = [(c, ledger(c)) for c in answer.differential if c.group != "other"]
    assert drawn
    for c, held in drawn:
        assert held is not None
        assert held.lines[0].step.before == pytest.approx(decibans(c.prior))
        assert held.lines[-1].step.after == pytest.approx(decibans(c.probability), abs=0.05)
        for line in held.lines:
            if line.weight:
                assert line.step.weight == pytest.approx(line.weight.decibans)


def test_the_page_has_its_parts_and_no_style(text: str) -> None:
    for id_ in ("differential", "joint", "next", "plan", "staging", "flags", "follow", "what-if", "text"):
        assert '<section class="section' in text
        assert f'id="{id_}"' in text
    assert "Same day" in text
    assert "Not yet reviewed by a clinician" in text
    assert not re.search(r"\sstyle=|\son[a-z]+=|<script>", text)
    ids = re.findall(r'\sid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    targets = set(re.findall(r'popovertarget="([^"]+)"', text))
    assert targets
    assert targets <= set(ids)


def test_a_red_flag_is_answered_right_there(client: TestClient) -> None:
    answered = client.post("/assessment", data={"case": WRITTEN, "f.sudden_breathlessness_or_chest_pain": "present"})
    assert answered.status_code == 200
    assert '<section class="triage u5"' in answered.text


def test_what_if_keeps_the_case(client: TestClient, model: Model) -> None:
    sent = {"case": WRITTEN, "changed": "f.calf_tenderness.right", "answer": "absent"}
    page = client.post("/assessment/what-if", data=sent).text
    held = json.loads(WRITTEN)
    held["findings"]["calf_tenderness"] = {"right": "absent", "left": "absent"}
    before, after = (Earlier.of(assess(model, c)) for c in (CASE, Case.model_validate(held)))
    change = compared(before, after, Names(model, Language("en")))
    row = next(r for r in change.rows if r.id == "deep_vein_thrombosis")
    assert row.after < row.before
    words = Words(model, Language("en"))
    assert f"<b>{words.per_cent(row.after)}</b>" in page
    kept = re.search(r'name="case" value="([^"]+)"', page)
    assert kept is not None
    carried = Case.model_validate_json(kept[1].replace("&#34;", '"').replace("&#39;", "'"))
    assert carried.findings["calf_tenderness"] == CASE.findings["calf_tenderness"]


def test_compared_with_an_earlier_visit(client: TestClient, answer: Assessment) -> None:
    page = client.post("/assessment", data={"case": WRITTEN, "earlier": Earlier.of(answer).model_dump_json()}).text
    assert 'id="last"' in page
    refused = client.post("/assessment", data={"case": WRITTEN, "earlier": "{}"})
    assert refused.status_code == 422
    assert "earlier assessment cannot be read" in refused.text


def test_what_to_do_next_comes_as_a_part(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "AHEAD", 2)
    case = Case(age=60, sex="male", setting="primary_care", findings={"calf_pain": "present"}).model_dump_json()
    part = client.post("/assessment/next", data={"case": case}, headers={"HX-Request": "true"}).text
    assert part.strip().startswith('<section class="section" id="next">')
    assert part.count("→") >= 2
    assert 'aria-label="' in part


def test_text_and_json(client: TestClient, answer: Assessment) -> None:
    plain = client.post("/assessment.txt", data={"case": WRITTEN})
    assert plain.headers["content-type"].startswith("text/plain")
    assert "Urgency: Same day" in plain.text
    assert answer.intended_use in plain.text
    held = json.loads(client.post("/assessment.json", data={"case": WRITTEN}).text)
    assert held["triage"]["level"] == answer.triage.level


def test_a_broken_case_is_said_so(client: TestClient) -> None:
    refused = client.post("/assessment", data={"case": '{"age": "x"}'})
    assert refused.status_code == 422
    assert "age" in refused.text


def test_paper(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("weasyprint")
    made = client.post(
        "/assessment.pdf", data={"case": Case(age=60, sex="male", setting="primary_care").model_dump_json()}
    )
    assert made.headers["content-type"] == "application/pdf"
    assert made.content.startswith(b"%PDF")
    assert [one.message for one in caplog.records if one.name == "weasyprint" and "load" in one.message] == []


def test_paper_fetches_nothing_from_elsewhere() -> None:
    pytest.importorskip("weasyprint")
    from weasyprint.urls import FatalURLFetchingError

    for url in ("file:///etc/passwd", "http://127.0.0.1/x.png"):
        with pytest.raises(FatalURLFetchingError, match="not a file of the application"):
            pdf(f'<html><body><img src="{url}"></body></html>')


def test_on_paper_every_source_has_a_number_and_stands_once_at_the_end(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What goes to the printer, before it is laid out."""
    written: list[str] = []
    monkeypatch.setattr(routes, "pdf", lambda html: written.append(html) or b"%PDF")
    client.post("/assessment.pdf", data={"case": WRITTEN})
    text, _, end = written[0].partition('id="notes"')
    named = [int(n) for n in re.findall(r'href="#note-(\d+)"', text)]
    listed = [int(n) for n in re.findall(r'id="note-(\d+)"', end)]
    assert listed == list(range(1, len(listed) + 1))
    assert set(named) == set(listed)
    assert list(dict.fromkeys(named)) == listed  # In the order in which the reader meets them.
    assert "<button" not in text[text.index('id="differential"') : text.index('id="next"')]
    cited = re.findall(r'<span class="num">\d+</span> <span lang="en">([^<]+)</span>', end)
    assert len(cited) == len(set(cited)) > 10


def test_without_the_extra_a_page_says_how_to_install_it(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    refused = client.post(
        "/assessment.pdf", data={"case": Case(age=60, sex="male", setting="primary_care").model_dump_json()}
    )
    assert refused.status_code == 501
    assert "pip install" in refused.text


def test_nothing_known_and_a_child(client: TestClient) -> None:
    empty = client.post("/assessment", data={"age": "40", "sex": "male", "setting": "primary_care"})
    infant = client.post("/assessment", data={"age": "0.5", "sex": "male", "setting": "primary_care"})
    assert (empty.status_code, infant.status_code) == (200, 200)
    assert "No differential" in infant.text


def test_russian_page(client: TestClient, model: Model) -> None:
    page = client.post("/assessment", params={"lang": "ru"}, data={"case": WRITTEN}).text
    assert "Что это может быть" in page
    assert "В тот же день" in page
    assert model.knowledge.words["ru"]["deep_vein_thrombosis"].name[1:] in page  # It begins with a capital.
    client.get("/about", params={"lang": "en"})


def test_answering_a_red_flag_loses_no_other_answer(client: TestClient, model: Model) -> None:
    """What the form of open red flags sends is laid over the case: it must hold what is known already."""
    page = client.post("/assessment", data={"case": WRITTEN}).text
    form = page[page.index('action="/assessment"') :]
    form = form[: form.index("</form>")]
    sent = dict(re.findall(r'name="([fc]\.[^"]+)" value="([^"]+)"[^>]* checked', form))
    assert sent
    before = fields_of(model, CASE)
    after = read(model, Language("en"), {**before, **sent}).case
    assert after is not None
    assert observe(model, after).intervals == observe(model, CASE).intervals
    assert observe(model, after).context == observe(model, CASE).context

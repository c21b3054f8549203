"""Pages made from the knowledge: the kept ones are up to date, and every link inside them leads somewhere."""

from __future__ import annotations

import posixpath
import re

import pytest

from saphena import Model
from saphena.interfaces.pages import KEPT, pages
from saphena.model.load import KNOWLEDGE

REFERENCE = KNOWLEDGE.parent.parent / "docs" / "reference"
ITEMS = 184
"""Items of the source article, as its inventory lists them."""


@pytest.fixture(scope="module")
def made(model: Model) -> dict[str, str]:
    return pages(model)


@pytest.mark.parametrize("name", KEPT)
def test_a_kept_page_is_up_to_date(made: dict[str, str], name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == made[name], "run: saphena knowledge pages docs/reference"


def test_every_item_of_the_article_is_mapped_or_answered(model: Model) -> None:
    k = model.knowledge
    known = {
        *k.conditions, *k.findings, *k.risk_factors, *k.measurements, *k.mechanisms, *(f.id for f in k.red_flags),
    }  # fmt: skip
    assert len(k.article) == ITEMS
    assert not {id_ for row in k.article for id_ in row.ids} - known
    assert all(row.held or row.answer for row in k.article)
    assert not [row.item for row in k.article if "in the knowledge yet" in (row.answer or "")]


@pytest.mark.parametrize(
    ("section", "field"),
    [
        ("studies", "investigations"),
        ("treatments", "treatments"),
        ("prevention", "treatments"),
        ("stages", "instruments"),
        ("contraindications", "treatments"),
        ("referral", "referrals"),
    ],
)
def test_what_the_article_does_is_done_by_something_of_that_kind(model: Model, section: str, field: str) -> None:
    rows = [row for row in model.knowledge.article if row.section == section]
    assert rows
    assert [row.item for row in rows if not getattr(row, field)] == []


def test_what_the_article_forbids_is_an_obstacle_of_what_it_forbids(model: Model) -> None:
    care = model.knowledge.care
    named = {id_ for row in model.knowledge.article if row.section == "contraindications" for id_ in row.treatments}
    assert [id_ for id_ in sorted(named) if not care.obstacles(care.treatments[id_])] == []


@pytest.mark.parametrize("field", ["treatments", "investigations"])
def test_what_says_that_the_article_names_it_is_found_from_the_article(model: Model, field: str) -> None:
    of_care = {id_ for id_, one in getattr(model.knowledge.care, field).items() if one.article}
    of_rows = {id_ for row in model.knowledge.article for id_ in getattr(row, field)}
    assert sorted(of_care - of_rows) == []


def test_every_link_between_pages_leads_to_one(made: dict[str, str]) -> None:
    broken = {
        f"{name}: {target}"
        for name, text in made.items()
        for target in re.findall(r"\]\((?!https?:)([^)#]+\.md)\)", text)
        if posixpath.normpath(posixpath.join(posixpath.dirname(name), target)) not in made
    }
    assert not broken


def test_every_finding_has_words_in_russian(model: Model) -> None:
    words = model.knowledge.words["ru"]
    missing = [id_ for id_ in model.knowledge.findings if id_ not in words or not words[id_].question]
    assert not missing


def test_no_question_waits_to_be_written(model: Model) -> None:
    assert not [f.id for f in model.knowledge.findings.values() if not f.question.endswith("?")]

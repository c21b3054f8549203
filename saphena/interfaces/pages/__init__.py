"""The knowledge as Markdown pages: one a condition, one a finding, and pages over all of it."""

from __future__ import annotations

from pathlib import Path

from saphena.interfaces.pages.care import instruments_page, investigations_page, referral_page, treatments_page
from saphena.interfaces.pages.condition import condition_page
from saphena.interfaces.pages.finding import finding_page
from saphena.interfaces.pages.overview import article_page, card_page, coverage_page, index_page
from saphena.interfaces.pages.rules import rules_page
from saphena.model.network import Model

KEPT = ("article_coverage.md", "coverage.md", "knowledge_card.md", "rules.md")
"""Pages that are kept with the project; the rest is written when the site is built."""


def pages(model: Model) -> dict[str, str]:
    """Path inside the reference folder -> page."""
    k = model.knowledge
    return {
        "article_coverage.md": article_page(model),
        "coverage.md": coverage_page(model),
        "knowledge_card.md": card_page(model),
        "instruments.md": instruments_page(model),
        "investigations.md": investigations_page(model),
        "treatments.md": treatments_page(model),
        "referral.md": referral_page(model),
        "rules.md": rules_page(model),
        "conditions/index.md": index_page(model, "conditions"),
        "findings/index.md": index_page(model, "findings"),
        **{f"conditions/{id_}.md": condition_page(model, id_) for id_ in k.conditions},
        **{f"findings/{id_}.md": finding_page(model, id_) for id_ in k.findings},
    }


def write_pages(model: Model, folder: Path) -> int:
    """Write all pages; how many."""
    made = pages(model)
    for name, text in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return len(made)

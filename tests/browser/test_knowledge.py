"""Pages of the knowledge and the evaluation in a real browser: a source one touch away, a score by form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.browser.conftest import expect


def test_a_source_opens_beside_its_number_and_closes_with_escape(browser_page: Any) -> None:
    browser_page.goto("/knowledge/conditions/gout")
    number = browser_page.locator("#findings .src").first
    number.click()
    source = browser_page.locator(f"#{number.get_attribute('popovertarget')}")
    expect(source).to_be_visible()
    browser_page.keyboard.press("Escape")
    expect(source).to_be_hidden()


def test_a_score_needs_no_script(open_page: Callable[..., Any]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/knowledge/instruments/wells_dvt")
    for item in page.locator("form.items select").all():
        item.select_option("no")
    page.locator("#active_cancer").select_option("yes")
    page.get_by_role("button", name="Work it out").click()
    assert page.locator("#result .val").inner_text() == "1"
    assert "DVT unlikely" in page.locator("#result").inner_text()

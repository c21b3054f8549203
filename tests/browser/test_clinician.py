"""A clinician in a browser: from an empty page to the PDF with the keyboard alone; without scripts; live."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from saphena.case import Case
from tests.browser.conftest import expect

EXAMPLE = Path(__file__).parents[2] / "examples" / "swollen_calf_after_flight.yaml"


def test_from_an_empty_page_to_the_pdf_with_the_keyboard(browser_page: Any) -> None:
    page = browser_page
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.goto("/intake")
    page.focus("#age")
    page.keyboard.type("38")
    page.keyboard.press("Tab")
    page.keyboard.type("F")
    page.wait_for_selector("#live .urgency")
    page.focus("h1, .skip")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("leg sweling")
    page.wait_for_selector("#found a[href='#f.leg_swelling']")
    page.focus("#found a[href='#f.leg_swelling']")
    page.keyboard.press("Enter")
    # Its group gets its rows now, and then the row is at hand.
    page.wait_for_selector("input[name='f.leg_swelling.right']:focus", state="attached")
    page.keyboard.press("ArrowRight")  # From unknown round to present.
    assert page.evaluate("document.activeElement.value") == "present"
    page.wait_for_selector("#live .live li")
    page.focus(".strip button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#differential")
    expect(page.locator("h1")).to_have_count(1)
    with page.expect_request("**/assessment.pdf") as asked:
        page.focus("button[formaction='/assessment.pdf']")
        page.keyboard.press("Enter")
    assert "leg_swelling" in (asked.value.post_data or "")
    assert wrong == []


def test_each_change_moves_the_differential(browser_page: Any) -> None:
    page = browser_page
    page.goto("/intake")
    page.fill("#age", "38")
    page.select_option("#sex", "female")
    page.wait_for_selector("#live .urgency")
    page.check("input[name='f.sudden_breathlessness_or_chest_pain'][value=present]", force=True)
    page.wait_for_function("document.querySelector('#said').textContent.length > 3")
    page.context.set_offline(True)
    page.check("input[name='f.fever'][value=absent]", force=True)
    page.wait_for_selector("#lost:not([hidden])")
    expect(page.locator("input[name='f.fever'][value=absent]")).to_be_checked()
    page.context.set_offline(False)
    page.click("#again")
    page.wait_for_selector("#lost", state="hidden")


def test_without_scripts(open_page: Callable[..., Any]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/intake")
    page.fill("#age", "abc")
    page.select_option("#sex", "female")
    page.check("input[name='f.fever'][value=present]", force=True)
    page.click(".strip button")
    expect(page).to_have_title(re.compile(r"^Error: "))
    expect(page.locator("#age")).to_have_value("abc")
    page.fill("#age", "50")
    page.click("button[formaction='/intake']:has-text('Answered')")
    expect(page.locator("input[name='f.fever'][value=present]")).to_be_checked()
    page.click(".strip button")
    expect(page.locator("#differential")).to_have_count(1)
    page.click("button[form=carry]:has-text('Findings')")
    expect(page.locator("input[name='f.fever'][value=present]")).to_be_checked()


def test_a_group_opened_while_the_line_is_cut_is_filled_later(browser_page: Any) -> None:
    page = browser_page
    page.goto("/intake")
    page.context.set_offline(True)
    summary = page.locator("#g-history-knee > summary")
    summary.click()
    page.wait_for_selector("#lost:not([hidden])")
    page.context.set_offline(False)
    summary.click()
    summary.click()
    page.wait_for_selector("#g-history-knee tr")
    expect(page.locator("#lost")).to_be_hidden()


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("path", ["/intake", "/assessment"])
def test_axe_finds_nothing(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], path: str, width: int, scheme: str
) -> None:
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto("/about")
    case = Case.model_validate(yaml.safe_load(EXAMPLE.read_text())).model_dump_json()
    page.evaluate(
        """([path, held]) => { const form = document.createElement("form"); form.method = "post"; form.action = path;
        const field = document.createElement("input"); field.name = "case"; field.value = held; form.append(field);
        document.body.append(form); form.submit(); }""",
        [path, case],
    )
    page.wait_for_url(f"**{path}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Groups are all alike: two of them stand for the thousand fields that would take axe-core a minute.
    page.evaluate("document.querySelectorAll('details.group').forEach((one, n) => { if (n > 1) one.remove(); })")
    assert axe(page) == []

"""The interview as a patient uses it: by keyboard, without JavaScript, on a phone, in Russian."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PHONE, Server, expect

Open = Callable[..., Any]
Axe = Callable[[Any], list[str]]


def on(page: Any) -> None:
    """To the next page, with its scripts: the answers are sent once the server is known to be there."""
    with page.expect_event("load"):
        page.click("main button[value=next]")


def to_the_lists(page: Any, complaint: str, place: str, onset: str) -> None:
    """From the first page to the first red flags, or to what the answers raise before."""
    page.goto("/interview")
    page.check("#who")
    page.check("#agree")
    on(page)
    page.fill("#age", "66")
    page.check("[name=sex][value=male]")
    on(page)
    page.check(f"[name=complaint][value={complaint}]")
    on(page)
    page.check(f"[name=place][value={place}]")
    on(page)
    page.check(f"[value={onset}]")
    on(page)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the element has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no way to {selector} by keyboard")


def test_the_whole_interview_by_keyboard(browser_page: Any, axe: Axe) -> None:
    page = browser_page
    page.goto("/interview")
    assert axe(page) == []
    tab_to(page, "[name=who]")
    press(page, "Space")
    tab_to(page, "[name=agree]")
    press(page, "Space", "Enter")
    page.wait_for_selector("#age")
    tab_to(page, "#age")
    page.keyboard.type("66")
    tab_to(page, "[name=sex]")
    press(page, "ArrowDown", "Enter")  # Female, then male.
    page.wait_for_selector("[name=complaint]")
    tab_to(page, "[value=leg_weakness]")
    press(page, "Space", "Enter")
    page.wait_for_selector("[name=place]")
    assert axe(page) == []
    tab_to(page, "[value=left_thigh]")
    press(page, "Space", "Enter")
    page.wait_for_selector("[value=chronic]")
    tab_to(page, "[value=chronic]")
    press(page, "Space", "Enter")
    page.wait_for_selector("[value=saddle_numbness]")
    assert axe(page) == []
    tab_to(page, "[value=saddle_numbness]")
    press(page, "Space")
    tab_to(page, "[name=rest]")
    press(page, "Space", "Enter")
    page.wait_for_selector("section.triage")
    expect(page.locator("h1")).to_contain_text("Get emergency help now")
    assert page.get_attribute("section.triage a", "href") == "tel:999"
    assert axe(page) == []
    tab_to(page, "main [value=stop]")
    press(page, "Enter")
    page.wait_for_selector(".answers")
    assert axe(page) == []
    expect(page.locator("main h1")).to_have_text("Get emergency help now")


def test_without_javascript_on_a_phone_in_russian(open_page: Open) -> None:
    page = open_page(viewport=PHONE, java_script_enabled=False, locale="ru-RU", color_scheme="dark")
    to_the_lists(page, "leg_heaviness", "left_calf", "chronic")
    expect(page.locator("h1")).to_contain_text("Есть ли что-нибудь из этого?")
    page.click("main button[value=back]")
    expect(page.locator("[value=chronic]")).to_be_checked()
    page.click("main button[value=keep]")
    assert re.search(r"/interview/resume/[\w-]{30,}", page.inner_text(".link"))
    page.goto(page.inner_text(".link"))
    expect(page.locator("[value=chronic]")).to_be_visible()
    page.click("main button[value=stop]")
    expect(page.locator("main")).to_contain_text("Что это может быть")
    said = page.inner_text("main")
    assert not set(re.findall(r"[A-Za-z]{4,}", said)), "English words on the Russian page"


def test_the_drawing_mirrors_the_list(open_page: Open, axe: Axe) -> None:
    page = open_page(viewport=PHONE, color_scheme="dark")
    page.goto("/interview")
    page.check("#who")
    page.check("#agree")
    on(page)
    page.fill("#age", "30")
    page.check("[name=sex][value=male]")
    on(page)
    page.check("[name=complaint][value=leg_pain]")
    on(page)
    region, box = page.locator("[data-for=left_calf]"), page.locator("[data-place=left_calf]")
    region.click()
    expect(box).to_be_checked()
    region.click()
    expect(page.locator("#worst")).to_have_value("left_calf")
    region.click()
    expect(box).not_to_be_checked()
    expect(page.locator("#worst")).to_have_value("")
    box.check()
    assert "on" in (region.get_attribute("class") or "").split()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(page) == []


def test_the_other_language_keeps_what_is_not_sent_yet(browser_page: Any) -> None:
    page = browser_page
    page.goto("/interview")
    page.check("[name=who][value=carer]")
    page.click(".tools button[lang=ru]")
    page.wait_for_selector("html[lang=ru]")
    expect(page.locator("[name=who][value=carer]")).to_be_checked()


def test_a_lost_connection_loses_no_answer(open_page: Open, axe: Axe) -> None:
    page = open_page(viewport=PHONE)
    page.goto("/interview")
    page.check("#who")
    page.check("#agree")
    on(page)
    page.fill("#age", "66")
    page.check("[name=sex][value=male]")
    page.context.set_offline(True)
    page.click("main button[value=next]")
    page.wait_for_selector("#lost", state="visible")
    expect(page.locator("#lost")).to_contain_text("Every answer is still here")
    assert axe(page) == []
    page.click(".tools button[lang=ru]")
    expect(page.locator("#age")).to_have_value("66")
    expect(page.locator("[name=sex][value=male]")).to_be_checked()
    page.context.set_offline(False)
    on(page)
    page.wait_for_selector("[name=complaint]")
    page.click("main button[value=back]")
    expect(page.locator("#age")).to_have_value("66")


def test_a_session_that_ends_is_opened_in_another_window(open_page: Open, axe: Axe, server: Server) -> None:
    page = open_page(viewport=PHONE, color_scheme="dark")
    page.goto("/interview")
    page.check("#who")
    page.check("#agree")
    page.context.clear_cookies()
    on(page)
    page.wait_for_selector("main a[target=_blank]")
    assert axe(page) == []
    with page.expect_popup() as opened:
        page.click("main a[target=_blank]")
    opened.value.fill("#token", server.token)
    opened.value.click("main button")
    opened.value.wait_for_url("**/")
    page.click("main button")
    page.wait_for_selector("#age")


@pytest.mark.parametrize("path", ["/handover", "/interview/resume/unknown"])
def test_pages_beside_the_interview(open_page: Open, axe: Axe, path: str) -> None:
    page = open_page(viewport=PHONE, color_scheme="dark")
    page.goto(path)
    assert axe(page) == []

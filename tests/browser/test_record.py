"""The record room in a real browser: the example, five visits with a diary and an outcome, without script, on a phone."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

from tests.browser.conftest import PHONE, expect

TODAY = datetime.date.today()
FOUND = {"leg_heaviness": {"right": "present"}, "worse_in_evening": "present", "onset": "chronic"}


def case(**more: Any) -> str:
    return json.dumps({"age": 61, "sex": "female", "setting": "primary_care", "findings": FOUND, **more})


def test_the_example_is_explored_and_removed_with_one_click(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]]
) -> None:
    page = open_page()
    page.set_default_timeout(60_000)  # Its five visits are assessed when it is looked at for the first time.
    page.goto("/patients")
    page.get_by_role("link", name="Example 1").click()
    expect(page.get_by_text("A fictional patient.")).to_be_visible()
    expect(page.locator("#visits tbody tr")).to_have_count(5)
    expect(page.locator("#measured svg:visible")).to_have_count(1)
    assert axe(page) == []
    phone = open_page(viewport=PHONE, color_scheme="dark", locale="ru-RU")
    phone.goto(page.url)
    expect(phone.get_by_text("Вымышленный пациент.")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert axe(phone) == []
    phone.get_by_role("button", name="Убрать пример").click()
    page.goto("/patients")
    expect(page.get_by_role("link", name="Example 1")).to_have_count(0)
    page.request.post("/patients/examples/add")


def test_five_visits_with_diary_and_outcome(open_page: Callable[..., Any], axe: Callable[[Any], list[str]]) -> None:
    page = open_page(java_script_enabled=False)
    page.goto("/patients")
    page.get_by_label("Identifier").last.fill("Browser 5")
    page.get_by_label("Year of birth").fill(str(TODAY.year - 61))
    page.get_by_label("Sex").select_option("female")
    page.get_by_role("button", name="Add the patient").click()
    expect(page.get_by_text("Nothing is measured yet")).to_be_visible()
    record = page.url
    patient = record.rpartition("/")[2]

    page.get_by_role("link", name="New visit").first.click()
    page.get_by_role("button", name="Enter the findings").click()
    assert page.locator('input[name="patient"]').first.get_attribute("value") == patient

    for number in range(5):  # From the findings on: what the findings page sends, and then the page that saves.
        page.request.post(
            "/patients/save",
            form={
                "case": case(),
                "patient": patient,
                "step": "store",
                "date": (TODAY - datetime.timedelta(30 * (5 - number))).isoformat(),
                "heaviness-right": str(8 - number),
                "ankle_circumference-right": str(26 - number / 2),
            },
        )
    page.request.post(
        f"{record}/treatments",
        form={"treatment": "Medical compression stockings or wraps", "leg": "right", "since": TODAY.isoformat()},
    )
    page.goto(record)
    expect(page.locator("#visits tbody tr")).to_have_count(5)
    expect(page.get_by_text("8 → 4 of 10")).to_be_visible()

    page.get_by_role("link", name="Record it").first.click()
    page.get_by_label("A diagnosis, by name").fill("chronic venous disease")
    page.get_by_label("Yes").check()
    page.get_by_role("button", name="Record the outcome").click()
    expect(page.get_by_text("Saphena agreed")).to_be_visible()

    page.get_by_role("button", name="Make a link for the patient").click()
    address = page.get_by_label("Address").input_value()
    home = open_page(viewport=PHONE, storage_state=None, java_script_enabled=False, color_scheme="dark")
    home.goto(address)
    home.locator('#right_heaviness input[value="3"]').check()
    home.get_by_role("button", name="Save").click()
    expect(home.get_by_text("Your entries are kept only if you agree.").first).to_be_visible()
    expect(home.locator('#right_heaviness input[value="3"]')).to_be_checked()
    home.get_by_label("I agree").check()
    home.get_by_role("button", name="Save").click()
    expect(home.get_by_text("Thank you; that is all for today.")).to_be_visible()

    seen = open_page()
    seen.goto(record)
    expect(seen.get_by_text("8 → 3 of 10")).to_be_visible()
    for part in ("", "/visits/new", "/treatments", "/measurements", "/correct", "/delete"):
        seen.goto(record + part)
        assert axe(seen) == [], part
    seen.goto(address)
    assert axe(seen) == []


def test_a_conflict_shows_both_and_loses_nothing(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]]
) -> None:
    page = open_page(locale="ru-RU", viewport=PHONE, color_scheme="dark")
    name = "Two at once"
    held = {"step": "store", "date": TODAY.isoformat(), "identifier": name, "birth_year": str(TODAY.year - 61)}
    page.request.post("/patients/save", form={"case": case(), "sex": "female", **held})
    page.goto("/patients")
    page.get_by_role("link", name=name).click()
    page.locator("#visits tbody a").first.click()
    visit = page.url.rpartition("/")[2]
    patient = page.url.split("/")[-3]
    same = {
        "patient": patient,
        "encounter": visit,
        "seen": "1",
        "base": "1",
        "step": "store",
        "date": TODAY.isoformat(),
    }
    theirs = case(findings={**FOUND, "leg_swelling": {"right": "present"}})
    page.request.post("/patients/save", form={"case": theirs, "reason": "one", **same})
    mine = case(findings={**FOUND, "varicose_veins_visible": {"left": "present"}})
    page.evaluate(
        """fields => { const form = document.createElement("form"); form.method = "post"; form.action = "/patients/save";
        for (const name in fields) { const field = document.createElement("input"); field.type = "hidden";
        field.name = name; field.value = fields[name]; form.append(field); } document.body.append(form); form.submit(); }""",
        {"case": mine, "reason": "two", **same},
    )
    page.wait_for_url("**/patients/save")
    summary = page.get_by_role("alert")
    summary.wait_for()
    assert "изменил кто-то другой" in summary.inner_text()
    expect(summary.locator("table")).to_have_count(2)
    assert axe(page) == []
    page.locator("form:has(#reason) button.main").click()
    page.wait_for_url(f"**/patients/{patient}")
    page.goto(f"/patients/{patient}/visits/{visit}")
    expect(page.get_by_text("версия 3 из 3")).to_be_visible()

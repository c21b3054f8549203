"""A clinician in a browser: from an empty page to the PDF with the keyboard alone; without scripts; live."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
import yaml

from saphena import Model
from saphena.case import Case
from saphena.interfaces.web.app import create_app
from saphena.interfaces.web.settings import Settings

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Chromium is not installed")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
AXE = Path(__file__).parent / "axe.min.js"
EXAMPLE = Path(__file__).parents[2] / "examples" / "swollen_calf_after_flight.yaml"


@pytest.fixture(scope="module")
def site(model: Model) -> Iterator[tuple[str, str]]:
    """Address of a running server, and the token of its door."""
    app = create_app(Settings(port=0), model)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", app.state.doors.token
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    with sync_api.sync_playwright() as player:
        opened = player.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield opened
        opened.close()


def page_of(browser: sync_api.Browser, site: tuple[str, str], **options: object) -> sync_api.Page:
    """A page behind the door."""
    page = browser.new_context(locale="en", base_url=site[0], **options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(20_000)
    page.goto(f"/enter?token={site[1]}&to=/about")
    return page


def test_from_an_empty_page_to_the_pdf_with_the_keyboard(browser: sync_api.Browser, site: tuple[str, str]) -> None:
    page = page_of(browser, site)
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
    assert page.evaluate("document.activeElement.name") == "f.leg_swelling.right"
    page.keyboard.press("ArrowRight")  # From unknown round to present.
    assert page.evaluate("document.activeElement.value") == "present"
    page.wait_for_selector("#live .live li")
    page.focus(".strip button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#differential")
    assert page.locator("h1").count() == 1
    with page.expect_request("**/assessment.pdf") as asked:
        page.focus("button[formaction='/assessment.pdf']")
        page.keyboard.press("Enter")
    assert "leg_swelling" in (asked.value.post_data or "")
    assert wrong == []


def test_each_change_moves_the_differential(browser: sync_api.Browser, site: tuple[str, str]) -> None:
    page = page_of(browser, site)
    page.goto("/intake")
    page.fill("#age", "38")
    page.select_option("#sex", "female")
    page.wait_for_selector("#live .urgency")
    page.check("input[name='f.sudden_breathlessness_or_chest_pain'][value=present]", force=True)
    page.wait_for_function("document.querySelector('#said').textContent.length > 3")
    page.context.set_offline(True)
    page.check("input[name='f.fever'][value=absent]", force=True)
    page.wait_for_selector("#lost:not([hidden])")
    assert page.is_checked("input[name='f.fever'][value=absent]")
    page.context.set_offline(False)
    page.click("#again")
    page.wait_for_selector("#lost", state="hidden")


def test_without_scripts(browser: sync_api.Browser, site: tuple[str, str]) -> None:
    page = page_of(browser, site, java_script_enabled=False)
    page.goto("/intake")
    page.fill("#age", "abc")
    page.select_option("#sex", "female")
    page.check("input[name='f.fever'][value=present]", force=True)
    page.click(".strip button")
    assert page.title().startswith("Error: ")
    assert page.input_value("#age") == "abc"
    page.fill("#age", "50")
    page.click("button[formaction='/intake']:has-text('Answered')")
    assert page.is_checked("input[name='f.fever'][value=present]")
    page.click(".strip button")
    assert page.locator("#differential").count() == 1
    page.click("button[form=carry]:has-text('Findings')")
    assert page.is_checked("input[name='f.fever'][value=present]")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here")
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("path", ["/intake", "/assessment"])
def test_axe_finds_nothing(
    browser: sync_api.Browser, site: tuple[str, str], path: str, width: int, scheme: str
) -> None:
    page = page_of(browser, site, viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    case = Case.model_validate(yaml.safe_load(EXAMPLE.read_text())).model_dump_json()
    page.evaluate(
        """([path, held]) => { const form = document.createElement("form"); form.method = "post"; form.action = path;
        const field = document.createElement("input"); field.name = "case"; field.value = held; form.append(field);
        document.body.append(form); form.submit(); }""",
        [path, case],
    )
    page.wait_for_url(f"**{path}")
    page.wait_for_load_state("load")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert [(v["id"], [n["target"] for n in v["nodes"][:3]]) for v in found["violations"]] == []

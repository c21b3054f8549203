"""Makes the pictures of the pages from the running program: ``python docs/images/pages.py``.

Needs Chromium (``CHROMIUM`` says where, /usr/bin/chromium by default) and the package playwright. The patients are
fictional: the example case, and the example patient of the record.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
SIZES = {"desktop": {"width": 1280, "height": 860}, "phone": {"width": 390, "height": 760}}
SCHEMES = ("light", "dark")
QUALITY = 60
"""Of the pictures: small files that still read."""
POSTED = """([path, value]) => {
  const form = Object.assign(document.createElement("form"), { method: "post", action: path });
  form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "case", value }));
  document.body.append(form);
  form.submit();
}"""


def _case() -> str:
    return json.dumps(yaml.safe_load((ROOT / "examples" / "evening_heaviness.yaml").read_text(encoding="utf-8")))


def _posted(path: str) -> Callable[[Any], None]:
    def go(page: Any) -> None:
        page.goto("/about")
        with page.expect_navigation(timeout=120_000):
            page.evaluate(POSTED, [path, _case()])

    return go


def _at(path: str) -> Callable[[Any], None]:
    return lambda page: page.goto(path)


def _next(page: Any) -> None:
    """The answers of a step are sent once the server is known to be there."""
    with page.expect_event("load"):
        page.click("main button[value=next]")


def _place(page: Any) -> None:
    page.goto("/interview")
    page.check("#who")
    page.check("#agree")
    _next(page)
    page.fill("#age", "66")
    page.check("[name=sex][value=male]")
    _next(page)
    page.check("[name=complaint][value=leg_heaviness]")
    _next(page)


def _lists(page: Any) -> None:
    _place(page)
    page.check("[name=place][value=left_calf]")
    _next(page)
    page.check("[value=chronic]")
    _next(page)


def _question(page: Any) -> None:
    """The first page after the lists that asks one thing."""
    _lists(page)
    while page.locator("[name=rest]").count():
        page.check("[name=rest]")
        _next(page)


def _medicines(page: Any) -> None:
    _question(page)
    while not page.locator("#medicines").count():
        page.check("[value=absent]")
        _next(page)
    page.fill("#medicines", "Amlodipine 5 mg\nXarelto")


def _stop(page: Any) -> None:
    _lists(page)
    page.check("[value=saddle_numbness]")
    page.check("[name=rest]")
    _next(page)


def _result(page: Any) -> None:
    _question(page)
    with page.expect_event("load"):
        page.click("main button[value=stop]")


def _patient(page: Any) -> None:
    page.goto("/patients")
    with page.expect_navigation():
        page.click("main a[href^='/patients/']:not([href='/patients/archived'])")


def _of_patient(path: str) -> Callable[[Any], None]:
    """A page of the example patient; ``path`` may end in the pattern of a link to follow from there."""
    below, _, link = path.partition(" > ")

    def go(page: Any) -> None:
        _patient(page)
        here = page.url.rstrip("/")
        page.goto(here + below)
        for step in filter(None, link.split(" > ")):
            page.goto(page.locator(f"main a[href*='{step}']:not([href$='/new'])").first.get_attribute("href"))

    return go


def _diary(page: Any) -> None:
    """The page that a patient sees under a link of the diary."""
    _patient(page)
    with page.expect_navigation():
        page.click("main form[action$='/diary'] button")
    page.goto(re.findall(r"/diary/[\w-]{20,}", page.content())[0])


def _what_if(page: Any) -> None:
    _posted("/assessment")(page)
    page.locator("#what-if button").click()
    page.locator("#compared").wait_for()
    page.locator("#what-if").scroll_into_view_if_needed()


def _part(path: str, part: str) -> Callable[[Any], None]:
    def go(page: Any) -> None:
        _posted(path)(page)
        page.wait_for_selector("#next:not([hx-post])")  # It comes by itself, and moves what is below.
        page.evaluate("id => document.getElementById(id).scrollIntoView({ behavior: 'instant' })", part)

    return go


PAGES: dict[str, Callable[[Any], None]] = {
    "start": _at("/"),
    "interview": _at("/interview"),
    "interview_place": _place,
    "interview_red_flags": _lists,
    "interview_question": _question,
    "interview_medicines": _medicines,
    "interview_stop": _stop,
    "interview_result": _result,
    "handover": _at("/handover"),
    "intake": _posted("/intake"),
    "find": _at("/findings?q=swelling"),
    "assessment": _posted("/assessment"),
    "assessment_next": _part("/assessment", "next"),
    "assessment_plan": _part("/assessment", "plan"),
    "assessment_staging": _part("/assessment", "staging"),
    "assessment_what_if": _what_if,
    "save": _posted("/patients/save"),
    "patients": _at("/patients"),
    "patient": _patient,
    "visit": _of_patient(" > /visits/"),
    "visit_new": _of_patient("/visits/new"),
    "outcome": _of_patient(" > /visits/ > /outcome"),
    "measurements": _of_patient("/measurements"),
    "treatments": _of_patient("/treatments"),
    "patient_correct": _of_patient("/correct"),
    "patient_delete": _of_patient("/delete"),
    "diary": _diary,
    "reassess": _at("/reassess"),
    "knowledge": _at("/knowledge"),
    "condition": _at("/knowledge/conditions/chronic_venous_disease"),
    "finding": _at("/knowledge/findings/leg_swelling"),
    "treatment": _at("/knowledge/treatments/compression_stockings"),
    "investigation": _at("/knowledge/investigations/toe_pressure_measurement"),
    "instrument": _at("/knowledge/instruments/wells_dvt"),
    "red_flag": _at("/knowledge/red_flags/cauda_equina_suspected"),
    "sources": _at("/knowledge/sources"),
    "article": _at("/knowledge/article"),
    "evaluation": _at("/evaluation"),
    "cases": _at("/evaluation/cases"),
    "misses": _at("/evaluation/misses"),
    "emergencies": _at("/evaluation/emergencies"),
    "tables": _at("/evaluation/tables"),
    "audit": _at("/audit"),
    "api": _at("/api"),
    "about": _at("/about"),
    "not_found": _at("/nothing/here"),
}
SHOWN_LARGE = {"start", "interview_place", "intake", "assessment", "patient"}
"""Those that the documentation shows; the others are made smaller."""
SMALLER = 0.6


def main() -> None:
    """Start the program with a record of its own, and photograph every page."""
    (HERE / "pages").mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        words = ["serve", "--port", "0", "--database", f"sqlite:///{folder}/record.sqlite", "--country", "GB"]
        command = [sys.executable, "-m", "saphena", *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
            try:
                assert server.stdout is not None
                found = re.search(r"(http://\S+)/enter\?token=(\S+)", server.stdout.readline())
                assert found
                _photograph(found[1], found[2])
            finally:
                server.terminate()


def _photograph(address: str, token: str) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for size, viewport in SIZES.items():
            for scheme in SCHEMES:
                for names, scale in ((SHOWN_LARGE, 1.0), (PAGES.keys() - SHOWN_LARGE, SMALLER)):
                    context = chromium.new_context(
                        base_url=address,
                        viewport=viewport,
                        color_scheme=scheme,
                        locale="en-GB",
                        device_scale_factor=scale,
                    )
                    context.set_default_timeout(120_000)
                    page = context.new_page()
                    page.goto(f"/enter?token={token}")
                    for name in (name for name in PAGES if name in names):
                        PAGES[name](page)
                        page.wait_for_load_state("networkidle")
                        path = HERE / "pages" / f"{name}.{size}.{scheme}.jpg"
                        page.screenshot(path=path, type="jpeg", quality=QUALITY)
                    context.close()
        chromium.close()


if __name__ == "__main__":
    main()

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


def _place(page: Any) -> None:
    page.goto("/interview")
    page.check("#who")
    page.check("#agree")
    page.click("main button[value=next]")
    page.fill("#age", "66")
    page.check("[name=sex][value=male]")
    page.click("main button[value=next]")
    page.check("[name=complaint][value=leg_heaviness]")
    page.click("main button[value=next]")
    page.wait_for_selector("[name=place]")


def _patient(page: Any) -> None:
    page.goto("/patients")
    page.click("main a[href^='/patients/']")


PAGES: dict[str, Callable[[Any], None]] = {
    "start": _at("/"),
    "interview": _at("/interview"),
    "interview_place": _place,
    "intake": _posted("/intake"),
    "assessment": _posted("/assessment"),
    "patients": _at("/patients"),
    "patient": _patient,
    "knowledge": _at("/knowledge"),
    "condition": _at("/knowledge/conditions/chronic_venous_disease"),
    "evaluation": _at("/evaluation"),
    "misses": _at("/evaluation/misses"),
    "audit": _at("/audit"),
    "api": _at("/api"),
    "about": _at("/about"),
}


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
                context = chromium.new_context(base_url=address, viewport=viewport, color_scheme=scheme, locale="en-GB")
                context.set_default_timeout(120_000)
                page = context.new_page()
                page.goto(f"/enter?token={token}")
                for name, go in PAGES.items():
                    go(page)
                    page.wait_for_load_state("networkidle")
                    path = HERE / "pages" / f"{name}.{size}.{scheme}.jpg"
                    page.screenshot(path=path, type="jpeg", quality=QUALITY)
                context.close()
        chromium.close()


if __name__ == "__main__":
    main()

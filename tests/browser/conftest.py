"""The real server and a real browser, each started once; axe-core for what every page is held to.

``browser_page`` is a page of a reader who has come in; ``open_page(...)`` opens one with other settings of the
browser; ``axe(page)`` lists what axe-core finds.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")

HERE = Path(__file__).parent
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
WIDE = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
SECONDS = 20
"""The longest that a step may take on a busy machine."""
expect = sync_api.expect
expect.set_options(timeout=SECONDS * 1000)
AXE = "async () => (await axe.run({ resultTypes: ['violations'], preload: false })).violations"
"""Every rule; what passes is not described, and no stylesheet is fetched again for rules about films and turned screens."""


@dataclass(frozen=True)
class Server:
    """A running ``saphena serve`` in local mode."""

    address: str
    token: str

    def at(self, path: str) -> str:
        return self.address.rstrip("/") + path


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    file = tmp_path_factory.mktemp("record") / "record.sqlite"
    words = ["serve", "--port", "0", "--database", f"sqlite:///{file}", "--country", "GB"]
    with subprocess.Popen([sys.executable, "-m", "saphena", *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = process.stdout.readline()
        found = re.search(r"(http://\S+/)enter\?token=(\S+)", shown)
        try:
            assert found, f"the server printed no address with a token but: {shown!r}"
            yield Server(found[1], found[2])
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}; set CHROMIUM to where one is")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def came_in(server: Server, browser: Any) -> Any:
    """Cookies of a reader who has come through the door."""
    context = browser.new_context()
    context.request.get(server.at(f"/enter?token={server.token}"))
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(server: Server, browser: Any, came_in: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page: ``open_page(viewport=PHONE, color_scheme="dark", java_script_enabled=False, locale="ru-RU")``."""
    contexts = []

    def opened(**settings: Any) -> Any:
        held = {"viewport": WIDE, "locale": "en-GB", "color_scheme": "light", "storage_state": came_in, **settings}
        context = browser.new_context(base_url=server.address, **held)
        context.set_default_timeout(SECONDS * 1000)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture
def browser_page(open_page: Callable[..., Any]) -> Any:
    return open_page()


@pytest.fixture(scope="session")
def axe() -> Callable[[Any], list[str]]:
    """What axe-core finds on a page, best practice included: one line each, so that a failure reads by itself."""
    source = (HERE / "axe.min.js").read_text(encoding="utf-8")

    def found(page: Any) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(source)
        violations = page.evaluate(AXE)
        return [f"{v['id']}: {v['help']}: {node['target']} {node['html']}" for v in violations for node in v["nodes"]]

    return found

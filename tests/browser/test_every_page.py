"""Every page that the route table has, in a real browser: nothing that axe-core objects to, wide and light, small and dark.

Each page is looked at in one of the two ways, in turn; in both with ``SAPHENA_TESTS=all``.

In local mode the pages are those of the example patient; in clinic mode an administrator and a clinician make
themselves at home, as people do: by the token that the command printed, and by the token that the page showed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import cycle
from typing import Any

import pytest

from saphena.records.record import Settings
from tests.browser.conftest import PHONE, WIDE, Server
from tests.web.routes import every_route

pytestmark = pytest.mark.xdist_group("every_page")
LOOKS = {"light": WIDE, "dark": PHONE}
TURN = cycle([LOOKS] if os.environ.get("SAPHENA_TESTS") == "all" else [{scheme: LOOKS[scheme]} for scheme in LOOKS])
NO_PAGES = {
    "/health": "plain JSON",
    "/enter/elsewhere": "leads to the provider",
    "/enter/elsewhere/back": "comes back from it",
    "/diary/{token}/reminder.ics": "a file",
    "/patients/{patient}/export": "a file",
    "/interview/resume/{token}": "asked for in tests/browser/test_interview.py",
}
ALIKE = """most => { for (const e of document.querySelectorAll("tbody, ul, ol, dl, form details"))
  while (e.children.length > most) e.lastElementChild.remove(); }"""
"""Rows are all alike: a few stand for hundreds, over which axe-core would sit for minutes."""
ROWS = 6
PASSWORD = "four words nobody guesses"


def pages() -> list[str]:
    """Addresses of pages, as the route table has them."""
    return sorted({p for m, p, _ in every_route() if m == "GET" and not p.startswith("/api/v1") and p not in NO_PAGES})


@pytest.fixture(scope="module")
def places(server: Server, browser: Any) -> dict[str, str]:
    """Something for each name in an address, out of the record of the example patient."""
    context = browser.new_context(extra_http_headers={"Authorization": f"Bearer {server.token}"})

    def got(path: str) -> Any:
        return context.request.get(server.at(f"/api/v1{path}")).json()

    patient = next(one["id"] for one in got("/patients")["items"] if one["example"])
    link = context.request.post(server.at("/api/v1/links"), data={"purpose": "diary", "patient": patient}).json()
    held = {
        "patient": patient,
        "encounter": got(f"/patients/{patient}/encounters")["items"][0]["id"],
        "measurement": got(f"/patients/{patient}/measurements")["items"][0]["id"],
        "course": got(f"/patients/{patient}/treatments")["items"][0]["id"],
        "token": link["token"],
        "account": "0" * 32,
        "conditions": "deep_vein_thrombosis",
        "findings": "leg_swelling",
        "instruments": "wells_dvt",
        "investigations": "compression_ultrasound",
        "red_flags": "cauda_equina",
        "sources": "stevens_2021",
        "treatments": "compression_stockings",
    }
    for kind in ("conditions", "findings", "instruments", "investigations", "red_flags", "treatments"):
        vocabulary = got(f"/vocabulary/{kind}")
        ids = [one["id"] for one in (vocabulary["items"] if isinstance(vocabulary, dict) else vocabulary)]
        held[kind] = held[kind] if held[kind] in ids else ids[0]
    context.close()
    return held


def address(path: str, places: dict[str, str]) -> str:
    """The route with something for each name in it."""
    kind = path.split("/")[2] if path.startswith("/knowledge/") and "{" in path else ""
    return re.sub(r"{(\w+)}", lambda m: places[kind if m[1] == "id_" else m[1]], path)


def looked_at(page: Any, axe: Callable[[Any], list[str]]) -> dict[str, list[str]]:
    """What is wrong with the page that is open, by how it is looked at."""
    wrong = {}
    page.evaluate(ALIKE, ROWS)
    for scheme, size in next(TURN).items():
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size(size)
        found = axe(page)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append("is wider than the screen")
        if found:
            wrong[scheme] = found
    return wrong


def test_axe_finds_nothing_on_any_page(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], places: dict[str, str]
) -> None:
    page = open_page(locale="ru-RU")  # Its words are the longer ones.
    page.set_default_timeout(60_000)  # The visits of the example are assessed when it is looked at for the first time.
    wrong = {}
    for path in pages():
        answer = page.goto(address(path, places))
        # There are no accounts in local mode, and the page says so; test_accounts looks at them.
        assert answer.status == 200 or path == "/accounts/{account}", (path, answer.status)
        if found := looked_at(page, axe):
            wrong[path] = found
    assert wrong == {}


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    """A clinic that has just been set up, and the one-time token of its first administrator."""
    database = f"sqlite:///{tmp_path_factory.mktemp('clinic') / 'record.sqlite'}"
    saphena = [sys.executable, "-m", "saphena"]
    made = subprocess.run(
        [
            *saphena,
            "account",
            "create",
            "Ada Lovelace of the vascular clinic",
            "--role",
            "administrator",
            "--database",
            database,
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    words = ["serve", "--mode", "clinic", "--port", "0", "--database", database]
    with subprocess.Popen([*saphena, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+/", process.stdout.readline())
        try:
            assert found
            yield Server(found[0], ""), made.stdout.split("One-time token: ")[1].split()[0]
        finally:
            process.terminate()


def pressed(page: Any, selector: str) -> None:
    """A button or link that leads to another page, which has come when this is over."""
    with page.expect_navigation():
        page.click(selector)


def choose_password(page: Any, token: str) -> None:
    """As somebody does who was given a one-time token."""
    page.goto("/password")
    page.fill("#token", token)
    page.fill("#new", PASSWORD)
    page.fill("#again", PASSWORD)
    pressed(page, "main button")
    assert page.url.endswith("/"), page.inner_text("main")


def sign_in(page: Any, name: str, password: str) -> None:
    page.goto("/enter")
    page.fill("#name", name)
    page.fill("#password", password)
    pressed(page, "main button")


def test_accounts(clinic: tuple[Server, str], browser: Any, axe: Callable[[Any], list[str]]) -> None:
    server, token = clinic
    wrong: dict[str, dict[str, list[str]]] = {}

    def seen(page: Any, name: str) -> None:
        if found := looked_at(page, axe):
            wrong[name] = found

    administrator = browser.new_context(base_url=server.address, locale="en-GB").new_page()
    administrator.goto("/password")
    seen(administrator, "password")
    choose_password(administrator, token)
    administrator.goto("/accounts")
    seen(administrator, "accounts")
    administrator.fill("#name", "Ben")
    administrator.check("[name=roles][value=clinician]")
    pressed(administrator, "main form button")
    seen(administrator, "account with its token")
    given = administrator.locator("main [role=status] code").inner_text()
    administrator.goto("/audit")
    pressed(administrator, "main form button")
    assert "The chain is whole" in administrator.get_by_role("status").inner_text()
    seen(administrator, "audit")
    assert administrator.goto("/patients").status == 403
    seen(administrator, "refused")

    clinician = browser.new_context(base_url=server.address, locale="en-GB").new_page()
    clinician.goto("/patients")
    assert "/enter" in clinician.url
    seen(clinician, "sign in")
    sign_in(clinician, "Ben", "not it at all")
    seen(clinician, "wrong password")
    assert "Name or password is wrong" in clinician.get_by_role("alert").inner_text()
    choose_password(clinician, given)
    assert clinician.goto("/patients").status == 200
    assert clinician.goto("/accounts").status == 403
    clinician.goto("/account")
    clinician.fill("#name", "reports")
    pressed(clinician, "form[action='/account/tokens'] button.main")
    seen(clinician, "own account with the token of a program")
    pressed(clinician, "form[action='/leave'] button")
    assert "/enter" in clinician.url
    for number in range(Settings().tries + 1):
        sign_in(clinician, "Ben", f"guess {number}")
    assert "Too many wrong tries" in clinician.get_by_role("alert").inner_text()
    seen(clinician, "locked")
    sign_in(clinician, "Ben", PASSWORD)  # The right one has to wait too, or until somebody unlocks the account.
    assert "Too many wrong tries" in clinician.get_by_role("alert").inner_text()
    administrator.goto("/accounts")
    pressed(administrator, "text=Ben")
    pressed(administrator, "form[action$='/unlock'] button")
    sign_in(clinician, "Ben", PASSWORD)
    assert clinician.goto("/patients").status == 200
    assert wrong == {}

"""What axe-core is held against: a page that is not there, and a page with a fault put in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PHONE, WIDE

LIGHT_AND_WIDE = {"viewport": WIDE, "color_scheme": "light"}
DARK_AND_SMALL = {"viewport": PHONE, "color_scheme": "dark"}


@pytest.mark.parametrize("settings", [LIGHT_AND_WIDE, DARK_AND_SMALL], ids=["light", "dark"])
def test_axe_finds_nothing_on_a_page_that_is_not_there(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], settings: dict[str, Any]
) -> None:
    page = open_page(**settings)
    page.goto("/nowhere")
    assert axe(page) == []


def test_axe_finds_what_is_wrong(browser_page: Any, axe: Callable[[Any], list[str]]) -> None:
    browser_page.goto("/about")
    browser_page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(line.startswith("label:") for line in axe(browser_page))

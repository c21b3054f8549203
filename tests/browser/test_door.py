"""The first pages in a browser: nothing that axe-core objects to, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser.conftest import PHONE, WIDE

LIGHT_AND_WIDE = {"viewport": WIDE, "color_scheme": "light"}
DARK_AND_SMALL = {"viewport": PHONE, "color_scheme": "dark"}


@pytest.mark.one_in(2)
@pytest.mark.parametrize("path", ["/", "/about", "/nowhere"])
@pytest.mark.parametrize("settings", [LIGHT_AND_WIDE, DARK_AND_SMALL], ids=["light", "dark"])
def test_axe_finds_nothing(
    open_page: Callable[..., Any], axe: Callable[[Any], list[str]], path: str, settings: dict[str, Any]
) -> None:
    page = open_page(**settings)
    page.goto(path)
    assert axe(page) == []


def test_axe_finds_what_is_wrong(browser_page: Any, axe: Callable[[Any], list[str]]) -> None:
    browser_page.goto("/about")
    browser_page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert any(line.startswith("label:") for line in axe(browser_page))

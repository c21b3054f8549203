"""SVG written element by element, every word escaped."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def element(name: str, inside: str | Markup = "", **attributes: object) -> Markup:
    """One element. ``class_`` is class, ``text_anchor`` is text-anchor; numbers keep two decimals."""
    written = Markup("").join(
        Markup(' {}="{}"').format(_name(key), _value(value)) for key, value in attributes.items() if value is not None
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, escape(inside))


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def line(kind: str, x1: float, y1: float, x2: float, y2: float) -> Markup:
    """A straight line of the class ``kind``."""
    return element("line", class_=kind, x1=float(x1), x2=float(x2), y1=float(y1), y2=float(y2))


def text(words: str, x: float, y: float, kind: str = "t-3 t-small", anchor: str = "start") -> Markup:
    """Words at a place."""
    return element("text", words, class_=kind, x=float(x), y=float(y), text_anchor=anchor)


def drawing(parts: Iterable[Markup], width: float, height: float, label: str, kind: str | None = None) -> Markup:
    """A picture that keeps its proportions."""
    return _svg(parts, label, class_=kind, viewBox=f"0 0 {width:g} {height:g}")


def stretched(parts: Iterable[Markup], label: str, kind: str) -> Markup:
    """A picture 100 wide and 20 high that is pulled to the width of its place; it holds no words."""
    return _svg(parts, label, class_=kind, viewBox="0 0 100 20", preserveAspectRatio="none")


def _svg(parts: Iterable[Markup], label: str, **attributes: object) -> Markup:
    said: dict[str, object] = {"role": "img", "aria_label": label} if label else {"aria_hidden": "true"}
    return element("svg", Markup("").join(parts), **attributes, **said)

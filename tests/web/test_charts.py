"""Drawings against numbers worked by hand."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree

import pytest
from markupsafe import Markup

from saphena.interfaces.web.charts import (
    Event,
    LogOdds,
    Outcome,
    Point,
    Reached,
    Series,
    bar,
    before_after,
    reliability,
    steps,
    trend,
    waterfall,
)
from saphena.interfaces.web.charts.waterfall import decibans

SERIES = Series(
    "Ankle, cm",
    20,
    30,
    {
        "right": (Point(date(2026, 3, 11), 25), Point(date(2026, 3, 1), 30)),
        "left": (Point(date(2026, 3, 1), 22.5),),
    },
    important=1.0,
    digits=1,
)
ALL = {
    "bar": bar(0.22, 0.12, 0.36, was=0.15, limit=0.02, label="22 per cent"),
    "before": before_after(0.2, (Outcome("present", 0.9), Outcome("absent", 0.0)), "a <b> & c"),
    "waterfall": waterfall(LogOdds(-20, 0), steps(-10, (5,))[0]),
    "scale": LogOdds(-20, 0).scale(),
    "trend": trend((SERIES,), (Event(date(2026, 3, 6), 1),), "Ankle fell"),
    "reliability": reliability((Reached(0.5, 0.25, 0.1, 0.4, 10), Reached(0.9, 1, 0.8, 1, 5)), "Close"),
}


def drawn(svg: Markup, tag: str, **held: str) -> list[dict[str, str]]:
    found = [one.attrib for one in ElementTree.fromstring(str(svg)).iter(tag)]
    return [one for one in found if all(one.get(k.rstrip("_")) == v for k, v in held.items())]


@pytest.mark.parametrize("name", ALL)
def test_every_drawing_is_well_formed_without_style(name: str) -> None:
    root = ElementTree.fromstring(str(ALL[name]))
    assert isinstance(ALL[name], Markup)
    assert not re.search(r"\bstyle=|<style|#[0-9a-f]{3}", ALL[name])
    assert root.get("aria-hidden") == "true" or (root.get("role") == "img" and root.get("aria-label"))


def test_words_are_escaped() -> None:
    assert ElementTree.fromstring(str(ALL["before"])).get("aria-label") == "a <b> & c"


def test_bar() -> None:
    (fill,) = drawn(ALL["bar"], "rect", class_="fill")
    assert fill["width"] == "22"
    assert [one["x1"] for one in drawn(ALL["bar"], "line", class_="whisk")] == ["12", "12", "36"]
    assert drawn(ALL["bar"], "line", class_="was")[0]["x1"] == "15"
    assert drawn(ALL["bar"], "line", class_="thr")[0]["x1"] == "2"
    assert not drawn(bar(0.5), "line", class_="whisk")


def test_decibans() -> None:
    assert decibans(0.5) == 0
    assert decibans(10 / 11) == pytest.approx(10)  # odds 10
    assert decibans(1 / 101) == pytest.approx(-20)  # odds 1:100
    assert decibans(0) == pytest.approx(-60, abs=0.001)


def test_steps_add_up() -> None:
    made = steps(-20, (10, 3.0103, -13.0103))
    assert [round(s.after, 4) for s in made] == [-10, -6.9897, -20]
    assert made[1].probability == pytest.approx(0.2 / 1.2)  # 1:10, doubled
    assert made[2].weight == pytest.approx(-13.0103)


def test_waterfall_places() -> None:
    axis = LogOdds(-20, 0)
    (box,) = drawn(waterfall(axis, steps(-15, (5,))[0]), "rect")
    assert (box["class"], box["x"], box["width"]) == ("for", "25", "25")
    (box,) = drawn(waterfall(axis, steps(-10, (-5,))[0]), "rect")
    assert (box["class"], box["x"], box["width"]) == ("against", "25", "25")
    assert drawn(waterfall(axis, -5.0), "line", class_="mark")[0]["x1"] == "75"
    # 10 % is odds 1:9, -9.54 decibans, 52.3 of 100
    assert [round(at, 1) for at, word in axis.ticks if word == "10"] == [52.3]


def test_before_after_places() -> None:
    # 0 % at 84, 100 % at 304
    assert [c["cx"] for c in drawn(ALL["before"], "circle")] == ["282", "84"]
    assert drawn(ALL["before"], "line", class_="s-ink")[0]["x1"] == "128"
    assert ">0%</text>" in ALL["before"]


def test_trend_places() -> None:
    # from 44 to 844; half way is 444. Axis 20 at 152, 30 at 56: 25 is 104.
    assert drawn(ALL["trend"], "path", class_="l-vein")[0]["d"] == "M44.0 56.0 L844.0 104.0"
    assert drawn(ALL["trend"], "line", class_="ev")[0]["x1"] == "444"
    (mark,) = drawn(ALL["trend"], "rect", class_="f-ochre")
    assert (mark["x"], mark["y"]) == ("40", "124")
    (band,) = drawn(ALL["trend"], "rect", class_="a-ochre")
    assert float(band["height"]) == pytest.approx(19.2)  # 2 of 10 units on 96
    assert "25.0</text>" in ALL["trend"]


def test_trend_of_nothing_and_of_one_day() -> None:
    assert trend((), (), "") == ""
    one = Series("x", 0, 10, {"": (Point(date(2026, 1, 1), 5),)})
    assert drawn(trend((one,), (), "one"), "circle")[0]["cx"] == "44"


def test_reliability_places() -> None:
    points = drawn(ALL["reliability"], "circle")
    # 50 % of 378 beyond 40; 25 % observed is 75 % of the way down from 10
    assert (points[0]["cx"], points[0]["cy"]) == ("229", "293.5")
    assert [float(b["height"]) for b in drawn(ALL["reliability"], "rect", class_="f-band")] == [26, 13]

"""Drawings of the pages: pure functions from numbers to SVG.

Colours come from classes of the stylesheet, so that a drawing follows the page into dark and onto paper. ``label``
is the one sentence that says what is seen; without one the drawing is hidden from screen readers, because the number
stands beside it.
"""

from saphena.interfaces.web.charts.probability import Outcome, bar, before_after
from saphena.interfaces.web.charts.reliability import Reached, reliability
from saphena.interfaces.web.charts.trend import Event, Point, Series, trend
from saphena.interfaces.web.charts.waterfall import LogOdds, Step, steps, waterfall

__all__ = [
    "Event",
    "LogOdds",
    "Outcome",
    "Point",
    "Reached",
    "Series",
    "Step",
    "bar",
    "before_after",
    "reliability",
    "steps",
    "trend",
    "waterfall",
]

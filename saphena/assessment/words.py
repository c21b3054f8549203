"""Probabilities in words, per cent and natural frequencies."""

from __future__ import annotations

from math import log10

from saphena.inference.uncertainty import Interval
from saphena.model.network import Model

DISPLAY_CAP = 0.99
"""No probability is shown above this: the model knows no certainty."""


def shown(model: Model, probability: float, language: str = "en", interval: Interval | None = None) -> str:
    """A probability in words, per cent and natural frequency: ``likely, 72 % (48 to 90 %), about 7 in 10``."""
    word = likely(model, probability, language)
    between = f" ({per_cent(interval.low).removesuffix(' %')} to {per_cent(interval.high)})" if interval else ""
    return f"{word}, {per_cent(probability)}{between}, {frequency(min(probability, DISPLAY_CAP))}"


def likely(model: Model, probability: float, language: str = "en") -> str:
    """A probability in words alone: ``likely``."""
    capped = min(probability, DISPLAY_CAP)
    return next(w.word for w in model.knowledge.texts[language].words if capped >= w.at_least)


def people(probability: float) -> int:
    """How many of 100 people; never all of them."""
    return round(100 * min(probability, DISPLAY_CAP))


def per_cent(probability: float) -> str:
    """``72 %``, ``3.4 %``, ``< 0.1 %``; at most 99 %."""
    p = 100 * min(probability, DISPLAY_CAP)
    if probability > DISPLAY_CAP:
        return "> 99 %"
    return "< 0.1 %" if p < 0.1 else f"{p:.1f} %" if p < 10 else f"{p:.0f} %"


def frequency(probability: float) -> str:
    """A natural frequency: ``about 7 in 10``, ``1 in 140``."""
    if probability >= 0.95:
        return f"about {probability * 100:.0f} in 100"
    if probability >= 0.1:
        return f"about {max(1, round(probability * 10))} in 10"
    if probability <= 0:
        return "0 in 1000"
    n = 1 / probability
    digits = 10 ** max(0, int(log10(n)) - 1)
    return f"1 in {round(n / digits) * digits:,.0f}"


def leg_words(leg: str) -> str:
    """A leg, in words that follow a name."""
    return "" if not leg else " (both legs)" if leg == "both" else f" ({leg} leg)"

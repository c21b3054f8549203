"""Medicines of a case: which are meant by what was written, and what is true of whoever takes them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz, process

from saphena.model.medicines import Medicine
from saphena.model.network import Model

UNIT = r"(?:mg|µg|mcg|ug|g|ml|iu|ie|units?|мг|мкг|г|мл|ед|me|ме)"
AMOUNT = re.compile(
    rf"(?<=\s)[.,/×x*+-]*\d[\d.,/×x*+-]*\s*{UNIT}?(?=\s|/|$)"
    rf"|^\d[\d.,]*\s*{UNIT}(?=\s)"
    r"|\s+(?:tablets?|tab|capsules?|caps|daily|od|bd|tds|twice|once|a day|per day|день|в день|таб\w*|капс\w*|раз\w*)(?=\s|$)",
    re.IGNORECASE,
)
"""A dose or how often: Saphena reads neither. A strength in per cent is none: it stands on creams, which are other medicines."""
BETWEEN = re.compile(r"[\n;]|,(?!\d)")
LIKE = 75
"""Similarity (0 to 100) from which another name may have been meant."""
MOST_LIKE = 2


@dataclass(frozen=True)
class Understood:
    """What one entry of a list of medicines stands for."""

    written: str
    medicine: Medicine | None
    like: tuple[str, ...] = ()
    """Names that may have been meant, where it is not known."""

    @property
    def sentence(self) -> str:
        """What is said of one that is not known."""
        like = f"; did you mean {' or '.join(self.like)}?" if self.like else ""
        return f"{self.written} is no medicine that Saphena knows: nothing follows from it{like}"


def listed(written: str) -> tuple[str, ...]:
    """The entries of a list, one a line or with commas or semicolons between; a comma within a dose separates nothing."""
    return tuple(one.strip() for one in BETWEEN.split(written) if one.strip())


def understood(model: Model, written: str) -> Understood:
    """The medicine of a name, brand or id in any language of Saphena, with or without a dose behind it."""
    names = _names(model)
    for words in (written, AMOUNT.sub("", written)):
        if (id_ := names.get(_plain(words))) is not None:
            return Understood(written, model.knowledge.medicines[id_])
    plain = _plain(AMOUNT.sub("", written))
    near = process.extract(plain, list(names), scorer=fuzz.ratio, limit=MOST_LIKE, score_cutoff=LIKE)
    return Understood(written, None, tuple(dict.fromkeys(model.knowledge.medicines[names[n]].name for n, _, _ in near)))


def taken(model: Model, written: Iterable[str]) -> tuple[Medicine, ...]:
    """Those that are known, each once: two brands of one medicine are one."""
    found = (understood(model, one).medicine for one in written)
    return tuple(dict.fromkeys(one for one in found if one is not None))


def implied(model: Model, medicines: tuple[Medicine, ...], present: Collection[str]) -> dict[str, tuple[Medicine, ...]]:
    """Risk factors and facts that hold, each with the medicines it follows from; ``present`` are those that are known."""
    found: dict[str, tuple[Medicine, ...]] = {}
    for one in medicines:
        for id_ in one.meant(present):
            found[id_] = (*found.get(id_, ()), one)
    for together in model.knowledge.together:
        of = tuple(one for one in medicines if set(one.means) & set(together.of))
        if len(of) >= together.at_least:
            found[together.means] = of
    return found


@lru_cache(maxsize=2)
def _names(model: Model) -> dict[str, str]:
    """Every plain name -> id."""
    found: dict[str, str] = {}
    for language in model.knowledge.words.values():
        for id_ in model.knowledge.medicines:
            if words := language.get(id_):
                found |= {_plain(name): id_ for name in (words.name, *words.synonyms)}
    for id_, one in model.knowledge.medicines.items():
        found |= {_plain(name): id_ for name in (one.id.replace("_", " "), *one.synonyms, one.name)}
    return found


def _plain(written: str) -> str:
    return " ".join(written.casefold().replace("ё", "е").replace("_", " ").replace("-", " ").split())

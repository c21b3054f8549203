"""Rules of the medicines: every id resolves, no two share a name, and classes agree with the codes of risk factors."""

from __future__ import annotations

from saphena.model.checker import Checker
from saphena.model.medicines import Medicine


def check_medicines(checker: Checker) -> None:
    """What is said of medicines fits what is said of risk factors and facts."""
    k = checker.k
    context = [*k.risk_factors, *k.care.facts]
    names: dict[str, str] = {}
    for id_, one in k.medicines.items():
        for place, ids in (("means", one.means), ("asks", one.asks), ("unless", one.unless)):
            for i, name in enumerate(ids):
                checker.known("medicine", id_, (place, i), name, "risk factor or fact", context)
        for i, name in enumerate(one.asks):
            if name in one.means:
                checker.add("medicine", id_, ("asks", i), f"{name} is implied already", "Remove it from asks")
        for name in {one.name.casefold(), *(synonym.casefold() for synonym in one.synonyms)}:
            other = names.setdefault(name, id_)
            if other != id_:
                checker.add("medicine", id_, (), f"{name} is a name of {other} too", "Keep it with one of the two")
        _classes(checker, one)
    for together in k.together:
        for name in (together.means, *together.of):
            if name not in context:
                id_ = next(iter(k.medicines))
                checker.add("medicine", id_, (), f"there is no risk factor or fact {name}", "Correct it under together")


def _classes(checker: Checker, one: Medicine) -> None:
    """A medicine of a class that is a risk factor by its codes means that risk factor, or asks for it."""
    for factor in checker.k.risk_factors.values():
        classes = factor.codes.get("atc", ())
        of_class = any(code.startswith(tuple(classes)) for code in one.atc) if classes else False
        if of_class and factor.id not in (*one.means, *one.asks):
            message = f"belongs to {', '.join(classes)}, which {factor.id} is about"
            checker.add("medicine", one.id, ("atc",), message, f"Add {factor.id} to means, or to asks")

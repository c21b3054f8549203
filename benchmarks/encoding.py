"""A case in the encoding that suits other engines best, as plain lists.

Absent findings are multiplied into the priors, conditions without a present finding are left out,
and the noisy-OR of each present finding becomes a chain of steps with two parents each.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.synthetic import Floats, Synthetic


def absorbed(net: Synthetic, negatives: Sequence[int]) -> tuple[Floats, float]:
    """(C,) P(condition) after the absent findings, and the probability of these."""
    weight = net.prior * (1 - net.q[:, list(negatives)]).prod(axis=1)
    whole = weight + 1 - net.prior
    return weight / whole, float(whole.prod() * (1 - net.leak[list(negatives)]).prod())


def chained(
    net: Synthetic, positives: Sequence[int], negatives: Sequence[int], order: Sequence[int] | None = None
) -> dict[str, Any]:
    """The problem for ``peers``; ``order`` lays out the chains (conditions by index if not given)."""
    prior, constant = absorbed(net, negatives)
    line = list(range(len(prior))) if order is None else list(order)
    links = [[(int(c), float(net.q[c, j])) for c in line if net.q[c, j] > 0] for j in positives]
    chains = [{"leak": float(net.leak[j]), "links": one} for j, one in zip(positives, links, strict=True)]
    used = sorted({c for one in links for c, _ in one})
    return {"prior": {str(c): float(prior[c]) for c in used}, "chains": chains, "constant": constant}

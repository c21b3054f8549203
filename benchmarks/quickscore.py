"""QuickScore (Heckerman 1989): noisy-OR posteriors by inclusion and exclusion over the present findings.

Exact on paper; its sum alternates in sign, so in double precision it cancels as findings are added.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from benchmarks.encoding import absorbed
from benchmarks.synthetic import Floats, Synthetic


def quickscore(net: Synthetic, positives: Sequence[int], negatives: Sequence[int]) -> tuple[float, Floats]:
    """P(evidence) and (C,) P(condition | evidence)."""
    prior, constant = absorbed(net, negatives)
    signs = np.ones(1)
    reach = np.ones((1, len(prior)))
    for j in positives:  # One more finding doubles the subsets: those without it, and those with it.
        signs = np.concatenate([signs, -signs * (1 - net.leak[j])])
        reach = np.concatenate([reach, reach * (1 - net.q[:, j])])
    with_it = prior * reach
    each = 1 - prior + with_it
    terms = signs * each.prod(axis=1)
    total = terms.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(total * constant), np.asarray((terms[:, None] * with_it / each).sum(axis=0) / total)

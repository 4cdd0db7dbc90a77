"""How well a median is known."""

import math
from collections.abc import Sequence


def median_interval(secs: Sequence[float]) -> tuple[float, float]:
    """Returns the 95 % confidence interval of the median, without assumptions on the distribution.

    The interval is the one of the sign test: the pair of order statistics that encloses the true
    median with at least that probability; or minimum and maximum for fewer than six values, which
    enclose it with probability 1 - 2 / 2^n.
    """
    ordered = sorted(secs)
    rank = _rank(len(ordered))
    return ordered[rank], ordered[-1 - rank]


def _rank(count: int) -> int:
    """The largest k with P(Binomial(count, 1/2) <= k) at most 2.5 %, or 0."""
    rank, below = 0, 2.0**-count
    while rank + 1 < count // 2:
        below += math.comb(count, rank + 1) * 2.0**-count
        if below > 0.025:
            break
        rank += 1
    return rank

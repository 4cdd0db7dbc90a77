"""Medians with intervals."""

import math
from collections.abc import Sequence
from statistics import median
from typing import TypedDict


class Summary(TypedDict):
    """A sample in brief, in seconds."""

    median: float
    low: float
    high: float
    repeats: list[float]


def summary(secs: Sequence[float]) -> Summary:
    """Returns the median and its 95 % interval.

    The interval is the one of the sign test: the pair of order statistics that encloses the true
    median with at least that probability, or minimum and maximum for fewer than six repeats.
    """
    ordered = sorted(secs)
    rank = _rank(len(ordered))
    return {
        "median": median(ordered),
        "low": ordered[rank],
        "high": ordered[-1 - rank],
        "repeats": list(secs),
    }


def _rank(count: int) -> int:
    """The largest rank k with P(Binomial(count, 1/2) <= k - 1) at most 2.5 %, or 0."""
    rank, below = 0, 0.0
    while rank < count // 2:
        below += math.comb(count, rank) / 2**count
        if below > 0.025:
            break
        rank += 1
    return max(rank - 1, 0)

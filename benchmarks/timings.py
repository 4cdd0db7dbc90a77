"""Medians with intervals."""

from collections.abc import Sequence
from statistics import median
from typing import TypedDict

from autotune.confidence import median_interval


class Summary(TypedDict):
    """A sample in brief, in seconds."""

    median: float
    low: float
    high: float
    repeats: list[float]


def summary(secs: Sequence[float]) -> Summary:
    """Returns the median and its 95 % interval."""
    low, high = median_interval(secs)
    return {"median": median(secs), "low": low, "high": high, "repeats": list(secs)}

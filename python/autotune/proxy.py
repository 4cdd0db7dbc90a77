"""Smaller problems that stand for workloads which take seconds: what they are, and how they do.

A proxy has the workload's arguments and loops; only outermost loops have fewer iterations. Its
times are never mixed with those of the whole workload: a measurement says what was timed.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from autotune.workload import Workload


@dataclass(frozen=True)
class Cut:
    """An outermost loop with fewer iterations.

    Attributes:
        nest: Number of the loop nest in the workload's body, from 0.
        iterations: Of the loop as it is.
        kept: How many of them, the first ones, are left.
    """

    nest: int
    iterations: int
    kept: int


@dataclass(frozen=True)
class Proxy:
    """A smaller problem.

    Attributes:
        workload: What is timed; differs from the whole workload in text and hash.
        cuts: The loops that are shorter, in order.
        baseline_secs: Median time of the smaller problem as it is; 0 where it was not timed yet.
        whole_secs: The same of the whole workload.
    """

    workload: Workload
    cuts: tuple[Cut, ...]
    baseline_secs: float = 0.0
    whole_secs: float = 0.0

    def __str__(self) -> str:
        counts = [f"{cut.kept} of {cut.iterations}" for cut in self.cuts]
        loops = "the outermost loop" if len(counts) == 1 else f"{len(counts)} outermost loops"
        return f"{', '.join(counts)} iterations of {loops}"


@dataclass(frozen=True)
class ProxyChoice:
    """Whether the candidates of a workload are timed on a proxy.

    Attributes:
        proxy: The proxy; None to time the workload itself.
        reason: Why a workload that takes long has no proxy; empty for one that takes no time, and
            beside a proxy.
    """

    proxy: Proxy | None
    reason: str = ""


@dataclass(frozen=True)
class Ranking:
    """How well times on a proxy ranked candidates, compared with times at full size.

    Attributes:
        num_candidates: Those timed on both.
        spearman: Rank correlation of the two times; None for fewer than three candidates.
        kendall: Tau-b of the two times; None for fewer than three candidates.
        num_failed: Candidates that succeeded on the proxy and failed at full size.
    """

    num_candidates: int
    spearman: float | None
    kendall: float | None
    num_failed: int

    @classmethod
    def of(cls, pairs: Sequence[tuple[float, float]], num_failed: int) -> "Ranking":
        """Returns the ranking from pairs of times: on the proxy, at full size."""
        if len(pairs) < 3:
            return cls(len(pairs), None, None, num_failed)
        small, whole = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        return cls(len(pairs), spearman(small, whole), kendall(small, whole), num_failed)

    def __str__(self) -> str:
        failed = f"; {self.num_failed} of them failed" if self.num_failed else ""
        count = self.num_candidates + self.num_failed
        if self.spearman is None or self.kendall is None:
            return f"{count} candidates were timed at full size too{failed}"
        return (
            f"{count} candidates were timed at full size too{failed}: "
            f"Spearman {self.spearman:.2f}, Kendall {self.kendall:.2f}"
        )


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Returns Spearman's rank correlation; equal values share their mean rank.

    0 where one side has only equal values.
    """
    middle = (len(first) - 1) / 2
    return _cosine(*([rank - middle for rank in _ranks(values)] for values in (first, second)))


def kendall(first: Sequence[float], second: Sequence[float]) -> float:
    """Returns Kendall's tau-b; 0 where one side has only equal values."""
    return _cosine(*(_signs(values) for values in (first, second)))


def choice_to_json(choice: ProxyChoice) -> dict[str, Any]:
    """Returns a choice for `choice_of`: enough to time more candidates on the same proxy."""
    proxy = choice.proxy
    if proxy is None:
        return {"proxy": None, "reason": choice.reason}
    return {
        "proxy": {
            "name": proxy.workload.name,
            "text": proxy.workload.text,
            "hash": proxy.workload.hash,
            "cuts": [asdict(cut) for cut in proxy.cuts],
            "baseline_secs": proxy.baseline_secs,
            "whole_secs": proxy.whole_secs,
        },
        "reason": choice.reason,
    }


def choice_of(value: dict[str, Any] | None) -> ProxyChoice | None:
    """Returns the choice in what `choice_to_json` gave, without the workload's arguments.

    Raises:
        KeyError, TypeError: It is no such value.
    """
    if value is None:
        return None
    proxy = value["proxy"]
    if proxy is None:
        return ProxyChoice(None, value["reason"])
    workload = Workload(proxy["name"], proxy["text"], proxy["hash"], ())
    cuts = tuple(Cut(**each) for each in proxy["cuts"])
    return ProxyChoice(Proxy(workload, cuts, proxy["baseline_secs"], proxy["whole_secs"]))


def _ranks(values: Sequence[float]) -> list[float]:
    return [
        sum(other < value for other in values) + 0.5 * (sum(other == value for other in values) - 1)
        for value in values
    ]


def _signs(values: Sequence[float]) -> list[float]:
    """For every pair of values, which is the greater one."""
    pairs = combinations(values, 2)
    return [float(x > y) - float(x < y) for x, y in pairs]


def _cosine(first: Sequence[float], second: Sequence[float]) -> float:
    def product(x: Sequence[float], y: Sequence[float]) -> float:
        return sum(a * b for a, b in zip(x, y, strict=True))

    norm = math.sqrt(product(first, first) * product(second, second))
    return product(first, second) / norm if norm else 0.0

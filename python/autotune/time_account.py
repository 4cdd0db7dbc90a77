"""Where the wall time of a run goes.

Every moment belongs to one activity, so that the shares add up to the whole: where several go on at
once, as builds beside a timing, to the first of them in the order of `Activity`.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict, astuple, dataclass, fields
from enum import Enum
from typing import Any, Self, TypeVar

T = TypeVar("T")


class Activity(Enum):
    """What a run waits for; the names are fields of `Spent`."""

    TIMING = "timing_secs"
    """A candidate or the program as it is runs in a timing worker."""
    COMPILING = "compiling_secs"
    """A compile worker takes a program or builds a candidate."""
    LISTING = "listing_secs"
    """A compile worker says what is legal."""


@dataclass(frozen=True)
class Spent:
    """Wall time by activity.

    Attributes:
        timing_secs: See `Activity`.
        compiling_secs: In which nothing was timed.
        listing_secs: In which nothing was timed or compiled: the search waits for what is legal.
        other_secs: In which none of these went on: the search itself, the database, reports.
    """

    timing_secs: float = 0.0
    compiling_secs: float = 0.0
    listing_secs: float = 0.0
    other_secs: float = 0.0

    @property
    def total_secs(self) -> float:
        """All of it."""
        return float(sum(astuple(self)))

    @property
    def overhead(self) -> float:
        """The share of the time in which nothing was timed or compiled."""
        return (self.listing_secs + self.other_secs) / (self.total_secs or 1.0)

    def __add__(self, other: Self) -> "Spent":
        return Spent(*map(sum, zip(astuple(self), astuple(other), strict=True)))

    def to_json(self) -> dict[str, Any]:
        """Returns the fields."""
        return asdict(self)


class TimeAccount:
    """Adds up what goes on; may be told of it from any thread.

    Args:
        clock: Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()  # of all that follows
        self._since_secs = clock()
        self._going_on = Counter[Activity]()
        self._secs = dict.fromkeys((field.name for field in fields(Spent)), 0.0)

    @contextmanager
    def during(self, activity: Activity) -> Iterator[None]:
        """Counts the time inside."""
        self._change(activity, 1)
        try:
            yield
        finally:
            self._change(activity, -1)

    def until_done(self, activity: Activity, start: Callable[[], Future[T]]) -> Future[T]:
        """Starts something and counts the time until it is done."""
        with self.during(activity):
            future = start()
            self._change(activity, 1)
        future.add_done_callback(lambda _: self._change(activity, -1))
        return future

    def spent(self) -> Spent:
        """Returns the time since the beginning, or since `close`."""
        with self._lock:
            self._advance()
            return Spent(**self._secs)

    def close(self) -> Spent:
        """Like `spent`; counts from zero afterwards."""
        with self._lock:
            self._advance()
            spent = Spent(**self._secs)
            self._secs = dict.fromkeys(self._secs, 0.0)
            return spent

    def _change(self, activity: Activity, difference: int) -> None:
        with self._lock:
            self._advance()
            self._going_on[activity] += difference

    def _advance(self) -> None:
        """Gives the time since the last change to what went on."""
        now_secs = self._clock()
        first = next((each.value for each in Activity if self._going_on[each]), "other_secs")
        self._secs[first] += now_secs - self._since_secs
        self._since_secs = now_secs

"""Notices when the core is slower than it can be, and waits for better times.

Two hardware threads share a core's units and nearest caches. Where the other one belongs to another
virtual machine, no clock or counter of this one shows it, yet code runs at two thirds of its speed
for seconds. What does show it is a small loop that needs all of a core's width: additions, whose
cycles are the same to a hundredth while the core is alone (`Timer.crowding`). Where these cannot be
counted it is the interpreter's own loop, which takes half as long again or more. (Code that ran
before may cost that one a quarter and is no slower itself.) Its CPU time is looked at; that
something else has the core is for others to find.
"""

import time
from collections import deque
from collections.abc import Callable

_NUM_STEPS = 700
_NUM_FIRST_PROBES = 100
_NUM_CONFIRMING = 8
INTERPRETER_RATIO, CROWDING_RATIO = 1.4, 1.08
_PAUSE_SECS = 0.01
_WAIT_SHARE = 1.0
_ACCEPTED_AFTER_SECS = 15.0


class Interference:
    """Compares the core's speed with the best that was seen in this process.

    What lasts longer than 15 s is the new normal.

    Args:
        probe: Returns what a fixed amount of work takes.
        slow_ratio: What takes so many times the best is slow.
        clock: Seconds, monotonic.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        probe: Callable[[], float],
        slow_ratio: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._probe = probe
        self._slow_ratio = slow_ratio
        self._clock = clock
        self._sleep = sleep
        self._latest = deque((probe() for _ in range(_NUM_CONFIRMING)), _NUM_CONFIRMING)
        self._best = max(self._latest)
        for _ in range(_NUM_FIRST_PROBES - _NUM_CONFIRMING):
            self._take(probe())
        self._started_secs = clock()
        self._slow_since: float | None = None
        self._patience_secs = 0.0
        self._waited_secs = 0.0

    def grant(self, patience_secs: float) -> None:
        """Allows `wait` to wait so long, all its calls together, until this is called again.

        In the long run, waiting never takes more than half of the time.
        """
        earned_secs = _WAIT_SHARE * (self.working_secs() - self._started_secs)
        self._patience_secs = min(patience_secs, patience_secs + earned_secs - self._waited_secs)

    def wait(self) -> None:
        """Returns when the core has its full speed, or patience is at its end."""
        while self._patience_secs > 0.0 and self.is_slow():
            start = self._clock()
            self._sleep(_PAUSE_SECS)
            waited_secs = self._clock() - start
            self._patience_secs -= waited_secs
            self._waited_secs += waited_secs

    def is_slow(self) -> bool:
        """Whether the core is clearly slower than it was at best."""
        reading = min(self._probe(), self._probe())
        self._take(reading)
        if reading <= self._slow_ratio * self._best:
            self._slow_since = None
            return False
        now = self._clock()
        if self._slow_since is None:
            self._slow_since = now
        elif now - self._slow_since > _ACCEPTED_AFTER_SECS:
            self._best, self._slow_since = reading, None
        return self._slow_since is not None

    def _take(self, reading: float) -> None:
        """Remembers the best that several readings in a row confirm.

        Few of them below all others are accidents: a hypervisor that takes the core away does so
        several times within milliseconds, and what the additions are relative to is long then.
        """
        self._latest.append(reading)
        self._best = min(self._best, max(self._latest))

    def working_secs(self) -> float:
        """A clock that stands still in `wait`."""
        return self._clock() - self._waited_secs


def interpreter_loop() -> float:
    """Returns seconds of some ten microseconds' work of the interpreter."""
    start = time.thread_time()
    total = 0
    for step in range(_NUM_STEPS):
        total += step
    return time.thread_time() - start

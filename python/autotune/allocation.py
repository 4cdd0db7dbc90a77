"""Which workload of a program gets the next candidates: gradient task scheduling.

A trial is worth what it is expected to save of the whole program's time (Zheng et al., Ansor:
Generating high-performance tensor programs for deep learning, 2020, section 6). What a workload
saved lately is one guess, that its time falls as 1/n with its n trials an optimistic other; a small
share of the choices is random, for workloads that both guesses misjudge.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

_TRUST_IN_PAST = 0.2
_WINDOW_BATCHES = 3
_RANDOM_SHARE = 0.05


class Allocation(Protocol):
    """Decides whose turn it is. Workloads are numbers."""

    def choose(self, among: Sequence[int]) -> int:
        """Returns one of `among`, which is not empty."""

    def give(self, index: int, num_candidates: int) -> None:
        """A workload got candidates whose outcomes will be told."""

    def tell(self, index: int, num_candidates: int, best_ratio: float) -> None:
        """Outcomes of candidates arrived.

        Args:
            index: Of which workload.
            num_candidates: As many as were given.
            best_ratio: Speed-up of the workload's best candidate so far, 1 at least.
        """


@dataclass
class _Task:
    """One workload.

    Attributes:
        history: After each batch: outcomes so far, and the time that the program then spends here.
        num_pending: Candidates that were given and not told.
    """

    history: list[tuple[int, float]]
    num_pending: int = field(default=0)

    @property
    def num_told(self) -> int:
        return self.history[-1][0]

    @property
    def num_given(self) -> int:
        return self.num_told + self.num_pending


class GradientAllocation:
    """Prefers the workload whose next candidates promise the largest gain.

    Args:
        program_secs: Time that the program spends in each workload as it is: that of one call
            times the number of calls.
        batch: Candidates that are given at once.
        rng: Source of the random choices.
    """

    def __init__(self, program_secs: Sequence[float], batch: int, rng: random.Random) -> None:
        self._tasks = [_Task([(0, secs)]) for secs in program_secs]
        self._batch = batch
        self._rng = rng

    def choose(self, among: Sequence[int]) -> int:
        """See `Allocation.choose`."""
        if self._rng.random() < _RANDOM_SHARE:
            return self._rng.choice(among)
        return max(among, key=self.gain)

    def give(self, index: int, num_candidates: int) -> None:
        """See `Allocation.give`."""
        self._tasks[index].num_pending += num_candidates

    def tell(self, index: int, num_candidates: int, best_ratio: float) -> None:
        """See `Allocation.tell`."""
        task = self._tasks[index]
        task.num_pending -= num_candidates
        secs = task.history[0][1] / best_ratio
        task.history.append((task.num_told + num_candidates, secs))

    def gain(self, index: int) -> float:
        """Returns how many seconds of the program the workload's next candidate should save."""
        task = self._tasks[index]
        now_secs = task.history[-1][1]
        optimism = now_secs / (task.num_given + self._batch)
        if task.num_told == 0:
            return optimism
        num_told, past_secs = task.history[max(0, len(task.history) - 1 - _WINDOW_BATCHES)]
        past = (past_secs - now_secs) / (task.num_told - num_told)
        # After a leap the past promises more than there is left to save.
        past = min(past, now_secs / self._batch)
        return _TRUST_IN_PAST * past + (1.0 - _TRUST_IN_PAST) * optimism


class EqualAllotment:
    """Gives every workload the same number of candidates: the yardstick.

    Args:
        num_workloads: How many there are.
    """

    def __init__(self, num_workloads: int) -> None:
        self._num_given = [0] * num_workloads

    def choose(self, among: Sequence[int]) -> int:
        """See `Allocation.choose`."""
        return min(among, key=lambda index: self._num_given[index])

    def give(self, index: int, num_candidates: int) -> None:
        """See `Allocation.give`."""
        self._num_given[index] += num_candidates

    def tell(self, index: int, num_candidates: int, best_ratio: float) -> None:
        """See `Allocation.tell`."""

"""Search over schedules: the ask/tell protocol, the value of a measurement, and random walks.

The loop that builds and times is outside (`autotune.tune`). A strategy proposes complete schedules
and is told how fast they were; it learns what is legal from a `SearchSpace`. With the same seed
and the same measurements a strategy asks for the same schedules.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Protocol

from autotune.confidence import median_interval
from autotune.measurement import Description, Expansion, Failure, Measurement, Menu
from autotune.proposer import Priors, Proposer
from autotune.schedule import Schedule
from autotune.workload import Target

MAX_STEPS = 14
"""Longest schedule that a random walk builds."""

_MAX_ATTEMPTS = 64
_DOUBLINGS_TO_BOUND = 4.0


class SearchSpace(Protocol):
    """The legal schedules of one workload."""

    def describe(self, schedule: Schedule) -> Description | Failure:
        """Returns what `schedule` makes of the loops, or why it is not legal."""

    def expand(self, schedule: Schedule) -> Expansion | Failure:
        """Returns what can follow `schedule`, or why `schedule` itself is not legal."""


@dataclass(frozen=True)
class Outcome:
    """What became of a schedule that a strategy asked for."""

    schedule: Schedule
    measurement: Measurement


class SearchStrategy(Protocol):
    """Decides which schedules to measure next."""

    def ask(self, num_schedules: int) -> Iterator[Schedule]:
        """Yields at most `num_schedules` complete schedules, none asked for before.

        They come as they are found, so that building one goes on beside finding the next; the
        caller takes all of them before it does anything else with the strategy. May be called again
        before the outcomes of earlier schedules are told. Fewer schedules than asked for mean that
        no others were found; later outcomes may open new ones.
        """

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Takes the outcomes of schedules that were asked for, in any order."""


def speedup(measurement: Measurement) -> float | None:
    """Baseline time over the candidate's, both medians; None for a failure."""
    if measurement.failure is not None:
        return None
    return median(measurement.baseline_secs) / median(measurement.run_secs)


def peak_speedup(measurement: Measurement) -> float | None:
    """Like `speedup`, of the fastest repeats: what interruptions disturb least; for rankings."""
    if measurement.failure is not None:
        return None
    return min(measurement.baseline_secs) / min(measurement.run_secs)


def relative_noise(measurement: Measurement) -> float | None:
    """Half the width of the median's 95 % interval, relative to the median; None where unknown."""
    secs = measurement.run_secs
    if measurement.failure is not None or len(secs) < 2:
        return None
    low, high = median_interval(secs)
    return (high - low) / 2 / median(secs)


def node_value(measurement: Measurement) -> float:
    """The value of a measured schedule in the search, in [-1, 1]; this is its one definition.

    tanh of the logarithm of the speed-up: equal ratios count equally, 16 times faster is 0.76, no
    speed-up 0; a failure has the lower bound.
    """
    ratio = peak_speedup(measurement)
    return -1.0 if ratio is None else math.tanh(math.log2(ratio) / _DOUBLINGS_TO_BOUND)


@dataclass(frozen=True)
class State:
    """A legal schedule with what it makes of the loops."""

    schedule: Schedule
    description: Description

    @property
    def tree_hash(self) -> str:
        """Equal for equal schedule trees."""
        return self.description.tree_hash


class Explorer:
    """Walks in a search space, guided by a proposer. What was seen is cached.

    Args:
        space: The legal schedules.
        proposer: Weighs what can follow a schedule.
        target: The machine that the proposer weighs for.
    """

    def __init__(self, space: SearchSpace, proposer: Proposer, target: Target) -> None:
        self._space = space
        self._proposer = proposer
        self._target = target
        self._states: dict[Schedule, State | None] = {}
        self._expansions: dict[str, Expansion] = {}
        self._priors: dict[str, Priors] = {}

    def visit(self, schedule: Schedule) -> State | None:
        """Returns the state of `schedule`; None where it is not legal."""
        if schedule not in self._states:
            found = self._space.describe(schedule)
            legal = None if isinstance(found, Failure) else State(schedule, found)
            self._states[schedule] = legal
        return self._states[schedule]

    def walk(self, start: State, rng: random.Random, sharpness: float) -> list[State]:
        """Returns the states of a random walk from `start` to where the proposer ends it.

        Args:
            start: The first state of the result.
            rng: Source of the choices.
            sharpness: Exponent on the proposer's weights: 1 follows them, infinity takes the best.
        """
        path = [start]
        while len(path[-1].schedule.transformations) < MAX_STEPS:
            step = self.priors(path[-1]).draw(rng, sharpness)
            if step is None:
                break
            following = self.visit(path[-1].schedule.then(step))
            if following is None:
                break
            path.append(following)
        return path

    def visited(self, schedule: Schedule) -> list[State]:
        """Returns the states of the beginnings of `schedule` that were visited, shortest first."""
        steps = schedule.transformations
        beginnings = (Schedule(steps[:length]) for length in range(len(steps) + 1))
        return [state for x in beginnings if (state := self._states.get(x)) is not None]

    def menus(self, state: State) -> tuple[Menu, ...]:
        """Returns the legal transformations of a state; none where listing them fails."""
        return self._expand(state).menus

    def priors(self, state: State) -> Priors:
        """Returns the proposer's weights over what can follow a state."""
        key = state.tree_hash
        if key not in self._priors:
            expansion = self._expand(state)
            self._priors[key] = self._proposer.priors(expansion, state.schedule, self._target)
        return self._priors[key]

    def _expand(self, state: State) -> Expansion:
        key = state.tree_hash
        if key not in self._expansions:
            found = self._space.expand(state.schedule)
            nothing = Expansion(key, (), state.description.loops)
            self._expansions[key] = nothing if isinstance(found, Failure) else found
        return self._expansions[key]


class RandomSearch:
    """Asks for the ends of independent random walks; the yardstick of every other strategy."""

    def __init__(self, explorer: Explorer, rng: random.Random) -> None:
        self._explorer = explorer
        self._rng = rng
        self._seen: set[str] = set()

    def ask(self, num_schedules: int) -> Iterator[Schedule]:
        """See `SearchStrategy.ask`."""
        root = self._explorer.visit(Schedule())
        if root is None:
            return
        self._seen.add(root.tree_hash)
        num_found = 0
        for _ in range(_MAX_ATTEMPTS * num_schedules):
            if num_found == num_schedules:
                break
            end = self._explorer.walk(root, self._rng, sharpness=1.0)[-1]
            if end.tree_hash not in self._seen:
                self._seen.add(end.tree_hash)
                num_found += 1
                yield end.schedule

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """See `SearchStrategy.tell`; a random search learns nothing."""

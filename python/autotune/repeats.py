"""When code has been timed often enough: warm-up, disturbed repeats, width of the interval."""

import math
from collections.abc import Callable, Sequence
from statistics import median

from autotune.confidence import median_interval
from autotune.measurement import MeasureConfig
from autotune.timer import Repeat

_WARM_SHARE = 0.97
_CLEAR_EXCESS, _FEW_REPEATS = 0.2, 3
_LONG_RATIO = 10.0


class Sample:
    """The repeats of one code, as they come in.

    Args:
        config: How to time.
    """

    def __init__(self, config: MeasureConfig) -> None:
        self._config = config
        self._secs: list[float] = []
        self._disturbed: list[Repeat] = []
        self._num_warmups = 0
        self.spent_secs = 0.0
        """Wall time of all repeats."""
        self.lost_secs = 0.0
        """Wall time of the disturbed ones."""

    def add(self, repeat: Repeat) -> None:
        """Takes one more repeat, which may show that those before were warm-up."""
        self.spent_secs += repeat.total_secs
        if repeat.is_disturbed:
            self.lost_secs += repeat.total_secs
            self._disturbed.append(repeat)
            return
        is_faster = len(self._secs) == 1 and repeat.secs < _WARM_SHARE * self._secs[0]
        if is_faster and self._num_warmups < self._config.max_warmups:
            self._secs.clear()
            self._num_warmups += 1
        self._secs.append(repeat.secs)

    @property
    def secs(self) -> tuple[float, ...]:
        """Undisturbed times of one call; where there are none, CPU times of the disturbed ones."""
        return tuple(self._secs or [repeat.own_secs for repeat in self._disturbed])

    @property
    def num_repeats(self) -> int:
        """Repeats without warm-up, with the disturbed ones."""
        return len(self._secs) + len(self._disturbed)

    @property
    def num_disturbed(self) -> int:
        """Repeats in which something else had the core."""
        return len(self._disturbed)

    @property
    def must_go_on(self) -> bool:
        """Whether there must be another repeat, even though the budget is spent."""
        is_short = self.spent_secs < _LONG_RATIO * self._config.budget_secs
        return self.num_repeats < 2 and is_short

    def is_known(self, best_secs: float) -> bool:
        """Whether the interval of the median is narrow, or there are enough repeats.

        What is clearly slower than `best_secs` need not be known as well.
        """
        config = self._config
        if self.num_repeats >= config.max_repeats:
            return True
        if not self._secs:
            return False
        excess = min(self._secs) / best_secs - 1.0
        if len(self._secs) < (config.min_repeats if excess < _CLEAR_EXCESS else _FEW_REPEATS):
            return False
        return half_width(self._secs) <= max(config.relative_interval, excess / 10.0)


def half_width(secs: Sequence[float]) -> float:
    """Half of the 95 % interval of the median, relative to the median."""
    low, high = median_interval(secs)
    return 0.5 * (high - low) / median(secs)


def time_alone(
    config: MeasureConfig,
    first: Repeat,
    repeat: Callable[[float], Repeat],
    best_secs: float,
    clock: Callable[[], float],
) -> Sample:
    """Repeats until the median is known well or the budget is spent.

    The first, cold call counts only where a call outlasts the budget.

    Args:
        config: How to time.
        first: The first call.
        repeat: Times the code once more, given how long a call takes about.
        best_secs: Time of the best candidate so far; what takes far longer is given up.
        clock: Seconds that count against the budget.
    """
    sample = Sample(config)
    hopeless_secs = config.hopeless_ratio * best_secs
    if first.secs > config.budget_secs:
        sample.add(first)
        if first.own_secs > hopeless_secs:
            return sample
    deadline = clock() + config.budget_secs
    last = first
    while sample.must_go_on or clock() < deadline + min(sample.lost_secs, config.budget_secs):
        last = repeat(last.own_secs)
        sample.add(last)
        is_hopeless = min(sample.secs) > hopeless_secs and sample.num_repeats > 1
        if is_hopeless or sample.is_known(best_secs):
            break
    return sample


def time_in_turn(
    config: MeasureConfig,
    firsts: Sequence[Repeat],
    repeat: Callable[[int, float], Repeat],
    clock: Callable[[], float],
) -> list[Sample]:
    """Repeats several codes in turn, so that whatever changes meanwhile changes for all of them.

    Rounds end when every median is known well, or the codes' budgets are spent. Every other round
    goes backwards. What takes far longer than the fastest leaves the turns; where its first, cold
    call outlasts the budget, with that.

    Args:
        config: How to time.
        firsts: The first call of each.
        repeat: Times the code at a position once more, given how long a call takes about.
        clock: Seconds that count against the budgets.
    """
    samples = [Sample(config) for _ in firsts]
    estimates = [first.own_secs for first in firsts]
    order = list[int]()
    for position, first in enumerate(firsts):
        is_long = first.secs > config.finalist_budget_secs
        if is_long and first.own_secs > config.hopeless_ratio * min(estimates):
            samples[position].add(first)
        else:
            order.append(position)
    budget_secs = config.finalist_budget_secs * len(firsts)
    deadline = clock() + budget_secs
    while order:
        for position in order:
            timed = repeat(position, estimates[position])
            estimates[position] = timed.own_secs
            samples[position].add(timed)
        lost_secs = sum(sample.lost_secs for sample in samples)
        if clock() >= deadline + min(lost_secs, budget_secs):
            break
        if all(samples[position].is_known(math.inf) for position in order):
            break
        hopeless_secs = config.hopeless_ratio * min(estimates)
        order = [each for each in reversed(order) if min(samples[each].secs) <= hopeless_secs]
    return samples

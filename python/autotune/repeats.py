"""When code has been timed often enough: warm-up, disturbed repeats, width of the interval.

The core's clock runs faster at one time than at another. Repeats of one code count where it ran as
for most of them, and the baseline's beside them where it ran at that rate too: a speed-up is of
code, not of clocks. (Times are not corrected for the clock: what waits for memory does not follow.)
"""

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median, median_low

from autotune.confidence import median_interval
from autotune.measurement import MeasureConfig
from autotune.timer import Repeat

_WARM_SHARE = 0.97
_CLEAR_EXCESS, _FEW_REPEATS, _CLEAR_SHARE = 0.2, 3, 0.4
_LONG_RATIO = 10.0
_SAME_CLOCK = 0.015
_NUM_BASELINE_REPEATS, _NUM_OTHER_CLOCKS = 25, 4


class Sample:
    """The repeats of one code, as they come in.

    Args:
        config: How to time.
    """

    def __init__(self, config: MeasureConfig) -> None:
        self._config = config
        self._repeats: list[Repeat] = []
        self._disturbed: list[Repeat] = []
        self._num_warmups = 0
        self.core_hz: float | None = None
        """Rate of the core's clock in most repeats; None where that cannot be told."""
        self.spent_secs = 0.0
        """Wall time of all repeats."""

    def add(self, repeat: Repeat) -> None:
        """Takes one more repeat, which may show that those before were warm-up."""
        self.spent_secs += repeat.total_secs
        if repeat.is_disturbed:
            self._disturbed.append(repeat)
            self.core_hz = usual_clock(self._repeats or self._disturbed)
            return
        is_faster = len(self._repeats) == 1 and repeat.secs < _WARM_SHARE * self._repeats[0].secs
        if is_faster and self._num_warmups < self._config.max_warmups:
            self._repeats.clear()
            self._num_warmups += 1
        self._repeats.append(repeat)
        self.core_hz = usual_clock(self._repeats)

    def settle(self, core_hz: float | None) -> None:
        """Counts the repeats with that clock instead, if there are any."""
        if any(_has_clock(repeat, core_hz) for repeat in self._repeats):
            self.core_hz = core_hz

    @property
    def secs(self) -> tuple[float, ...]:
        """Undisturbed times of one call; where there are none, CPU times of the disturbed ones."""
        good = with_clock(self._repeats, self.core_hz)
        return tuple([x.secs for x in good] or [x.own_secs for x in self._disturbed])

    @property
    def repeats(self) -> Sequence[Repeat]:
        """The undisturbed ones, whatever their clock."""
        return self._repeats

    @property
    def lost_secs(self) -> float:
        """Wall time of the repeats that do not count."""
        other = (x for x in self._repeats if not _has_clock(x, self.core_hz))
        return sum(x.total_secs for x in (*self._disturbed, *other))

    @property
    def num_repeats(self) -> int:
        """Repeats without warm-up, with those that do not count."""
        return len(self._repeats) + len(self._disturbed)

    @property
    def num_disturbed(self) -> int:
        """Repeats in which something else had the core, or its clock was another."""
        if not self._repeats:
            return len(self._disturbed)
        return self.num_repeats - len(self.secs)

    @property
    def must_go_on(self) -> bool:
        """Whether there must be another repeat, even though the budget is spent."""
        is_short = self.spent_secs < _LONG_RATIO * self._config.budget_secs
        return self.num_repeats < 2 and is_short

    def is_known(self, best_secs: float, elapsed_secs: float) -> bool:
        """Whether the interval of the median is narrow, or there are enough repeats.

        What is clearly slower than `best_secs` need not be known as well.

        Args:
            best_secs: Time of the best candidate so far.
            elapsed_secs: How long ago the first repeat began.
        """
        config = self._config
        if self.num_repeats >= config.max_repeats:
            return True
        if not self._repeats:
            return False
        secs = self.secs
        excess = min(secs) / best_secs - 1.0
        is_clear = excess >= _CLEAR_EXCESS
        if len(secs) < (_FEW_REPEATS if is_clear else config.min_repeats):
            return False
        if elapsed_secs < (_CLEAR_SHARE if is_clear else 1.0) * config.min_secs:
            return False
        return half_width(secs) <= max(config.relative_interval, excess / 10.0)


class BaselineRepeats:
    """The latest repeats of a baseline, for each rate that the core's clock had.

    Args:
        known: The first of them.
    """

    def __init__(self, known: Iterable[Repeat]) -> None:
        self._repeats = list(known)

    def __len__(self) -> int:
        return len(self._repeats)

    def add(self, repeat: Repeat) -> None:
        """Takes one more, and forgets the oldest where there are enough with its clock."""
        self._repeats.append(repeat)
        alike = with_clock(self._repeats, repeat.core_hz)
        if len(alike) > _NUM_BASELINE_REPEATS:
            self._repeats.remove(alike[0])
        elif len(self._repeats) > _NUM_OTHER_CLOCKS * _NUM_BASELINE_REPEATS:
            del self._repeats[0]

    @property
    def latest(self) -> Repeat:
        """The last one."""
        return self._repeats[-1]

    @property
    def usual_clock(self) -> float | None:
        """Rate of the core's clock in most of them."""
        return usual_clock(self._repeats)

    def count(self, core_hz: float | None) -> int:
        """How many were made while the clock had that rate."""
        return sum(_has_clock(repeat, core_hz) for repeat in self._repeats)

    def beside(self, core_hz: float | None) -> tuple[Repeat, ...]:
        """Returns those with that clock; the latest ones if there are none."""
        alike = with_clock(self._repeats, core_hz)
        return tuple(alike or self._repeats)[-_NUM_BASELINE_REPEATS:]


def usual_clock(repeats: Iterable[Repeat]) -> float | None:
    """Returns the rate of the core's clock in the middle of all; None where it cannot be told."""
    rates = [repeat.core_hz for repeat in repeats if repeat.core_hz is not None]
    return median_low(rates) if rates else None


def with_clock(repeats: Iterable[Repeat], core_hz: float | None) -> list[Repeat]:
    """Returns the repeats in which the core's clock had that rate."""
    return [repeat for repeat in repeats if _has_clock(repeat, core_hz)]


def _has_clock(repeat: Repeat, core_hz: float | None) -> bool:
    if repeat.core_hz is None or core_hz is None:
        return True
    return abs(repeat.core_hz - core_hz) <= _SAME_CLOCK * core_hz


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
    start = clock()
    deadline = start + config.budget_secs
    last = first
    while sample.must_go_on or clock() < deadline + min(sample.lost_secs, config.budget_secs):
        last = repeat(last.own_secs)
        sample.add(last)
        is_hopeless = min(sample.secs) > hopeless_secs and sample.num_repeats > 1
        if is_hopeless or sample.is_known(best_secs, clock() - start):
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
    start = clock()
    deadline = start + budget_secs
    while order:
        for position in order:
            timed = repeat(position, estimates[position])
            estimates[position] = timed.own_secs
            samples[position].add(timed)
        lost_secs = sum(sample.lost_secs for sample in samples)
        if clock() >= deadline + min(lost_secs, budget_secs):
            break
        elapsed_secs = (clock() - start) / len(firsts)
        if all(samples[position].is_known(math.inf, elapsed_secs) for position in order):
            break
        hopeless_secs = config.hopeless_ratio * min(estimates)
        order = [each for each in reversed(order) if min(samples[each].secs) <= hopeless_secs]
    common_hz = usual_clock(repeat for sample in samples for repeat in sample.repeats)
    for sample in samples:
        sample.settle(common_hz)
    return samples

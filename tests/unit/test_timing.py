"""Timers, samples and counters: what counts, what is dropped, and when it is enough."""

import ctypes
import itertools
import math
import random
from collections.abc import Callable
from statistics import median

import pytest

from autotune.confidence import median_interval
from autotune.counters import EVENTS, Counters, Event
from autotune.interference import Interference, interpreter_loop
from autotune.measurement import MeasureConfig
from autotune.object_code import LoadedCode, NativeCompiler, calling_stub
from autotune.repeats import BaselineRepeats, Sample, time_alone, time_in_turn
from autotune.timer import Repeat, Timer, has_invariant_counter
from autotune.workload import Target

_CONFIG = MeasureConfig(
    budget_secs=math.inf, finalist_budget_secs=math.inf, min_secs=0.0, max_repeats=50
)
_SLEEP = """
declare i32 @usleep(i32)
define void @nap() {
  %1 = call i32 @usleep(i32 20000)
  ret void
}"""
_TASK_CLOCK = Event("task_clock", 1, 1)


def _repeat(
    secs: float,
    is_disturbed: bool = False,
    own_secs: float | None = None,
    core_hz: float | None = None,
) -> Repeat:
    return Repeat(secs, secs if own_secs is None else own_secs, 1, is_disturbed, core_hz)


def _never() -> float:
    """A clock that stands still."""
    return 0.0


@pytest.mark.parametrize(
    ("count", "low", "high"), [(1, 0, 0), (5, 0, 4), (6, 0, 5), (9, 1, 7), (12, 2, 9), (20, 5, 14)]
)
def test_interval_is_the_sign_tests(count: int, low: int, high: int) -> None:
    values = [float(x) for x in range(count)]
    random.Random(count).shuffle(values)
    assert median_interval(values) == (low, high)


def test_interval_holds_the_median_as_often_as_it_says() -> None:
    rng = random.Random(7)
    inside = 0
    for _ in range(2000):
        low, high = median_interval([rng.lognormvariate(0.0, 1.0) for _ in range(15)])
        inside += low <= 1.0 <= high
    assert 0.95 <= inside / 2000 <= 0.985  # 0.9648 for 15 values


def test_warm_up_is_dropped() -> None:
    sample = Sample(_CONFIG)
    for secs in (5.0, 3.0, 2.0, 1.0, 1.01, 0.9):
        sample.add(_repeat(secs))
    assert sample.secs == (1.0, 1.01, 0.9)
    assert sample.num_disturbed == 0


def test_warm_up_ends() -> None:
    sample = Sample(MeasureConfig(max_warmups=2))
    for secs in (5.0, 4.0, 3.0, 2.0):
        sample.add(_repeat(secs))
    assert sample.secs == (3.0, 2.0)


def test_disturbed_repeats_are_made_up_for() -> None:
    times = iter([_repeat(9.0, is_disturbed=True), *[_repeat(1.0)] * 5, _repeat(7.0, True)])
    rest = [_repeat(1.0)] * 50

    def repeat(_: float) -> Repeat:
        return next(times, rest.pop())

    sample = time_alone(_CONFIG, _repeat(2.0), repeat, math.inf, _never)
    assert sample.secs == (1.0,) * 6
    assert sample.num_disturbed == 2
    assert sample.lost_secs == 16.0


def test_repeats_at_another_clock_do_not_count() -> None:
    sample = Sample(_CONFIG)
    for secs, hertz in ((1.0, 2.50e9), (1.01, 2.53e9), (0.8, 3.0e9), (1.02, 2.51e9)):
        sample.add(_repeat(secs, core_hz=hertz))
    assert sample.secs == (1.0, 1.01, 1.02)
    assert sample.num_disturbed == 1
    assert sample.lost_secs == 0.8
    sample.settle(1.0e9)
    assert sample.secs == (1.0, 1.01, 1.02)
    sample.settle(3.0e9)
    assert sample.secs == (0.8,)
    assert sample.num_disturbed == 3


def test_finalists_are_compared_at_one_clock() -> None:
    """The core is faster in two of three rounds, but for one finalist in the first only."""
    hertz = {0: itertools.cycle([3.0e9, 3.0e9, 2.5e9]), 1: itertools.cycle([3.0e9, 2.5e9, 2.5e9])}

    def repeat(position: int, _: float) -> Repeat:
        rate = next(hertz[position])
        return _repeat(3.0e9 / rate, core_hz=rate)

    samples = time_in_turn(_CONFIG, [_repeat(1.0), _repeat(1.0)], repeat, _never)
    assert len({sample.core_hz for sample in samples}) == 1
    assert {secs for sample in samples for secs in sample.secs} == {3.0 / 2.5}


def test_the_baseline_is_remembered_for_each_clock() -> None:
    baseline = BaselineRepeats([_repeat(9.0)])
    for number in range(30):
        baseline.add(_repeat(2.0 + number, core_hz=2.5e9))
    baseline.add(_repeat(1.0, core_hz=3.0e9))
    assert baseline.latest.secs == 1.0
    assert [x.secs for x in baseline.beside(2.5e9)] == [7.0 + number for number in range(25)]
    assert baseline.count(3.0e9) == 1
    assert [x.secs for x in baseline.beside(3.01e9)] == [1.0]
    assert [x.secs for x in baseline.beside(1.0e9)] == [*range(8, 32), 1.0]
    for number in range(200):
        baseline.add(_repeat(1.0, core_hz=1e9 * 1.1**number))
    assert len(baseline) == 100
    assert baseline.count(2.5e9) == 0


def test_where_all_are_disturbed_cpu_time_counts() -> None:
    sample = time_alone(
        _CONFIG,
        _repeat(2.0),
        lambda _: _repeat(2.0, is_disturbed=True, own_secs=1.5),
        math.inf,
        _never,
    )
    assert set(sample.secs) == {1.5}
    assert sample.num_disturbed == len(sample.secs) == _CONFIG.max_repeats


def test_repeats_go_on_until_the_median_is_known() -> None:
    rng = random.Random(3)

    def timed(spread: float) -> Sample:
        return time_alone(
            MeasureConfig(budget_secs=math.inf, min_secs=0.0, max_repeats=10_000),
            _repeat(1.0),
            lambda _: _repeat(1.0 + spread * rng.random()),
            math.inf,
            _never,
        )

    for spread in (0.015, 0.05, 0.1):
        sample = timed(spread)
        low, high = median_interval(sample.secs)
        assert (high - low) / 2 <= 0.01 * median(sample.secs)
    assert len(timed(0.0).secs) == 6 < len(timed(0.05).secs) < len(timed(0.2).secs)


def test_repeats_of_a_moment_are_not_enough() -> None:
    def clock() -> Callable[[], float]:
        """Every reading is 2 ms after the one before."""
        return itertools.count(0.0, 2e-3).__next__

    config = MeasureConfig(budget_secs=math.inf, min_secs=0.05)
    always = _repeat(1e-3)
    sample = time_alone(config, always, lambda _: always, math.inf, clock())
    assert 0.5 * 0.05 / 2e-3 <= len(sample.secs) <= 0.05 / 2e-3
    slower = time_alone(config, always, lambda _: always, 0.5e-3, clock())
    assert 3 < len(slower.secs) < 0.5 * len(sample.secs)
    short = MeasureConfig(budget_secs=math.inf, min_secs=0.05, max_repeats=10)
    assert len(time_alone(short, always, lambda _: always, math.inf, clock()).secs) == 10
    in_turn = MeasureConfig(finalist_budget_secs=math.inf, min_secs=0.05)
    samples = time_in_turn(in_turn, [always] * 3, lambda *_: always, clock())
    assert sum(len(each.secs) for each in samples) > 3 * len(sample.secs)


def test_hopeless_code_is_given_up() -> None:
    calls = []

    def repeat(estimate_secs: float) -> Repeat:
        calls.append(estimate_secs)
        return _repeat(5.0)

    assert time_alone(_CONFIG, _repeat(6.0), repeat, 1.0, _never).secs == (5.0, 5.0)
    assert calls == [6.0, 5.0]
    long = MeasureConfig(budget_secs=1.0)
    assert time_alone(long, _repeat(6.0), repeat, 1.0, _never).secs == (6.0,)
    assert len(calls) == 2


def test_finalists_take_turns_in_both_directions() -> None:
    order = []

    def repeat(position: int, _: float) -> Repeat:
        order.append(position)
        return _repeat(1.0 + position)

    samples = time_in_turn(_CONFIG, [_repeat(1.0), _repeat(2.0)], repeat, _never)
    assert order[:6] == [0, 1, 1, 0, 0, 1]
    assert [sample.secs for sample in samples] == [(1.0,) * 6, (2.0,) * 6]
    assert time_in_turn(_CONFIG, [], repeat, _never) == []


def test_finalists_that_take_far_longer_leave_the_turns() -> None:
    order = []

    def repeat(position: int, _: float) -> Repeat:
        order.append(position)
        return _repeat(1.0 + 8.0 * position)

    samples = time_in_turn(_CONFIG, [_repeat(1.0), _repeat(9.0)], repeat, _never)
    assert order == [0, 1, 0, 0, 0, 0, 0]
    assert [sample.secs for sample in samples] == [(1.0,) * 6, (9.0,)]
    order.clear()
    long = MeasureConfig(finalist_budget_secs=5.0, max_repeats=3)
    samples = time_in_turn(long, [_repeat(1.0), _repeat(9.0)], repeat, _never)
    assert set(order) == {0}
    assert samples[1].secs == (9.0,)


class _Core:
    """A core whose speed changes with time."""

    def __init__(self, is_slow: Callable[[float], bool]) -> None:
        self.now = 0.0
        self._is_slow = is_slow

    def probe(self) -> float:
        return 1.5 if self._is_slow(self.now) else 1.0

    def sleep(self, secs: float) -> None:
        self.now += secs

    def interference(self) -> Interference:
        return Interference(self.probe, 1.4, lambda: self.now, self.sleep)


def test_interference_is_waited_for() -> None:
    core = _Core(lambda now: 1.0 < now < 3.0)
    interference = core.interference()
    interference.grant(5.0)
    interference.wait()
    assert core.now == 0.0
    core.now = 2.0
    assert interference.is_slow()
    interference.wait()
    assert 3.0 <= core.now < 3.1
    assert interference.working_secs() == pytest.approx(2.0)
    assert not interference.is_slow()


def test_patience_ends() -> None:
    core = _Core(lambda now: now > 1.0)
    interference = core.interference()
    core.now = 2.0
    interference.wait()
    assert core.now == 2.0
    interference.grant(0.5)
    interference.wait()
    interference.wait()
    assert 2.5 <= core.now < 2.6


def test_waiting_takes_its_share_at_most() -> None:
    core = _Core(lambda now: now % 10.0 > 1.0)
    interference = core.interference()
    while core.now < 1000.0:
        interference.grant(3.0)
        interference.wait()
        core.now += 0.1
    waited_secs = core.now - interference.working_secs()
    assert 0.4 * core.now < waited_secs < 0.51 * core.now


def test_half_of_the_time_is_waited_for_in_full() -> None:
    core = _Core(lambda now: now % 2.0 > 1.0)
    interference = core.interference()
    num_slow = 0
    for _ in range(1000):
        interference.grant(6.0)
        interference.wait()
        num_slow += interference.is_slow()
        core.now += 0.1
    assert num_slow == 0


def test_a_probe_that_found_cold_caches_is_not_slow() -> None:
    readings = itertools.cycle([1.0, 1.0, 1.3, 1.3])
    interference = Interference(lambda: next(readings), 1.4, lambda: 0.0, lambda _: None)
    assert not any(interference.is_slow() for _ in range(100))


@pytest.mark.parametrize("num_quick", [1, 2, 6])
def test_few_quick_readings_say_nothing(num_quick: int) -> None:
    readings = itertools.chain([1.0] * 150, [0.5] * num_quick, itertools.repeat(1.0))
    interference = Interference(lambda: next(readings), 1.4, lambda: 0.0, lambda _: None)
    assert not any(interference.is_slow() for _ in range(100))


def test_a_core_that_gets_its_full_speed_late_is_known() -> None:
    readings = itertools.chain([1.5] * 150, itertools.repeat(1.0, 50), itertools.repeat(1.5))
    interference = Interference(lambda: next(readings), 1.4, lambda: 0.0, lambda _: None)
    assert [interference.is_slow() for _ in range(100)][-1]


def test_what_lasts_is_the_new_normal() -> None:
    core = _Core(lambda now: now > 1.0)
    interference = core.interference()
    core.now = 2.0
    assert interference.is_slow()
    core.now = 16.0
    assert interference.is_slow()
    core.now = 17.5
    assert not interference.is_slow()
    assert not interference.is_slow()


def test_the_probe_takes_time() -> None:
    assert interpreter_loop() > 0.0


def test_the_clock_of_the_core_is_told(target: Target) -> None:
    native = NativeCompiler(target.cpu, target.features)
    without = Timer(native, 1, has_counter=False)
    assert without.core_hz() is None
    with pytest.raises(ValueError, match="no time stamp counter"):
        without.crowding()
    if not has_invariant_counter():
        pytest.skip("no invariant time stamp counter")
    timer = Timer(native, 1)
    readings = sorted(timer.crowding() for _ in range(200))
    assert 0.0 < readings[20] <= readings[100] < 3.0 * readings[20]
    assert 0.2e9 < median(timer.core_hz() or 0.0 for _ in range(9)) < 8e9


@pytest.mark.parametrize("has_counter", [False, True])
def test_sleep_is_found_out(target: Target, has_counter: bool) -> None:
    if has_counter and not has_invariant_counter():
        pytest.skip("no invariant time stamp counter")
    native = NativeCompiler(target.cpu, target.features)
    nap = LoadedCode(native, native.compile(_SLEEP).object_code)
    stub = LoadedCode(native, native.compile(calling_stub("stub", ())).object_code)
    timer = Timer(native, 1, has_counter)
    assert (timer.secs_per_tick is not None) == has_counter
    repeat = timer.time(stub.address("stub"), nap.address("nap"), (ctypes.c_void_p * 0)(), 2)
    assert repeat.is_disturbed
    assert repeat.num_calls == 2
    assert repeat.secs >= 0.0199  # usleep never sleeps less
    assert repeat.own_secs < repeat.secs


def test_counters_count_only_where_they_are_entered() -> None:
    unknown = Event("unknown", 1, 1 << 40)
    counters = Counters((_TASK_CLOCK, unknown))
    if not counters.names:
        pytest.skip(counters.reason)
    assert counters.names == ("task_clock",)
    assert counters.reason
    before = counters.read()
    with counters:
        sum(range(10_000))
    after = counters.read()
    sum(range(10_000))
    assert after["task_clock"] > before.get("task_clock", 0.0)
    assert counters.read() == after
    counters.close()
    assert counters.read() == {}


def test_missing_counters_are_no_error() -> None:
    counters = Counters(EVENTS)
    with counters:
        pass
    assert set(counters.read()) <= {event.name for event in EVENTS}
    counters.close()

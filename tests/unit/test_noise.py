"""What the doctor says of the machine's noise: its statistics, and one examination."""

import json
import math
import random
from statistics import fmean

import pytest

from autotune.cli import main
from autotune.measurement import Measurement
from autotune.noise import Noise, distinguishable, relative_error
from autotune.object_code import NativeCompiler
from autotune.timer import Timer
from autotune.workload import Target

_PAIR = 1.96 * math.sqrt(2.0)  # 95 % of the differences of two normal values, in deviations


def _scattered(rng: random.Random, error: float, count: int) -> list[float]:
    return [rng.lognormvariate(0.3, error) for _ in range(count)]


def _timed(speedup: float, num_disturbed: int = 0) -> Measurement:
    return Measurement((1.0 / speedup,) * 4, (1.0,) * 4, 0.1, None, num_disturbed)


@pytest.mark.parametrize("error", [0.002, 0.01, 0.05])
def test_a_given_scatter_gives_its_ratio(error: float) -> None:
    ratios = _scattered(random.Random(5), error, 400)
    assert relative_error(ratios) == pytest.approx(error, rel=0.15)
    assert math.log(distinguishable([ratios])) == pytest.approx(_PAIR * error, rel=0.1)


def test_a_few_timings_say_about_the_same() -> None:
    rng = random.Random(1)
    limits = [math.log(distinguishable([_scattered(rng, 0.01, 12)])) for _ in range(300)]
    assert fmean(limits) == pytest.approx(_PAIR * 0.01, rel=0.15)


def test_equal_code_is_seldom_told_apart() -> None:
    rng = random.Random(2)
    errors = 0
    for _ in range(2000):
        limit = distinguishable([_scattered(rng, 0.03, 12)])
        one, other = _scattered(rng, 0.03, 2)
        errors += max(one / other, other / one) > limit
    assert 0.03 < errors / 2000 < 0.09


def test_outliers_count_for_pairs_and_not_for_the_error() -> None:
    ratios = [1.0, 1.001, 0.999] * 7
    assert relative_error([*ratios, 2.0]) < 0.002
    assert distinguishable([ratios]) < 1.003
    assert distinguishable([[*ratios, 2.0]]) > 1.9


def test_only_what_was_timed_in_turn_is_compared() -> None:
    assert distinguishable([[1.0, 1.0], [3.0, 3.0]]) == 1.0
    assert distinguishable([[1.0, 1.0, 3.0, 3.0]]) == pytest.approx(3.0)
    assert distinguishable([[1.0, 1.2]]) == pytest.approx(1.2)


def test_noise_is_that_of_speedups() -> None:
    noise = Noise((_timed(1.0), _timed(1.1, 8), _timed(1.0, 4)), ((_timed(2.0), _timed(2.0)),))
    assert noise.run_secs == 1.0
    assert noise.interval == 0.0
    assert noise.disturbed_share == 0.5
    assert 1.09 < noise.search_ratio <= 1.1
    assert noise.finalist_ratio == 1.0


@pytest.mark.parametrize("has_counter", [False, True])
def test_the_clock_counts_in_short_steps(target: Target, has_counter: bool) -> None:
    timer = Timer(NativeCompiler(target.cpu, target.features), 1, has_counter)
    assert 0.0 < timer.step_secs() < 1e-6


def test_the_doctor_says_what_can_be_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    main(["doctor", "--json"])
    findings = {each["name"]: each for each in json.loads(capsys.readouterr().out)}
    assert findings["timer"]["values"]["overhead_secs"] >= findings["timer"]["values"]["step_secs"]
    told = findings["told apart"]["values"]
    for bound in ("arithmetic", "memory"):
        values = findings[f"noise, {bound}"]["values"]
        assert values["num_timings"] >= 6
        assert 1e-6 < values["run_secs"] < 1.0
        assert 0.0 <= values["disturbed_share"] <= 1.0
        assert 1.0 <= values["search_ratio"] <= told["search_ratio"] < 10.0
        assert 1.0 <= values["finalist_ratio"] <= told["finalist_ratio"] < 10.0
    assert (
        findings["noise, arithmetic"]["values"]["run_secs"]
        < (findings["noise, memory"]["values"]["run_secs"])
    )

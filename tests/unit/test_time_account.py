"""Where the time of a run goes: what is counted as what, and that it adds up."""

import threading
from concurrent.futures import Future
from dataclasses import replace

import pytest

from autotune.database import Database
from autotune.metering import MeteredCompiler, MeteredRunner
from autotune.progress import SilentProgress
from autotune.search_loop import Session
from autotune.time_account import Activity, Spent, TimeAccount
from autotune.tune import TuneConfig, tune
from autotune.workload import Workload
from tests.unit.fakes import FakeCompiler, FakeRunner
from tests.unit.toy_space import TARGET

MATMUL = Workload("matmul", "module {}", "ab" * 32, ())
RELU = Workload("relu", "module { }", "cd" * 32, ())
CONFIG = TuneConfig(trials=12, seed=1, proposer="uniform")
# Every thread is needed for timing, so that nothing is chosen or built meanwhile.
EXCLUSIVE = replace(TARGET, num_threads=TARGET.num_cores)


class Clock:
    """Time passes when somebody says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account(clock: Clock) -> TimeAccount:
    return TimeAccount(clock)


def test_every_moment_counts_once_and_for_the_first(clock: Clock, account: TimeAccount) -> None:
    clock.now += 1.0
    build: Future[int] = Future()
    assert account.until_done(Activity.COMPILING, lambda: build) is build
    clock.now += 2.0
    with account.during(Activity.LISTING):
        clock.now += 4.0
        with account.during(Activity.TIMING):
            clock.now += 8.0
        build.set_result(1)
        clock.now += 16.0
    clock.now += 32.0
    assert account.spent() == Spent(8.0, 6.0, 16.0, 33.0)
    assert account.spent().total_secs == 63.0
    assert account.spent().overhead == pytest.approx(49.0 / 63.0)


def test_two_of_a_kind_count_once(clock: Clock, account: TimeAccount) -> None:
    first, second = Future[int](), Future[int]()
    for future in (first, second):
        account.until_done(Activity.COMPILING, lambda future=future: future)
        clock.now += 1.0
    first.set_result(1)
    clock.now += 1.0
    second.set_exception(ValueError())
    clock.now += 1.0
    assert account.spent() == Spent(compiling_secs=3.0, other_secs=1.0)


def test_what_fails_to_start_is_over(clock: Clock, account: TimeAccount) -> None:
    def start() -> Future[int]:
        clock.now += 2.0
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        account.until_done(Activity.TIMING, start)
    clock.now += 1.0
    assert account.spent() == Spent(timing_secs=2.0, other_secs=1.0)


def test_an_account_that_is_closed_starts_again(clock: Clock, account: TimeAccount) -> None:
    clock.now += 1.0
    with account.during(Activity.TIMING):
        clock.now += 2.0
        assert account.close() == Spent(timing_secs=2.0, other_secs=1.0)
        clock.now += 4.0
    assert account.close() == Spent(timing_secs=4.0)
    assert account.spent().overhead == 0.0


def test_threads_lose_nothing(clock: Clock, account: TimeAccount) -> None:
    def work() -> None:
        for _ in range(500):
            with account.during(Activity.LISTING):
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    clock.now += 1.0
    assert account.spent() == Spent(other_secs=1.0)


class SlowCompiler(FakeCompiler):
    """Listing takes 1 s, a build 10 s."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.num_questions = 0

    def describe(self, candidate):
        return self._answer(super().describe(candidate))

    def expand(self, candidate):
        return self._answer(super().expand(candidate))

    def build(self, candidate):
        self.clock.now += 10.0
        return super().build(candidate)

    def _answer(self, answer):
        self.num_questions += 1
        self.clock.now += 1.0
        return answer


class SlowRunner(FakeRunner):
    """A candidate takes 100 s."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock

    def run(self, *arguments):
        self.clock.now += 100.0
        return super().run(*arguments)


class SlowProgress(SilentProgress):
    """Telling the user takes 1000 s."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.num_told = 0

    def trial(self, workload, measurement):
        self.num_told += 1
        self.clock.now += 1000.0


def test_a_search_is_counted_as_what_it_does(clock, account, tmp_path):
    compiler, runner, progress = SlowCompiler(clock), SlowRunner(clock), SlowProgress(clock)
    with Database(str(tmp_path / "tuning.db")) as database:
        session = Session(
            MeteredCompiler(compiler, account),
            MeteredRunner(runner, account),
            database,
            EXCLUSIVE,
            progress,
            clock,
            str,
            spent=account.spent,
        )
        tune([MATMUL, RELU], CONFIG, session)
        spent = account.close()
        assert spent == Spent(
            timing_secs=100.0 * len(runner.timed),
            compiling_secs=10.0 * len(compiler.built),
            listing_secs=1.0 * compiler.num_questions,
            other_secs=1000.0 * 12,
        )
        assert spent.total_secs == clock.now - 100.0
        assert {run.spent for run in database.runs()} == {spent}
        tune([MATMUL, RELU], replace(CONFIG, trials=20, resume=True), session)
        both = spent + account.close()
        assert {run.spent for run in database.runs()} == {both}
        assert both.total_secs == clock.now - 100.0

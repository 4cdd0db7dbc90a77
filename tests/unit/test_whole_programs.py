"""Programs of several workloads: one budget, shared by what it saves, with fake workers."""

from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import pairwise

import pytest

from autotune.database import Database
from autotune.measurement import Failure, FailureKind, Measurement
from autotune.progress import SilentProgress
from autotune.schedule import Schedule
from autotune.search_loop import Session
from autotune.tune import TuneConfig, tune
from autotune.workload import Workload
from tests.unit.fakes import FakeCompiler, FakeRunner
from tests.unit.toy_space import TARGET

LARGE, *SMALL = (Workload(f"w{n}", f"module {n}", f"{n:064x}", ()) for n in range(6))
PROGRAM = [LARGE, *SMALL]
CONFIG = TuneConfig(trials=60, seed=1, proposer="uniform")


@dataclass
class ProgramRunner(FakeRunner):
    """The first workload takes 10 s, the others 0.4 s; the baseline's time drifts."""

    timed_of: list[str] = field(default_factory=list)
    drift: float = 1.0

    def run(self, workload, baseline, artefact) -> Measurement:
        self.timed_of.append(workload.name)
        self.baseline_secs = (10.0 if workload == LARGE else 0.4) * self.drift
        return super().run(workload, baseline, artefact)


@pytest.fixture
def session(tmp_path):
    with Database(str(tmp_path / "tuning.db")) as database:
        clock = iter(range(10**9))
        yield Session(
            FakeCompiler(),
            ProgramRunner(),
            database,
            TARGET,
            SilentProgress(),
            lambda: float(next(clock)),
            lambda built: f"run {built.candidate.schedule}",
        )


def trials(reports) -> dict[str, int]:
    return {report.name: len(report.records) for report in reports}


def program_secs(reports) -> float:
    return sum(report.best_secs for report in reports)


def searched(database) -> dict[str, list[Schedule]]:
    return {
        run.workload_name: [record.schedule for record in database.records(run)]
        for run in database.runs()
    }


def test_one_budget_goes_where_the_time_goes(session):
    counts = trials(tune(PROGRAM, CONFIG, session))
    assert sum(counts.values()) == CONFIG.trials
    assert counts["w0"] > CONFIG.trials / 2
    assert min(counts.values()) > 0


def test_the_gradient_beats_equal_allotment_at_equal_trials(session):
    """On a program with one dominating and several small workloads; mean of ten seeds."""
    totals = Counter()
    for allocation in ("gradient", "equal"):
        for seed in range(10):
            with Database("sqlite://") as database:
                config = replace(CONFIG, seed=seed, allocation=allocation)
                reports = tune(PROGRAM, config, replace(session, database=database))
            assert sum(trials(reports).values()) == CONFIG.trials
            totals[allocation] += program_secs(reports)
    assert totals["gradient"] < 0.8 * totals["equal"]


def test_workloads_take_turns(session):
    tune(PROGRAM, CONFIG, session)
    during_search = session.runner.timed_of[len(PROGRAM) :]
    switches = sum(one != next_one for one, next_one in pairwise(during_search))
    assert switches >= 2 * len(PROGRAM), "not one after the other"


def test_equal_workloads_count_as_often_as_they_occur(session):
    first, second = SMALL[:2]
    twins = [replace(second, name=f"twin{n}") for n in range(5)]
    reports = tune([first, second, *twins], CONFIG, session)
    assert [report.name for report in reports] == [x.name for x in (first, second, *twins)]
    assert len({report.schedule for report in reports[1:]}) == 1
    assert len(session.database.runs()) == 2
    counts = trials(reports)
    assert counts["w2"] > 2 * counts["w1"]


class Killed(BaseException):
    """Stands for the end of the process."""


@dataclass
class MortalRunner(ProgramRunner):
    num_left: int = 0

    def run(self, *arguments) -> Measurement:
        if self.num_left == 0:
            raise Killed
        self.num_left -= 1
        return super().run(*arguments)


@pytest.mark.parametrize("num_timed", [3, 6, 7, 20, 41])
def test_a_program_that_was_cut_off_resumes_exactly(session, num_timed):
    """Wherever it was cut off, and however much faster the machine is the next day."""
    with Database("sqlite://") as database:
        expected = trials(tune(PROGRAM, CONFIG, replace(session, database=database)))
        schedules = searched(database)
    with pytest.raises(Killed):
        tune(PROGRAM, CONFIG, replace(session, runner=MortalRunner(num_left=num_timed)))
    num_kept = sum(map(len, searched(session.database).values()))
    drift = 1.0 if num_timed < len(PROGRAM) else 0.5
    runner = ProgramRunner(drift=drift)
    reports = tune(PROGRAM, replace(CONFIG, resume=True), replace(session, runner=runner))
    assert trials(reports) == expected
    assert searched(session.database) == schedules
    assert num_kept >= num_timed - len(PROGRAM)


def test_a_second_run_of_the_program_is_known(session):
    first = tune(PROGRAM, CONFIG, session)
    reuse = replace(session, compiler=FakeCompiler(), runner=ProgramRunner())
    assert tune(PROGRAM, replace(CONFIG, seed=7), reuse) == first
    assert reuse.compiler.built == reuse.runner.timed == []


def test_few_trials_in_one_program_are_no_hit_in_another(session):
    tune(PROGRAM, CONFIG, session)
    (small,) = tune([SMALL[0]], CONFIG, session)
    assert len(small.records) == CONFIG.trials


def test_more_workloads_than_trials(session):
    reports = tune(PROGRAM, replace(CONFIG, trials=3), session)
    assert trials(reports) == {"w0": 3, **dict.fromkeys(["w1", "w2", "w3", "w4", "w5"], 0)}
    runner = ProgramRunner()
    tune(PROGRAM, replace(CONFIG, trials=3), replace(session, runner=runner))
    assert runner.timed == [], "known, though most had no trial"


def test_one_time_limit_for_all(session):
    config = replace(CONFIG, trials=10**6, time_limit_secs=300.0)
    reports = tune(PROGRAM, config, session)
    assert 20 < sum(trials(reports).values()) < 300
    assert all(run.num_trials < 10**6 for run in session.database.runs())


@dataclass
class HalfBrokenRunner(ProgramRunner):
    """Every candidate of the large workload computes something else."""

    def run(self, workload, baseline, artefact) -> Measurement:
        if workload == LARGE and artefact.object_code:
            return Measurement((), (), 0.1, Failure(FailureKind.WRONG_RESULT, "element 0"))
        return super().run(workload, baseline, artefact)


def test_failures_of_one_workload_do_not_stop_the_others(session):
    config = replace(CONFIG, trials=150)
    reports = tune(PROGRAM, config, replace(session, runner=HalfBrokenRunner()))
    assert reports[0].schedule == Schedule()
    assert all(len(report.records) > 0 for report in reports)
    assert sum(trials(reports).values()) == config.trials


class EndedSpaceCompiler(FakeCompiler):
    """Nothing can be done to the large workload."""

    def expand(self, candidate):
        future = super().expand(candidate)
        if candidate.workload == LARGE:
            future = type(future)()
            expansion = self.space.expand(candidate.schedule)
            future.set_result(replace(expansion, menus=()))
        return future


def test_what_an_exhausted_workload_leaves_goes_to_the_others(session):
    reports = tune(PROGRAM, CONFIG, replace(session, compiler=EndedSpaceCompiler()))
    counts = trials(reports)
    assert counts["w0"] == 0
    assert sum(counts.values()) == CONFIG.trials

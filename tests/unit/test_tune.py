"""Tuning, with a fake compiler and a fake runner."""

import re
from dataclasses import replace

import pytest

from autotune.database import Database
from autotune.measurement import Artefact, Failure, FailureKind, Measurement
from autotune.problem import Problem
from autotune.progress import SilentProgress
from autotune.report import Report
from autotune.schedule import Schedule
from autotune.search_loop import Session, WorkloadSearch
from autotune.tune import (
    BaselineError,
    ConfigError,
    ReplayError,
    TuneConfig,
    replay,
    tune,
)
from autotune.workload import Workload
from tests.unit.fakes import FakeCompiler, FakeRunner
from tests.unit.toy_space import TARGET, toy_speedup

WORKLOAD = Workload("matmul", "module {}", "ab" * 32, ())
OTHER = Workload("relu", "module { }", "cd" * 32, ())
CONFIG = TuneConfig(trials=24, seed=1, proposer="uniform")


@pytest.fixture
def session(tmp_path):
    with Database(str(tmp_path / "tuning.db")) as database:
        clock = iter(range(10**9))
        yield Session(
            FakeCompiler(),
            FakeRunner(),
            database,
            TARGET,
            SilentProgress(),
            lambda: float(next(clock)),
            lambda built: f"run {built.candidate.schedule}",
        )


def searched(session: Session) -> list[Schedule]:
    return [record.schedule for record in session.database.records(session.database.runs()[-1])]


def test_every_trial_is_recorded_and_the_best_one_wins(session):
    (report,) = tune([WORKLOAD], CONFIG, session)
    records = session.database.records(session.database.runs()[0])
    assert len(records) == 24 == len(report.records)
    times = [r.measurement.run_secs for r in records if r.measurement.failure is None]
    assert report.best_secs == min(secs[0] for secs in times)
    assert report.speedup == pytest.approx(toy_speedup(report.schedule))
    assert sum(report.failures.values()) == 24 - len(times)
    assert set(report.failures) <= {"compile_error"}


@pytest.mark.parametrize("search", ["mcts", "beam", "evolutionary", "random"])
@pytest.mark.parametrize("num_threads", [1, 2])
def test_the_same_seed_gives_the_same_trials(session, tmp_path, search, num_threads):
    """With and without an overlap of building and timing."""
    config = replace(CONFIG, search=search)
    session = replace(session, target=replace(TARGET, num_threads=num_threads))
    tune([WORKLOAD], config, session)
    first = searched(session)
    with Database(str(tmp_path / "other.db")) as database:
        again = replace(session, database=database, compiler=FakeCompiler())
        tune([WORKLOAD], config, again)
        assert searched(again) == first
        tune([WORKLOAD], replace(config, seed=2, trials=25), again)
        assert searched(again) != first


def test_a_finished_run_is_reused_without_building(session):
    (first,) = tune([WORKLOAD], CONFIG, session)
    reuse = replace(session, compiler=FakeCompiler(), runner=FakeRunner())
    (second,) = tune([WORKLOAD], replace(CONFIG, trials=20, seed=9), reuse)
    assert second == first
    assert reuse.compiler.built == []
    assert reuse.runner.timed == []


def test_more_trials_than_the_finished_run_search_again(session):
    tune([WORKLOAD], CONFIG, session)
    tune([WORKLOAD], replace(CONFIG, trials=30), session)
    assert [run.num_records for run in session.database.runs()] == [24, 30]


def test_another_target_is_no_hit(session):
    tune([WORKLOAD], CONFIG, session)
    other = replace(session, target=replace(TARGET, cpu="other"))
    tune([WORKLOAD], CONFIG, other)
    assert len(session.database.runs()) == 2


class Killed(BaseException):
    """Stands for the end of the process."""


class MortalRunner(FakeRunner):
    def run(self, *arguments) -> Measurement:
        if len(self.timed) == 9:
            raise Killed
        return super().run(*arguments)


def test_resume_repeats_and_loses_nothing(session, tmp_path):
    with Database(str(tmp_path / "whole.db")) as database:
        whole = replace(session, database=database)
        tune([WORKLOAD], CONFIG, whole)
        expected = searched(whole)
    with pytest.raises(Killed):
        tune([WORKLOAD], CONFIG, replace(session, runner=MortalRunner()))
    before = searched(session)
    assert 9 <= len(before) < 24
    runner = FakeRunner()
    tune([WORKLOAD], replace(CONFIG, resume=True), replace(session, runner=runner))
    assert len(session.database.runs()) == 1
    assert searched(session) == expected
    records = session.database.records(session.database.runs()[0])[len(before) :]
    timed = [record.schedule for record in records if record.measurement.failure is None]
    assert runner.timed[: len(timed)] == timed, "after that come the finalists"


class CoarseCompiler(FakeCompiler):
    """Schedules that differ in nothing but the first size have equal code."""

    def object_hash(self, code: bytes) -> str:
        return re.sub(r"sizes=\d+,", "sizes=", code.decode())


@pytest.mark.parametrize("search", ["mcts", "beam", "evolutionary", "random"])
@pytest.mark.parametrize("num_trials", [1, 5, 10])
def test_a_short_search_is_the_beginning_of_a_long_one(session, tmp_path, search, num_trials):
    """Whatever the bound on the trials, and where equal code makes some of them none."""
    session = replace(session, compiler=CoarseCompiler())
    config = replace(CONFIG, search=search)
    with Database(str(tmp_path / "whole.db")) as database:
        whole = replace(session, database=database)
        tune([WORKLOAD, OTHER], config, whole)
        expected = course(whole)
    tune([WORKLOAD, OTHER], replace(config, trials=num_trials), session)
    beginning = course(session)
    assert beginning == expected[: len(beginning)]
    tune([WORKLOAD, OTHER], replace(config, resume=True), session)
    assert course(session) == expected


def course(session: Session) -> list[tuple[str, Schedule]]:
    """Everything that was recorded, in order, over all runs."""
    database = session.database
    records = [record for run in database.runs() for record in database.records(run)]
    records.sort(key=lambda record: record.provenance.step)
    return [(record.workload_hash, record.schedule) for record in records]


def test_a_candidate_is_built_while_the_next_one_is_looked_for(session):
    first, second = (Schedule.parse(f"autotune-tile{{band=0 sizes={n},0}}") for n in (8, 16))
    built_before = []

    class SlowStrategy:
        def ask(self, num_schedules):
            yield first
            built_before.extend(session.compiler.built)
            yield second

    run = session.database.start_run(WORKLOAD, TARGET, "", 2)
    problem = Problem(WORKLOAD, Artefact(b"", "", 0.0, 0))
    search = WorkloadSearch(session, problem, run, SlowStrategy(), None)
    assert [job.schedule for job in search.ask(2)] == [first, second]
    assert built_before == [first]


@pytest.mark.parametrize("is_cold", [False, True])
def test_what_was_timed_with_other_caches_is_never_taken(session, is_cold):
    """Neither resumed, nor a hit, nor the best; only as a first candidate, timed here."""
    first, second = (replace(TARGET, cold_cache=each) for each in (is_cold, not is_cold))
    (before,) = tune([WORKLOAD], CONFIG, replace(session, target=first))
    runner = FakeRunner(baseline_secs=7.0)
    again = replace(session, target=second, runner=runner)
    (report,) = tune([WORKLOAD], replace(CONFIG, resume=True), again)
    assert len(session.database.runs()) == 2
    assert len(report.records) == 24
    assert report.baseline_secs == 7.0
    assert [each.schedule for each in report.warm_starts] == [before.schedule]
    assert runner.timed[:2] == [Schedule(), before.schedule]
    (known,) = tune([WORKLOAD], CONFIG, replace(again, runner=FakeRunner(9.0)))
    assert known.baseline_secs == 7.0


def test_resume_takes_up_the_runs_of_one_session(session):
    tune([WORKLOAD, OTHER], replace(CONFIG, trials=8), session)
    tune([WORKLOAD], replace(CONFIG, trials=12), session)
    first, second, newer = session.database.runs()
    assert first.origin.session == second.origin.session != newer.origin.session
    tune([WORKLOAD, OTHER], replace(CONFIG, resume=True), session)
    runs = session.database.runs()
    assert len(runs) == 3
    assert runs[2] == newer
    assert runs[0].num_records + runs[1].num_records == 24


def test_an_interrupt_ends_the_search_with_the_best_so_far(session):
    runner = session.runner
    stopped = replace(session, is_interrupted=lambda: len(runner.timed) >= 7)
    (report,) = tune([WORKLOAD], CONFIG, stopped)
    assert 1 < len(report.records) < 12
    assert report.speedup > 1.0
    (run,) = session.database.runs()
    assert run.winner == report.schedule
    assert session.database.hit(WORKLOAD.hash, TARGET.key, 24) is None


ELSEWHERE = replace(TARGET, cpu="elsewhere")


def test_records_of_other_targets_are_the_first_candidates(session):
    (there,) = tune([WORKLOAD], CONFIG, replace(session, target=ELSEWHERE))
    (here,) = tune([WORKLOAD], replace(CONFIG, seed=5, trials=3), session)
    assert [start.schedule for start in here.warm_starts] == [there.schedule]
    assert [start.target_key for start in here.warm_starts] == [ELSEWHERE.key]
    assert here.records[0].schedule == there.schedule
    assert here.records[0].target_key == TARGET.key
    report = Report(TARGET, 5, "mcts", "uniform", (here,), 1.0, 1.0, 0.0)
    line = f"matmul: the first candidates were the best of other targets ({ELSEWHERE.key})"
    assert line in report.to_text()
    assert line in report.to_html()
    starts = report.to_json()["workloads"][0]["warm_starts"]
    assert starts == [{"schedule": str(there.schedule), "target": ELSEWHERE.key}]
    (unknown,) = tune([OTHER], replace(CONFIG, trials=3), session)
    assert unknown.warm_starts == ()
    (cold,) = tune([WORKLOAD], replace(CONFIG, trials=4, warm_start=False), session)
    assert cold.warm_starts == ()


def test_resume_keeps_the_warm_start_that_it_began_with(session):
    tune([WORKLOAD], replace(CONFIG, trials=4), session)
    before = searched(session)
    tune([WORKLOAD], replace(CONFIG, seed=8), replace(session, target=ELSEWHERE))
    (resumed,) = tune([WORKLOAD], replace(CONFIG, trials=8, resume=True), session)
    assert resumed.warm_starts == ()
    assert [record.schedule for record in resumed.records][:4] == before


def test_what_is_not_legal_here_is_no_warm_start(session):
    illegal = Schedule.parse("autotune-tile{band=0 sizes=0,0}")
    run = session.database.start_run(WORKLOAD, ELSEWHERE, "", 1)
    final = Measurement((1.0,), (9.0,), 0.1, None)
    session.database.finish_run(run, 1, illegal, final)
    (report,) = tune([WORKLOAD], CONFIG, session)
    assert illegal not in [record.schedule for record in report.records]
    assert len(report.records) == 24


def test_without_resume_a_cut_off_run_is_left_alone(session):
    with pytest.raises(Killed):
        tune([WORKLOAD], CONFIG, replace(session, runner=MortalRunner()))
    tune([WORKLOAD], CONFIG, session)
    assert [run.winner is None for run in session.database.runs()] == [True, False]


class OneObjectCompiler(FakeCompiler):
    def object_hash(self, code: bytes) -> str:
        return "same"


def test_equal_object_code_is_timed_once(session):
    session = replace(session, compiler=OneObjectCompiler())
    (report,) = tune([WORKLOAD], CONFIG, session)
    succeeded = [r for r in report.records if r.measurement.failure is None]
    assert len(succeeded) == 1
    assert len(session.runner.timed) == 1 + 1 + 1, "baseline, search, finalist"


class SlowerRunner(FakeRunner):
    def ratio(self, schedule: Schedule) -> float:
        return 0.5


def test_the_baseline_wins_where_nothing_is_faster(session):
    (report,) = tune([WORKLOAD], CONFIG, replace(session, runner=SlowerRunner()))
    assert report.schedule == Schedule()
    assert report.speedup == 1.0


class FlukeRunner(FakeRunner):
    """The first measurement of every schedule is 100 times too good."""

    def ratio(self, schedule: Schedule) -> float:
        return 0.9 * (100.0 if self.timed.count(schedule) == 1 else 1.0)


def test_flukes_do_not_survive_the_final_comparison(session):
    (report,) = tune([WORKLOAD], CONFIG, replace(session, runner=FlukeRunner()))
    assert report.schedule == Schedule()


class FailingRunner(FakeRunner):
    def run(self, workload, baseline, artefact) -> Measurement:
        if artefact.object_code:
            return Measurement((), (), 0.1, Failure(FailureKind.WRONG_RESULT, "element 0"))
        return super().run(workload, baseline, artefact)


def test_wrong_results_never_win(session):
    (report,) = tune([WORKLOAD], CONFIG, replace(session, runner=FailingRunner()))
    assert report.schedule == Schedule()
    assert report.speedup == 1.0
    assert report.failures["wrong_result"] + report.failures.get("compile_error", 0) == 24
    wrong = [r for r in report.records if r.measurement.failure.kind is FailureKind.WRONG_RESULT]
    assert all(r.measurement.failure.reproducer == f"run {r.schedule}" for r in wrong)


class RacingRunner(FakeRunner):
    """Every schedule gives other results when it is run again."""

    def run(self, workload, baseline, artefact) -> Measurement:
        measured = super().run(workload, baseline, artefact)
        if artefact.object_code and self.timed.count(self.timed[-1]) > 1:
            failure = Failure(FailureKind.NON_DETERMINISTIC, "element 0\nmore")
            return Measurement((), (), 0.1, failure)
        return measured


def test_the_report_says_what_fails_at_last(session):
    (report,) = tune([WORKLOAD], CONFIG, replace(session, runner=RacingRunner()))
    assert report.schedule == Schedule()
    assert report.failures.keys() <= {"compile_error"}
    schedules = [schedule for schedule, _ in report.failed_finalists]
    assert len(set(schedules)) == len(schedules) >= CONFIG.num_finalists
    first, *_ = report.to_json()["failed_finalists"]
    assert first["schedule"] == str(schedules[0])
    assert (first["kind"], first["message"]) == ("non_deterministic", "element 0\nmore")
    assert first["reproducer"] == f"run {schedules[0]}"


def test_a_baseline_that_does_not_run_ends_tuning(session):
    class BrokenRunner(FakeRunner):
        def run(self, *arguments) -> Measurement:
            return Measurement((), (), 0.1, Failure(FailureKind.RUN_ERROR, "signal 11"))

    with pytest.raises(BaselineError, match="matmul does not run as it is: signal 11"):
        tune([WORKLOAD], CONFIG, replace(session, runner=BrokenRunner()))


def test_equal_workloads_are_tuned_once(session):
    twin = replace(WORKLOAD, name="matmul_2")
    reports = tune([WORKLOAD, twin], CONFIG, session)
    assert [report.name for report in reports] == ["matmul", "matmul_2"]
    assert reports[0].schedule == reports[1].schedule
    assert len(session.database.runs()) == 1


def test_a_time_limit_ends_the_search_and_is_no_full_hit(session):
    (report,) = tune([WORKLOAD], replace(CONFIG, trials=10**6, time_limit_secs=200.0), session)
    (run,) = session.database.runs()
    assert 0 < len(report.records) < 200
    assert report.speedup > 1.0
    assert run.num_trials < 10**6
    assert session.database.hit(WORKLOAD.hash, TARGET.key, 10**6) is None


def test_no_trials_take_the_best_of_the_database(session):
    (untuned,) = tune([WORKLOAD], replace(CONFIG, trials=0), session)
    assert untuned.schedule == Schedule()
    (tuned,) = tune([WORKLOAD], CONFIG, session)
    session.runner.timed.clear()
    (known,) = tune([WORKLOAD], replace(CONFIG, trials=0), session)
    assert known.schedule == tuned.schedule
    assert session.runner.timed == [tuned.schedule]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trials": -1}, "trials is -1"),
        ({"time_limit_secs": 0.0}, "time limit is 0.0"),
        (
            {"search": "genetic"},
            "search 'genetic' is none of mcts, beam, evolutionary, random, none",
        ),
        ({"proposer": "llm"}, "proposer 'llm' is none of"),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        TuneConfig(**settings)


def test_replay_times_given_schedules(session):
    schedule = Schedule.parse("autotune-vectorize{band=0 member=1 width=16}")
    reports = replay([WORKLOAD, OTHER], {"matmul": schedule}, session)
    assert [(report.schedule, report.speedup) for report in reports] == [
        (schedule, pytest.approx(4.0)),
        (Schedule(), 1.0),
    ]
    assert session.database.runs() == []


def test_replay_names_what_fails(session):
    schedule = Schedule.parse("autotune-vectorize{band=0 member=1 width=8}")
    with pytest.raises(ReplayError, match="matmul: compile_error: no vectors of 8"):
        replay([WORKLOAD], {"matmul": schedule}, session)

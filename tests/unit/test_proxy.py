"""Tuning on smaller problems, with a fake compiler and a fake runner, and on a real program."""

import json
from dataclasses import dataclass, field, replace

import pytest

from autotune.database import Database
from autotune.errors import DatabaseError
from autotune.expert_ranking import promising
from autotune.measurement import BuildResult, Candidate, Failure, FailureKind, Measurement
from autotune.progress import SilentProgress
from autotune.proxy import Cut, Proxy, ProxyChoice, Ranking, kendall, spearman
from autotune.proxy_choice import ProxyError, ProxyLimits
from autotune.replay_run import read_recording
from autotune.report import WorkloadReport
from autotune.run_exchange import export_runs, import_runs
from autotune.schedule import Schedule, Tile, Vectorize
from autotune.search import speedup
from autotune.search_loop import Session
from autotune.tune import TuneConfig, tune
from autotune.workload import Workload
from tests.unit.fakes import FakeCompiler, FakeRunner, done
from tests.unit.toy_space import TARGET, toy_speedup

WHOLE = Workload("matmul", "module {}", "ab" * 32, ())
CONFIG = TuneConfig(trials=24, seed=1, proposer="uniform")


class ProxyCompiler(FakeCompiler):
    """Makes problems that are so small a share of the whole; remembers what it built."""

    def __init__(self, reason: str = "") -> None:
        super().__init__()
        self.reason = reason
        self.shares: list[float] = []
        self.candidates: list[Candidate] = []

    def shorten(self, workload: Workload, share: float):
        if self.reason:
            return done(ProxyChoice(None, self.reason))
        self.shares.append(share)
        kept = round(1000 * share)
        smaller = replace(workload, text=f"{kept} steps", hash=f"{kept:064}")
        return done(ProxyChoice(Proxy(smaller, (Cut(0, 1000, kept),))))

    def build(self, candidate: Candidate):
        self.candidates.append(candidate)
        return super().build(candidate)


@dataclass
class ProxyRunner(FakeRunner):
    """Smaller problems take their share; what is in `wrong` fails at full size."""

    baseline_secs: float = 2.0
    wrong: set[Schedule] = field(default_factory=set)
    whole: list[Schedule] = field(default_factory=list)

    def run(self, workload, baseline, artefact) -> Measurement:
        measured = super().run(workload, baseline, artefact)
        schedule = self.timed[-1]
        if workload == WHOLE:
            self.whole.append(schedule)
            if schedule in self.wrong:
                return Measurement((), (), 0.1, Failure(FailureKind.WRONG_RESULT, "differs"))
            return measured
        share = int(workload.hash) / 1000
        return replace(
            measured,
            run_secs=tuple(share * x for x in measured.run_secs),
            baseline_secs=tuple(share * x for x in measured.baseline_secs),
        )


class Listener(SilentProgress):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, workload: str, message: str) -> None:
        self.notes.append(message)


@pytest.fixture
def session(tmp_path):
    with Database(str(tmp_path / "tuning.db")) as database:
        yield Session(
            ProxyCompiler(),
            ProxyRunner(),
            database,
            TARGET,
            Listener(),
            iter(map(float, range(10**9))).__next__,
            lambda built: f"run {built.candidate.schedule}",
        )


def only_run(session: Session):
    (run,) = session.database.runs()
    return run, session.database.records(run)


def timed_on(session: Session) -> set[str]:
    """The problems that candidates have times on, by their hash."""
    _, records = only_run(session)
    return {r.measurement.proxy for r in records if r.measurement.failure is None}


def test_candidates_are_timed_on_the_smaller_problem_and_finalists_on_the_whole(session):
    (report,) = tune([WHOLE], CONFIG, session)
    run, records = only_run(session)
    assert session.compiler.shares == [0.125], "a quarter of a second of two"
    assert timed_on(session) == {f"{125:064}"}
    assert {r.measurement.baseline_secs for r in records if not r.measurement.failure} == {
        (0.25, 0.25, 0.25)
    }
    # The whole problem is timed once as it is, then 4 finalists and all that are not much slower.
    assert session.runner.whole[0] == Schedule()
    fast = {r.schedule for r in records if (speedup(r.measurement) or 0) > 0.8}
    assert set(session.runner.whole[1:]) == fast
    assert 4 < len(fast) < 4 + 6
    best = min(
        (r for r in records if not r.measurement.failure), key=lambda r: min(r.measurement.run_secs)
    )
    assert report.schedule == best.schedule
    assert report.baseline_secs == 2.0
    assert report.best_secs == pytest.approx(8 * best.measurement.run_secs[0])
    assert run.final.proxy == ""
    assert session.database.baseline(run).run_secs == (2.0, 2.0 * 1.01, 2.0 * 0.99)


def test_every_candidate_is_compiled_for_both_problems(session):
    tune([WHOLE], CONFIG, session)
    whole = {x.schedule for x in session.compiler.candidates if x.workload == WHOLE}
    small = {x.schedule for x in session.compiler.candidates if x.workload != WHOLE}
    assert whole == small
    assert {record.schedule for record in only_run(session)[1]} | {Schedule()} == whole


def test_without_a_search_the_smaller_problem_says_what_is_compared(session):
    tiles = [Schedule((Tile(0, (size, 32)),)) for size in (4, 8, 16, 32, 64)]
    refused = Schedule((Vectorize(0, 1, 8),))
    baseline = session.compiler.build(Candidate(WHOLE, Schedule())).result().artefact
    names = session, WHOLE, baseline, [*tiles, refused]
    chosen = promising(*names, ProxyLimits(0.5, 0.25), 3)
    fast = sorted(tiles, key=toy_speedup, reverse=True)
    assert chosen == [*fast[:3], refused], "what fails there may do well at full size"
    assert toy_speedup(fast[3]) < 0.5 * toy_speedup(fast[0])
    assert promising(*names, ProxyLimits(0.5, 0.25), 9) == [*fast[:3], refused]
    assert session.runner.whole == [Schedule()] * 2
    assert promising(*names, ProxyLimits(5.0, 0.25), 3) == [*tiles, refused]
    assert session.runner.whole == [Schedule()] * 3
    asked = iter([False, False, True])
    stopped = replace(session, is_interrupted=lambda: next(asked))
    few = promising(stopped, *names[1:], ProxyLimits(0.5, 0.25), 9)
    assert few == [tiles[1], tiles[0]], "the first two were timed"


def test_what_is_stopped_on_the_smaller_problem_is_not_timed_at_full_size(session):
    class Stopping(ProxyRunner):
        def run(self, workload, baseline, artefact) -> Measurement:
            measured = super().run(workload, baseline, artefact)
            if workload == WHOLE or self.timed[-1] != tiles[1]:
                return measured
            stopped = Failure(FailureKind.RUN_TIMEOUT, "no answer within 20 s")
            return replace(measured, run_secs=(), failure=stopped)

    tiles = [Schedule((Tile(0, (32, size)),)) for size in (8, 32, 16)]
    baseline = session.compiler.build(Candidate(WHOLE, Schedule())).result().artefact
    slow = replace(session, runner=Stopping())
    chosen = promising(slow, WHOLE, baseline, tiles, ProxyLimits(0.5, 0.25), 3)
    assert set(chosen) == {tiles[0], tiles[2]}


class FussyCompiler(ProxyCompiler):
    """Refuses every second schedule, but not for a smaller problem."""

    def build(self, candidate: Candidate):
        if candidate.workload == WHOLE and len(str(candidate.schedule)) % 2 == 1:
            failure = Failure(FailureKind.ILLEGAL, "not legal for so many steps")
            return done(BuildResult(candidate, None, failure))
        return super().build(candidate)


def test_what_does_not_compile_for_the_whole_is_a_failure(session):
    (report,) = tune([WHOLE], CONFIG, replace(session, compiler=FussyCompiler()))
    refused = [r for r in only_run(session)[1] if len(str(r.schedule)) % 2 == 1]
    assert refused
    assert {r.measurement.failure.kind for r in refused} == {FailureKind.ILLEGAL}
    assert not {r.schedule for r in refused} & set(session.runner.timed)
    assert len(str(report.schedule)) % 2 == 0


def test_what_does_not_compile_for_the_smaller_problem_is_timed_at_full_size(session):
    class Narrow(ProxyCompiler):
        def build(self, candidate: Candidate):
            if candidate.workload != WHOLE and len(candidate.schedule.transformations) > 1:
                failure = Failure(FailureKind.ILLEGAL, "covers the whole loop")
                return done(BuildResult(candidate, None, failure))
            return super().build(candidate)

    compiler = Narrow()
    (report,) = tune([WHOLE], CONFIG, replace(session, compiler=compiler))
    run, records = only_run(session)
    succeeded = [r for r in records if r.measurement.failure is None]
    assert all(
        (len(r.schedule.transformations) > 1) == (not r.measurement.proxy) for r in succeeded
    )
    assert timed_on(session) == {"", f"{125:064}"}
    small = {r.schedule for r in succeeded if r.measurement.proxy}
    both = [schedule for schedule, _ in run.finalists if schedule in small]
    assert report.ranking.num_candidates == len(both) < len(run.finalists)
    again = replace(session, compiler=Narrow(), runner=ProxyRunner())
    tune([WHOLE], replace(CONFIG, trials=25, resume=True), again)
    assert only_run(again)[1][:24] == records, "all of them are known"


def test_what_fails_at_full_size_is_not_accepted(session):
    """Not even where all finalists do: then the next best are tried."""
    (first,) = tune([WHOLE], CONFIG, session)
    finalists = [schedule for schedule, _ in only_run(session)[0].finalists][:4]
    assert finalists[0] == first.schedule
    with Database("sqlite://") as database:
        again = replace(session, database=database, runner=ProxyRunner(wrong=set(finalists)))
        (report,) = tune([WHOLE], CONFIG, again)
        run, records = only_run(again)
    assert report.schedule not in finalists
    assert report.schedule.transformations, "and not the baseline either"
    failed = [measured.failure for schedule, measured in run.finalists if schedule in finalists]
    assert [failure.kind for failure in failed] == [FailureKind.WRONG_RESULT] * 4
    assert failed[0].reproducer == f"run {finalists[0]}"
    assert all(r.measurement.failure is None for r in records if r.schedule in finalists)
    assert report.ranking.num_failed == 4
    assert "4 of them failed" in str(report.ranking)


def test_the_baseline_wins_where_everything_fails_at_full_size(session):
    class Strict(ProxyRunner):
        def run(self, workload, baseline, artefact):
            self.wrong = {Schedule.parse(artefact.object_code.decode())} - {Schedule()}
            return super().run(workload, baseline, artefact)

    (report,) = tune([WHOLE], CONFIG, replace(session, runner=Strict()))
    assert report.schedule == Schedule()
    assert report.best_secs == report.baseline_secs == 2.0


def test_a_candidate_that_only_the_whole_shows_to_be_fast_wins(session):
    """One of the others that check the ranking."""
    tune([WHOLE], CONFIG, session)
    others = [schedule for schedule, _ in only_run(session)[0].finalists][4:]

    class Surprising(ProxyRunner):
        def run(self, workload, *artefacts):
            measured = super().run(workload, *artefacts)
            is_surprise = workload == WHOLE and self.timed[-1] == others[0]
            return replace(measured, run_secs=(0.001,) * 3) if is_surprise else measured

    with Database("sqlite://") as database:
        again = replace(session, database=database, runner=Surprising())
        (report,) = tune([WHOLE], CONFIG, again)
    assert report.schedule == others[0]
    assert report.ranking.spearman < 0.9


def test_the_report_says_what_was_timed_and_how_it_ranked(session):
    (report,) = tune([WHOLE], CONFIG, session)
    value = report.to_json()["proxy"]
    assert json.loads(json.dumps(value)) == {
        "used": True,
        "loops": [{"nest": 0, "iterations": 1000, "kept": 125}],
        "baseline_secs": 0.25,
        "full_baseline_secs": 2.0,
        "ranking": {"num_candidates": 8, "spearman": 1.0, "kendall": 1.0, "num_failed": 0},
    }
    run, records = only_run(session)
    assert WorkloadReport.of_run(run, records) == report
    (known,) = tune([WHOLE], replace(CONFIG, trials=5), session)
    assert known == report, "from the database"
    (note,) = session.progress.notes
    assert "125 of 1000 iterations of the outermost loop, 250 ms instead of 2 s" in note


@pytest.mark.parametrize("config", [replace(CONFIG, proxy="off"), CONFIG])
def test_no_proxy_where_none_is_wanted_or_needed(session, config):
    secs = 0.5 if config.proxy == "auto" else 2.0
    (report,) = tune([WHOLE], config, replace(session, runner=ProxyRunner(baseline_secs=secs)))
    assert session.compiler.shares == session.progress.notes == []
    assert report.to_json()["proxy"] is None
    assert timed_on(session) == {""}


def test_the_user_hears_why_there_is_no_proxy(session):
    session = replace(session, compiler=ProxyCompiler("conditions inside depend on it"))
    (report,) = tune([WHOLE], CONFIG, session)
    assert report.to_json()["proxy"] == {"used": False, "reason": "conditions inside depend on it"}
    assert session.progress.notes == ["timed at full size: conditions inside depend on it"]
    assert timed_on(session) == {""}


@dataclass
class UnevenRunner(ProxyRunner):
    """The smaller problem takes far less than its share, or far more."""

    factor: float = 0.1

    def run(self, workload, *artefacts):
        measured = super().run(workload, *artefacts)
        if workload == WHOLE:
            return measured
        times = tuple(self.factor * x for x in measured.run_secs)
        return replace(measured, run_secs=times, baseline_secs=times)


def test_a_problem_that_is_too_small_becomes_larger(session):
    tune([WHOLE], CONFIG, replace(session, runner=UnevenRunner(baseline_secs=20.0)))
    assert session.compiler.shares == pytest.approx([0.0125, 0.0125 * 10], rel=0.1)
    assert only_run(session)[0].proxy.proxy.baseline_secs == pytest.approx(0.25, rel=0.1)


def test_a_problem_that_saves_nothing_is_not_used(session):
    tune([WHOLE], CONFIG, replace(session, runner=UnevenRunner(factor=7.0)))
    run, _ = only_run(session)
    assert run.proxy.proxy is None
    assert "hardly less time" in run.proxy.reason
    assert timed_on(session) == {""}


class Killed(BaseException):
    pass


class MortalRunner(ProxyRunner):
    def run(self, *arguments):
        if len(self.timed) == 11:
            raise Killed
        return super().run(*arguments)


def test_a_resumed_run_times_the_same_problem(session):
    with Database("sqlite://") as database:
        whole = replace(session, database=database)
        tune([WHOLE], CONFIG, whole)
        expected = [record.schedule for record in only_run(whole)[1]]
    with pytest.raises(Killed):
        tune([WHOLE], CONFIG, replace(session, runner=MortalRunner()))
    assert 5 <= len(only_run(session)[1]) < 24
    # The machine is slower now, and would have another proxy.
    later = replace(session, runner=ProxyRunner(baseline_secs=4.0), compiler=ProxyCompiler())
    tune([WHOLE], replace(CONFIG, resume=True), later)
    assert later.compiler.shares == []
    assert [record.schedule for record in only_run(session)[1]] == expected
    assert timed_on(session) == {f"{125:064}"}


def test_a_resumed_run_goes_on_without_a_proxy_where_it_had_none(session):
    runner = MortalRunner(baseline_secs=0.4)
    with pytest.raises(Killed):
        tune([WHOLE], CONFIG, replace(session, runner=runner))
    tune([WHOLE], replace(CONFIG, resume=True, proxy_threshold_secs=0.1), session)
    assert timed_on(session) == {""}


def test_a_run_whose_proxy_is_gone_ends_with_a_reason(session):
    with pytest.raises(Killed):
        tune([WHOLE], CONFIG, replace(session, runner=MortalRunner()))

    class Changed(ProxyCompiler):
        def build(self, candidate):
            if candidate.workload != WHOLE:
                failure = Failure(FailureKind.COMPILE_ERROR, "no such operation")
                return done(BuildResult(candidate, None, failure))
            return super().build(candidate)

    with pytest.raises(ProxyError, match="matmul: the smaller problem of the run does not compile"):
        tune([WHOLE], replace(CONFIG, resume=True), replace(session, compiler=Changed()))


def test_times_on_a_smaller_problem_are_nobodys_best(session):
    with pytest.raises(Killed):
        tune([WHOLE], CONFIG, replace(session, runner=MortalRunner()))
    run, records = only_run(session)
    database = session.database
    assert any(record.measurement.failure is None for record in records)
    assert database.best(WHOLE.hash, TARGET.key) is None
    assert database.warm_starts(WHOLE.hash, replace(TARGET, cpu="other"), 4) == []
    with pytest.raises(DatabaseError, match="cut off before anything was timed at full size"):
        WorkloadReport.of_run(run, records)
    tune([WHOLE], replace(CONFIG, resume=True), session)
    schedule, final = database.best(WHOLE.hash, TARGET.key)
    assert final.baseline_secs == (2.0, 2.0, 2.0)
    (start,) = database.warm_starts(WHOLE.hash, replace(TARGET, cpu="other"), 4)
    assert start.schedule == schedule


def test_a_run_on_a_proxy_replays(session, tmp_path):
    tune([WHOLE], CONFIG, session)
    recording = read_recording("1", str(tmp_path / "tuning.db"))
    (report,) = recording.replay([WHOLE], FakeCompiler(), lambda: 0.0)
    run, records = only_run(session)
    assert report.schedule == run.winner
    assert len(report.records) == 24
    assert report.ranking == WorkloadReport.of_run(run, records).ranking


def test_a_run_on_a_proxy_that_was_cut_off_replays_to_the_baseline(session, tmp_path):
    """Nothing that it found was confirmed."""
    with pytest.raises(Killed):
        tune([WHOLE], CONFIG, replace(session, runner=MortalRunner()))
    recording = read_recording("1", str(tmp_path / "tuning.db"))
    (report,) = recording.replay([WHOLE], FakeCompiler(), lambda: 0.0)
    assert report.schedule == Schedule()
    assert report.best_secs == pytest.approx(2.0)


def test_an_exported_run_knows_its_proxy(session):
    tune([WHOLE], CONFIG, session)
    run, records = only_run(session)
    lines = list(export_runs(session.database, [run]))
    early = json.loads(lines[0])
    early["run"] |= {"proxy": None, "winner": None, "final": None, "finalists": None}
    with Database("sqlite://") as other:
        import_runs(other, [json.dumps(early | {"records": []})], "early")
        assert other.runs()[0].proxy is None
        import_runs(other, lines, "late")
        assert other.runs()[0].proxy == run.proxy
        assert other.records(other.runs()[0]) == records


def test_nothing_is_timed_for_the_ranking_after_the_time_limit(session):
    tune([WHOLE], replace(CONFIG, time_limit_secs=10.0, trials=1000), session)
    assert len(only_run(session)[0].finalists) <= 4


@pytest.mark.parametrize(
    ("second", "rho", "tau"),
    [
        ((1.0, 2.0, 3.0, 4.0), 1.0, 1.0),
        ((4.0, 3.0, 2.0, 1.0), -1.0, -1.0),
        ((2.0, 1.0, 3.0, 4.0), 0.8, 2 / 3),
        ((1.0, 1.0, 2.0, 2.0), 0.894427, 4 / 24**0.5),
        ((5.0, 5.0, 5.0, 5.0), 0.0, 0.0),
    ],
)
def test_rank_correlations(second, rho, tau):
    first = (0.1, 0.2, 0.4, 0.8)
    assert spearman(first, second) == pytest.approx(rho)
    assert kendall(first, second) == pytest.approx(tau)


def test_two_candidates_have_no_correlation():
    ranking = Ranking.of([(1.0, 2.0), (2.0, 3.0)], 1)
    assert (ranking.spearman, ranking.kendall) == (None, None)
    assert str(ranking) == "3 candidates were timed at full size too; 1 of them failed"

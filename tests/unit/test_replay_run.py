"""Replaying recorded runs, with a fake compiler and a fake runner."""

import json
from dataclasses import replace

import pytest

from autotune.database import Database
from autotune.errors import DatabaseError, InputError
from autotune.progress import SilentProgress
from autotune.replay_run import DivergenceError, Recording, read_recording
from autotune.run_exchange import export_runs
from autotune.schedule import Schedule
from autotune.search_loop import Session
from autotune.tune import TuneConfig, tune
from autotune.workload import Workload
from tests.unit.fakes import FakeCompiler, FakeRunner
from tests.unit.toy_space import TARGET

MATMUL = Workload("matmul", "module {}", "ab" * 32, ())
RELU = Workload("relu", "module { }", "cd" * 32, ())
CONFIG = TuneConfig(trials=20, seed=1, proposer="uniform")


class DriftingRunner(FakeRunner):
    """Every measurement differs from all others, as on a real machine."""

    def run(self, *arguments):
        self.baseline_secs *= 1.001
        return super().run(*arguments)


@pytest.fixture
def url(tmp_path):
    return str(tmp_path / "tuning.db")


def recorded(url: str, config: TuneConfig, **settings) -> list[str]:
    """Tunes two workloads; returns the lines of the export."""
    clock = iter(range(10**9))
    with Database(url) as database:
        session = Session(
            FakeCompiler(),
            DriftingRunner(),
            database,
            TARGET,
            SilentProgress(),
            lambda: float(next(clock)),
            str,
        )
        tune([MATMUL, RELU], config, replace(session, **settings))
        return list(export_runs(database, database.runs()))


def replayed(recording: Recording, workloads=(MATMUL, RELU)) -> dict[str, Schedule]:
    reports = recording.replay(workloads, FakeCompiler(), lambda: 0.0)
    return {report.name: report.schedule for report in reports}


@pytest.mark.parametrize("search", ["mcts", "beam", "evolutionary", "random"])
def test_a_run_replays_to_the_last_choice(url, search):
    recorded(url, replace(CONFIG, search=search))
    recording = read_recording("1", url)
    assert len(recording.steps) == 20
    assert {step.workload_name for step in recording.steps} == {"matmul", "relu"}
    expected = {run.workload_name: run.winner for run in recording.runs.values()}
    assert None not in expected.values()
    assert replayed(recording) == expected


def test_a_file_replays_like_the_run_itself(url, tmp_path):
    lines = recorded(url, CONFIG)
    (tmp_path / "runs.jsonl").write_text("\n".join(lines))
    recording = read_recording(str(tmp_path / "runs.jsonl"), "unused")
    assert replayed(recording) == replayed(read_recording("2", url))


def test_runs_that_were_stopped_and_resumed_replay(url):
    recorded(url, replace(CONFIG, trials=7))
    assert len(read_recording("1", url).steps) == 7
    replayed(read_recording("1", url))
    recorded(url, replace(CONFIG, resume=True))
    recording = read_recording("1", url)
    assert len(recording.steps) == 20
    replayed(recording)


def test_a_run_that_was_interrupted_replays(url):
    runner = DriftingRunner()
    recorded(url, CONFIG, runner=runner, is_interrupted=lambda: len(runner.timed) >= 8)
    recording = read_recording("1", url)
    assert 0 < len(recording.steps) < 20
    replayed(recording)


class CutOff(BaseException):
    pass


def test_a_run_without_an_end_replays_as_far_as_it_goes(url):
    class MortalRunner(DriftingRunner):
        def run(self, *arguments):
            if len(self.timed) == 9:
                raise CutOff
            return super().run(*arguments)

    with pytest.raises(CutOff):
        recorded(url, CONFIG, runner=MortalRunner())
    recording = read_recording("1", url)
    assert 6 <= len(recording.steps) < 20
    best = replayed(recording)
    assert set(best) == {"matmul", "relu"}


def test_the_warm_start_is_part_of_the_recording(url):
    recorded(url, CONFIG, target=replace(TARGET, cpu="elsewhere"))
    recorded(url, replace(CONFIG, seed=2))
    recording = read_recording("3", url)
    warm = recording.runs[MATMUL.hash].origin.warm_starts
    assert warm[0].schedule == recording.steps[0].record.schedule
    replayed(recording)


def changed(recording: Recording, change) -> Recording:
    """The recording with every line's JSON changed, as if it had been made like that."""
    values = [json.loads(line) for line in recording.lines]
    for value in values:
        change(value)
    return replace(recording, lines=tuple(map(json.dumps, values)))


def test_other_measurements_lead_elsewhere_and_the_step_is_named(url):
    recorded(url, CONFIG)
    recording = read_recording("1", url)

    def slow_down(value):
        for record in value["records"][1:6]:
            record["measurement"]["run_secs"] = [1e3]

    with pytest.raises(DivergenceError, match=r"run 1 diverges at step (\d+) of 20: recorded is "):
        replayed(changed(recording, slow_down))


def test_another_seed_leads_elsewhere_from_the_first_steps(url):
    recorded(url, CONFIG)
    recording = read_recording("1", url)
    other = {
        key: replace(run, settings=run.settings.replace('"seed": 1', '"seed": 2'))
        for key, run in recording.runs.items()
    }

    def reseed(value):
        value["run"]["settings"] = value["run"]["settings"].replace('"seed": 1', '"seed": 2')

    with pytest.raises(DivergenceError, match=r"run 1 diverges at step [1-4] of 20"):
        replayed(replace(changed(recording, reseed), runs=other))


def test_another_winner_is_named(url):
    recorded(url, CONFIG)
    recording = read_recording("1", url)
    run = recording.runs[MATMUL.hash]
    loser = next(schedule for schedule, _ in run.finalists if schedule != run.winner)
    recording.runs[MATMUL.hash] = replace(run, winner=loser)
    with pytest.raises(DivergenceError, match="diverges at the final choice for matmul: recorded"):
        replayed(recording)


def test_what_cannot_be_replayed_is_refused(url, tmp_path):
    lines = recorded(url, CONFIG)
    with pytest.raises(DatabaseError, match="there is no run 9"):
        read_recording("9", url)
    with pytest.raises(InputError, match=r"missing.jsonl: No such file"):
        read_recording("missing.jsonl", url)
    (tmp_path / "text.jsonl").write_text("hello\n")
    with pytest.raises(DatabaseError, match=r"text.jsonl:1: no line of an export"):
        read_recording(str(tmp_path / "text.jsonl"), url)
    lines += recorded(url, replace(CONFIG, trials=21))
    (tmp_path / "two.jsonl").write_text("\n".join(lines))
    with pytest.raises(DatabaseError, match=r"two.jsonl: not one session"):
        read_recording(str(tmp_path / "two.jsonl"), url)
    with pytest.raises(InputError, match=r"run 1 is of another program: .* no workload relu"):
        replayed(read_recording("1", url), (MATMUL,))
    with Database(url) as database:
        database.start_run(MATMUL, TARGET, CONFIG.settings, 3)
    with pytest.raises(DatabaseError, match="run 5 has no measurement"):
        read_recording("5", url)

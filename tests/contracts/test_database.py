"""The contract of the tuning database."""

import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace

import pytest

from autotune.database import SCHEMA_VERSION, Database, DatabaseError
from autotune.measurement import Failure, FailureKind, Measurement, TuningRecord
from autotune.schedule import Schedule
from autotune.workload import Target, Workload

TARGET = Target("toy", "+avx", 2, 1, 512, 32, 48 << 10, 2 << 20, 0, "mlir 1")
WORKLOAD = Workload("matmul", "module {}", "ab" * 32, ())
TILE = Schedule.parse("autotune-tile{band=0 sizes=8,16}")
VECTORIZE = Schedule.parse("autotune-tile{band=0 sizes=8,16},autotune-parallelize{band=0 member=0}")


def measured(ratio: float) -> Measurement:
    return Measurement((1.0, 1.1, 0.9), (ratio, ratio, ratio), 0.5, None)


def record(schedule: Schedule, measurement: Measurement, target: Target = TARGET) -> TuningRecord:
    return TuningRecord(WORKLOAD.hash, target.key, schedule, "tree", "object", measurement)


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "tuning.db")


@pytest.fixture
def database(path):
    with Database(path) as opened:
        yield opened


def finished(database: Database, ratio: float, trials: int = 8, target: Target = TARGET):
    run = database.start_run(WORKLOAD, target, "seed=0", trials)
    database.add(run, record(TILE, measured(ratio), target))
    return database.finish_run(run, trials, TILE, measured(ratio))


def test_records_come_back_whole_and_in_order(database, path):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    failure = Failure(FailureKind.WRONG_RESULT, "element 3 differs", "autotune apply ...")
    written = [
        record(TILE, measured(3.0)),
        record(VECTORIZE, Measurement((), (), 0.1, failure)),
    ]
    for each in written:
        database.add(run, each)
    with Database(path) as other:
        assert other.records(run) == written
        (read,) = other.runs()
    assert read.num_records == 2
    assert (read.workload_name, read.winner, read.final) == ("matmul", None, None)


def test_the_baseline_is_recorded_apart(database, path):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    assert database.baseline(run) is None
    database.add(run, record(Schedule(), measured(1.0)))
    database.add(run, record(TILE, measured(3.0)))
    assert database.baseline(run) == measured(1.0)
    assert database.records(run) == [record(TILE, measured(3.0))]
    assert database.runs()[0].num_records == 1
    with Database(f"{path}.copy") as other:
        other.load(list(database.export()), "export")
        assert other.baseline(other.runs()[0]) == measured(1.0)


def test_a_schedule_is_recorded_once_a_run(database):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    database.add(run, record(TILE, measured(3.0)))
    database.add(run, record(TILE, measured(9.0)))
    assert database.records(run) == [record(TILE, measured(3.0))]


def test_only_finished_runs_of_the_same_target_with_enough_trials_are_hits(database):
    other = replace(TARGET, num_threads=2)
    unfinished = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    database.add(unfinished, record(TILE, measured(99.0)))
    finished(database, 50.0, trials=64, target=other)
    assert database.hit(WORKLOAD.hash, TARGET.key, 1) is None
    better = finished(database, 4.0)
    finished(database, 3.0)
    assert database.hit(WORKLOAD.hash, TARGET.key, 8) == better
    assert database.hit(WORKLOAD.hash, TARGET.key, 9) is None
    assert database.hit("cd" * 32, TARGET.key, 1) is None


def test_best_prefers_finished_runs_and_skips_failures(database):
    assert database.best(WORKLOAD.hash, TARGET.key) is None
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    failure = Failure(FailureKind.RUN_TIMEOUT, "slow")
    database.add(run, record(VECTORIZE, Measurement((), (), 0.1, failure)))
    assert database.best(WORKLOAD.hash, TARGET.key) is None
    database.add(run, record(Schedule(), measured(1.0)))
    database.add(run, record(TILE, measured(7.0)))
    assert database.best(WORKLOAD.hash, TARGET.key) == (TILE, measured(7.0))
    finished(database, 2.0)
    assert database.best(WORKLOAD.hash, TARGET.key) == (TILE, measured(2.0))


def test_latest_finds_the_run_to_resume_by_its_settings(database):
    database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    newest = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    database.start_run(WORKLOAD, TARGET, "seed=1", 64)
    assert database.latest(WORKLOAD.hash, TARGET.key, "seed=0") == newest
    assert database.latest(WORKLOAD.hash, TARGET.key, "seed=2") is None


def test_export_and_import_copy_everything_once(database, tmp_path):
    run = finished(database, 4.0)
    failure = Failure(FailureKind.COMPILE_ERROR, "no")
    database.add(run, record(VECTORIZE, Measurement((), (), 0.1, failure)))
    lines = list(database.export())
    with Database(str(tmp_path / "copy.db")) as copy:
        assert copy.load(lines, "runs.jsonl") == 1
        assert list(copy.export()) == lines
        assert copy.load(lines, "runs.jsonl") == 0
        assert copy.best(WORKLOAD.hash, TARGET.key) == (TILE, measured(4.0))


def test_a_bad_line_is_named_and_nothing_is_imported(database, tmp_path):
    finished(database, 4.0)
    lines = [*database.export(), '{"schema": 1}']
    with Database(str(tmp_path / "copy.db")) as copy:
        with pytest.raises(DatabaseError, match=r"runs.jsonl:2: .*workload"):
            copy.load(lines, "runs.jsonl")
        assert copy.runs() == []


def test_prune_keeps_what_a_hit_uses(database):
    other = replace(TARGET, num_threads=2)
    finished(database, 3.0)
    best = finished(database, 4.0)
    elsewhere = finished(database, 2.0, target=other)
    database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    assert database.prune() == 2
    assert database.runs() == [best, elsewhere]
    assert database.prune(only_target=TARGET.key) == 1
    assert database.runs() == [best]
    assert len(database.records(best)) == 1


def test_another_schema_version_is_refused_with_a_reason(path):
    Database(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE autotune_info SET value = '99'")
    with pytest.raises(DatabaseError, match=f"has schema 99, this program reads {SCHEMA_VERSION}"):
        Database(path)


def test_files_that_are_no_tuning_database_are_refused(tmp_path):
    text = tmp_path / "text.db"
    text.write_text("not a database, but long enough to have a header " * 10)
    with pytest.raises(DatabaseError, match="not a database"):
        Database(str(text))
    with sqlite3.connect(tmp_path / "foreign.db") as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(DatabaseError, match="another program"):
        Database(str(tmp_path / "foreign.db"))
    with pytest.raises(DatabaseError, match="neither SQLite nor PostgreSQL"):
        Database("mysql://host/name")


WRITER = """
import sys
from tests.contracts.test_database import *
with Database(sys.argv[1]) as database:
    run = database.start_run(WORKLOAD, TARGET, sys.argv[2], 10**6)
    for size in range(1, int(sys.argv[3]) + 1):
        schedule = Schedule.parse(f"autotune-tile{{band=0 sizes={size}}}")
        database.add(run, record(schedule, measured(1.0 + size)))
        print(size, flush=True)
"""


def start_writer(path: str, settings: str, num_records: int) -> subprocess.Popen[str]:
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    command = [sys.executable, "-c", WRITER, path, settings, str(num_records)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_what_was_recorded_survives_kill_9(path):
    writer = start_writer(path, "seed=0", 100_000)
    assert writer.stdout is not None
    acknowledged = [int(next(writer.stdout)) for _ in range(25)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    writer.wait()
    with Database(path) as database:
        (run,) = database.runs()
        sizes = [record.schedule.transformations[0].sizes[0] for record in database.records(run)]
        assert sizes == list(range(1, len(sizes) + 1))
        assert acknowledged[-1] <= len(sizes) <= acknowledged[-1] + 1
        database.add(run, record(Schedule(), measured(1.0)))


def test_two_writers_lose_nothing(path):
    writers = [start_writer(path, f"seed={seed}", 60) for seed in range(3)]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    with Database(path) as database:
        runs = database.runs()
        assert sorted(run.settings for run in runs) == ["seed=0", "seed=1", "seed=2"]
        assert [run.num_records for run in runs] == [60, 60, 60]

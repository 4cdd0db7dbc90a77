"""The contract of the tuning database, on both back ends."""

import json
import os
import signal
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from autotune.database import Database
from autotune.database_schema import SCHEMA_VERSION
from autotune.errors import DatabaseError, RecordingError
from autotune.measurement import Failure, FailureKind, Measurement
from autotune.run_exchange import import_runs
from autotune.schedule import Schedule
from autotune.time_account import Spent
from autotune.tuning_run import Origin, WarmStart
from tests.contracts.stored import (
    TARGET,
    TILE,
    VECTORIZE,
    WORKLOAD,
    finished,
    lines_of,
    measured,
    record,
    start_python,
)


def test_records_come_back_whole_and_in_order(database, url):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    failure = Failure(FailureKind.WRONG_RESULT, "element 3 differs", "autotune apply ...")
    written = [
        record(TILE, measured(3.0)),
        record(VECTORIZE, Measurement((), (), 0.1, failure)),
    ]
    for each in written:
        database.add(run, each)
    with Database(url) as other:
        assert other.records(run) == written
        (read,) = other.runs()
    assert read.num_records == 2
    assert (read.workload_name, read.winner, read.final) == ("matmul", None, None)


def test_the_baseline_is_recorded_apart(database, new_url):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    assert database.baseline(run) is None
    database.add(run, record(Schedule(), measured(1.0)))
    database.add(run, record(TILE, measured(3.0)))
    assert database.baseline(run) == measured(1.0)
    assert database.records(run) == [record(TILE, measured(3.0))]
    assert database.runs()[0].num_records == 1
    with Database(new_url()) as other:
        import_runs(other, lines_of(database), "export")
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


def test_records_say_when_and_where_they_were_measured(url):
    now = datetime(2026, 5, 4, 3, 2, 1)
    with Database(url, lambda: now) as database:
        run = finished(database, 4.0)
        (read,) = database.records(run)
    assert run.started == "2026-05-04 03:02:01"
    assert read.provenance.recorded == "2026-05-04 03:02:01"
    assert read.provenance.step == 0
    assert os.uname().nodename in read.provenance.host
    assert os.uname().release in read.provenance.host


def test_records_of_another_host_say_so(database):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 8)
    database.add(run, record(TILE, replace(measured(3.0), host="node 7")))
    assert database.records(run)[0].provenance.host == "node 7"


def test_a_run_keeps_what_it_started_from_and_how_it_ended(database):
    origin = Origin("program 7", (WarmStart(TILE, "elsewhere"),), VECTORIZE)
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 8, origin)
    finalists = [(VECTORIZE, measured(2.0)), (TILE, measured(3.0))]
    finished = database.finish_run(run, 8, TILE, measured(3.0), finalists)
    assert finished.origin == origin
    assert finished.finalists == tuple(finalists)
    assert database.run(run.id) == finished
    assert database.runs(session="program 7") == [finished]
    other = database.start_run(WORKLOAD, TARGET, "seed=0", 8)
    assert other.uid == other.origin.session != run.uid


def test_a_run_knows_where_its_time_went(database, new_url):
    run = finished(database, 4.0)
    assert run.spent is None
    database.add_spent(run, Spent(1.0, 2.0, 3.0, 4.0))
    database.add_spent(database.run(run.id), Spent(10.0, 20.0, 30.0, 40.0))
    assert database.run(run.id).spent == Spent(11.0, 22.0, 33.0, 44.0)
    with Database(new_url()) as copy:
        import_runs(copy, lines_of(database), "export")
        assert copy.runs()[0].spent == Spent(11.0, 22.0, 33.0, 44.0)


def test_steps_count_the_records_of_a_whole_session(database):
    first = database.start_run(WORKLOAD, TARGET, "seed=0", 8)
    other = database.start_run(WORKLOAD, TARGET, "seed=0", 8, Origin(first.origin.session))
    finished(database, 4.0)
    for run, schedule in ((first, TILE), (other, TILE), (first, VECTORIZE)):
        database.add(run, record(schedule, measured(2.0)))
    assert [each.provenance.step for each in database.records(first)] == [0, 2]
    assert [each.provenance.step for each in database.records(other)] == [1]


def test_copies_are_kept_and_count_as_no_trial(database):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    database.add(run, record(TILE, measured(3.0)))
    copy = replace(record(VECTORIZE, measured(3.0)), is_copy=True)
    database.add(run, copy)
    assert database.records(run)[1] == copy
    assert database.runs()[0].num_records == 1


def test_records_of_other_targets_are_warm_starts_the_most_alike_first(database):
    threads, cpu = replace(TARGET, num_threads=2), replace(TARGET, cpu="other")
    finished(database, 9.0)
    assert database.warm_starts(WORKLOAD.hash, TARGET, 4) == []
    run = database.start_run(WORKLOAD, cpu, "seed=0", 64)
    database.add(run, record(VECTORIZE, measured(99.0), cpu))
    finished(database, 2.0, target=threads)
    untuned = replace(TARGET, cpu="older")
    database.finish_run(database.start_run(WORKLOAD, untuned, "", 1), 1, Schedule(), measured(1.0))
    expected = [WarmStart(TILE, threads.key), WarmStart(VECTORIZE, cpu.key)]
    assert database.warm_starts(WORKLOAD.hash, TARGET, 4) == expected
    assert database.warm_starts(WORKLOAD.hash, TARGET, 1) == expected[:1]
    assert database.warm_starts("cd" * 32, TARGET, 4) == []
    assert database.hit(WORKLOAD.hash, TARGET.key, 1).target_key == TARGET.key


def test_export_and_import_copy_everything_once(database, new_url):
    run = finished(database, 4.0)
    failure = Failure(FailureKind.COMPILE_ERROR, "no")
    database.add(run, record(VECTORIZE, Measurement((), (), 0.1, failure)))
    database.start_run(WORKLOAD, TARGET, "seed=1", 8, Origin("s", (WarmStart(TILE, "x"),)))
    lines = lines_of(database)
    with Database(new_url()) as copy:
        assert import_runs(copy, lines, "runs.jsonl") == 2
        assert lines_of(copy) == lines
        assert import_runs(copy, lines, "runs.jsonl") == 0
        assert lines_of(copy) == lines
        assert copy.best(WORKLOAD.hash, TARGET.key) == (TILE, measured(4.0))


def test_a_later_export_of_a_run_adds_what_is_new(database, new_url):
    run = database.start_run(WORKLOAD, TARGET, "seed=0", 64)
    database.add(run, record(TILE, measured(3.0)))
    earlier = lines_of(database)
    with Database(new_url()) as copy:
        import_runs(copy, earlier, "runs.jsonl")
        database.add(run, record(VECTORIZE, measured(5.0)))
        database.finish_run(run, 2, VECTORIZE, measured(5.0))
        later = lines_of(database)
        assert import_runs(copy, later, "runs.jsonl") == 1
        assert lines_of(copy) == later
        assert import_runs(copy, earlier, "runs.jsonl") == 0
        assert lines_of(copy) == later, "an older export takes nothing back"


def test_exports_of_schema_1_are_read(database):
    measurement = {"run_secs": [1.0], "baseline_secs": [2.0], "elapsed_secs": 3.0, "failure": None}
    value = {
        "schema": 1,
        "workload": {"hash": WORKLOAD.hash, "name": "matmul", "text": "module {}"},
        "target": {"key": "k", "description": {}},
        "run": {"settings": "s", "num_trials": 1, "winner": str(TILE), "final": measurement},
        "records": [
            {
                "schedule": str(TILE),
                "tree_hash": "t",
                "object_hash": "o",
                "measurement": measurement,
            }
        ],
    }
    assert import_runs(database, [json.dumps(value)], "old.jsonl") == 1
    assert import_runs(database, [json.dumps(value)], "old.jsonl") == 0
    assert database.best(WORKLOAD.hash, "k") == (TILE, Measurement((1.0,), (2.0,), 3.0, None))


def test_exports_of_schema_2_are_of_warm_caches(database, new_url):
    finished(database, 4.0)
    (line,) = lines_of(database)
    value = json.loads(line)
    value["schema"] = 2
    del value["target"]["cold_cache"]
    with Database(new_url()) as copy:
        assert import_runs(copy, [json.dumps(value)], "old.jsonl") == 1
        assert copy.target(TARGET.key) == TARGET


def test_times_with_cold_caches_are_of_another_kind(database, new_url):
    cold = replace(TARGET, cold_cache=True)
    assert cold.key != TARGET.key
    warm_run = finished(database, 4.0, trials=64)
    assert database.hit(WORKLOAD.hash, cold.key, 1) is None
    assert database.best(WORKLOAD.hash, cold.key) is None
    assert database.latest(WORKLOAD.hash, cold.key, "seed=0") is None
    assert database.latest_session([WORKLOAD.hash], cold.key, "seed=0") == ""
    assert database.warm_starts(WORKLOAD.hash, cold, 4) == [WarmStart(TILE, TARGET.key)]
    cold_run = finished(database, 9.0, target=cold)
    assert database.target(cold.key) == cold
    assert database.hit(WORKLOAD.hash, TARGET.key, 1) == warm_run
    assert database.hit(WORKLOAD.hash, cold.key, 1) == cold_run
    assert database.latest(WORKLOAD.hash, TARGET.key, "seed=0") == warm_run
    assert database.prune() == 0
    with Database(new_url()) as copy:
        import_runs(copy, lines_of(database), "export")
        assert copy.target(cold.key) == cold
        assert copy.hit(WORKLOAD.hash, cold.key, 1).final == cold_run.final


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"schema": 2}', "workload"),
        ('{"schema": 99}', f"schema 99, this program reads up to {SCHEMA_VERSION}"),
        ("[]", "list"),
        ("{", "JSONDecodeError"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_imported(database, new_url, line, reason):
    finished(database, 4.0)
    lines = [*lines_of(database), line]
    with Database(new_url()) as copy:
        with pytest.raises(DatabaseError, match=rf"runs.jsonl:2: .*{reason}"):
            import_runs(copy, lines, "runs.jsonl")
        assert copy.runs() == []


def test_prune_keeps_what_a_hit_uses(database):
    other = replace(TARGET, num_threads=2)
    finished(database, 3.0)
    best = finished(database, 4.0)
    elsewhere = finished(database, 2.0, target=other)
    assert database.prune() == 1
    assert database.runs() == [best, elsewhere]
    assert database.prune(only_target=TARGET.key) == 1
    assert database.runs() == [best]
    assert len(database.records(best)) == 1


def test_prune_spares_runs_that_may_be_going_on(url):
    now = datetime(2026, 5, 4)
    times = [now]
    with Database(url, lambda: times[-1]) as database:
        old = database.start_run(WORKLOAD, TARGET, "old", 64)
        times.append(now + timedelta(days=3))
        database.start_run(WORKLOAD, TARGET, "older but alive", 64)
        database.add(old, record(TILE, measured(2.0)))
        finished(database, 4.0)
        assert database.prune() == 0
        times.append(now + timedelta(days=5))
        assert database.prune() == 2
        assert [run.settings for run in database.runs()] == ["seed=0"]


WRITER = """
import sys
from tests.contracts.stored import *
with Database(sys.argv[1]) as database:
    run = database.start_run(WORKLOAD, TARGET, sys.argv[2], 10**6)
    for size in range(1, int(sys.argv[3]) + 1):
        schedule = Schedule.parse(f"autotune-tile{{band=0 sizes={size}}}")
        database.add(run, record(schedule, measured(1.0 + size)))
        print(size, flush=True)
"""


def test_what_was_recorded_survives_kill_9(url):
    writer = start_python(WRITER, url, "seed=0", "100000")
    assert writer.stdout is not None
    acknowledged = [int(next(writer.stdout)) for _ in range(25)]
    os.kill(writer.pid, signal.SIGKILL)
    acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
    writer.wait()
    with Database(url) as database:
        (run,) = database.runs()
        sizes = [record.schedule.transformations[0].sizes[0] for record in database.records(run)]
        assert sizes == list(range(1, len(sizes) + 1))
        assert acknowledged[-1] <= len(sizes) <= acknowledged[-1] + 1
        database.add(run, record(Schedule(), measured(1.0)))


def test_two_writers_lose_nothing(url):
    writers = [start_python(WRITER, url, f"seed={seed}", "60") for seed in range(3)]
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    with Database(url) as database:
        runs = database.runs()
        assert sorted(run.settings for run in runs) == ["seed=0", "seed=1", "seed=2"]
        assert [run.num_records for run in runs] == [60, 60, 60]


def test_a_server_that_is_away_for_a_while_loses_nothing(postgres):
    url = postgres.new_database()
    pauses = []

    def sleep(secs):
        pauses.append(secs)
        if len(pauses) == 2:
            postgres.start()

    with Database(url, sleep=sleep) as database:
        run = database.start_run(WORKLOAD, TARGET, "seed=0", 8)
        database.add(run, record(TILE, measured(3.0)))
        postgres.stop()
        database.add(run, record(VECTORIZE, measured(4.0)))
        assert len(pauses) == 2
        assert [each.schedule for each in database.records(run)] == [TILE, VECTORIZE]


def test_a_server_that_stays_away_ends_the_run_with_one_line(postgres):
    pauses = []
    with Database(postgres.new_database(), sleep=pauses.append) as database:
        run = database.start_run(WORKLOAD, TARGET, "seed=0", 8)
        postgres.stop()
        try:
            with pytest.raises(RecordingError, match="cannot use the database") as lost:
                database.add(run, record(TILE, measured(3.0)))
            with pytest.raises(DatabaseError, match="refused"):
                database.runs()
        finally:
            postgres.start()
    assert sum(pauses) > 60.0
    assert len(str(lost.value).splitlines()) == 1
    assert "sesame" not in str(lost.value)


def test_a_missing_driver_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DatabaseError, match=r"pip install 'mlir-autotune\[postgresql\]'") as error:
        Database("postgresql://tuner:sesame@host/name")
    assert "sesame" not in str(error.value)

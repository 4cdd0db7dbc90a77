"""The command line: usage errors, and the commands on the database."""

import errno
import json
import os
from dataclasses import replace

import pytest

from autotune.cli import main
from autotune.database import Database
from autotune.measurement import Failure, FailureKind, Measurement, TuningRecord
from autotune.schedule import Schedule
from autotune.target import detect
from autotune.time_account import Spent
from autotune.tuning_run import Origin, WarmStart
from autotune.workload import Workload

TILE = Schedule.parse("autotune-tile{band=0 sizes=8,16}")
VECTORIZE = Schedule.parse("autotune-vectorize{band=0 member=1 width=8}")
WORKLOAD = Workload("matmul", "module {}", "ab" * 32, ())
SETTINGS = '{"search": "mcts", "proposer": "uniform", "seed": 3, "batch": 2}'


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def url(tmp_path):
    """A database with a finished run of two trials and one without a winner."""
    path = str(tmp_path / "runs.db")
    target = detect()
    good = Measurement((0.5, 0.5), (2.0, 2.0), 0.1, None)
    failed = Measurement((), (), 0.2, Failure(FailureKind.WRONG_RESULT, "element 3", "run me"))
    with Database(path) as database:
        run = database.start_run(WORKLOAD, target, SETTINGS, 2)
        for schedule, measurement in ((TILE, good), (VECTORIZE, failed)):
            tree = "tree", "object"
            record = TuningRecord(WORKLOAD.hash, target.key, schedule, *tree, measurement)
            database.add(run, record)
        database.finish_run(run, 2, TILE, good)
        database.start_run(WORKLOAD, target, SETTINGS, 64)
    return path


def refused(capsys, *arguments: str) -> str:
    """Returns the one line on standard error of a command that ends with status 2."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "required"),
        (["frobnicate"], "frobnicate"),
        (["compile"], "MODEL.mlir"),
        (["compile", "x.mlir", "--trials", "many"], "--trials"),
        (["compile", "x.mlir", "--trials", "-3"], "number of trials is -3"),
        (["compile", "x.mlir", "--time-limit", "0"], "time limit"),
        (["compile", "x.mlir", "--search", "genetic"], "search 'genetic' is none of"),
        (["compile", "x.mlir", "--proposer", "llm"], "proposer 'llm' is none of"),
        (["compile", "x.mlir", "--fp", "fast"], "'fast' is none of strict, contract, reassoc"),
        (["compile", "x.mlir", "--math", "fast"], "'fast' is none of inline, libm"),
        (["compile", "x.mlir", "--threads", "0"], "number of threads is 0"),
        (["compile", "x.mlir", "--emit", "so,exe"], "'exe' is none of so, obj"),
        (["compile", "missing.mlir"], "missing.mlir: No such file"),
        (["compile", "."], ".: Is a directory"),
        (["apply", "x.mlir", "--schedule", "missing.json"], "missing.json: No such file"),
        (["apply", "x.mlir", "--schedule", "a", "--db", "b"], "not allowed with"),
        (["bench", "missing"], "missing: is not a directory"),
        (["bench", "empty"], "empty: holds no program"),
        (["db"], "required"),
        (["db", "show", "7"], "there is no run 7"),
        (["db", "list", "--db", "mysql://here/x"], "neither SQLite nor PostgreSQL"),
        (["report", "7"], "there is no run 7"),
        (["db", "export", "--run", "7"], "there is no run 7"),
        (["compile", "x.mlir", "--replay", "7"], "there is no run 7"),
        (["compile", "x.mlir", "--replay", "missing.jsonl"], "missing.jsonl: No such file"),
    ],
)
def test_bad_usage_is_one_line_and_status_2(capsys, tmp_path, arguments, reason):
    (tmp_path / "x.mlir").write_text("module {}")
    (tmp_path / "empty").mkdir()
    assert reason in refused(capsys, *arguments)


def test_an_output_that_is_a_file_is_refused_before_any_work(capsys, tmp_path):
    (tmp_path / "x.mlir").write_text("module {}")
    (tmp_path / "out").write_text("precious")
    assert "out: is not a directory" in refused(capsys, "compile", "x.mlir", "-o", "out")
    assert (tmp_path / "out").read_text() == "precious"


def test_db_list_and_show(capsys, url):
    assert main(["db", "list", "--db", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    target = detect()
    assert lines[1].split()[-5:] == [target.cpu, target.key[:8], "2/2", "4.00x", "matmul"]
    assert lines[2].split()[-4:] == ["0/64", "cut", "off", "matmul"]
    assert main(["db", "show", "1", "--db", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("# run 1 of matmul abababababab, ")
    assert detect().key in lines[1]
    assert detect().toolchain in lines[2]
    assert os.uname().nodename in lines[3]
    assert lines[5].split() == ["1", "500", "ms", "0.0", "%", "4.00x", *str(TILE).split()]
    assert "wrong_result" in lines[6]


def test_db_show_tells_the_provenance_of_each_record(capsys, url):
    assert main(["db", "show", "1", "--json", "--db", url]) == 0
    good, failed = json.loads(capsys.readouterr().out)["records"]
    assert good["versions"] == detect().toolchain
    assert good["seed"] == 3
    assert os.uname().nodename in good["host"]
    assert good["recorded"][:2] == "20"
    assert (good["noise"], failed["noise"]) == (0.0, None)
    assert good["run_secs"] == [0.5, 0.5]


def test_records_of_other_targets_are_marked(capsys, tmp_path):
    with Database("elsewhere.db") as database:
        origin = Origin(warm_starts=(WarmStart(TILE, "0123456789abcdef"),))
        run = database.start_run(WORKLOAD, detect(), SETTINGS, 2, origin)
        measurement = Measurement((0.5, 0.5), (2.0, 2.0), 0.1, None)
        record = TuningRecord(WORKLOAD.hash, "", TILE, "tree", "object", measurement)
        database.add(run, record)
        database.add(run, replace(record, schedule=VECTORIZE, is_copy=True))
    assert main(["db", "show", "1", "--db", "elsewhere.db"]) == 0
    warm, copy = capsys.readouterr().out.splitlines()[-2:]
    assert warm.endswith("(warm start from target 0123456789abcdef)")
    assert copy.endswith("(same code as an earlier one)")


def test_times_with_cold_caches_are_shown_apart(capsys):
    cold = detect(cold_cache=True)
    with Database("cold.db") as database:
        run = database.start_run(WORKLOAD, cold, SETTINGS, 2)
        database.finish_run(run, 2, TILE, Measurement((0.5,), (2.0,), 0.1, None))
    assert main(["db", "list", "--db", "cold.db"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("matmul  (cold caches)")
    assert main(["db", "show", "1", "--db", "cold.db"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith(", 1 threads, cold caches")
    assert main(["db", "best", "--db", "cold.db"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["db", "best", "--cold-cache", "--db", "cold.db"]) == 0
    assert str(TILE) in capsys.readouterr().out
    assert main(["report", "1", "--db", "cold.db"]) == 0
    assert "timed with empty caches" in capsys.readouterr().out.splitlines()


def test_db_best_is_a_file_for_apply(capsys, url, tmp_path):
    from autotune.replay_file import read_schedules

    assert main(["db", "best", "--db", url]) == 0
    (tmp_path / "best.txt").write_text(capsys.readouterr().out)
    assert read_schedules(tmp_path / "best.txt") == {"matmul": TILE}


def test_export_and_import(capsys, url, tmp_path):
    assert main(["db", "export", "runs.jsonl", "--db", url]) == 0
    assert main(["db", "import", "runs.jsonl", "--db", "copy.db"]) == 0
    assert capsys.readouterr().out == "2 runs added\n"
    assert main(["db", "import", "runs.jsonl", "--db", "copy.db"]) == 0
    assert capsys.readouterr().out == "0 runs added\n"
    assert main(["db", "prune", "--db", "copy.db"]) == 0
    assert capsys.readouterr().out == "0 runs deleted\n", "the second run may be going on"
    assert main(["db", "export", "one.jsonl", "--run", "2", "--db", "copy.db"]) == 0
    (line,) = (tmp_path / "one.jsonl").read_text().splitlines()
    assert json.loads(line)["run"]["winner"] is None
    (tmp_path / "bad.jsonl").write_text("{}\n")
    line = refused(capsys, "db", "import", "bad.jsonl", "--db", "copy.db")
    assert "bad.jsonl:1: no line of an export" in line


def test_a_full_disk_is_no_bad_input(capsys, url, monkeypatch):
    def write_files(directory, files):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "runs.jsonl")

    monkeypatch.setattr("autotune.database_commands.write_files", write_files)
    assert main(["db", "export", "runs.jsonl", "--db", url]) == 1
    assert capsys.readouterr().err == "autotune: runs.jsonl: No space left on device\n"


def test_the_report_says_where_the_time_went(capsys, url):
    with Database(url) as database:
        database.add_spent(database.run(1), Spent(30.0, 15.0, 4.0, 1.0))
    assert main(["report", "1", "--db", url, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["elapsed_secs"] == 50.0
    assert report["spent"] == {
        "timing_secs": 30.0,
        "compiling_secs": 15.0,
        "listing_secs": 4.0,
        "other_secs": 1.0,
        "overhead": 0.1,
    }
    assert main(["report", "1", "--db", url]) == 0
    assert (
        "50.0 s: 30.0 s timing, 15.0 s compiling, "
        "overhead 10.0%: 4.0 s listing what is legal, 1.0 s else"
    ) in capsys.readouterr().out.splitlines()


def test_report_of_a_run(capsys, url, tmp_path):
    assert main(["report", "1", "--db", url, "--json", "-o", "out"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["schema"] == 1
    assert report["seed"] == 3
    assert (report["elapsed_secs"], report["spent"]) == (pytest.approx(0.3), None)
    (workload,) = report["workloads"]
    assert workload == {
        "name": "matmul",
        "hash": WORKLOAD.hash,
        "schedule": str(TILE),
        "baseline_secs": 2.0,
        "best_secs": 0.5,
        "speedup": 4.0,
        "trials": 2,
        "failures": {"wrong_result": 1},
        "failed_finalists": [],
        "warm_starts": [],
        "proxy": None,
    }
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<polyline" in page
    assert "run me" in page
    assert "http" not in page
    assert "run 2 has no measurement" in refused(capsys, "report", "2", "--db", url)

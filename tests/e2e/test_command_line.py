"""The command line from end to end: compile, apply, bench, resume after a kill, bad input."""

import json
import os
import signal

import numpy as np
import pytest

import autotune
from tests.e2e.shell import LARGE_MATMUL, MATMUL, SIZE, Shell

TWO_ENTRIES = b"""
func.func @a(%m: memref<4xf32>) { return }
func.func @b(%m: memref<4xf32>) { return }
"""
ENDLESS = b"""
func.func @f(%m: memref<1xf32>) {
  %true = arith.constant true
  scf.while : () -> () { scf.condition(%true) } do { scf.yield }
  return
}
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory) -> Shell:
    folder = tmp_path_factory.mktemp("command-line")
    (folder / "matmul.mlir").write_text(MATMUL)
    return Shell(folder)


@pytest.fixture(scope="module")
def report(shell):
    """The report of a tuned matmul in the folder `out`."""
    text = shell.succeed("compile", "matmul.mlir", "--trials", "12", "-o", "out", "--json")
    return json.loads(text)


def random_matrices() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal((SIZE, SIZE), np.float32) for _ in range(2)]


def test_compile_writes_everything(shell, report):
    names = "model.h model.ll model.o model.so model.source.mlir model.tuned.mlir"
    names += " report.html report.json"
    assert sorted(os.listdir(shell.folder / "out")) == names.split()
    assert json.loads((shell.folder / "out/report.json").read_text()) == report
    assert report["schema"] == 1
    spent = report["spent"]
    parts = ("timing_secs", "compiling_secs", "listing_secs", "other_secs")
    assert all(spent[part] > 0.0 for part in parts)
    assert sum(spent[part] for part in parts) == pytest.approx(report["elapsed_secs"])
    (workload,) = report["workloads"]
    assert workload["trials"] == 12
    assert workload["speedup"] >= 1.0
    assert workload["failures"].get("wrong_result", 0) == 0


def test_the_library_computes_the_product(shell, report):
    a, b = random_matrices()
    matmul = autotune.load(shell.folder / "out/model.so")
    np.testing.assert_allclose(matmul(a, b), a @ b, rtol=1e-4, atol=1e-4)


def test_a_second_run_is_a_database_hit(shell, report):
    text = shell.succeed("compile", "matmul.mlir", "--trials", "12", "-o", "again", "--json")
    again = json.loads(text)
    assert again["workloads"][0]["schedule"] == report["workloads"][0]["schedule"]
    assert len(json.loads(shell.succeed("db", "list", "--json"))) == 1


@pytest.mark.parametrize("file", ["report.json", "model.tuned.mlir"])
def test_apply_replays_a_schedule(shell, report, file):
    folder = f"applied-{file}"
    shell.succeed("apply", "matmul.mlir", "--schedule", f"out/{file}", "-o", folder)
    replayed = json.loads((shell.folder / folder / "report.json").read_text())
    assert replayed["workloads"][0]["schedule"] == report["workloads"][0]["schedule"]
    first, second = (shell.folder / each / "model.o" for each in ("out", folder))
    assert first.read_bytes() == second.read_bytes()


def test_apply_takes_the_best_of_the_database(shell, report):
    shell.succeed("apply", "matmul.mlir", "-o", "best", "--emit", "so")
    best = json.loads((shell.folder / "best/report.json").read_text())
    assert best["workloads"][0]["schedule"] == report["workloads"][0]["schedule"]
    assert sorted(os.listdir(shell.folder / "best")) == ["model.so", "report.html", "report.json"]


@pytest.mark.parametrize("directory", ["out", "."])
def test_bench_times_tuned_against_untuned(shell, report, directory):
    (measured,) = json.loads(shell.succeed("bench", directory, "--json"))
    assert measured["program"]["speedup"] > 0.0
    assert measured["workloads"][0]["schedule"] == report["workloads"][0]["schedule"]


def test_no_trials_take_an_expert_schedule(shell):
    arguments = ["--trials", "0", "--db", "empty.db", "-o", "expert", "--json"]
    (workload,) = json.loads(shell.succeed("compile", "matmul.mlir", *arguments))["workloads"]
    assert "autotune-vectorize" in workload["schedule"]
    assert workload["trials"] == 0
    assert workload["speedup"] > 1.0


def test_no_search_builds_the_program_as_it_is(shell):
    arguments = ["--trials", "0", "--search", "none", "--db", "empty.db", "-o", "untuned", "--json"]
    report = json.loads(shell.succeed("compile", "matmul.mlir", *arguments))
    assert report["workloads"][0]["schedule"] == ""
    assert report["program"]["speedup"] == 1.0


def test_a_schedule_that_is_not_legal_is_refused(shell):
    (shell.folder / "bad.txt").write_text("matmul_0: autotune-tile{band=9 sizes=8}\n")
    status, out, err = shell.run("apply", "matmul.mlir", "--schedule", "bad.txt", "-o", "illegal")
    assert (status, out) == (2, "")
    (line,) = err.splitlines()
    assert "matmul_0: illegal: " in line
    assert "band 9" in line
    assert not (shell.folder / "illegal").exists()


def test_compile_in_python(shell, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(shell.folder / "cache"))
    a, b = random_matrices()
    settings = {"trials": 2, "db": str(shell.folder / "python.db")}
    for program in (MATMUL, shell.folder / "matmul.mlir"):
        matmul = autotune.compile(program, **settings)
        np.testing.assert_allclose(matmul(a, b), a @ b, rtol=1e-4, atol=1e-4)


def test_kill_9_and_resume_lose_and_repeat_nothing(tmp_path):
    shell = Shell(tmp_path)
    (tmp_path / "matmul.mlir").write_text(LARGE_MATMUL)
    command = ["compile", "matmul.mlir", "--trials", "40", "--seed", "5", "-o", "out"]
    process = shell.start_until(3, *command)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    before = shell.records()
    assert 3 <= len(before) < 40
    shell.succeed(*command, "--resume")
    after = shell.records()
    assert after[: len(before)] == before
    assert shell.num_trials() == 40
    assert len({record["schedule"] for record in after}) == len(after)
    assert len(json.loads(shell.succeed("db", "list", "--json"))) == 1


def schedules(records: list[dict]) -> list[str]:
    return [record["schedule"] for record in records]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_search_and_writes_the_best_so_far(tmp_path, number):
    shell = Shell(tmp_path)
    (tmp_path / "matmul.mlir").write_text(LARGE_MATMUL)
    command = ["compile", "matmul.mlir", "--seed", "5", "-o", "out"]
    process = shell.start_until(2, *command, "--trials", "500")
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "interrupted; --resume goes on" in err.splitlines()[-1]
    assert "Traceback" not in err
    report = json.loads((tmp_path / "out/report.json").read_text())
    before = shell.records()
    num_trials = shell.num_trials()
    assert 1 <= num_trials == report["workloads"][0]["trials"] < 100
    autotune.load(tmp_path / "out/model.so")
    assert not [r for r in before if "SIG" in (r["message"] or "")], "workers do not hear it"
    shell.succeed(*command, "--trials", str(num_trials + 3), "--resume")
    after = shell.records()
    assert schedules(after)[: len(before)] == schedules(before)
    assert shell.num_trials() == num_trials + 3


def test_the_second_interrupt_ends_everything(tmp_path):
    shell = Shell(tmp_path)
    (tmp_path / "matmul.mlir").write_text(LARGE_MATMUL)
    process = shell.start_until(2, "compile", "matmul.mlir", "--trials", "500", "-o", "out")
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "interrupted" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not (tmp_path / "out").exists()
    assert len(shell.records()) >= 2


def test_a_time_limit_ends_the_search_and_resume_goes_on(tmp_path):
    shell = Shell(tmp_path)
    (tmp_path / "matmul.mlir").write_text(LARGE_MATMUL)
    command = ["compile", "matmul.mlir", "--seed", "5", "-o", "out"]
    shell.succeed(*command, "--trials", "500", "--time-limit", "5")
    before = shell.records()
    assert len(before) < 500
    num_trials = shell.num_trials() + 5
    shell.succeed(*command, "--trials", str(num_trials), "--resume")
    after = shell.records()
    assert after[: len(before)] == before
    assert shell.num_trials() == num_trials
    assert len(json.loads(shell.succeed("db", "list", "--json"))) == 1


def test_cold_caches_are_another_kind_of_measurement(tmp_path):
    shell = Shell(tmp_path)
    (tmp_path / "matmul.mlir").write_text(MATMUL)
    command = ["compile", "matmul.mlir", "--trials", "4", "--json", "-o"]
    warm = json.loads(shell.succeed(*command, "warm"))
    cold = json.loads(shell.succeed(*command, "cold", "--cold-cache", "--resume"))
    assert (warm["target"]["cold_cache"], cold["target"]["cold_cache"]) == (False, True)
    first, second = json.loads(shell.succeed("db", "list", "--json"))
    assert first["target"] != second["target"]
    assert (first["records"], second["records"]) == (4, 4)
    for options, run in (([], first), (["--cold-cache"], second)):
        applied = shell.succeed("apply", "matmul.mlir", "-o", "applied", "--json", *options)
        assert json.loads(applied)["workloads"][0]["schedule"] == run["schedule"]
    replay = ["compile", "matmul.mlir", "--replay", "2", "-o", "replayed"]
    status, _, err = shell.run(*replay)
    assert (status, err) == (2, "autotune: run 2 was timed with --cold-cache: replay it so\n")
    shell.succeed(*replay, "--cold-cache")


def test_a_run_replays_from_the_database_and_from_a_file(tmp_path):
    shell = Shell(tmp_path)
    (tmp_path / "matmul.mlir").write_text(MATMUL)
    shell.succeed("compile", "matmul.mlir", "--trials", "10", "--seed", "3", "-o", "out")
    winner = json.loads((tmp_path / "out/report.json").read_text())["workloads"][0]["schedule"]
    shell.succeed("db", "export", "run.jsonl", "--run", "1")
    for run, name in (("1", "run 1"), ("run.jsonl", "run.jsonl")):
        folder = f"again-{run}"
        status, _, err = shell.run("compile", "matmul.mlir", "--replay", run, "-o", folder)
        assert status == 0, err
        assert f"autotune: {name} replayed: 10 steps and the final choice, as recorded" in err
        report = json.loads((tmp_path / folder / "report.json").read_text())
        assert report["workloads"][0]["schedule"] == winner
    assert len(json.loads(shell.succeed("db", "list", "--json"))) == 1, "nothing is recorded"
    value = json.loads((tmp_path / "run.jsonl").read_text())
    steps = value["records"]
    steps[3]["schedule"], steps[4]["schedule"] = steps[4]["schedule"], steps[3]["schedule"]
    (tmp_path / "wrong.jsonl").write_text(json.dumps(value) + "\n")
    status, _, err = shell.run("compile", "matmul.mlir", "--replay", "wrong.jsonl", "-o", "no")
    assert status == 1
    assert "autotune: wrong.jsonl diverges at step 3 of 10: recorded is matmul_0: " in err
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (MATMUL[:200].encode(), ""),
        (b"", ""),
        (b"\x7fELF\x00\x01\xff\xfe" * 50, ""),
        (MATMUL.replace("linalg.matmul", "linalg.nonsense").encode(), "nonsense"),
        (TWO_ENTRIES, "entry"),
        (b"func.func @f(%m: memref<?xf32>) { return }", "f"),
        (ENDLESS, ""),
    ],
    ids=["truncated", "empty", "binary", "unknown op", "two entries", "dynamic", "endless"],
)
def test_bad_input_is_one_line_and_nothing_is_written(tmp_path, content, reason):
    shell = Shell(tmp_path)
    (tmp_path / "bad.mlir").write_bytes(content)
    status, out, err = shell.run("compile", "bad.mlir", "--trials", "4", "-o", "out")
    assert (status, out) == (2, ""), err
    (line,) = err.splitlines()
    assert line.startswith("autotune: bad.mlir:")
    assert reason in line
    assert not (tmp_path / "out").exists()

"""Reports, progress, and files that are written whole."""

import io
import json
import os

import pytest

from autotune.errors import InputError
from autotune.measurement import Failure, FailureKind, Measurement
from autotune.progress import LineProgress
from autotune.replay_file import read_program_line, read_schedules
from autotune.report import format_secs, write_files
from autotune.schedule import Schedule

TILE = Schedule.parse("autotune-tile{band=0 sizes=8,16}")


@pytest.mark.parametrize(
    ("secs", "text"),
    [(2.5, "2.5 s"), (0.0123456, "12.3 ms"), (4.56e-5, "45.6 us"), (3.1e-8, "31 ns")],
)
def test_times_have_a_fitting_unit(secs, text):
    assert format_secs(secs) == text


def test_files_are_written_together_and_others_stay(tmp_path):
    directory = tmp_path / "a" / "out"
    write_files(directory, {"model.so": b"1", "report.json": b"{}"})
    (directory / "notes.txt").write_text("mine")
    write_files(directory, {"model.so": b"2"})
    assert sorted(os.listdir(directory)) == ["model.so", "notes.txt", "report.json"]
    assert (directory / "model.so").read_bytes() == b"2"
    assert os.access(directory / "model.so", os.X_OK)
    assert os.listdir(tmp_path / "a") == ["out"]


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(OSError, match="no/such"):
        write_files(tmp_path / "out", {"model.so": b"1", "no/such": b"2"})
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"schema": 1, "workloads": [{"name": "a", "schedule": str(TILE)}]}),
        f"# comment\n\na: {TILE}\n",
        "// autotune-program main: fp=contract math=inline threads=1\n"
        f"// autotune-schedule a: {TILE}\n"
        "module {\n  func.func @a: nonsense\n}\n",
    ],
)
def test_schedules_are_read_from_three_kinds_of_files(tmp_path, text):
    (tmp_path / "file").write_text(text)
    assert read_schedules(tmp_path / "file") == {"a": TILE}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: autotune-tile{band=0 sizes=8}\nb: autotune-zap{}\n", "file:2: unknown transf"),
        (b"\nnonsense\n", "file:2: not a line 'workload: pipeline': 'nonsense'"),
        (b"a:\na:\n", "file:2: a second schedule for a"),
        (b"{\n  1}", "file:2: no JSON"),
        (b"{}", "no report of autotune"),
        (b"# nothing\n", "holds no schedule"),
        (b"\xff\xfe\x00", "not a text file"),
    ],
)
def test_bad_schedule_files_are_named_with_line_and_reason(tmp_path, content, reason):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(InputError, match=reason):
        read_schedules(tmp_path / "file")


def test_the_program_line_says_how_a_file_was_made(tmp_path):
    (tmp_path / "file").write_text(
        "// autotune-program main: fp=strict math=libm threads=2\nmodule {}\n"
    )
    made = read_program_line(tmp_path / "file")
    assert (made.entry, made.fp, made.math) == ("main", "strict", "libm")
    assert made.num_threads == 2
    (tmp_path / "file").write_text("module {}\n")
    with pytest.raises(InputError, match="not written by autotune"):
        read_program_line(tmp_path / "file")


def test_plain_progress_says_what_is_done_and_what_is_left():
    stream, times = io.StringIO(), iter(range(0, 1000, 5))
    progress = LineProgress(stream, lambda: float(next(times)), None)
    failed = Measurement((), (), 0.1, Failure(FailureKind.RUN_TIMEOUT, "slow"))
    with progress:
        progress.begin(8)
        progress.start("matmul", 6.0)
        progress.start("relu", 2.0)
        for measurement in (Measurement((1.0,), (3.0,), 0.1, None), failed):
            progress.trial("matmul", measurement)
        progress.note("relu", "timed at full size: it has no loops")
        progress.finish("matmul", "3.00x after 2 trials")
    first, matmul, program, note, last = stream.getvalue().splitlines()
    assert first == "whole program: tuning, 8 trials"
    assert matmul == "matmul: 2 trials, best 3.00x  failed: 1 run_timeout"
    assert program.startswith("whole program: 2/8 trials, about 2.00x  ")
    assert program.endswith(" left")
    assert note == "relu: timed at full size: it has no loops"
    assert last == "matmul: 3.00x after 2 trials"

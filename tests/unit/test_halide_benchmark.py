"""Halide as a contender, as far as it can be tested without Halide.

Where the variable HALIDE_PYTHON names an interpreter that has Halide, its pipelines are compared
with NumPy as well.
"""

import json
import os
import shutil
import stat
import subprocess
import sys
from argparse import Namespace
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.nn import halide_peer, suite
from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.nn.halide_pipelines import NAMES
from benchmarks.nn.halide_program import HalideProgram
from benchmarks.nn.operator import Array
from benchmarks.nn.table import markdown
from benchmarks.timings import summary

HALIDE_PYTHON = os.environ.get("HALIDE_PYTHON", "")

# Fails unless every buffer is a matrix of 3 x 5 as Halide sees it: 5 wide, and of these types.
C_FUNCTION = """
#include <stdint.h>
struct type { uint8_t code, bits; uint16_t lanes; };
struct dimension { int32_t min, extent, stride; uint32_t flags; };
struct buffer {
  uint64_t device; const void *interface; uint8_t *host; uint64_t flags;
  struct type type; int32_t dimensions; struct dimension *dim; void *padding;
};
static int is_as_expected(const struct buffer *b, int code, int bits) {
  return b->device == 0 && b->flags == 0 && b->dimensions == 2 && b->type.code == code &&
    b->type.bits == bits && b->type.lanes == 1 && b->dim[0].min == 0 && b->dim[0].extent == 5 &&
    b->dim[0].stride == 1 && b->dim[1].extent == 3 && b->dim[1].stride == 5;
}
int matmul(struct buffer *floats, struct buffer *bits, struct buffer *numbers, struct buffer *out) {
  if (!is_as_expected(floats, 2, 32) || !is_as_expected(bits, 4, 16)) return -1;
  if (!is_as_expected(numbers, 0, 64) || !is_as_expected(out, 2, 32)) return -2;
  for (int i = 0; i < 15; ++i) ((float *)out->host)[i] = 2 * ((float *)floats->host)[i];
  return 0;
}
"""


def _interpreter(folder: Path, script: str) -> str:
    """Makes a program that stands for an interpreter with Halide."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def _result(name: str, ours: float, torch: float, halide: float | None) -> dict[str, Any]:
    secs = {"untuned": 9.0, "expert": ours, "eager": torch, "inductor": 2 * torch}
    if halide is not None:
        secs["halide"] = halide
    return {
        "operator": name,
        "num_threads": 1,
        "num_flops": 0,
        "num_bytes": 10**6,
        "failures": {},
        "secs": {each: summary([value] * 3) for each, value in secs.items()},
        "errors": dict.fromkeys(secs, 0.0),
        "tolerance": 1e-5,
        "is_correct": True,
    }


def _table(*results: dict[str, Any]) -> str:
    machine = {"cpu": "CPU", "num_cores": 2, "system": "Linux", "packages": {"halide": "21"}}
    return markdown({"machine": machine, "results": list(results)})


def _cells(text: str, first: str) -> dict[str, str]:
    rows = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("|")]
    row = next(row for row in rows if row[0] == first)
    return dict(zip(rows[0], row, strict=True))


def test_every_operator_is_a_pipeline() -> None:
    assert set(NAMES) == set(CATALOGUE)


def test_losses_are_shown_and_count() -> None:
    table = _table(_result("softmax", 2e-3, 4e-3, 1e-3), _result("chain", 1e-3, 2e-3, 8e-3))
    row = _cells(table, "softmax")
    assert (row["halide"], row["of Halide's speed"]) == ("1.000", "50 %")
    means = _cells(table, "**geometric mean**")
    assert means["of Halide's speed"] == "200 % of 2"
    assert means["of PyTorch's speed"] == "200 % of 2"


def test_results_without_halide_have_no_ratio_to_it() -> None:
    table = _table(_result("softmax", 2e-3, 4e-3, None))
    assert _cells(table, "softmax")["of Halide's speed"] == ""
    assert _cells(table, "**geometric mean**")["of Halide's speed"] == ""


def test_a_wrong_result_of_halide_is_named_and_counts_for_nothing() -> None:
    wrong = _result("softmax", 2e-3, 4e-3, 1e-3)
    wrong["errors"]["halide"] = 1e-3
    table = _table(wrong, _result("chain", 1e-3, 2e-3, 8e-3))
    assert _cells(table, "softmax")["halide"] == "1.000 WRONG"
    assert _cells(table, "**geometric mean**")["of Halide's speed"] == "800 % of 1"


def test_a_failure_of_halide_has_its_reason_in_the_table() -> None:
    failed = _result("softmax", 2e-3, 4e-3, None)
    failed["failures"]["halide"] = "no schedule"
    assert _cells(_table(failed), "softmax")["halide"] == "failed: no schedule"


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
def test_buffers_are_those_of_halide(tmp_path: Path) -> None:
    source, library = tmp_path / "model.c", tmp_path / "model.so"
    source.write_text(C_FUNCTION, encoding="utf-8")
    subprocess.run(["gcc", "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    floats = np.arange(15, dtype=np.float32).reshape(3, 5)
    others = [np.zeros((3, 5), np.uint16), np.zeros((3, 5), np.int64)]
    arrays = [floats, *others, np.zeros((3, 5), np.float32)]
    call = HalideProgram("matmul", library).prepare(arrays)
    np.testing.assert_array_equal(arrays[-1], 2 * floats)
    floats += 1
    call()
    np.testing.assert_array_equal(arrays[-1], 2 * floats)
    with pytest.raises(RuntimeError, match="error -1"):
        HalideProgram("matmul", library).prepare([floats] * 4)


def test_an_interpreter_without_halide_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = _interpreter(tmp_path, "echo \"No module named 'halide'\" >&2; exit 1")
    assert suite.benchmark_nn(Namespace(halide_python=python, output=tmp_path, only=[])) == 2
    said = capsys.readouterr().err
    assert f"{python} cannot schedule with Halide (No module named 'halide')" in said
    assert "--halide-python" in said


def test_an_interpreter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(halide_peer.HalideError, match="No such file"):
        halide_peer.halide_version(str(tmp_path / "python"))


def test_an_operator_is_scheduled_for_the_threads(tmp_path: Path) -> None:
    answer = json.dumps({"scheduling_secs": 1.5})
    script = f"echo 'warning'; echo '{answer}'; echo \"$@\" >{tmp_path}/is"
    python = _interpreter(tmp_path, script)
    report = halide_peer.compile_with_halide(python, "softmax", tmp_path / "out", 2)
    assert report == {"scheduling_secs": 1.5}
    command = (tmp_path / "is").read_text(encoding="utf-8").strip()
    assert command == (
        f"-m benchmarks.nn.halide_scheduler softmax --threads 2 --output {tmp_path / 'out'}"
    )


def test_a_scheduler_that_fails_says_why(tmp_path: Path) -> None:
    python = _interpreter(tmp_path, "echo 'Traceback' >&2; echo 'no schedule' >&2; exit 1")
    with pytest.raises(halide_peer.HalideError, match=r"^no schedule$"):
        halide_peer.compile_with_halide(python, "softmax", tmp_path, 1)


class FakeContender(AbstractContextManager["FakeContender"]):
    """Has computed the given result."""

    def __init__(self, result: Array) -> None:
        self._result = result

    def __exit__(self, *_: object) -> None:
        pass

    def secs(self) -> float:
        return 1e-3

    def outputs(self) -> list[Array]:
        return [self._result]


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_without_halides_code_the_others_are_timed_and_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: float
) -> None:
    operator = CATALOGUE["transpose"].full_size()
    expected = operator.expected(operator.inputs(0))
    made = {name: FakeContender(expected) for name in ("untuned", "eager", "inductor")}
    made["expert"] = FakeContender(expected + error)
    monkeypatch.setattr(suite, "build", lambda *_: {"untuned": {}, "expert": {}})
    monkeypatch.setattr(suite, "_contenders", lambda *_: dict(made))
    python = _interpreter(tmp_path, "echo 'no schedule' >&2; exit 1")
    arguments = Namespace(output=tmp_path, trials=0, seed=0, budget=0.0, halide_python=python)
    result = suite.measure("transpose", 1, arguments)
    assert result["failures"] == {"halide": "no schedule"}
    assert set(result["secs"]) == set(made)
    assert result["is_correct"] == (error == 0)


def test_the_side_of_halide_needs_nothing_of_this_package() -> None:
    code = "import sys; sys.modules['autotune'] = None; import benchmarks.nn.halide_scheduler"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(not HALIDE_PYTHON, reason="HALIDE_PYTHON names no interpreter")
@pytest.mark.parametrize("num_threads", [1, 2])
@pytest.mark.parametrize("name", NAMES)
def test_pipelines_agree_with_numpy(tmp_path: Path, name: str, num_threads: int) -> None:
    command = [HALIDE_PYTHON, "-m", "benchmarks.nn.halide_scheduler", name, "--small"]
    command += ["--threads", str(num_threads), "--output", str(tmp_path)]
    subprocess.run(command, check=True)
    operator = CATALOGUE[name].small_size()
    inputs = operator.inputs(seed=0)
    arrays = [*inputs, np.full(operator.result.shape, 77, np.float32)]
    HalideProgram(name, tmp_path / "model.so").prepare(arrays)
    expected = operator.expected(inputs)
    bound = max(operator.tolerance, 1e-5) * np.max(np.abs(expected))
    np.testing.assert_allclose(arrays[-1], expected, rtol=0, atol=bound)

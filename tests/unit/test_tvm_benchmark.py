"""The benchmark beside TVM, as far as it can be tested without TVM."""

import json
import stat
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from benchmarks.nn import tvm_suite
from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.nn.tvm_expressions import NAMES
from benchmarks.nn.tvm_table import markdown
from benchmarks.timings import summary


def _interpreter(folder: Path, script: str) -> str:
    """Makes a program that stands for an interpreter with TVM."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def _result(name: str, tuned: float, tvm: float, error: float = 0.0) -> dict[str, Any]:
    return {
        "operator": name,
        "num_threads": 1,
        "reports": {"tvm": {"num_records": 64, "num_failures": 3}},
        "tuning_secs": {"tuned": 40.0, "tvm": 110.0},
        "secs": {"tuned": summary([tuned] * 3), "tvm": summary([tvm] * 3)},
        "errors": {"tuned": 0.0, "tvm": error},
        "tolerance": 1e-5,
        "is_correct": error <= 1e-5,
    }


def _table(*results: dict[str, Any]) -> str:
    machine = {"cpu": "CPU", "num_cores": 2, "system": "Linux", "packages": {"apache-tvm": "0.27"}}
    return markdown({"machine": machine, "results": list(results)})


def test_every_expression_is_an_operator_in_fp32() -> None:
    assert len(NAMES) > 20
    for name in NAMES:
        assert {x.element for x in CATALOGUE[name].small_size().graph.arguments} == {"f32"}


def test_the_mean_is_that_of_the_ratios() -> None:
    table = _table(_result("matmul", 1e-3, 2e-3), _result("softmax", 1e-3, 8e-3))
    assert "| matmul | 1 | 1.000 | 2.000 | 2.00x | 40 | 110 | 64, 3 failed |" in table
    assert "mean of the ratios: 4.00x over 2 operators" in table


def test_a_wrong_result_is_named_and_counts_for_nothing() -> None:
    table = _table(_result("matmul", 1e-3, 2e-3), _result("softmax", 1e-3, 8e-3, error=1e-3))
    assert "WRONG: tvm" in table
    assert "2.00x over 1 operators" in table


def test_a_failure_has_its_reason_in_the_table() -> None:
    failed = {"operator": "matmul", "num_threads": 1, "error": ["no candidate ran"]}
    assert "| matmul | 1 | failed: no candidate ran |" in _table(failed)


def test_an_interpreter_without_tvm_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    python = _interpreter(tmp_path, "echo \"No module named 'tvm'\" >&2; exit 1")
    assert tvm_suite.benchmark_tvm(Namespace(tvm_python=python, output=tmp_path)) == 2
    said = capsys.readouterr().err
    assert f"{python} cannot tune with TVM (No module named 'tvm')" in said
    assert "--tvm-python" in said


def test_an_interpreter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(tvm_suite.TvmMissingError, match="No such file"):
        tvm_suite.tvm_version(str(tmp_path / "python"))


def test_a_search_starts_without_the_records_of_another(tmp_path: Path) -> None:
    answer = json.dumps({"num_records": 64})
    script = f"echo 'tuning ...'; echo '{answer}'; echo \"$@\" >{tmp_path}/is"
    script += f"; echo $TVM_NUM_THREADS >>{tmp_path}/is; ls {tmp_path}/out >>{tmp_path}/is"
    arguments = Namespace(tvm_python=_interpreter(tmp_path, script), trials=64, seed=5)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "database_tuning_record.json").touch()
    report = tvm_suite.tune_with_tvm("matmul", folder, 2, arguments)
    assert report["num_records"] == 64
    assert report["elapsed_secs"] > 0
    command, *rest = (tmp_path / "is").read_text(encoding="utf-8").splitlines()
    assert command == (
        f"-m benchmarks.nn.tvm_tuner matmul --trials 64 --threads 2 --seed 5 --output {folder}"
    )
    assert rest == ["2"]


def test_a_search_that_fails_says_why(tmp_path: Path) -> None:
    python = _interpreter(tmp_path, "echo 'Traceback' >&2; echo 'no candidate ran' >&2; exit 1")
    arguments = Namespace(tvm_python=python, trials=64, seed=0)
    report = tvm_suite.tune_with_tvm("matmul", tmp_path / "out", 1, arguments)
    assert report == {"error": ["no candidate ran"]}


def test_the_side_of_tvm_needs_nothing_of_this_package() -> None:
    code = (
        "import sys; sys.modules['autotune'] = None; import benchmarks.contender;"
        "import benchmarks.nn.program, benchmarks.nn.tvm_tuner"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

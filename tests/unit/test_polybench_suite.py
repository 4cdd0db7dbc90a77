"""The figures of the PolyBench suite mean what they say."""

import ctypes
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.contender import ContenderError
from benchmarks.measuring import Timing, run_in_turn
from benchmarks.polybench.c_compilers import PEERS, Peer
from benchmarks.polybench.charts import html_report
from benchmarks.polybench.definitions import KERNELS, Kernel
from benchmarks.polybench.inputs import inputs
from benchmarks.polybench.operation_count import footprint_bytes, operation_count
from benchmarks.polybench.references import defined_parts, expected
from benchmarks.polybench.table import markdown

BY_NAME = {kernel.name: kernel for kernel in KERNELS}


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs a C compiler")
@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_c_text_computes_the_kernel(kernel: Kernel, tmp_path: Path) -> None:
    sizes = kernel.sizes["MINI"]
    library = tmp_path / "kernel.so"
    assert PEERS["gcc"].compile(kernel, sizes, "f64", 1, library) is None
    arrays = inputs(kernel, sizes, "f64", seed=3)
    wanted = expected(kernel, sizes, arrays)
    function = ctypes.CDLL(str(library))[kernel.entry]
    function(*[ctypes.c_void_p(array.ctypes.data) for array in arrays])
    names = [array.name for array in kernel.arrays(sizes)]
    computed = defined_parts(kernel, dict(zip(names, arrays, strict=True)))
    for name, reference in wanted.items():
        bound = 0 if kernel.is_integer else 1e-12 * np.abs(reference).max()
        assert np.abs(computed[name] - reference).max() <= bound, name


def test_compiler_that_is_not_installed_is_a_reason(tmp_path: Path) -> None:
    peer = Peer("none", ("no-such-compiler",), (), None)
    reason = peer.compile(BY_NAME["gemm"], BY_NAME["gemm"].sizes["MINI"], "f64", 1, tmp_path / "x")
    assert reason == "none of no-such-compiler is installed"


def test_operations_of_a_rectangular_nest() -> None:
    sizes = {"NI": 2, "NJ": 3, "NK": 5}
    # Scaling C, scaling A once for all columns, and the multiply-adds.
    assert operation_count(BY_NAME["gemm"].function(sizes)) == 2 * 3 + 2 * 5 + 2 * 2 * 3 * 5


def test_operations_of_a_triangular_nest() -> None:
    num_pairs = sum(1 for i in range(7) for j in range(i) for _ in range(j))
    num_quotients = num_squares = sum(range(7))
    expected_count = 2 * num_pairs + num_quotients + 2 * num_squares + 7
    assert operation_count(BY_NAME["cholesky"].function({"N": 7})) == expected_count


def test_operations_under_a_condition() -> None:
    count = 0
    for i in range(6):
        for j in range(i + 1, 6):
            # Three comparisons, and two sums and a choice (of two operations) where bases may pair.
            count += 1 + (i + 1 < 6) + 1 + (4 if i < j - 1 else 0)
            count += 2 * len(range(i + 1, j))
    assert operation_count(BY_NAME["nussinov"].function({"N": 6})) == count


def test_footprint_counts_every_array_once() -> None:
    function = BY_NAME["atax"].function({"M": 3, "N": 5})
    assert footprint_bytes(function, 8) == 8 * (3 * 5 + 5 + 5 + 3)
    assert footprint_bytes(BY_NAME["nussinov"].function({"N": 4}), 8) == 4 * (4 + 16)


class FakeContender:
    """Takes the given seconds, again and again; fails where they are None."""

    def __init__(self, secs: float | None) -> None:
        self._secs = secs

    def secs(self, _: float | None = None) -> float:
        if self._secs is None:
            raise ContenderError("ended with status -9")
        return self._secs


def test_slow_contenders_run_once_and_failures_are_told() -> None:
    contenders: Any = {"fast": FakeContender(1.0), "slow": FakeContender(9.0)}
    contenders["broken"] = FakeContender(None)
    secs, failures = run_in_turn(contenders, Timing(0.0, once_above_secs=5.0, pause_secs=0.0))
    assert secs == {"fast": [1.0, 1.0, 1.0], "slow": [9.0]}
    assert failures == {"broken": "ended with status -9"}


def document() -> dict[str, Any]:
    machine = {"cpu": "CPU", "num_cores": 2, "system": "Linux", "packages": {}}
    results = [result("gemm", 4.0, 1.0, 2.0, 0.5), result("lu", 3.0, 2.0, 3.0, 4.0)]
    settings = {"size": "MINI", "dtype": "f64", "trials": "8"}
    return {
        "machine": machine,
        "settings": settings,
        "compilers": {"clang": "clang 22"},
        "peak": {"operations_per_sec": 1e9, "bytes_per_sec": 1e9},
        "results": results,
    }


def result(kernel: str, untuned: float, tuned: float, clang: float, polly: float) -> dict[str, Any]:
    secs = {"untuned": untuned, "tuned": tuned, "clang": clang, "polly": polly}
    workload = {"trials": 8, "failures": {"compile error": 1}}
    return {
        "kernel": kernel,
        "num_threads": 1,
        "num_operations": 10**9,
        "num_bytes": 10**6,
        "secs": {name: {"median": value} for name, value in secs.items()},
        "checks": {"tuned": {"is_right": True}, "polly": {"is_right": kernel != "lu"}},
        "reports": {"tuned": {"workloads": [workload, workload]}},
        "failures": {},
    }


def cells(text: str, first: str) -> dict[str, str]:
    rows = [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("|")]
    row = next(row for row in rows if row[0] == first)
    return dict(zip(rows[0], row, strict=True))


def test_ratios_are_of_the_fastest_of_ours() -> None:
    row = cells(markdown(document()), "gemm")
    assert row["untuned over clang"] == "0.50"
    assert (row["over untuned"], row["over clang"]) == ("4.00", "2.00")
    assert row["over best peer"] == "0.50"
    assert (row["trials"], row["failures"]) == ("16", "2 compile error")


def test_means_are_geometric() -> None:
    row = cells(markdown(document()), "**geometric mean**")
    assert row["over untuned"] == f"**{(4.0 * 1.5) ** 0.5:.2f}**"


def test_wrong_results_are_shown() -> None:
    assert cells(markdown(document()), "lu")["polly, s"] == "4 WRONG"


def test_page_shows_losses() -> None:
    page = html_report(document())
    assert "polly: 0.75x" in page
    assert "Roof: 1.0 GFLOP/s" in page

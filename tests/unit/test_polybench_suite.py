"""The figures of the PolyBench suite mean what they say."""

import ctypes
import json
import shutil
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.contender import ContenderError
from benchmarks.measuring import Timing, run_in_turn
from benchmarks.polybench import suite
from benchmarks.polybench.c_compilers import PEERS, Peer
from benchmarks.polybench.charts import html_report
from benchmarks.polybench.definitions import KERNELS, Kernel
from benchmarks.polybench.inputs import inputs
from benchmarks.polybench.operation_count import footprint_bytes, operation_count
from benchmarks.polybench.references import defined_parts, expected
from benchmarks.polybench.suite import SizedKernel
from benchmarks.polybench.table import markdown
from benchmarks.run import add_polybench

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
    results = [result("gemm", [4.0, 1.0, 2.0, 0.5]), result("lu", [3.0, 2.0, 3.0, 4.0])]
    settings = {"size": "MINI", "dtype": "f64", "trials": "8"}
    return {
        "machine": machine,
        "settings": settings,
        "compilers": {"clang": "clang 22"},
        "peak": {"operations_per_sec": 1e9, "bytes_per_sec": 1e9},
        "results": results,
    }


def result(kernel: str, times: list[float], size: str = "MINI", threads: int = 1) -> dict[str, Any]:
    """A result with the seconds of the untuned and of the tuned program, of clang and of Polly."""
    secs = dict(zip(("untuned", "tuned", "clang", "polly"), times, strict=True))
    workload = {"trials": 8, "failures": {"compile error": 1}}
    return {
        "kernel": kernel,
        "size": size,
        "num_threads": threads,
        "num_operations": 10**9,
        "num_bytes": 10**6,
        "secs": {name: {"median": value} for name, value in secs.items()},
        "checks": {"tuned": {"is_right": True}, "polly": {"is_right": kernel != "lu"}},
        "reports": {"tuned": {"workloads": [workload, workload]}},
        "failures": {},
    }


def tables(text: str) -> list[list[dict[str, str]]]:
    """The rows of each table, by the titles of their columns."""
    found = []
    for part in text.split("\n\n"):
        if part.startswith("|"):
            titles, _, *rows = (line[2:-2].split(" | ") for line in part.strip().splitlines())
            found.append([dict(zip(titles, row, strict=True)) for row in rows])
    return found


def cells(text: str, kernel: str) -> dict[str, str]:
    return next(row for row in tables(text)[0] if row["kernel"] == kernel)


def test_ratios_are_of_what_the_tuner_hands_back() -> None:
    row = cells(markdown(document()), "gemm")
    assert row["untuned over clang"] == "0.50"
    assert (row["over untuned"], row["over clang"]) == ("4.00", "2.00")
    assert row["over best peer"] == "0.50"
    assert (row["trials"], row["failures"]) == ("16", "2 compile error")


def test_losses_to_the_untuned_program_are_shown() -> None:
    text = markdown({**document(), "results": [result("gemm", [1.0, 2.0, 1.0, 4.0])]})
    row = cells(text, "gemm")
    assert (row["over untuned"], row["over clang"], row["GFLOP/s"]) == ("0.50", "0.50", "0.50")


def test_means_are_geometric() -> None:
    (row,) = tables(markdown(document()))[1]
    assert row["over untuned"] == f"{(4.0 * 1.5) ** 0.5:.2f}"
    assert row["over clang"] == f"{(2.0 * 1.5) ** 0.5:.2f}"
    # gemm is slower than Polly's.
    assert (row["kernels"], row["lost to a peer"]) == ("2", "1")


def of_three_groups() -> dict[str, Any]:
    """Results of two sizes, one of them on two numbers of threads, out of order."""
    several = document()
    several["results"] = [
        result("gemm", [8.0, 1.0, 8.0, 9.0], "LARGE", threads=2),
        result("gemm", [6.0, 1.0, 3.0, 9.0], "LARGE"),
        result("gemm", [2.0, 1.0, 2.0, 9.0], "MINI"),
        result("lu", [8.0, 1.0, 8.0, 9.0], "MINI"),
    ]
    return several


def test_every_size_has_its_means() -> None:
    rows, means = tables(markdown(of_three_groups()))
    assert [row["size"] for row in rows] == ["LARGE", "LARGE", "MINI", "MINI"]
    found = [(row["size"], row["threads"], row["over untuned"], row["over clang"]) for row in means]
    assert found == [
        ("MINI", "1", "4.00", "4.00"),
        ("LARGE", "1", "6.00", "3.00"),
        ("LARGE", "2", "8.00", "8.00"),
    ]


def test_a_page_shows_every_size() -> None:
    page = html_report(of_three_groups())
    for group in ("MINI, 1 thread", "LARGE, 1 thread", "LARGE, 2 threads"):
        assert f"Speed-up over clang -O3, {group}</h2><svg" in page
        assert f"<h2>Roofline, {group}</h2>" in page
    assert "<tr><td>LARGE</td><td>1</td><td>1</td><td>0.50</td><td>6.00</td><td>3.00</td>" in page


def test_a_kernel_that_did_not_compile_counts_for_no_mean() -> None:
    broken = document()
    broken["results"][1] = {
        **{name: broken["results"][1][name] for name in ("kernel", "size", "num_threads")},
        "num_operations": 1,
        "num_bytes": 1,
        "error": ["no code"],
    }
    rows, (means,) = tables(markdown(broken))
    assert rows[1]["failures"] == "no code"
    assert means["over untuned"] == "4.00"
    assert "lu" not in html_report(broken).partition("Roofline")[0]


def command_line(*options: str) -> Namespace:
    parser = ArgumentParser()
    add_polybench(parser)
    return parser.parse_args(options)


def test_sizes_are_listed() -> None:
    assert command_line().size == ["LARGE"]
    assert command_line("--size", "MINI,LARGE,MINI").size == ["MINI", "LARGE"]
    for wrong in ("HUGE", ","):
        with pytest.raises(SystemExit):
            command_line("--size", wrong)


def test_one_command_measures_every_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(program: SizedKernel, num_threads: int, _: Namespace) -> dict[str, Any]:
        return result(program.name, [4.0, 1.0, 2.0, 3.0], program.size, num_threads)

    monkeypatch.setattr(suite, "measure", measured)
    monkeypatch.setattr(suite, "peak", lambda *_: document()["peak"])
    options = ["--only", "gemm", "2mm", "--peers", "", "--output", str(tmp_path)]
    first = command_line("--size", "SMALL", "--threads", "1,2", *options)
    assert suite.benchmark_polybench(first) == 0
    # What an earlier version wrote, which had one size a document.
    path = tmp_path / "results.json"
    earlier = json.loads(path.read_text(encoding="utf-8"))
    for each in earlier["results"]:
        del each["size"]
    path.write_text(json.dumps(earlier | {"schema": 1}), encoding="utf-8")
    capsys.readouterr()
    more = command_line("--size", "SMALL,MINI", "--resume", *options)
    assert suite.benchmark_polybench(more) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == [f"{name} MINI, 1 threads: done" for name in ("2mm", "gemm")]
    _, means = tables(said.out)
    assert [(row["size"], row["threads"], row["kernels"]) for row in means] == [
        ("MINI", "1", "2"),
        ("SMALL", "1", "2"),
        ("SMALL", "2", "2"),
    ]
    assert "size SMALL,MINI, f64" in said.out
    assert "Roofline, MINI, 1 thread" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_results_of_another_element_type_are_not_continued(tmp_path: Path) -> None:
    text = json.dumps({"settings": {"size": "MINI", "dtype": "f32"}, "results": []})
    (tmp_path / "results.json").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match="dtype f32"):
        suite.benchmark_polybench(command_line("--resume", "--output", str(tmp_path)))


def test_wrong_results_are_shown_and_are_no_competition() -> None:
    wrong = document()
    wrong["results"][1] = result("lu", [3.0, 2.0, 3.0, 1.0])
    row = cells(markdown(wrong), "lu")
    assert row["polly, s"] == "1 WRONG"
    assert row["over best peer"] == "1.50"


def test_page_shows_losses() -> None:
    page = html_report(document())
    assert "polly: 0.75x" in page
    assert "Roof: 1.0 GFLOP/s" in page

"""How benchmarks run the tuner."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.polybench.definitions import KERNELS

_DEADLINE_SECS = 60.0


def _happens(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _DEADLINE_SECS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def _compiling(output: Path) -> set[int]:
    """Processes that compile into a directory, and have not ended."""
    found = set()
    for place in Path("/proc").glob("[0-9]*"):
        try:
            command = (place / "cmdline").read_bytes().decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if "compile" in command and str(output) in command and int(place.name) != os.getpid():
            found.add(int(place.name))
    return found


def test_the_tuner_ends_with_the_benchmark_that_started_it(tmp_path: Path) -> None:
    (kernel,) = (each for each in KERNELS if each.name == "gemm")
    source, output = tmp_path / "gemm.mlir", tmp_path / "out"
    source.write_text(kernel.text(kernel.sizes["MEDIUM"], "f64"))
    options = ["--trials", "100000"]
    program = f"""
from pathlib import Path
from benchmarks.measuring import tune
tune(Path({str(source)!r}), Path({str(output)!r}), {options!r})
"""
    with subprocess.Popen([sys.executable, "-c", program]) as benchmark:
        is_started = _happens(lambda: bool(_compiling(output)))
        benchmark.kill()
    assert is_started
    assert _happens(lambda: not _compiling(output))

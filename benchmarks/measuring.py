"""What every benchmark does: describe the machine, tune a program, time contenders in turn."""

import ctypes
import json
import math
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contender import Contender, ContenderError
from benchmarks.program import Array

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
PACKAGES = ("mlir-autotune", "xtc-mlir-python-bindings", "llvmlite", "numpy", "intel-openmp")
MIN_REPEATS, MAX_REPEATS = 3, 40
# Threads of OpenBLAS and of OpenMP spin for a while after a call; nothing is timed meanwhile.
SPIN_SECS = 0.25


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    cpu_lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    models = [line.partition(":")[2].strip() for line in cpu_lines if "model name" in line]
    return {
        "cpu": models[0] if models else platform.processor(),
        "num_cores": len(os.sched_getaffinity(0)),
        "system": platform.platform(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "load": os.getloadavg()[0],
    }


def version(package: str) -> str:
    """Version of an installed package; empty where it is not installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def _end_with_benchmark() -> None:
    """Has the kernel end this process when its parent ends, however that ends."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def tune(source: Path, output: Path, options: Sequence[str]) -> dict[str, Any]:
    """Runs `autotune compile`; returns its report, or what it said when it failed."""
    output.mkdir(parents=True, exist_ok=True)
    database = output / "tuning.db"
    database.unlink(missing_ok=True)
    command = [sys.executable, "-m", "autotune", "compile", str(source), "-o", str(output)]
    command += ["--json", "--db", f"sqlite:///{database}", *options]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, preexec_fn=_end_with_benchmark
    )
    if done.returncode != 0:
        return {"error": done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]}
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@dataclass(frozen=True)
class Timing:
    """How long contenders run.

    Attributes:
        budget_secs: No further round starts after this time.
        once_above_secs: A contender that takes longer does not run again.
        limit_secs: A contender that takes longer is stopped.
        pause_secs: After each run; by default what threads need to go to sleep.
    """

    budget_secs: float
    once_above_secs: float = math.inf
    limit_secs: float | None = None
    pause_secs: float = SPIN_SECS


def run_in_turn(
    contenders: Mapping[str, Contender], timing: Timing
) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Times the contenders round by round; returns the seconds of each, and why others failed."""
    secs: dict[str, list[float]] = {name: [] for name in contenders}
    failures: dict[str, str] = {}
    deadline = time.monotonic() + timing.budget_secs
    for repeat in range(MAX_REPEATS):
        if repeat >= MIN_REPEATS and time.monotonic() > deadline:
            break
        for name, contender in contenders.items():
            if name in failures or (repeat and secs[name][-1] > timing.once_above_secs):
                continue
            try:
                secs[name].append(contender.secs(timing.limit_secs))
            except ContenderError as error:
                failures[name] = str(error)
            time.sleep(timing.pause_secs)
    return {name: values for name, values in secs.items() if name not in failures}, failures


def largest_error(outputs: Sequence[Array], expected: Sequence[Array]) -> float:
    """Largest difference, relative to the largest magnitude of each array."""
    return max(
        float(np.max(np.abs(one - other)) / np.max(np.abs(other)))
        for one, other in zip(outputs, expected, strict=True)
    )

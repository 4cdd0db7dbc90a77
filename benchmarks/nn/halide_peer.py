"""Halide as a contender: what its scheduler Adams2019 makes of an operator.

Halide is in an interpreter of its own, which needs nothing of this project; it writes a library
that any process can call.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

HALIDE = "halide"

_IMPORTS = "from benchmarks.nn import halide_scheduler as s; s.load(); print(s.version())"


class HalideError(Exception):
    """An interpreter has no Halide that schedules, or its Halide fails."""


def halide_version(python: str) -> str:
    """Returns the version of an interpreter's Halide.

    Raises:
        HalideError: It has none, or not the scheduler.
    """
    try:
        done = subprocess.run([python, "-c", _IMPORTS], capture_output=True, text=True, check=False)
    except OSError as error:
        raise HalideError(f"{python}: {error.strerror}") from error
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise HalideError(
            f"{python} cannot schedule with Halide ({reason});"
            " --halide-python names an interpreter that can"
        )
    return done.stdout.strip()


def halide_environment(num_threads: int) -> Mapping[str, str]:
    """Variables for processes that run Halide's code."""
    return {"HL_NUM_THREADS": str(num_threads)}


def compile_with_halide(python: str, name: str, folder: Path, num_threads: int) -> dict[str, Any]:
    """Schedules an operator and writes `model.so` into a folder; returns a report.

    Raises:
        HalideError: With the last line of what was said.
    """
    command = [python, "-m", "benchmarks.nn.halide_scheduler", name]
    command += ["--threads", str(num_threads), "--output", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HalideError((done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1])
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report

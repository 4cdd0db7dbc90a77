"""`autotune doctor`: what this machine and install can do."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from autotune.counters import Counters
from autotune.errors import AutotuneError
from autotune.locations import default_database
from autotune.noise import Noise, NoiseError, measure_noise, measure_timer
from autotune.object_code import openmp_runtime
from autotune.report import dump_json, format_secs
from autotune.target import detect, timing_cores
from autotune.timer import has_invariant_counter
from autotune.workload import Target

_WORKER_TIMEOUT_SECS = 60.0
_CHECK_PASSES = """
import mlir.ir
from mlir.passmanager import PassManager
from autotune import _passes
with mlir.ir.Context():
    PassManager.parse("builtin.module(func.func(autotune-extract))")
"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        is_good: Whether autotune can work with it.
        text: What was found.
        values: The numbers in it, where a program may want them.
    """

    name: str
    is_good: bool
    text: str
    values: Mapping[str, float] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `autotune doctor`."""
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(command=doctor_command)


def doctor_command(arguments: argparse.Namespace) -> int:
    """Prints the findings; the status is 1 where something that is needed is missing."""
    findings = examine()
    if arguments.json:
        print(dump_json([asdict(finding) for finding in findings]), end="")
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            mark = "ok     " if finding.is_good else "MISSING"
            print(f"{mark}  {finding.name:{width}}  {finding.text}")
    return 0 if all(finding.is_good for finding in findings) else 1


def examine() -> list[Finding]:
    """Looks at the machine and the install."""
    target = detect()
    kib = [f"L{n} {size >> 10} KiB" for n, size in enumerate(_caches(target), start=1) if size]
    vectors = f"{target.num_vector_registers} registers of {target.vector_bits} bits"
    return [
        Finding("cpu", True, target.cpu),
        Finding("cores", True, f"{target.num_cores} usable"),
        Finding("caches", bool(kib), ", ".join(kib) or "sizes unknown"),
        Finding("vectors", True, vectors),
        Finding("versions", True, target.toolchain),
        _check_passes(),
        _check_linker(),
        _check_openmp(),
        _check_database(),
        _check_timer(target),
        _check_counters(),
        *_check_noise(target),
    ]


def _caches(target: Target) -> tuple[int, int, int]:
    return target.l1_bytes, target.l2_bytes, target.l3_bytes


def _check_passes() -> Finding:
    """Loads MLIR with the polyhedral passes (and isl) in a process of its own."""
    name = "mlir, isl"
    search_path = os.pathsep.join(path for path in sys.path if path)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHECK_PASSES],
            capture_output=True,
            text=True,
            timeout=_WORKER_TIMEOUT_SECS,
            env={**os.environ, "PYTHONPATH": search_path},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Finding(name, False, "loading the passes takes too long")
    if done.returncode != 0:
        return Finding(name, False, (done.stderr.strip().splitlines() or ["no message"])[-1])
    return Finding(name, True, "the polyhedral passes load")


def _check_linker() -> Finding:
    found = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    return Finding("linker", found is not None, found or "install gcc: model.so needs a linker")


def _check_openmp() -> Finding:
    try:
        return Finding("openmp", True, str(openmp_runtime()))
    except AutotuneError as error:
        return Finding("openmp", False, str(error))


def _check_timer(target: Target) -> Finding:
    """Looks at the clock, from a core used for timing."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, timing_cores(1))
    try:
        values = measure_timer(target)
    finally:
        os.sched_setaffinity(0, allowed)
    clock = "time stamp counter" if has_invariant_counter() else "the system's clock"
    step, overhead = format_secs(values["step_secs"]), format_secs(values["overhead_secs"])
    text = f"{clock}, in steps of {step}; a call that does nothing takes {overhead}"
    return Finding("timer", True, text, values)


def _check_counters() -> Finding:
    counters = Counters()
    text = ", ".join(counters.names) or f"none ({counters.reason}); nothing depends on them"
    counters.close()
    return Finding("counters", True, text)


def _check_noise(target: Target) -> list[Finding]:
    """Says how times scatter, and from which speed-up on two schedules differ for sure."""
    try:
        noises = measure_noise(target, time.monotonic)
    except NoiseError as error:
        return [Finding("noise", False, str(error))]
    findings = [Finding(f"noise, {name}", True, *_describe(each)) for name, each in noises.items()]
    searched = {name: noise.search_ratio for name, noise in noises.items()}
    final = {name: noise.finalist_ratio for name, noise in noises.items()}
    text = f"speed-ups from {_ratios(searched)} in a search, {_ratios(final)} between finalists"
    values = {"search_ratio": max(searched.values()), "finalist_ratio": max(final.values())}
    return [*findings, Finding("told apart", True, text, values)]


def _describe(noise: Noise) -> tuple[str, dict[str, float]]:
    values = {
        "num_timings": len(noise.alone),
        "run_secs": noise.run_secs,
        "error": noise.error,
        "interval": noise.interval,
        "disturbed_share": noise.disturbed_share,
        "search_ratio": noise.search_ratio,
        "finalist_ratio": noise.finalist_ratio,
    }
    text = (
        f"{len(noise.alone)} timings of {format_secs(noise.run_secs)} differ by "
        f"{noise.error:.1%} (standard deviation), each median +-{noise.interval:.1%}; "
        f"{noise.disturbed_share:.0%} of the repeats disturbed"
    )
    return text, values


def _ratios(ratios: Mapping[str, float]) -> str:
    return " or ".join(f"{ratio:.3f}x ({name})" for name, ratio in ratios.items())


def _check_database() -> Finding:
    path = Path(default_database())
    existing = next(folder for folder in path.parents if folder.exists())
    return Finding("database", os.access(existing, os.W_OK), str(path))

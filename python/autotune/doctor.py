"""`autotune doctor`: what this machine and install can do."""

import argparse
import ctypes
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles

from autotune.errors import AutotuneError
from autotune.locations import default_database
from autotune.object_code import LoadedCode, NativeCompiler, openmp_runtime
from autotune.report import dump_json
from autotune.target import detect, timing_cores
from autotune.workload import Target

_WORKER_TIMEOUT_SECS = 60.0
_NUM_REPEATS = 200
_CHECK_PASSES = """
import mlir.ir
from mlir.passmanager import PassManager
from autotune import _passes
with mlir.ir.Context():
    PassManager.parse("builtin.module(func.func(autotune-extract))")
"""
_KERNEL = """
define i64 @spin(i64 %n) {
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  %h = phi i64 [ 1, %entry ], [ %mixed, %loop ]
  %mul = mul i64 %h, 6364136223846793005
  %mixed = add i64 %mul, %i
  %next = add i64 %i, 1
  %more = icmp ult i64 %next, %n
  br i1 %more, label %loop, label %done
done:
  ret i64 %mixed
}
"""
_KERNEL_ITERATIONS = 100_000


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        is_good: Whether autotune can work with it.
        text: What was found.
    """

    name: str
    is_good: bool
    text: str


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
        _check_timer(target),
        _check_database(),
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
    """Times a small kernel that does nothing but arithmetic, on the core used for timing."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, timing_cores(1))
    try:
        repeats = _time_kernel(target)
    finally:
        os.sched_setaffinity(0, allowed)
    low, middle, high = quantiles(repeats, n=4)
    spread = (high - low) / middle
    worst = max(repeats) / median(repeats) - 1.0
    text = f"half of {len(repeats)} repeats within {spread:.1%}, the slowest {worst:+.0%}"
    return Finding("timer", True, text)


def _time_kernel(target: Target) -> list[float]:
    native = NativeCompiler(target.cpu, target.features)
    code = LoadedCode(native, native.compile(_KERNEL).object_code)
    spin = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)(code.address("spin"))
    spin(_KERNEL_ITERATIONS)
    repeats = []
    for _ in range(_NUM_REPEATS):
        start = time.perf_counter()
        spin(_KERNEL_ITERATIONS)
        repeats.append(time.perf_counter() - start)
    return repeats


def _check_database() -> Finding:
    path = Path(default_database())
    existing = next(folder for folder in path.parents if folder.exists())
    return Finding("database", os.access(existing, os.W_OK), str(path))

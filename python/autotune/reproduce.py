"""Shows a failure again: the command that a `Failure` carries.

    python -m autotune.reproduce WORKLOAD.mlir --schedule PIPELINE [--object CODE.o] [--list]

Compiles and times one candidate in the same kind of processes, under the same limits as the search
did. Exit status 1 and a line `KIND: MESSAGE` where it fails, 0 where it does not.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from autotune.compiler import CompilerPool
from autotune.errors import AutotuneError
from autotune.measurement import Artefact, Candidate, Failure, FailureKind, Measurement
from autotune.reproducer import Conditions, read_reproducer
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.target import detect
from autotune.workload import Target


def reproduce(
    candidate: Candidate, object_code: bytes, is_listed: bool, conditions: Conditions
) -> Measurement:
    """Returns what becomes of a candidate; without times where it is only listed.

    Args:
        candidate: What to compile.
        object_code: What to time instead; empty for what the candidate compiles to.
        is_listed: List what can follow instead.
        conditions: How to compile and time.
    """
    target = detect(conditions.num_threads, conditions.cold_cache)
    with CompilerPool(target, 1, conditions.compile_timeout_secs) as compiler:
        if is_listed:
            listed = compiler.expand(candidate).result()
            return _no_times(listed if isinstance(listed, Failure) else None)
        artefact = _artefact(object_code) if object_code else _build(compiler, candidate)
        if isinstance(artefact, Failure):
            return _no_times(artefact)
        baseline = _build(compiler, Candidate(candidate.workload, Schedule()))
    if isinstance(baseline, Failure):
        return _no_times(baseline)
    return _time(candidate, baseline, artefact, target, conditions)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m autotune.reproduce", description=__doc__)
    parser.add_argument("workload", type=Path, metavar="WORKLOAD.mlir")
    parser.add_argument("--schedule", type=Schedule.parse, default=Schedule(), metavar="PIPELINE")
    parser.add_argument("--object", type=Path, metavar="CODE.o", help="time this code")
    parser.add_argument("--list", action="store_true", help="only list what can follow")
    parsed = parser.parse_args(arguments)
    try:
        workload, conditions = read_reproducer(parsed.workload)
        code = parsed.object.read_bytes() if parsed.object else b""
        candidate = Candidate(workload, parsed.schedule)
        measurement = reproduce(candidate, code, parsed.list, conditions)
    except (AutotuneError, OSError) as error:
        print(f"reproduce: {error}", file=sys.stderr)
        return 2
    if measurement.failure is not None:
        print(f"{measurement.failure.kind.value}: {measurement.failure.message}")
        return 1
    if measurement.run_secs:
        print(f"no failure: {median(measurement.run_secs):.6g} s a call")
    else:
        print("no failure")
    return 0


def _time(
    candidate: Candidate,
    baseline: Artefact,
    artefact: Artefact,
    target: Target,
    conditions: Conditions,
) -> Measurement:
    with LocalRunner(target, conditions.measure) as runner:
        return runner.run(candidate.workload, baseline, artefact)


def _build(compiler: CompilerPool, candidate: Candidate) -> Artefact | Failure:
    built = compiler.build(candidate).result()
    if built.artefact is not None:
        return built.artefact
    return built.failure or Failure(FailureKind.COMPILE_ERROR, "no reason is known")


def _artefact(object_code: bytes) -> Artefact:
    return Artefact(object_code, hashlib.sha256(object_code).hexdigest(), 0.0, 0)


def _no_times(failure: Failure | None) -> Measurement:
    return Measurement((), (), 0.0, failure)


if __name__ == "__main__":
    sys.exit(main())

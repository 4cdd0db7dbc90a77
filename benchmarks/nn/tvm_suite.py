"""Times the operators of neural networks beside TVM, tuned with as many trials by MetaSchedule.

TVM tunes and runs in an interpreter of its own, which needs nothing of this project. Both sides
compute on the same inputs, pinned to the same core, in turn; both are compared with NumPy in double
precision. `--fp reassoc` is the default here: TVM reorders sums too.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.contender import Contender
from benchmarks.measuring import largest_error
from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.nn.program import OperatorProgram, TvmProgram
from benchmarks.nn.suite import KEEP_MEMORY, TUNED, benchmark_each, build, run_in_turn
from benchmarks.nn.tvm_expressions import NAMES
from benchmarks.nn.tvm_table import TVM, markdown
from benchmarks.timings import summary

_IMPORTS = "import tvm, xgboost; from tvm.s_tir import meta_schedule; print(tvm.__version__)"


class TvmMissingError(Exception):
    """The interpreter has no TVM that tunes."""


def tvm_version(python: str) -> str:
    """Returns the version of an interpreter's TVM.

    Raises:
        TvmMissingError: It has none, or not what its MetaSchedule needs.
    """
    try:
        done = subprocess.run([python, "-c", _IMPORTS], capture_output=True, text=True, check=False)
    except OSError as error:
        raise TvmMissingError(f"{python}: {error.strerror}") from error
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1]
        raise TvmMissingError(
            f"{python} cannot tune with TVM ({reason}); --tvm-python names an interpreter that can"
        )
    return done.stdout.strip()


def tvm_environment(num_threads: int) -> dict[str, str]:
    """Variables for processes that run TVM's code; the process pins itself, not TVM its threads."""
    return {"TVM_NUM_THREADS": str(num_threads), "TVM_BIND_THREADS": "0"}


def tune_with_tvm(
    name: str, folder: Path, num_threads: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Tunes an operator with MetaSchedule; returns its report, or what it said when it failed."""
    folder.mkdir(parents=True, exist_ok=True)
    for record in folder.glob("database_*.json"):
        record.unlink()  # Else their best counts as found in this run.
    command = [arguments.tvm_python, "-m", "benchmarks.nn.tvm_tuner", name]
    command += ["--trials", str(arguments.trials), "--threads", str(num_threads)]
    command += ["--seed", str(arguments.seed), "--output", str(folder)]
    environment = {**os.environ, **tvm_environment(num_threads)}
    start = time.monotonic()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    elapsed_secs = time.monotonic() - start
    if done.returncode != 0:
        return {"error": done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]}
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**report, "elapsed_secs": elapsed_secs}


def measure(name: str, num_threads: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Tunes one operator on both sides, and times the results in turn."""
    operator = CATALOGUE[name].full_size()
    folder: Path = arguments.output / f"{name}-{num_threads}"
    result: dict[str, Any] = {"operator": name, "num_threads": num_threads}
    start = time.monotonic()
    reports = result["reports"] = build(operator, folder, num_threads, arguments, (TUNED,))
    result["tuning_secs"] = {TUNED: time.monotonic() - start}
    reports[TVM] = tune_with_tvm(name, folder / TVM, num_threads, arguments)
    for report in reports.values():
        if "error" in report:
            return {**result, "error": report["error"]}
    result["tuning_secs"][TVM] = reports[TVM]["elapsed_secs"]
    theirs = TvmProgram(name, folder / TVM / "model.so")
    environment = {**KEEP_MEMORY, **tvm_environment(num_threads)}
    seed, python = arguments.seed, arguments.tvm_python
    with ExitStack() as stack:
        library = folder / TUNED / "model.so"
        made = {
            TUNED: Contender(OperatorProgram(name), library, num_threads, seed, KEEP_MEMORY),
            TVM: Contender(theirs, None, num_threads, seed, environment, python),
        }
        contenders = {each: stack.enter_context(one) for each, one in made.items()}
        secs = run_in_turn(contenders, arguments.budget, num_threads)
        outputs = {each: contender.outputs()[-1] for each, contender in contenders.items()}
    expected = operator.expected(operator.inputs(seed))
    result["secs"] = {each: summary(values) for each, values in secs.items()}
    result["errors"] = {each: largest_error([x], [expected]) for each, x in outputs.items()}
    result["tolerance"] = max(operator.tolerance, 1e-5)
    result["is_correct"] = max(result["errors"].values()) <= result["tolerance"]
    return result


def benchmark_tvm(arguments: argparse.Namespace) -> int:
    """Measures the chosen operators beside TVM."""
    try:
        versions = {"apache-tvm": tvm_version(arguments.tvm_python)}
    except TvmMissingError as error:
        print(f"benchmarks.run tvm: {error}", file=sys.stderr)
        return 2
    return benchmark_each(arguments, arguments.only or NAMES, versions, measure, markdown)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `benchmarks.run tvm`, but for those that all benchmarks share."""
    add = parser.add_argument
    add("--trials", type=int, default=64, help="candidates an operator, each side (default 64)")
    add("--only", nargs="*", choices=NAMES, help="these operators only")
    add("--fp", default="reassoc", help="strict, contract or reassoc (default reassoc)")
    add("--tvm-python", default=sys.executable, help="interpreter that has TVM (default: this one)")
    add("--output", type=Path, default=Path("autotune-out/tvm"))
    parser.set_defaults(command=benchmark_tvm)

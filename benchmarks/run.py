"""Tunes the examples and times them: untuned, tuned, and NumPy where it has a competitor.

    ./run python -m benchmarks.run examples [--trials 64] [--threads 1,2] [--only NAME] ...

For each program and number of threads: how fast are the untransformed program at LLVM -O3, the
tuned program and NumPy's OpenBLAS, and how many candidates a second does tuning verify? All three
run in processes of their own, pinned, one at a time and in turn, on fresh inputs. NumPy runs twice,
with the kernels that OpenBLAS chooses and with those for SkylakeX; the better one counts. The
results go to `results.json` with every repeat and to `results.md`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contender import Contender
from benchmarks.programs import PROGRAMS, Array, Program
from benchmarks.table import markdown
from benchmarks.timings import summary

UNTUNED, TUNED, NUMPY, NUMPY_SKYLAKEX = "untuned", "tuned", "numpy", "numpy-skylakex"
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


def tune(program: Program, output: Path, options: Sequence[str]) -> dict[str, Any]:
    """Runs `autotune compile`; returns its report, or what it said when it failed."""
    database = output / "tuning.db"
    database.unlink(missing_ok=True)
    command = [sys.executable, "-m", "autotune", "compile", str(program.path), "-o", str(output)]
    command += ["--json", "--db", f"sqlite:///{database}", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return {"error": done.stderr.strip().splitlines()[-1:] or [f"status {done.returncode}"]}
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def run_in_turn(contenders: dict[str, Contender], budget_secs: float) -> dict[str, list[float]]:
    """Times the contenders round by round, until the budget is spent."""
    secs: dict[str, list[float]] = {name: [] for name in contenders}
    deadline = time.monotonic() + budget_secs
    for repeat in range(MAX_REPEATS):
        if repeat >= MIN_REPEATS and time.monotonic() > deadline:
            break
        for name, contender in contenders.items():
            secs[name].append(contender.secs())
            time.sleep(SPIN_SECS)
    return secs


def largest_error(outputs: Sequence[Array], expected: Sequence[Array]) -> float:
    """Largest difference, relative to the largest magnitude of each array."""
    return max(
        float(np.max(np.abs(one - other)) / np.max(np.abs(other)))
        for one, other in zip(outputs, expected, strict=True)
    )


def compare(
    program: Program, libraries: dict[str, Path], num_threads: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Times a program's contenders in turn and compares their outputs."""
    environments: dict[str, dict[str, str]] = {UNTUNED: {}, TUNED: {}}
    if program.prepare is not None:
        environments[NUMPY] = {}
    if program.is_timed:
        environments[NUMPY_SKYLAKEX] = {"OPENBLAS_CORETYPE": "SkylakeX"}
    with ExitStack() as stack:
        contenders = {
            name: stack.enter_context(
                Contender(
                    program.name,
                    libraries.get(name),
                    1 if name == UNTUNED else num_threads,
                    arguments.seed,
                    environment,
                )
            )
            for name, environment in environments.items()
        }
        timed = {
            name: contender
            for name, contender in contenders.items()
            if program.is_timed or name in libraries
        }
        secs = run_in_turn(timed, arguments.budget)
        if NUMPY in contenders and NUMPY not in timed:
            contenders[NUMPY].secs()
        outputs = {name: contender.outputs() for name, contender in contenders.items()}
        about = {name: contender.about for name, contender in contenders.items()}
    tuned = outputs[TUNED]
    return {
        "about": about,
        "secs": {name: summary(values) for name, values in secs.items()},
        "same_bits": all(
            a.tobytes() == b.tobytes() for a, b in zip(tuned, outputs[UNTUNED], strict=True)
        ),
        "error_to_numpy": largest_error(tuned, outputs[NUMPY]) if NUMPY in outputs else None,
    }


def measure(program: Program, num_threads: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Tunes one program for a number of threads, and compares it with its competitors."""
    folder: Path = arguments.output / f"{program.name.replace('/', '-')}-{num_threads}"
    for name in (UNTUNED, TUNED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {"program": program.name, "num_threads": num_threads}
    untuned = tune(program, folder / UNTUNED, ["--trials", "0", "--search", "none"])
    options = ["--trials", str(arguments.trials), "--threads", str(num_threads)]
    options += ["--seed", str(arguments.seed), "--search", arguments.search]
    options += ["--proposer", arguments.proposer]
    if arguments.time_limit is not None:
        options += ["--time-limit", str(arguments.time_limit)]
    report = result["report"] = tune(program, folder / TUNED, options)
    for each in (untuned, report):
        if "error" in each:
            return {**result, "error": each["error"]}
    trials = sum(workload["trials"] for workload in report["workloads"])
    result["candidates_per_sec"] = trials / report["elapsed_secs"]
    libraries = {name: folder / name / "model.so" for name in (UNTUNED, TUNED)}
    return {**result, **compare(program, libraries, num_threads, arguments)}


def benchmark_examples(arguments: argparse.Namespace) -> int:
    """Measures the chosen programs, writing the results after each one."""
    chosen = [p for p in PROGRAMS if not arguments.only or p.name in arguments.only]
    settings = {name: str(value) for name, value in vars(arguments).items() if name != "command"}
    results: list[dict[str, Any]] = []
    document = {"schema": 1, "machine": machine(), "settings": settings, "results": results}
    arguments.output.mkdir(parents=True, exist_ok=True)
    for program in chosen:
        for num_threads in arguments.threads:
            results.append(measure(program, num_threads, arguments))
            text = json.dumps(document, indent=1)
            (arguments.output / "results.json").write_text(text, encoding="utf-8")
            (arguments.output / "results.md").write_text(markdown(document), encoding="utf-8")
            print(f"{program.name}, {num_threads} threads: done", file=sys.stderr, flush=True)
    print(markdown(document))
    return int(any("error" in result or not result["same_bits"] for result in results))


def parse_arguments() -> argparse.Namespace:
    """Returns the command line's arguments."""
    parser = argparse.ArgumentParser(prog="benchmarks.run", description=__doc__)
    commands = parser.add_subparsers(required=True)
    examples = commands.add_parser("examples", help="the programs in examples/")
    add = examples.add_argument
    add("--trials", type=int, default=64, help="candidates a program (default 64)")
    add("--threads", type=lambda text: [int(x) for x in text.split(",")], default=[1])
    add("--only", nargs="*", choices=[p.name for p in PROGRAMS], help="these programs only")
    add("--seed", type=int, default=0, help="of the search and of the inputs")
    add("--search", default="mcts")
    add("--proposer", default="heuristic")
    add("--time-limit", type=float, help="seconds for tuning one program")
    add("--budget", type=float, default=30.0, help="seconds for timing one program (default 30)")
    add("--output", type=Path, default=Path("autotune-out/benchmarks"))
    examples.set_defaults(command=benchmark_examples)
    return parser.parse_args()


if __name__ == "__main__":
    parsed = parse_arguments()
    sys.exit(parsed.command(parsed))

"""Tunes the examples and times them: untuned, tuned, and NumPy where it has a competitor.

For each program and number of threads: how fast are the untransformed program at LLVM -O3, the
tuned program and NumPy's OpenBLAS, and how many candidates a second does tuning verify? All three
run in processes of their own, pinned, one at a time and in turn, on fresh inputs. NumPy runs twice,
with the kernels that OpenBLAS chooses and, on CPUs with 512-bit vectors, with those for SkylakeX;
the better one counts. The results go to `results.json` with every repeat and to `results.md`.
"""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.contender import Contender
from benchmarks.example_programs import PROGRAMS, Example
from benchmarks.measuring import Timing, largest_error, machine, run_in_turn, tune
from benchmarks.openblas import NUMPY, openblas_environments
from benchmarks.table import markdown
from benchmarks.timings import summary

UNTUNED, TUNED = "untuned", "tuned"


def compare(
    program: Example, libraries: dict[str, Path], num_threads: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Times a program's contenders in turn and compares their outputs."""
    environments: dict[str, dict[str, str]] = {UNTUNED: {}, TUNED: {}}
    if program.is_timed:
        environments |= openblas_environments()
    elif program.prepare is not None:
        environments[NUMPY] = {}
    with ExitStack() as stack:
        contenders = {
            name: stack.enter_context(
                Contender(
                    program,
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
        secs, failures = run_in_turn(timed, Timing(arguments.budget))
        if failures:
            return {"error": [f"{name} {reason}" for name, reason in failures.items()]}
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


def measure(program: Example, num_threads: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Tunes one program for a number of threads, and compares it with its competitors."""
    folder: Path = arguments.output / f"{program.name.replace('/', '-')}-{num_threads}"
    result: dict[str, Any] = {"program": program.name, "num_threads": num_threads}
    untuned = tune(program.path, folder / UNTUNED, ["--trials", "0", "--search", "none"])
    options = ["--trials", str(arguments.trials), "--threads", str(num_threads)]
    options += ["--seed", str(arguments.seed), "--search", arguments.search]
    options += ["--proposer", arguments.proposer]
    if arguments.time_limit is not None:
        options += ["--time-limit", str(arguments.time_limit)]
    report = result["report"] = tune(program.path, folder / TUNED, options)
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

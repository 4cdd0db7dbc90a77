"""Times the operators of neural networks: untuned, tuned, in PyTorch, and in Halide.

For each operator and number of threads: the untransformed program at LLVM -O3, the best expert
schedule, the tuned program, PyTorch eager and PyTorch Inductor, and, where `--halide-python` names
an interpreter that has it, what Halide's scheduler Adams2019 makes of the operator. Each runs in a
process of its own, pinned, and all in turn; all are compared with NumPy in double precision.
`--fp reassoc` is the default here, as in PyTorch.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.contender import Contender, ContenderError
from benchmarks.measuring import SPIN_SECS, largest_error, machine, tune, version
from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.nn.halide_peer import (
    HALIDE,
    HalideError,
    compile_with_halide,
    halide_environment,
    halide_version,
)
from benchmarks.nn.halide_program import HalideProgram
from benchmarks.nn.operator import Operator
from benchmarks.nn.program import OperatorProgram, TorchProgram
from benchmarks.nn.table import markdown
from benchmarks.timings import summary

Subject = TypeVar("Subject")

UNTUNED, EXPERT, TUNED = "untuned", "expert", "tuned"
EAGER, INDUCTOR = "eager", "inductor"
MIN_ROUNDS, MAX_ROUNDS, RUNS_A_ROUND = 4, 50, 2
# Large arrays are kept by the allocator for the next call, for every contender.
KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 34)}


def run_in_turn(
    contenders: Mapping[str, Contender], budget_secs: float, num_threads: int
) -> dict[str, list[float]]:
    """Times the contenders round by round, several calls each."""
    secs: dict[str, list[float]] = {name: [] for name in contenders}
    deadline = time.monotonic() + budget_secs
    for number in range(MAX_ROUNDS):
        if number >= MIN_ROUNDS and time.monotonic() > deadline:
            break
        for name, contender in contenders.items():
            secs[name] += [contender.secs() for _ in range(RUNS_A_ROUND)]
            if num_threads > 1:
                time.sleep(SPIN_SECS)
    return secs


def build(
    operator: Operator,
    folder: Path,
    num_threads: int,
    arguments: argparse.Namespace,
    ways: Collection[str],
) -> dict[str, Any]:
    """Compiles an operator in some of three ways; returns the reports by name."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{operator.name}.mlir"
    source.write_text(operator.text, encoding="utf-8")
    common = ["--fp", arguments.fp, "--seed", str(arguments.seed)]
    threads = ["--threads", str(num_threads)]
    limit = [] if arguments.time_limit is None else ["--time-limit", str(arguments.time_limit)]
    options = {
        UNTUNED: ["--trials", "0", "--search", "none"],
        EXPERT: ["--trials", "0", *threads],
        TUNED: ["--trials", str(arguments.trials), *threads, *limit],
    }
    return {way: tune(source, folder / way, common + options[way]) for way in ways}


def measure(name: str, num_threads: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Builds one operator, and times it beside PyTorch and, where there is one, Halide."""
    operator = CATALOGUE[name].full_size()
    folder: Path = arguments.output / f"{name}-{num_threads}"
    result: dict[str, Any] = {"operator": name, "num_threads": num_threads}
    result |= {"num_flops": operator.num_flops, "num_bytes": operator.num_bytes}
    ways = (UNTUNED, EXPERT, TUNED) if arguments.trials else (UNTUNED, EXPERT)
    reports = build(operator, folder, num_threads, arguments, ways)
    result["reports"], result["failures"] = reports, {}
    for report in reports.values():
        if "error" in report:
            return {**result, "error": report["error"]}
    with ExitStack() as stack:
        contenders = {
            each: stack.enter_context(one)
            for each, one in _contenders(name, folder, num_threads, arguments.seed, reports).items()
        }
        if arguments.halide_python is not None:
            try:
                python, output = arguments.halide_python, folder / HALIDE
                reports[HALIDE] = compile_with_halide(python, name, output, num_threads)
                halide = _halide(name, output, num_threads, arguments.seed)
                contenders[HALIDE] = stack.enter_context(halide)
            except (HalideError, ContenderError) as error:
                result["failures"][HALIDE] = str(error)
        secs = run_in_turn(contenders, arguments.budget, num_threads)
        outputs = {each: contender.outputs()[-1] for each, contender in contenders.items()}
    expected = operator.expected(operator.inputs(arguments.seed))
    result["secs"] = {each: summary(values) for each, values in secs.items()}
    errors = {each: largest_error([output], [expected]) for each, output in outputs.items()}
    result["errors"], result["tolerance"] = errors, max(operator.tolerance, 1e-5)
    result["is_correct"] = all(errors[each] <= result["tolerance"] for each in ways)
    return result


def _contenders(
    name: str, folder: Path, num_threads: int, seed: int, ways: Collection[str]
) -> dict[str, Contender]:
    """Starts what computes an operator: each of our ways, and PyTorch's two."""
    made = {
        way: Contender(
            OperatorProgram(name),
            folder / way / "model.so",
            1 if way == UNTUNED else num_threads,
            seed,
            KEEP_MEMORY,
        )
        for way in ways
    }
    for each in (EAGER, INDUCTOR):
        program = TorchProgram(name, each == INDUCTOR)
        made[each] = Contender(program, None, num_threads, seed, KEEP_MEMORY)
    return made


def _halide(name: str, folder: Path, num_threads: int, seed: int) -> Contender:
    """Starts what Halide has made of an operator."""
    environment = {**KEEP_MEMORY, **halide_environment(num_threads)}
    program = HalideProgram(name, folder / "model.so")
    return Contender(program, None, num_threads, seed, environment)


def benchmark_each(
    arguments: argparse.Namespace,
    subjects: Sequence[Subject],
    versions: Mapping[str, str],
    measure: Callable[[Subject, int, argparse.Namespace], dict[str, Any]],
    markdown: Callable[[Mapping[str, Any]], str],
) -> int:
    """Measures operators, writing the results after each one; returns an exit status.

    Args:
        arguments: Of the command line.
        subjects: The operators, or their names.
        versions: Of packages that the figures depend on.
        measure: From an operator and a number of threads to its result.
        markdown: From all results to their table.
    """
    settings = {name: str(value) for name, value in vars(arguments).items() if name != "command"}
    results: list[dict[str, Any]] = []
    about = machine()
    about["packages"] |= versions
    document = {"schema": 1, "machine": about, "settings": settings, "results": results}
    arguments.output.mkdir(parents=True, exist_ok=True)
    for subject in subjects:
        for num_threads in arguments.threads:
            results.append(measure(subject, num_threads, arguments))
            text = json.dumps(document, indent=1)
            (arguments.output / "results.json").write_text(text, encoding="utf-8")
            (arguments.output / "results.md").write_text(markdown(document), encoding="utf-8")
            print(f"{subject}, {num_threads} threads: done", file=sys.stderr, flush=True)
    print(markdown(document))
    return int(any(not result.get("is_correct") for result in results))


def benchmark_nn(arguments: argparse.Namespace) -> int:
    """Measures the chosen operators beside PyTorch and Halide."""
    versions = {"torch": version("torch")}
    if arguments.halide_python is not None:
        try:
            versions["halide"] = halide_version(arguments.halide_python)
        except HalideError as error:
            print(f"benchmarks.run nn: {error}", file=sys.stderr)
            return 2
    names = arguments.only or list(CATALOGUE)
    return benchmark_each(arguments, names, versions, measure, markdown)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `benchmarks.run nn`, but for those that all benchmarks share."""
    add = parser.add_argument
    add("--trials", type=int, default=0, help="candidates an operator (default 0: experts only)")
    add("--only", nargs="*", choices=list(CATALOGUE), help="these operators only")
    add("--fp", default="reassoc", help="strict, contract or reassoc (default reassoc)")
    add("--halide-python", help="interpreter that has Halide (default: without Halide)")
    add("--output", type=Path, default=Path("autotune-out/nn"))
    parser.set_defaults(command=benchmark_nn)

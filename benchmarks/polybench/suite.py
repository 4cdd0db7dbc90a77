"""Times the PolyBench kernels: untuned, by the best expert schedule, tuned, and by C compilers.

For each size, kernel and number of threads: how fast are the untransformed program at LLVM -O3, the
best of the expert schedules, the best that a search finds, and what C compilers make of the same
loops? Each runs in a process of its own, pinned, one at a time and in turn, on fresh inputs.
What the tuner generates must agree with the untuned program to the bit, what C compilers generate
up to rounding, and at small sizes the untuned program is compared with NumPy. The results go to
`results.json` with every repeat, to `results.md` and to `report.html`, after each kernel.
"""

import argparse
import itertools
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contender import Contender
from benchmarks.measuring import SPIN_SECS, Timing, largest_error, machine, run_in_turn, tune
from benchmarks.peak import peak
from benchmarks.polybench.c_compilers import PEERS, any_compiler
from benchmarks.polybench.charts import html_report
from benchmarks.polybench.definitions import KERNELS, Kernel
from benchmarks.polybench.inputs import inputs
from benchmarks.polybench.operation_count import footprint_bytes, operation_count
from benchmarks.polybench.references import Results, defined_parts, expected
from benchmarks.polybench.table import markdown
from benchmarks.program import Array
from benchmarks.timings import summary

UNTUNED, EXPERT, TUNED = "untuned", "expert", "tuned"
# The reference implementations are meant for these.
_SMALL_SIZES = ("MINI", "SMALL")
# A run that takes this share of the time for a kernel is not repeated.
_ONCE_SHARE = 0.1
# Rounding errors that add up differently, in units of the last place of the largest element.
_TOLERANCE = 1e5
_EPSILONS = {"f64": 2.0**-52, "f32": 2.0**-23}


@dataclass(frozen=True)
class SizedKernel:
    """A kernel as a program for contenders."""

    kernel: Kernel
    size: str
    element: str

    @property
    def name(self) -> str:
        return self.kernel.name

    @property
    def entry(self) -> str:
        return self.kernel.entry

    @property
    def prepare(self) -> None:
        return None

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes by their parameters."""
        return self.kernel.sizes[self.size]

    def inputs(self, seed: int) -> list[Array]:
        """See `polybench.inputs`."""
        return inputs(self.kernel, self.sizes, self.element, seed)


def benchmark_polybench(arguments: argparse.Namespace) -> int:
    """Measures the chosen kernels, writing the results after each one."""
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    document = _earlier(arguments) or _new_document(arguments)
    results: list[dict[str, Any]] = document["results"]
    done = {(each["size"], each["kernel"], each["num_threads"]) for each in results}
    for size, kernel, num_threads in _subjects(arguments):
        if (size, kernel.name, num_threads) in done:
            continue
        results.append(measure(SizedKernel(kernel, size, arguments.dtype), num_threads, arguments))
        _write(document, output)
        said = f"{kernel.name} {size}, {num_threads} threads: done"
        print(said, file=sys.stderr, flush=True)
    _write(document, output)
    print(markdown(document))
    return int(any(_is_wrong(result) for result in results))


def _subjects(arguments: argparse.Namespace) -> Iterator[tuple[str, Kernel, int]]:
    """What is measured, in order: all kernels at one size, then at the next."""
    chosen = [each for each in KERNELS if not arguments.only or each.name in arguments.only]
    yield from itertools.product(arguments.size, chosen, arguments.threads)


def _new_document(arguments: argparse.Namespace) -> dict[str, Any]:
    settings = {name: str(value) for name, value in vars(arguments).items() if name != "command"}
    settings["size"] = ",".join(arguments.size)
    compilers = {name: PEERS[name].version() for name in arguments.peers}
    document = {"schema": 2, "machine": machine(), "settings": settings, "compilers": compilers}
    command = any_compiler()
    if command is not None:
        document["peak"] = peak(command, arguments.dtype, arguments.output)
    return {**document, "results": []}


def _earlier(arguments: argparse.Namespace) -> dict[str, Any] | None:
    """Returns the results to go on with, where that is asked for and there are any."""
    path: Path = arguments.output / "results.json"
    if not arguments.resume or not path.exists():
        return None
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    settings = document["settings"]
    if settings["dtype"] != arguments.dtype:
        sys.exit(f"{path} has results for dtype {settings['dtype']}")
    for result in document["results"]:
        # Documents of schema 1 have one size.
        result.setdefault("size", settings["size"])
    known = settings["size"].split(",")
    settings["size"] = ",".join(dict.fromkeys([*known, *arguments.size]))
    return {**document, "schema": 2}


def _write(document: Mapping[str, Any], output: Path) -> None:
    text = json.dumps(document, indent=1)
    (output / "results.json").write_text(text, encoding="utf-8")
    (output / "results.md").write_text(markdown(document), encoding="utf-8")
    (output / "report.html").write_text(html_report(document), encoding="utf-8")


def _is_wrong(result: Mapping[str, Any]) -> bool:
    checks = result.get("checks", {}).values()
    return "error" in result or not all(check["is_right"] for check in checks)


def measure(
    program: SizedKernel, num_threads: int, arguments: argparse.Namespace
) -> dict[str, Any]:
    """Compiles a kernel in every way for a number of threads, and compares what comes out."""
    kernel = program.kernel
    folder: Path = arguments.output / f"{kernel.name}-{program.size}-{num_threads}"
    folder.mkdir(parents=True, exist_ok=True)
    function = kernel.function(program.sizes)
    result: dict[str, Any] = {
        "kernel": kernel.name,
        "size": program.size,
        "num_threads": num_threads,
        "sizes": dict(program.sizes),
        "num_operations": operation_count(function),
        "num_bytes": footprint_bytes(function, int(arguments.dtype[1:]) // 8),
    }
    reports = tune_all(program, folder, num_threads, arguments)
    if "error" in reports[UNTUNED]:
        return {**result, "error": reports[UNTUNED]["error"]}
    libraries = {
        name: folder / name / "model.so"
        for name, report in reports.items()
        if "error" not in report
    }
    failures = {
        name: " ".join(report["error"]) for name, report in reports.items() if "error" in report
    }
    for name in arguments.peers:
        library = folder / f"{name}.so"
        reason = PEERS[name].compile(kernel, program.sizes, arguments.dtype, num_threads, library)
        if reason is None:
            libraries[name] = library
        else:
            failures[name] = reason
    timed = compare(program, libraries, num_threads, arguments)
    failures |= timed.pop("failures")
    return {**result, "reports": reports, "failures": failures, **timed}


def tune_all(
    program: SizedKernel, folder: Path, num_threads: int, arguments: argparse.Namespace
) -> dict[str, dict[str, Any]]:
    """Returns the reports of the untuned program, of expert schedules, and of a search."""
    source = folder / f"{program.name}.mlir"
    source.write_text(program.kernel.text(program.sizes, program.element), encoding="utf-8")
    common = ["--threads", str(num_threads), "--seed", str(arguments.seed)]
    if arguments.time_limit is not None:
        common += ["--time-limit", str(arguments.time_limit)]
    options = {
        UNTUNED: ["--trials", "0", "--search", "none"],
        EXPERT: ["--trials", "0", *common],
    }
    if arguments.trials:
        options[TUNED] = ["--trials", str(arguments.trials), *common]
    return {name: tune(source, folder / name, values) for name, values in options.items()}


def compare(
    program: SizedKernel,
    libraries: Mapping[str, Path],
    num_threads: int,
    arguments: argparse.Namespace,
) -> dict[str, Any]:
    """Times a kernel's contenders in turn and checks their outputs."""
    budget: float = arguments.budget
    timing = Timing(
        budget,
        once_above_secs=_ONCE_SHARE * budget,
        limit_secs=arguments.limit,
        pause_secs=0.0 if num_threads == 1 else SPIN_SECS,
    )
    sequential = {UNTUNED, *(name for name, peer in PEERS.items() if not peer.thread_options)}
    with ExitStack() as stack:
        contenders = {
            name: stack.enter_context(
                Contender(
                    program,
                    library,
                    1 if name in sequential else num_threads,
                    arguments.seed,
                    {},
                )
            )
            for name, library in libraries.items()
        }
        secs, failures = run_in_turn(contenders, timing)
        checks = {}
        if UNTUNED in secs:
            checks = check(program, {name: contenders[name] for name in secs}, arguments.seed)
    return {
        "secs": {name: summary(values) for name, values in secs.items()},
        "failures": failures,
        "checks": checks,
    }


def check(
    program: SizedKernel, contenders: Mapping[str, Contender], seed: int
) -> dict[str, dict[str, Any]]:
    """Compares outputs: with the untuned program's, and those with NumPy's where it is small."""
    names = [array.name for array in program.kernel.arrays(program.sizes)]
    untuned = contenders[UNTUNED].outputs()
    comparable = defined_parts(program.kernel, dict(zip(names, untuned, strict=True)))
    checks = {}
    for name, contender in contenders.items():
        if name == UNTUNED:
            continue
        outputs = contender.outputs()
        if name in PEERS:
            parts = defined_parts(program.kernel, dict(zip(names, outputs, strict=True)))
            checks[name] = _nearness(program, parts, comparable)
        else:
            pairs = zip(outputs, untuned, strict=True)
            checks[name] = {"is_right": all(a.tobytes() == b.tobytes() for a, b in pairs)}
    if program.size in _SMALL_SIZES:
        wanted = expected(program.kernel, program.sizes, program.inputs(seed))
        checks[UNTUNED] = _nearness(program, comparable, wanted)
    return checks


def _nearness(program: SizedKernel, outputs: Results, references: Results) -> dict[str, Any]:
    """Compares the arrays that the references have."""
    computed = [outputs[name] for name in references]
    error = largest_error(computed, list(references.values()))
    bound = 0.0 if program.kernel.is_integer else _TOLERANCE * _EPSILONS[program.element]
    return {"error": error, "is_right": bool(np.isfinite(error) and error <= bound)}

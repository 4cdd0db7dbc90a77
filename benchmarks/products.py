"""Times products of matrices: by expert schedules, tuned, in NumPy and in PyTorch.

For each size, type and number of threads: the best expert schedule, the best of a search, NumPy's
OpenBLAS with the kernels that it chooses and, on CPUs with 512-bit vectors, with those for
SkylakeX, and PyTorch eager. Each runs in a process of its own, pinned, and all in turn. Unlike the
libraries', our sums keep their order without `--fp reassoc`. The untuned program is not among them:
at 2048 one call takes a minute. Where there is a C compiler, a loop of multiply-adds in registers
says, just before, what one core could do; the peak is that times the number of threads.
"""

import argparse
import importlib
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contender import Contender
from benchmarks.measuring import largest_error, version
from benchmarks.nn.graph import Graph
from benchmarks.nn.operator import DTYPES, Operator
from benchmarks.nn.suite import EXPERT, KEEP_MEMORY, TUNED, benchmark_each, build, run_in_turn
from benchmarks.openblas import NUMPY, NUMPY_SKYLAKEX, openblas_environments
from benchmarks.peak import peak
from benchmarks.polybench.c_compilers import any_compiler
from benchmarks.program import Array, Call
from benchmarks.timings import summary

EAGER = "eager"
SIZES = ((512, 512, 512), (1024, 1024, 1024), (2048, 2048, 2048), (1000, 1003, 997))
# Of single precision and double; sums of positive and negative terms.
_TOLERANCES = {"f32": 1e-5, "f64": 1e-13}
_NAME = "product"
_SHARES = "of the best library's", "of the peak"


@dataclass(frozen=True)
class Product:
    """C = A B, for a contender.

    Attributes:
        size: Rows of A, columns of B, columns of A.
        element: `f32` or `f64`.
        competitor: A name in `openblas_environments`, or `EAGER`; empty for code of our own.
    """

    size: tuple[int, int, int]
    element: str
    competitor: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.element}"

    @property
    def name(self) -> str:
        return "x".join(map(str, self.size))

    @property
    def entry(self) -> str:
        return _NAME

    @property
    def prepare(self) -> Callable[[list[Array]], Call]:
        """Makes a call of NumPy or PyTorch into the last array."""
        return self._torch if self.competitor == EAGER else _numpy

    def inputs(self, seed: int) -> list[Array]:
        """The operands, and an array for the result."""
        rows, columns, _ = self.size
        return [*self.operator().inputs(seed), np.zeros((rows, columns), DTYPES[self.element])]

    def operator(self) -> Operator:
        """The function as a program."""
        rows, columns, terms = self.size
        graph = Graph(_NAME)
        a = graph.argument(rows, terms, element=self.element)
        b = graph.argument(terms, columns, element=self.element)
        start = graph.filled("0.0", (rows, columns), self.element)
        result = graph.named("linalg.matmul", [a, b], start)
        return Operator(
            graph,
            result,
            lambda torch: torch.matmul,
            np.matmul,
            num_flops=2 * rows * columns * terms,
            tolerance=_TOLERANCES[self.element],
        )

    def _torch(self, arrays: list[Array]) -> Call:
        torch: Any = importlib.import_module("torch")
        torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
        a, b, result = (torch.from_numpy(array) for array in arrays)

        def call() -> None:
            with torch.inference_mode():
                torch.matmul(a, b, out=result)

        return call


def _numpy(arrays: list[Array]) -> Call:
    a, b, result = arrays

    def call() -> None:
        np.matmul(a, b, out=result)

    return call


def measure(product: Product, num_threads: int, arguments: argparse.Namespace) -> dict[str, Any]:
    """Builds one product, and times it beside the libraries."""
    operator = product.operator()
    folder: Path = arguments.output / f"{product.name}-{product.element}-{num_threads}"
    ways = (EXPERT, TUNED) if arguments.trials else (EXPERT,)
    reports = build(operator, folder, num_threads, arguments, ways)
    result: dict[str, Any] = {
        "size": product.name,
        "element": product.element,
        "num_threads": num_threads,
        "num_flops": operator.num_flops,
        "reports": reports,
    }
    for report in reports.values():
        if "error" in report:
            return {**result, "error": report["error"]}
    command = any_compiler()
    if command is not None:
        one_core = peak(command, product.element, folder)["operations_per_sec"]
        result["peak"] = num_threads * one_core
    environments = openblas_environments()
    with ExitStack() as stack:

        def enter(library: str, shared: Path | None) -> Contender:
            program = Product(product.size, product.element, library)
            settings = {**KEEP_MEMORY, **environments.get(library, {})}
            made = Contender(program, shared, num_threads, arguments.seed, settings)
            return stack.enter_context(made)

        contenders = {each: enter("", folder / each / "model.so") for each in reports}
        contenders |= {each: enter(each, None) for each in (*environments, EAGER)}
        secs = run_in_turn(contenders, arguments.budget, num_threads)
        outputs = {each: contender.outputs()[-1:] for each, contender in contenders.items()}
        result["about"] = {each: contenders[each].about for each in environments}
    result["errors"] = {each: largest_error(outputs[each], outputs[EAGER]) for each in contenders}
    result["is_correct"] = all(error <= operator.tolerance for error in result["errors"].values())
    result["secs"] = {each: summary(values) for each, values in secs.items()}
    return result


def markdown(document: Mapping[str, Any]) -> str:
    """Returns a table of all results: GFLOP/s of medians, and our share of the best library's.

    And of the peak, where that was measured.
    """
    about = document["machine"]
    packages = ", ".join(f"{name} {value}" for name, value in about["packages"].items() if value)
    libraries = (NUMPY, NUMPY_SKYLAKEX, EAGER)
    columns = (EXPERT, TUNED, *libraries)
    rows: list[tuple[str, ...]] = [("size", "type", "threads", *columns, *_SHARES)]
    rows.append(("---",) * len(rows[0]))
    for result in document["results"]:
        start = result["size"], result["element"], str(result["num_threads"])
        if "error" in result:
            failed = f"failed: {' '.join(result['error'])}"
            rows.append((*start, failed, *("",) * (len(columns) + len(_SHARES) - 1)))
            continue
        speeds = {
            name: result["num_flops"] / each["median"] / 1e9
            for name, each in result["secs"].items()
        }
        ours = max(speeds[name] for name in (EXPERT, TUNED) if name in speeds)
        best = max(speeds[name] for name in libraries if name in speeds)
        shares = [f"{100 * ours / best:.0f} %"]
        shares.append(f"{100e9 * ours / result['peak']:.0f} %" if "peak" in result else "")
        shares[0] += "" if result["is_correct"] else " WRONG"
        cells = [f"{speeds[name]:.1f}" if name in speeds else "" for name in columns]
        rows.append((*start, *cells, *shares))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    cores = f"{about['num_cores']} cores, {about['system']}"
    return f"{about['cpu']}, {cores}; {packages}; GFLOP/s\n\n{table}\n"


def benchmark_products(arguments: argparse.Namespace) -> int:
    """Measures the chosen products."""
    chosen = [Product(size, element) for element in arguments.dtypes for size in arguments.sizes]
    return benchmark_each(arguments, chosen, {"torch": version("torch")}, measure, markdown)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `benchmarks.run products`, but for those that all share."""
    add = parser.add_argument
    add("--sizes", type=_sizes, default=SIZES, help="512x512x512,... (rows, columns, terms)")
    add("--dtypes", type=_dtypes, default=list(_TOLERANCES), help="f32,f64")
    add("--trials", type=int, default=64, help="candidates a product (default 64; 0: experts only)")
    add("--fp", default="contract", help="strict, contract or reassoc (default contract)")
    add("--output", type=Path, default=Path("autotune-out/products"))
    parser.set_defaults(command=benchmark_products)


def _sizes(text: str) -> list[tuple[int, int, int]]:
    sizes = []
    for each in text.split(","):
        rows, columns, terms = map(int, each.split("x"))
        sizes.append((rows, columns, terms))
    return sizes


def _dtypes(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in _TOLERANCES:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(_TOLERANCES)}")
    return names

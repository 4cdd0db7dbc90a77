"""Benchmarks: examples, PolyBench, operators of neural networks, beside what others make of them.

`rank-stability` asks how far two timings of the same candidates agree, `compile-time` how long a
candidate takes to compile.

    ./run python -m benchmarks.run examples [--trials 64] [--threads 1,2] [--only NAME ...] ...
    ./run python -m benchmarks.run polybench [--size MINI,LARGE] [--dtype f64] [--only NAME ...] ...
    ./run python -m benchmarks.run allocation [--trials 48] [--seeds 0,1,2] ...
    ./run python -m benchmarks.run nn [--trials 0] [--halide-python PYTHON] [--only NAME ...] ...
    ./run python -m benchmarks.run tvm [--trials 64] [--tvm-python PYTHON] [--only NAME ...] ...
    ./run python -m benchmarks.run products [--sizes 512x512x512,...] [--dtypes f32,f64] ...
    ./run python -m benchmarks.run rank-stability [--load other|same|none] [--schedules 40]
    ./run python -m benchmarks.run compile-time [--size LARGE] [--only NAME ...] [--operators]

Times are medians over contenders that run in turn, each in a process of its own.
"""

import argparse
import sys
from collections.abc import Collection
from pathlib import Path

from benchmarks import allocation, compile_time, products, rank_stability
from benchmarks.example_programs import PROGRAMS
from benchmarks.examples import benchmark_examples
from benchmarks.nn import suite, tvm_suite
from benchmarks.polybench.c_compilers import PEERS
from benchmarks.polybench.definitions import ELEMENTS, KERNELS, SIZE_NAMES
from benchmarks.polybench.suite import benchmark_polybench


def parse_arguments() -> argparse.Namespace:
    """Returns the command line's arguments."""
    parser = argparse.ArgumentParser(prog="benchmarks.run", description=__doc__)
    commands = parser.add_subparsers(required=True)
    _add_examples(commands.add_parser("examples", help="the programs in examples/"))
    add_polybench(commands.add_parser("polybench", help="the PolyBench kernels, any size"))
    allocation.add_arguments(
        commands.add_parser("allocation", help="trials where they save most, against equal shares")
    )
    operators = commands.add_parser("nn", help="operators of neural networks, beside PyTorch")
    suite.add_arguments(operators)
    _add_common(operators)
    beside_tvm = commands.add_parser("tvm", help="operators of neural networks, beside TVM")
    tvm_suite.add_arguments(beside_tvm)
    _add_common(beside_tvm)
    of_matrices = commands.add_parser("products", help="matrix products, beside NumPy and PyTorch")
    products.add_arguments(of_matrices)
    _add_common(of_matrices)
    stability = commands.add_parser("rank-stability", help="two rankings of one kernel's schedules")
    rank_stability.add_arguments(stability)
    compiling = commands.add_parser("compile-time", help="what candidates take to compile")
    compile_time.add_arguments(compiling)
    return parser.parse_args()


def _add_examples(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--trials", type=int, default=64, help="candidates a program (default 64)")
    add("--only", nargs="*", choices=[p.name for p in PROGRAMS], help="these programs only")
    add("--search", default="mcts")
    add("--proposer", default="heuristic")
    add("--output", type=Path, default=Path("autotune-out/benchmarks"))
    _add_common(parser)
    parser.set_defaults(command=benchmark_examples)


def add_polybench(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `benchmarks.run polybench`."""
    add = parser.add_argument
    add("--size", type=_sizes, default=["LARGE"], help="one or several of " + ",".join(SIZE_NAMES))
    add("--dtype", choices=ELEMENTS, default="f64")
    add("--trials", type=int, default=0, help="candidates a kernel (default 0: experts only)")
    add("--only", nargs="*", choices=[k.name for k in KERNELS], help="these kernels only")
    add("--peers", type=_peers, default=list(PEERS), help="C compilers (default clang,polly,gcc)")
    add("--limit", type=float, default=120.0, help="seconds after which a run is stopped")
    add("--resume", action="store_true", help="keep what results.json has already")
    add("--output", type=Path, default=Path("autotune-out/polybench"))
    _add_common(parser)
    parser.set_defaults(command=benchmark_polybench)


def _add_common(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--threads", type=lambda text: [int(x) for x in text.split(",")], default=[1])
    add("--seed", type=int, default=0, help="of the search and of the inputs")
    add("--time-limit", type=float, help="seconds for tuning one program")
    add("--budget", type=float, default=30.0, help="seconds for timing one program (default 30)")


def _peers(text: str) -> list[str]:
    return _listed(text, PEERS)


def _sizes(text: str) -> list[str]:
    names = _listed(text, SIZE_NAMES)
    if not names:
        raise argparse.ArgumentTypeError("no size")
    return names


def _listed(text: str, choices: Collection[str]) -> list[str]:
    """Returns the names in a list with commas, each once."""
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in choices:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(choices)}")
    return list(dict.fromkeys(names))


if __name__ == "__main__":
    parsed = parse_arguments()
    sys.exit(parsed.command(parsed))

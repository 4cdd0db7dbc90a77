"""Trials that go where they save most against trials for every workload alike, on one program.

The program has one large product and several small loop nests on buffers of their own, each of
which becomes a workload.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from autotune.compilation import Program, open_workshop
from autotune.database import Database
from autotune.progress import SilentProgress
from autotune.tune import ALLOCATIONS, TuneConfig
from benchmarks.measuring import machine

LARGE = 448
SMALL = (48, 56, 64, 72, 80)


def program_text() -> str:
    """Returns the program: products C += A * B of one large and several small sizes."""
    sizes = (LARGE, *SMALL)
    arguments, body = [], []
    for number, size in enumerate(sizes):
        kind = f"memref<{size}x{size}xf32>"
        arguments += [f"%{name}{number}: {kind}" for name in "abc"]
        access = f"{{name}}{number}[{{at}}] : {kind}"
        body.append(
            f"""
  affine.for %i = 0 to {size} {{
    affine.for %j = 0 to {size} {{
      affine.for %k = 0 to {size} {{
        %a = affine.load %{access.format(name="a", at="%i, %k")}
        %b = affine.load %{access.format(name="b", at="%k, %j")}
        %c = affine.load %{access.format(name="c", at="%i, %j")}
        %p = arith.mulf %a, %b : f32
        %s = arith.addf %c, %p : f32
        affine.store %s, %{access.format(name="c", at="%i, %j")}
      }}
    }}
  }}"""
        )
    return f"func.func @program({', '.join(arguments)}) {{{''.join(body)}\n  return\n}}\n"


def tune_once(program: Program, config: TuneConfig) -> dict[str, Any]:
    """Returns times and trials of one search with an empty database."""
    with (
        tempfile.TemporaryDirectory() as folder,
        open_workshop(program, Path(folder), time.monotonic) as workshop,
        Database("sqlite://") as database,
    ):
        report = workshop.tune(database, config, SilentProgress()).report
    return {
        "allocation": config.allocation,
        "seed": config.seed,
        "num_trials": sum(len(workload.records) for workload in report.workloads),
        "trials": {workload.name: len(workload.records) for workload in report.workloads},
        "baseline_secs": report.baseline_secs,
        "best_secs": report.best_secs,
        "workload_secs": {workload.name: workload.best_secs for workload in report.workloads},
        "elapsed_secs": report.elapsed_secs,
    }


def markdown(results: list[dict[str, Any]]) -> str:
    """Returns a table, one row a search, and the medians."""
    lines = ["| allocation | seed | trials (the large one first) | untuned | tuned | speed-up |"]
    lines.append("|---|---|---|---|---|---|")
    for each in results:
        counts = ", ".join(str(count) for count in each["trials"].values())
        secs = each["baseline_secs"], each["best_secs"]
        times = " | ".join(f"{1e3 * value:.4g} ms" for value in secs)
        row = f"| {each['allocation']} | {each['seed']} | {counts} | {times} "
        lines.append(f"{row}| {secs[0] / secs[1]:.1f}x |")
    for allocation in ALLOCATIONS:
        own = [each["best_secs"] for each in results if each["allocation"] == allocation]
        if own:
            lines.append(f"\n{allocation}: median {1e3 * statistics.median(own):.4g} ms")
    return "\n".join(lines)


def benchmark_allocation(arguments: argparse.Namespace) -> int:
    """Tunes the program with each allocation and seed."""
    program = Program(program_text().encode(), "program.mlir")
    results: list[dict[str, Any]] = []
    arguments.output.mkdir(parents=True, exist_ok=True)
    for seed in arguments.seeds:
        for allocation in ALLOCATIONS:
            config = TuneConfig(
                trials=arguments.trials,
                seed=seed,
                search=arguments.search,
                proposer=arguments.proposer,
                allocation=allocation,
            )
            results.append(tune_once(program, config))
            print(f"{allocation}, seed {seed}: done", file=sys.stderr, flush=True)
            document = {"schema": 1, "machine": machine(), "results": results}
            text = json.dumps(document, indent=1)
            (arguments.output / "results.json").write_text(text, encoding="utf-8")
    print(markdown(results))
    return 0


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the options of `benchmarks.run allocation`."""
    add = parser.add_argument
    add("--trials", type=int, default=48, help="candidates a search (default 48)")
    add("--seeds", type=_numbers, default=[0, 1, 2], help="one search each (default 0,1,2)")
    add("--search", default="mcts")
    add("--proposer", default="uniform", help="default uniform: no expert schedules")
    add("--output", type=Path, default=Path("autotune-out/allocation"))
    parser.set_defaults(command=benchmark_allocation)

"""Do two timings of the same candidates rank them alike, while another process comes and goes?

Schedules of one kernel are timed twice by the runner that tuning uses, in a new process each time,
and by the mean of ten plain calls. Meanwhile another process computes on a core for a while, sleeps
for a while, and so on. Asked: Spearman's correlation of the two rankings, and by how much the two
times of a candidate differ.
"""

import argparse
import ctypes
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean, median, quantiles
from typing import Any

from autotune.buffers import random_inputs
from autotune.compilation import Program, Workshop, open_workshop
from autotune.heuristic import HeuristicProposer
from autotune.measurement import Artefact, Candidate, MeasureConfig
from autotune.object_code import LoadedCode, NativeCompiler, calling_stub
from autotune.proposer import Proposer, UniformProposer
from autotune.proxy import spearman
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.search import Explorer, RandomSearch
from autotune.target import building_cores, timing_cores
from autotune.tune import WorkloadSpace
from autotune.workload import Target, Workload
from benchmarks.measuring import machine

LOADS = ("none", "other", "same")
PROPOSERS: Mapping[str, type[Proposer]] = {
    "uniform": UniformProposer,
    "heuristic": HeuristicProposer,
}
WAYS = ("median", "cycles", "over baseline", "fastest", "mean of 10")
_NUM_NAIVE = 10
_ELEMENTS = {"compute": 1 << 14, "memory": 1 << 23}
_LOAD = """
import os, random, sys, time
import numpy as np
core, seed, elements = map(int, sys.argv[1:])
os.sched_setaffinity(0, {core})
rng, values = random.Random(seed), np.ones(elements)
print("ready", flush=True)
while True:
    end = time.monotonic() + rng.uniform(0.2, 2.0)
    while time.monotonic() < end:
        values *= 1.000001
    time.sleep(rng.uniform(0.2, 2.0))
"""
_PROGRAM = """
func.func @matmul(%a: memref<{n}x{n}xf32>, %b: memref<{n}x{n}xf32>, %c: memref<{n}x{n}xf32>) {{
  linalg.matmul ins(%a, %b : memref<{n}x{n}xf32>, memref<{n}x{n}xf32>)
                outs(%c : memref<{n}x{n}xf32>)
  return
}}
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `rank-stability`."""
    add = parser.add_argument
    add("--schedules", type=int, default=40, help="how many (default 40)")
    add("--size", type=int, default=256, help="extent of the matrices (default 256)")
    add("--proposer", choices=list(PROPOSERS), default="uniform", help="weighs the random walks")
    add("--load", choices=LOADS, default="other", help="core of the load, seen from the timed one")
    add("--works", choices=list(_ELEMENTS), default="compute", help="in its caches, or in memory")
    add("--seed", type=int, default=0, help="of schedules, inputs and load")
    add("--output", type=Path, default=Path("autotune-out/rank-stability"))
    parser.set_defaults(command=benchmark_rank_stability)


def benchmark_rank_stability(arguments: argparse.Namespace) -> int:
    """Runs the benchmark; returns the exit status."""
    program = Program(_PROGRAM.format(n=arguments.size).encode(), "matmul.mlir")
    with open_workshop(program, arguments.output / "failures", time.monotonic) as workshop:
        (workload,) = workshop.parts.workloads
        space = WorkloadSpace(workload, workshop.compiler)
        explorer = Explorer(space, PROPOSERS[arguments.proposer](), workshop.target)
        built = _build(workshop, workload, arguments.schedules, explorer, arguments.seed)
        artefacts = list(built.values())
        with _load(arguments.load, _ELEMENTS[arguments.works], arguments.seed):
            passes = [
                _time_all(workshop.target, workload, artefacts, arguments.seed + number)
                for number in range(2)
            ]
    result = {
        "machine": machine(),
        "schedules": list(map(str, built))[1:],
        "size": arguments.size,
        "load": arguments.load,
        "works": arguments.works,
        "seed": arguments.seed,
        "passes": passes,
        "summary": {
            way: _compare(*(each[way] for each in passes))
            for way in WAYS
            if all(way in each for each in passes)
        },
    }
    arguments.output.mkdir(parents=True, exist_ok=True)
    file = arguments.output / f"results-{arguments.load}-{arguments.works}.json"
    file.write_text(json.dumps(result, indent=2) + "\n")
    print(_table(result))
    return 0


def _build(
    workshop: Workshop, workload: Workload, num_schedules: int, explorer: Explorer, seed: int
) -> dict[Schedule, Artefact]:
    """Returns the baseline, first, and so many candidates with different code."""
    search = RandomSearch(explorer, random.Random(seed))
    found: dict[str, tuple[Schedule, Artefact]] = {}
    schedules = [Schedule()]
    while len(found) <= num_schedules and schedules:
        builds = [workshop.compiler.build(Candidate(workload, each)) for each in schedules]
        for schedule, build in zip(schedules, builds, strict=True):
            artefact = build.result().artefact
            if artefact is not None and len(found) <= num_schedules:
                found.setdefault(artefact.object_hash, (schedule, artefact))
        schedules = list(search.ask(8))
    return dict(found.values())


def _time_all(
    target: Target, workload: Workload, artefacts: Sequence[Artefact], seed: int
) -> dict[str, Any]:
    """Times every candidate in random order; returns times by the way of timing.

    They are in seconds, in cycles of the core's clock unless that cannot be told, and relative to
    the baseline's beside it.
    """
    order = list(range(1, len(artefacts)))
    random.Random(seed).shuffle(order)
    medians, cycles, ratios, fastest, means = {}, {}, {}, {}, {}
    num_disturbed = num_repeats = 0
    start = time.monotonic()
    with LocalRunner(target, MeasureConfig()) as runner:
        for index in order:
            measurement = runner.run(workload, artefacts[0], artefacts[index])
            if measurement.failure is not None:
                raise SystemExit(f"{measurement.failure.kind}: {measurement.failure.message}")
            medians[index] = median(measurement.run_secs)
            if measurement.core_hz is not None:
                cycles[index] = medians[index] * measurement.core_hz
            ratios[index] = medians[index] / median(measurement.baseline_secs)
            fastest[index] = min(measurement.run_secs)
            num_disturbed += measurement.num_disturbed
            num_repeats += len(measurement.run_secs)
    elapsed_secs = time.monotonic() - start
    for index in order:
        means[index] = _naive_mean(target, workload, artefacts[index])
    secs = dict(zip(WAYS, (medians, cycles, ratios, fastest, means), strict=True))
    return {
        "num_disturbed": num_disturbed,
        "num_repeats": num_repeats,
        "elapsed_secs": elapsed_secs,
        **{
            way: [secs[way][x] for x in sorted(order)]
            for way in WAYS
            if len(secs[way]) == len(order)
        },
    }


def _naive_mean(target: Target, workload: Workload, artefact: Artefact) -> float:
    """What a loop around the call would say: no warm-up, no pinning, no look at what happens."""
    native = NativeCompiler(target.cpu, target.features)
    stub = LoadedCode(native, native.compile(calling_stub("call", workload.arguments)).object_code)
    code = LoadedCode(native, artefact.object_code)
    arrays = random_inputs(workload.arguments, 0, 1.0)
    values = (ctypes.c_void_p * len(arrays))(*[array.ctypes.data for array in arrays])
    prototype = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
    call, address = prototype(stub.address("call")), code.address(workload.name)
    own = os.sched_getaffinity(0)
    os.sched_setaffinity(0, building_cores(1) | timing_cores(1) | _all_cores())
    secs = []
    for _ in range(_NUM_NAIVE):
        start = time.perf_counter()
        call(address, values, 1)
        secs.append(time.perf_counter() - start)
    os.sched_setaffinity(0, own)
    return fmean(secs)


def _all_cores() -> set[int]:
    return set(range(os.cpu_count() or 1))


@contextmanager
def _load(where: str, num_elements: int, seed: int) -> Iterator[None]:
    """Keeps a core busy on and off."""
    if where == "none":
        yield
        return
    timed = max(timing_cores(1) | _all_cores())
    core = timed if where == "same" else min(_all_cores())
    command = [sys.executable, "-c", _LOAD, str(core), str(seed), str(num_elements)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def _compare(first: Sequence[float], second: Sequence[float]) -> dict[str, float]:
    differences = [abs(x - y) / min(x, y) for x, y in zip(first, second, strict=True)]
    return {
        "spearman": spearman(first, second),
        "median_difference": median(differences),
        "ninth_decile_difference": quantiles(differences, n=10)[-1],
    }


def _table(result: dict[str, Any]) -> str:
    what = f"{len(result['schedules'])} schedules of matmul {result['size']}, timed twice"
    lines = [
        f"{what}; load on core: {result['load']}, working in: {result['works']}",
        f"{'':13}  {'Spearman':>8}  {'difference':>10}  {'9th decile':>10}",
    ]
    for name, row in result["summary"].items():
        differences = f"{row['median_difference']:10.2%}  {row['ninth_decile_difference']:10.2%}"
        lines.append(f"{name:13}  {row['spearman']:8.4f}  {differences}")
    for each in result["passes"]:
        counts = f"{each['num_disturbed']} disturbed beside {each['num_repeats']} repeats"
        lines.append(f"{counts} in {each['elapsed_secs']:.1f} s")
    return "\n".join(lines)

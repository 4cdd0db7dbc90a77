"""How long does a candidate take to compile, and which stage of it?

The expert schedules of PolyBench kernels, and of operators where asked for, are built one after the
other in a compile worker, which built the untuned program first, as in a run. Reported are CPU
times from the text of workload and schedule to object code, also as multiples of what LLVM takes
for a piece of code that is always the same: such ratios may be compared between machines.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from autotune.build_stages import Stage
from autotune.compiler import BuildRequest, CompilerPool
from autotune.expert import expert_schedules
from autotune.heuristic import HeuristicProposer
from autotune.measurement import Candidate, Failure, FailureKind
from autotune.schedule import Schedule
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from autotune.worker_process import WorkerCrashError, WorkerProcess, WorkerTimeoutError
from autotune.workload import Modes, Target, Workload
from benchmarks.measuring import machine
from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.polybench.definitions import ELEMENTS, KERNELS, SIZE_NAMES

_WORKER = "benchmarks.compile_time_worker"
_LIMIT_SECS = 60.0
_ENVIRONMENT = {"LLVM_DISABLE_SYMBOLIZATION": "1"}

Given = dict[tuple[str, str], list[Schedule]]


@dataclass(frozen=True)
class StagedBuild:
    """How a build went.

    Attributes:
        total_secs: CPU time from request to answer.
        stage_secs: Of the stages that were entered.
        object_hash: sha256 of the object; empty where there is none.
        failure: Why there is none.
    """

    total_secs: float
    stage_secs: dict[Stage, float]
    object_hash: str
    failure: Failure | None


@dataclass(frozen=True)
class CalibrationRequest:
    """Measure how fast this machine compiles; answered by seconds."""


@dataclass(frozen=True)
class Source:
    """A program to list candidates of."""

    name: str
    text: str
    fp: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `compile-time`."""
    add = parser.add_argument
    names = [kernel.name for kernel in KERNELS]
    add("--size", choices=SIZE_NAMES, default="LARGE", help="of the PolyBench kernels")
    add("--dtype", choices=ELEMENTS, default="f64")
    add("--only", nargs="*", choices=[*names, *CATALOGUE], help="these programs only")
    add("--operators", action="store_true", help="operators of neural networks, too")
    add("--again", type=Path, help="a results.json: build the schedules in it, list none")
    add("--threads", type=int, default=1)
    add("--output", type=Path, default=Path("autotune-out/compile-time"))
    parser.set_defaults(command=benchmark_compile_time)


def benchmark_compile_time(arguments: argparse.Namespace) -> int:
    """Runs the benchmark; returns the exit status."""
    output: Path = arguments.output
    output.mkdir(parents=True, exist_ok=True)
    target = detect(arguments.threads)
    document: dict[str, Any] = {
        "schema": 1,
        "machine": machine(),
        "settings": {name: str(value) for name, value in vars(arguments).items()},
        "results": [],
    }
    with CompilerPool(target, num_workers=1, timeout_secs=_LIMIT_SECS) as pool:
        with _worker() as worker:
            document["calibration_secs"] = worker.request(CalibrationRequest(), _LIMIT_SECS)
        given = None if arguments.again is None else _schedules_of(arguments.again)
        for source in _sources(arguments):
            document["results"] += measure(source, pool, target, given)
            _write(document, output)
            print(f"{source.name}: done", file=sys.stderr, flush=True)
    print(markdown(document))
    return 0


def _write(document: Mapping[str, Any], output: Path) -> None:
    (output / "results.json").write_text(json.dumps(document, indent=1), encoding="utf-8")
    (output / "results.md").write_text(markdown(document), encoding="utf-8")


def _schedules_of(results: Path) -> Given:
    """Returns the schedules that an earlier run built, by program and workload."""
    given: Given = {}
    for each in json.loads(results.read_text(encoding="utf-8"))["results"]:
        key = each["program"], each["workload"]
        given.setdefault(key, []).append(Schedule.parse(each["schedule"]))
    return given


def _sources(arguments: argparse.Namespace) -> Iterator[Source]:
    """Yields the programs that are asked for."""
    for kernel in KERNELS:
        if not arguments.only or kernel.name in arguments.only:
            text = kernel.text(kernel.sizes[arguments.size], arguments.dtype)
            yield Source(kernel.name, text, "contract")
    for name, entry in CATALOGUE.items():
        if name in arguments.only if arguments.only else arguments.operators:
            yield Source(name, entry.full_size().text, "reassoc")


@contextmanager
def _worker() -> Iterator[WorkerProcess]:
    worker = WorkerProcess(_WORKER, (), _ENVIRONMENT)
    try:
        yield worker
    finally:
        worker.close()


def measure(
    source: Source, pool: CompilerPool, target: Target, given: Given | None = None
) -> list[dict[str, Any]]:
    """Returns how the builds of a program's candidates went: the given ones, or all experts."""
    parts = pool.front_end(source.text.encode(), source.name, None, Modes(source.fp, "inline"))
    results = []
    for workload in parts.workloads:
        if given is None:
            explorer = Explorer(WorkloadSpace(workload, pool), HeuristicProposer(), target)
            schedules = list(expert_schedules(explorer, target))
        else:
            schedules = given.get((source.name, workload.name), [])
        built = builds(workload, schedules, target)
        for schedule, build in zip(schedules, built, strict=True):
            about = {"program": source.name, "workload": workload.name, "schedule": str(schedule)}
            results.append(about | build)
    return results


def builds(
    workload: Workload, schedules: Sequence[Schedule], target: Target
) -> Iterator[dict[str, Any]]:
    """Yields how each build went, in seconds; a worker that breaks is replaced."""
    remaining = list(schedules)
    while remaining:
        with _worker() as worker:
            worker.request(BuildRequest(Candidate(workload, Schedule()), target), _LIMIT_SECS)
            while remaining:
                candidate = Candidate(workload, remaining.pop(0))
                try:
                    built = worker.request(BuildRequest(candidate, target), _LIMIT_SECS)
                except (WorkerCrashError, WorkerTimeoutError) as error:
                    kind = FailureKind.COMPILE_CRASH
                    if isinstance(error, WorkerTimeoutError):
                        kind = FailureKind.COMPILE_TIMEOUT
                    yield {"failure": f"{kind.value}: {error}"}
                    break
                assert isinstance(built, StagedBuild)
                yield _json(built)


def _json(built: StagedBuild) -> dict[str, Any]:
    result: dict[str, Any] = {
        "total_secs": built.total_secs,
        "stage_secs": {stage.value: secs for stage, secs in built.stage_secs.items()},
    }
    if built.failure is None:
        return result | {"object_hash": built.object_hash}
    return result | {"failure": f"{built.failure.kind.value}: {built.failure.message}"}


def markdown(document: Mapping[str, Any]) -> str:
    """Returns what stages take, and what the candidates of each program do.

    Candidates that are refused have a table of their own; those that broke a worker, no times.
    """
    about, settings = document["machine"], document["settings"]
    timed = [each for each in document["results"] if "total_secs" in each]
    built = [each for each in timed if "failure" not in each]
    refused = [each for each in timed if "failure" in each]
    num_broken = len(document["results"]) - len(timed)
    unit_secs = document["calibration_secs"]
    lines = [
        f"{about['cpu']}, {about['system']}; size {settings['size']}, {settings['dtype']}, "
        f"{settings['threads']} threads; LLVM compiles the calibration in {_ms(unit_secs)} ms",
        "",
        f"{len(built)} candidates built, {len(refused)} refused, {num_broken} broke the worker",
        "",
        *_stage_table(built, unit_secs),
        "",
        *_program_table(built, refused),
    ]
    return "\n".join(lines) + "\n"


def _stage_table(built: Sequence[Mapping[str, Any]], unit_secs: float) -> list[str]:
    rows = ["| stage | median, ms | 90 %, ms | worst, ms | share | median, of calibration |"]
    rows.append("|---|---|---|---|---|---|")
    if not built:
        return rows
    total_secs = sum(each["total_secs"] for each in built)
    columns = {s.value: [each["stage_secs"].get(s.value, 0.0) for each in built] for s in Stage}
    columns["**whole**"] = [each["total_secs"] for each in built]
    for name, secs in columns.items():
        numbers = [_ms(median(secs)), _ms(_ninth_decile(secs)), _ms(max(secs))]
        shares = [f"{sum(secs) / total_secs:.0%}", f"{median(secs) / unit_secs:.2f}"]
        rows.append(f"| {' | '.join([name, *numbers, *shares])} |")
    return rows


def _program_table(
    built: Sequence[Mapping[str, Any]], refused: Sequence[Mapping[str, Any]]
) -> list[str]:
    rows = ["| program | built | median, ms | worst, ms | refused | worst, ms |"]
    rows.append("|---|---|---|---|---|---|")
    for name in dict.fromkeys(each["program"] for each in (*built, *refused)):
        cells = [name]
        own = [each["total_secs"] for each in built if each["program"] == name]
        cells += [str(len(own)), _ms(median(own)) if own else "", _ms(max(own, default=0.0))]
        others = [each["total_secs"] for each in refused if each["program"] == name]
        cells += [str(len(others)), _ms(max(others)) if others else ""]
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _ninth_decile(secs: Sequence[float]) -> float:
    return quantiles(secs, n=10, method="inclusive")[-1] if len(secs) > 1 else secs[0]


def _ms(secs: float) -> str:
    return f"{secs * 1e3:.1f}"

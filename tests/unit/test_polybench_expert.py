"""What expert schedules make of the PolyBench kernels runs, and computes the same."""

from collections.abc import Iterator

import pytest

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.measurement import Candidate, FailureKind, MeasureConfig
from autotune.proposer import UniformProposer
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from autotune.workload import Modes, Target, Workload
from benchmarks.polybench.definitions import KERNELS, Kernel

_QUICK = ("atax", "bicg", "durbin", "symm")
_MEASURE = MeasureConfig(budget_secs=0.01, baseline_budget_secs=0.01, patience_secs=0.0)


@pytest.fixture(scope="module", params=[1, 2])
def tools(request: pytest.FixtureRequest) -> Iterator[tuple[Target, CompilerPool, LocalRunner]]:
    target = detect(request.param)
    with (
        CompilerPool(target, num_workers=1, timeout_secs=60.0) as pool,
        LocalRunner(target, _MEASURE) as runner,
    ):
        yield target, pool, runner


def _check(of: Workload, target: Target, pool: CompilerPool, runner: LocalRunner) -> int:
    """Runs all expert schedules of a workload; returns how many there are."""
    baseline = pool.build(Candidate(of, Schedule())).result().artefact
    assert baseline is not None
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), target)
    schedules = list(expert_schedules(explorer, target))
    for schedule in schedules:
        built = pool.build(Candidate(of, schedule)).result()
        if built.artefact is None:
            assert built.failure is not None
            assert built.failure.kind is FailureKind.COMPILE_ERROR, built.failure
            continue
        measured = runner.run(of, baseline, built.artefact)
        assert measured.failure is None, f"{schedule}: {measured.failure}"
    return len(schedules)


@pytest.mark.parametrize(
    "kernel",
    [
        kernel if kernel.name in _QUICK else pytest.param(kernel, marks=pytest.mark.slow)
        for kernel in KERNELS
    ],
    ids=lambda kernel: kernel.name,
)
def test_expert_schedules_run(
    kernel: Kernel, tools: tuple[Target, CompilerPool, LocalRunner]
) -> None:
    target, pool, runner = tools
    text = kernel.text(kernel.sizes["SMALL"], "f64").encode()
    parts = pool.front_end(text, kernel.name, None, Modes("contract", "inline"))
    assert sum(_check(each, target, pool, runner) for each in parts.workloads) > 0

"""Expert schedules of stencils in time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.proposer import UniformProposer
from autotune.schedule import Distribute, Schedule, Skew, UnrollAndJam
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from autotune.workload import Modes
from benchmarks.polybench.definitions import KERNELS


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(), num_workers=1, timeout_secs=60.0) as workers:
        yield workers


def _of_whole_rows(pool: CompilerPool, features: str) -> list[Schedule]:
    """Schedules of two statements in turns, in which rows have been moved back."""
    target = replace(detect(), vector_bits=256, num_vector_registers=16, features=features)
    (kernel,) = (each for each in KERNELS if each.name == "jacobi-2d")
    text = kernel.text(kernel.sizes["MEDIUM"], "f64").encode()
    (stencil,) = pool.front_end(text, "kernel.mlir", None, Modes("contract", "inline")).workloads
    explorer = Explorer(WorkloadSpace(stencil, pool), UniformProposer(), target)
    schedules = expert_schedules(explorer, target)
    return [x for x in schedules if any(isinstance(y, Skew) for y in x.transformations)]


@pytest.mark.parametrize(("features", "is_separate"), [("+avx2", True), ("+avx512vl", False)])
def test_jammed_rows_wait_for_stores_only_where_registers_carry_them(
    pool: CompilerPool, features: str, is_separate: bool
) -> None:
    jammed = [
        schedule
        for schedule in _of_whole_rows(pool, features)
        if any(isinstance(step, UnrollAndJam) for step in schedule.transformations)
    ]
    assert len(jammed) >= 2
    for schedule in jammed:
        assert (Distribute(1, 2, 1) in schedule.transformations) == is_separate

"""Expert schedules that apply several pivots at a time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from autotune.compiler import CompilerPool
from autotune.draft import Draft
from autotune.expert_pivots import ColumnRecipe, PivotRecipe, column_schedule, pivot_schedule
from autotune.measurement import Candidate, MeasureConfig
from autotune.proposer import UniformProposer
from autotune.runner import LocalRunner
from autotune.schedule import (
    Distribute,
    Parallelize,
    Schedule,
    Snapshot,
    Split,
    Tile,
    UnrollAndJam,
    Vectorize,
)
from autotune.search import Explorer, State
from autotune.target import detect
from autotune.tune import WorkloadSpace
from autotune.workload import Modes, Workload
from benchmarks.polybench.definitions import KERNELS
from tests.unit.kernels import buffer, matmul, workload

_RECIPE = PivotRecipe(block=32, rows=4)


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(), num_workers=1, timeout_secs=60.0) as workers:
        yield workers


def _pivots(of: Workload, pool: CompilerPool) -> State | None:
    target = replace(detect(), vector_bits=512, num_vector_registers=32, num_threads=1)
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), target)
    root = explorer.visit(Schedule())
    assert root is not None
    return pivot_schedule(Draft(explorer, root), target, _RECIPE)


def test_pivots_are_applied_in_blocks(pool: CompilerPool) -> None:
    matrix, own = "memref<100x100xf32>", "affine_map<(d0) -> (d0)>(%k)"
    after = "affine_map<(d0) -> (d0 + 1)>(%k)"
    loops = "".join(
        f"""
            affine.for %j = {low} to {high} {{
              %a = affine.load %0[%i, %j] : {matrix}
              %b = affine.load %0[%i, %k] : {matrix}
              %c = affine.load %0[%k, %j] : {matrix}
              %d = arith.addf %b, %c : f32
              %e = arith.minimumf %a, %d : f32
              affine.store %e, %0[%i, %j] : {matrix}
            }}"""
        for low, high in ((0, own), (own, after), (after, 100))
    )
    nest = f"affine.for %k = 0 to 100 {{ affine.for %i = 0 to 100 {{ {loops} }} }}"
    state = _pivots(workload(nest, buffer("f32", 100, 100)), pool)
    assert state is not None
    steps = state.schedule.transformations
    assert {x.size for x in steps if isinstance(x, Split)} == {1, 32}
    assert sum(isinstance(x, Snapshot) for x in steps) == 2
    assert Tile(0, (32,)) in steps
    assert sum(isinstance(x, Distribute) for x in steps) == 2
    assert [x.factors for x in steps if isinstance(x, UnrollAndJam)] == [(4, 1), (4, 1)]
    assert sum(isinstance(x, Vectorize) for x in steps) > 6


def _orthogonalisation(pool: CompilerPool) -> Workload:
    (kernel,) = (each for each in KERNELS if each.name == "gramschmidt")
    text = kernel.text(kernel.sizes["SMALL"], "f64").encode()
    (columns,) = pool.front_end(text, "kernel.mlir", None, Modes("contract", "inline")).workloads
    return columns


@pytest.mark.parametrize("num_threads", [1, 2])
def test_columns_take_the_pivots_of_a_block(pool: CompilerPool, num_threads: int) -> None:
    """In SMALL there are 80 columns: full tiles and others, of columns and of pivots."""
    target, columns = detect(num_threads), _orthogonalisation(pool)
    lanes = target.vector_bits // 64
    explorer = Explorer(WorkloadSpace(columns, pool), UniformProposer(), target)
    root = explorer.visit(Schedule())
    assert root is not None
    state = column_schedule(Draft(explorer, root), target, ColumnRecipe(block=12, vectors=2))
    assert state is not None
    steps = state.schedule.transformations
    assert {x.size for x in steps if isinstance(x, Split)} == {12}
    assert [x.sizes for x in steps if isinstance(x, Tile)] == [(12,), (0, 2 * lanes)]
    assert [x.factors for x in steps if isinstance(x, UnrollAndJam)] == [(1, 2 * lanes)] * 2
    assert sum(isinstance(x, Vectorize) for x in steps) == 6
    assert sum(isinstance(x, Parallelize) for x in steps) == num_threads - 1
    measure = MeasureConfig(budget_secs=0.01, baseline_budget_secs=0.01, patience_secs=0.0)
    artefacts = [
        pool.build(Candidate(columns, schedule)).result().artefact
        for schedule in (Schedule(), state.schedule)
    ]
    baseline, blocked = artefacts
    assert baseline is not None
    assert blocked is not None
    with LocalRunner(target, measure) as runner:
        assert runner.run(columns, baseline, blocked).failure is None


def test_columns_of_a_block_are_jammed(pool: CompilerPool) -> None:
    """Columns lose what is along the pivot: a sum and steps along a column, without vectors."""
    state = _pivots(_orthogonalisation(pool), pool)
    assert state is not None
    jams = [x.factors for x in state.schedule.transformations if isinstance(x, UnrollAndJam)]
    assert jams == [(4, 1), (4,)]


def test_products_have_no_pivots(pool: CompilerPool) -> None:
    assert _pivots(matmul(100), pool) is None
    explorer = Explorer(WorkloadSpace(matmul(100), pool), UniformProposer(), detect())
    root = explorer.visit(Schedule())
    assert root is not None
    assert column_schedule(Draft(explorer, root), detect(), ColumnRecipe(16, 2)) is None

"""Expert schedules that apply several pivots at a time."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from autotune.compiler import CompilerPool
from autotune.draft import Draft
from autotune.expert import expert_schedules
from autotune.expert_pivots import (
    ColumnRecipe,
    PivotRecipe,
    column_schedule,
    pivot_schedule,
    pivot_schedules,
)
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


def _shortest_paths(num_nodes: int) -> Workload:
    matrix, own = f"memref<{num_nodes}x{num_nodes}xf32>", "affine_map<(d0) -> (d0)>(%k)"
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
        for low, high in ((0, own), (own, after), (after, num_nodes))
    )
    rows = f"affine.for %i = 0 to {num_nodes} {{ {loops} }}"
    nest = f"affine.for %k = 0 to {num_nodes} {{ {rows} }}"
    return workload(nest, buffer("f32", num_nodes, num_nodes))


def test_pivots_are_applied_in_blocks(pool: CompilerPool) -> None:
    state = _pivots(_shortest_paths(100), pool)
    assert state is not None
    steps = state.schedule.transformations
    assert {x.size for x in steps if isinstance(x, Split)} == {1, 32}
    assert sum(isinstance(x, Snapshot) for x in steps) == 2
    assert Tile(0, (32,)) in steps
    assert sum(isinstance(x, Distribute) for x in steps) == 2
    assert [x.factors for x in steps if isinstance(x, UnrollAndJam)] == [(4, 1), (4, 1)]
    assert sum(isinstance(x, Vectorize) for x in steps) > 6


@pytest.mark.parametrize("num_threads", [1, 2])
def test_columns_outside_of_a_block_take_its_pivots_in_registers(
    pool: CompilerPool, num_threads: int
) -> None:
    """Of 83 nodes no block, register tile or cache tile has all its rows and columns."""
    target, paths = detect(num_threads), _shortest_paths(83)
    lanes = target.vector_bits // 32
    explorer = Explorer(WorkloadSpace(paths, pool), UniformProposer(), target)
    root = explorer.visit(Schedule())
    assert root is not None
    recipe = PivotRecipe(block=8, rows=2, columns=48, register_tile=(2, 2))
    state = pivot_schedule(Draft(explorer, root), target, recipe)
    assert state is not None
    steps = state.schedule.transformations
    assert sum(isinstance(x, Snapshot) for x in steps) == 6
    assert [x.sizes for x in steps if isinstance(x, Tile)] == [(8,), *[(0, 0, 48)] * 4]
    jams = [x.factors for x in steps if isinstance(x, UnrollAndJam)]
    assert jams.count((2, 2 * lanes, 1)) == 4
    assert jams.count((2, 1)) == 2
    assert sum(isinstance(x, Parallelize) for x in steps) == (num_threads - 1) * 6
    _check(paths, state.schedule, pool, num_threads)


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
    _check(columns, state.schedule, pool, num_threads)


def _check(of: Workload, schedule: Schedule, pool: CompilerPool, num_threads: int) -> None:
    measure = MeasureConfig(budget_secs=0.01, baseline_budget_secs=0.01, patience_secs=0.0)
    artefacts = [
        pool.build(Candidate(of, each)).result().artefact for each in (Schedule(), schedule)
    ]
    baseline, blocked = artefacts
    assert baseline is not None
    assert blocked is not None
    with LocalRunner(detect(num_threads), measure) as runner:
        assert runner.run(of, baseline, blocked).failure is None


def test_columns_of_a_block_are_jammed(pool: CompilerPool) -> None:
    """Columns lose what is along the pivot: a sum and steps along a column, without vectors."""
    state = _pivots(_orthogonalisation(pool), pool)
    assert state is not None
    jams = [x.factors for x in state.schedule.transformations if isinstance(x, UnrollAndJam)]
    assert jams == [(4, 1), (4,)]


def test_pivots_are_tried_first(pool: CompilerPool) -> None:
    """What is far slower than the best so far is run once only."""
    explorer = Explorer(WorkloadSpace(_shortest_paths(100), pool), UniformProposer(), detect())
    first = next(expert_schedules(explorer, detect()))
    assert isinstance(first.transformations[0], Split)


def test_rows_of_pivots_may_have_loops_inside(pool: CompilerPool) -> None:
    """In an alternating direction method steps of time look like pivots; rows have two loops."""
    (kernel,) = (each for each in KERNELS if each.name == "adi")
    text = kernel.text(kernel.sizes["MINI"], "f64").encode()
    steps, *_ = pool.front_end(text, "adi.mlir", None, Modes("contract", "inline")).workloads
    explorer = Explorer(WorkloadSpace(steps, pool), UniformProposer(), detect())
    root = explorer.visit(Schedule())
    assert root is not None
    assert list(pivot_schedules(explorer, root, detect())) == []


def test_products_have_no_pivots(pool: CompilerPool) -> None:
    assert _pivots(matmul(100), pool) is None
    explorer = Explorer(WorkloadSpace(matmul(100), pool), UniformProposer(), detect())
    root = explorer.visit(Schedule())
    assert root is not None
    assert column_schedule(Draft(explorer, root), detect(), ColumnRecipe(16, 2)) is None

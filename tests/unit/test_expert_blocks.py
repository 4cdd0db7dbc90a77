"""Expert schedules in which statements share the rows of a matrix."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from autotune.compiler import CompilerPool
from autotune.draft import Draft
from autotune.expert import expert_schedules
from autotune.expert_blocks import arrange
from autotune.expert_recipes import Recipe
from autotune.proposer import UniformProposer
from autotune.schedule import (
    Distribute,
    Fuse,
    Interchange,
    Reorder,
    Schedule,
    Shift,
    Tile,
    UnrollAndJam,
    Vectorize,
    Wavefront,
)
from autotune.search import Explorer
from autotune.target import detect
from autotune.transformation import Transformation
from autotune.tune import WorkloadSpace
from tests.unit.kernels import buffer, workload

_MATRIX = "memref<100x100xf64>"


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(), num_workers=1, timeout_secs=60.0) as workers:
        yield workers


def _sum(into: str, matrix: str, at: str, vector: str) -> str:
    return f"""
        affine.for %i = 0 to 100 {{
          affine.for %j = 0 to 100 {{
            %a = affine.load {into}[%i] : memref<100xf64>
            %b = affine.load {matrix}[{at}] : {_MATRIX}
            %c = affine.load {vector}[%j] : memref<100xf64>
            %d = math.fma %b, %c, %a : f64
            affine.store %d, {into}[%i] : memref<100xf64>
          }}
        }}"""


def _blocks(
    pool: CompilerPool, *nests: str, num_threads: int = 1, columns: int = 0
) -> tuple[Transformation, ...] | None:
    """Returns the steps that bring statements together; None where the recipe does not fit."""
    vectors = [buffer("f64", 100)] * 4
    of = workload("".join(nests), buffer("f64", 100, 100), buffer("f64", 100, 100), *vectors)
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), detect())
    root = explorer.visit(Schedule())
    assert root is not None
    draft = Draft(explorer, root)
    wave = 32 if columns else 8
    recipe = Recipe(
        rows=8, vectors=2, block=8, block_columns=columns, wave=wave if num_threads > 1 else 0
    )
    fits = arrange(draft, recipe, num_threads)
    return draft.state.schedule.transformations if fits else None


def test_sums_along_rows_and_columns_share_rows(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%0", "%j, %i", "%5")
    shared = (Fuse(0, 0, 1), Tile(0, (8,)), Distribute(1, 0, 1))
    assert _blocks(pool, rows, columns) == (Interchange(1, (1, 0)), *shared)
    swapped = (Interchange(0, (1, 0)), *shared, Reorder(0, 0, 1))
    assert _blocks(pool, columns, rows) == swapped


def test_rows_are_added_several_at_a_time_as_they_lie_in_memory(pool: CompilerPool) -> None:
    """Not a strip of columns at a time, which every row would be read in pieces for."""
    nests = _sum("%2", "%0", "%i, %j", "%3") + _sum("%4", "%0", "%j, %i", "%5")
    of = workload(nests, *[buffer("f64", 100, 100)] * 2, *[buffer("f64", 100)] * 4)
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), detect())
    shared = (Interchange(1, (1, 0)), Fuse(0, 0, 1), Tile(0, (8,)))
    steps = [
        schedule.transformations
        for schedule in expert_schedules(explorer, detect())
        if schedule.transformations[:3] == shared
    ]
    assert steps
    side_by_side = [
        jam.factors[1]
        for each in steps
        for jam, vector in pairwise(each)
        if isinstance(jam, UnrollAndJam)
        and isinstance(vector, Vectorize)
        and jam.band == vector.band
        and vector.member == 1  # Sums along rows may have vectors across them.
    ]
    assert set(side_by_side) == {1}


def test_what_reads_other_matrices_stays_apart(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%1", "%j, %i", "%5")
    assert _blocks(pool, rows, columns) == ()


def test_a_sum_that_needs_the_whole_of_another_stays_apart(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%0", "%i, %j", "%2")
    assert _blocks(pool, rows, columns) == ()


def test_statements_share_parts_of_rows(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%0", "%j, %i", "%5")
    parts = Tile(0, (8, 16)), Tile(2, (8, 16))
    swapped = Interchange(1, (1, 0))
    assert _blocks(pool, rows, columns, columns=16) == (swapped, *parts, Fuse(0, 0, 2))
    needs_rows = _sum("%4", "%0", "%j, %i", "%2")
    later = Shift(2, 0, 1), Fuse(0, 0, 2)
    assert _blocks(pool, rows, needs_rows, columns=16) == (swapped, *parts, *later)
    assert _blocks(pool, rows, columns, columns=128) is None, "rows are no longer than that"


def _waves(first: int, rows: int = 8) -> tuple[Transformation, ...]:
    """Returns the steps that give two threads the halves of rows, and begin at band `first`."""
    return (Tile(first, (rows, 64)), Wavefront(first))


def test_threads_share_blocks_of_rows_by_columns(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%0", "%j, %i", "%5")
    assert _blocks(pool, rows, columns, num_threads=2) == (
        *(Interchange(1, (1, 0)), *_waves(0), *_waves(2), Fuse(0, 0, 2)),
    )


def test_what_needs_whole_rows_comes_when_all_threads_have_been_there(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%0", "%j, %i", "%2")
    assert _blocks(pool, rows, columns, num_threads=2) == (
        *(Interchange(1, (1, 0)), *_waves(0), *_waves(2), Shift(2, 0, 2), Fuse(0, 0, 2)),
    )


def test_waves_are_for_neighbours_that_share_a_matrix(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%1", "%j, %i", "%5")
    assert _blocks(pool, rows, columns, num_threads=2) is None


def test_threads_cut_what_they_have_of_a_wave(pool: CompilerPool) -> None:
    rows, columns = _sum("%2", "%0", "%i, %j", "%3"), _sum("%4", "%0", "%j, %i", "%5")
    shared = Interchange(1, (1, 0)), *_waves(0, 32), *_waves(2, 32), Fuse(0, 0, 2)
    parts = Fuse(0, 0, 2), Tile(1, (8, 16)), Distribute(2, 0, 1)
    assert _blocks(pool, rows, columns, num_threads=2, columns=16) == (*shared, *parts)
    needs_rows = _sum("%4", "%0", "%j, %i", "%2")
    later = *shared[:-1], Shift(2, 0, 2), shared[-1]
    assert _blocks(pool, rows, needs_rows, num_threads=2, columns=16) == later

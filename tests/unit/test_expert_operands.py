"""Expert schedules of elementwise chains, and of sums over operands that are not in order."""

import itertools
from dataclasses import replace
from typing import TypeVar

import pytest

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.proposer import UniformProposer
from autotune.schedule import Fuse, Pack, Schedule, Tile, UnrollAndJam, Vectorize
from autotune.search import Explorer
from autotune.target import detect
from autotune.transformation import Transformation
from autotune.tune import WorkloadSpace
from autotune.workload import Workload
from tests.unit.kernels import buffer, workload

_Step = TypeVar("_Step", bound=Transformation)


def _schedules(pool: CompilerPool, of: Workload) -> list[Schedule]:
    target = replace(detect(), vector_bits=256, num_vector_registers=16, num_threads=1)
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), target)
    return list(itertools.islice(expert_schedules(explorer, target), 30))


def _of_kind(kind: type[_Step], schedule: Schedule) -> list[_Step]:
    return [step for step in schedule.transformations if isinstance(step, kind)]


def test_elementwise_chains_get_vectors_of_several_registers(pool: CompilerPool) -> None:
    chain = workload(
        """
        affine.for %i = 0 to 64 {
          affine.for %j = 0 to 640 {
            %a = affine.load %0[%i, %j] : memref<64x640xf32>
            %b = affine.load %1[%i] : memref<64xf32>
            %c = arith.mulf %a, %b : f32
            affine.store %c, %0[%i, %j] : memref<64x640xf32>
          }
        }
        affine.for %i = 0 to 64 {
          affine.for %j = 0 to 640 {
            %a = affine.load %0[%i, %j] : memref<64x640xf32>
            %b = affine.load %2[%i] : memref<64xf32>
            %c = arith.addf %b, %a : f32
            affine.store %c, %2[%i] : memref<64xf32>
          }
        }""",
        buffer("f32", 64, 640),
        buffer("f32", 64),
        buffer("f32", 64),
    )
    fused = [schedule for schedule in _schedules(pool, chain) if _of_kind(Fuse, schedule)]
    widths = [[step.width for step in _of_kind(Vectorize, schedule)] for schedule in fused]
    # The sum is left alone.
    assert [16] in widths
    assert [32] in widths


def _product(first: str, extents: tuple[int, int]) -> Workload:
    rows, columns = extents
    return workload(
        f"""
        affine.for %i = 0 to 512 {{
          affine.for %j = 0 to 512 {{
            affine.for %k = 0 to 600 {{
              %a = affine.load %0[{first}] : memref<{rows}x{columns}xf32>
              %b = affine.load %1[%k, %j] : memref<600x512xf32>
              %c = affine.load %2[%i, %j] : memref<512x512xf32>
              %d = math.fma %a, %b, %c : f32
              affine.store %d, %2[%i, %j] : memref<512x512xf32>
            }}
          }}
        }}""",
        buffer("f32", rows, columns),
        buffer("f32", 600, 512),
        buffer("f32", 512, 512),
    )


@pytest.mark.parametrize(
    ("first", "extents", "packed"),
    [("%k, %i", (600, 512), {(1, 1), (0, 1)}), ("%i, %k", (512, 600), {(1, 1)})],
)
def test_rows_of_a_transposed_operand_are_packed(
    pool: CompilerPool, first: str, extents: tuple[int, int], packed: set[tuple[int, int]]
) -> None:
    schedule = _schedules(pool, _product(first, extents))[0]
    packs = _of_kind(Pack, schedule)
    assert {(step.array, step.panel_dim) for step in packs} == packed
    (jam,) = _of_kind(UnrollAndJam, schedule)
    assert {step.panel for step in packs} <= set(jam.factors)


def test_rows_are_also_packed_once_for_all_column_tiles(pool: CompilerPool) -> None:
    schedules = _schedules(pool, _product("%i, %k", (512, 600)))
    # Tiles of the sum are around all others.
    (schedule,) = (each for each in schedules if Tile(0, (0, 0, 512)) in each.transformations)
    _, columns_tile = _of_kind(Tile, schedule)
    rows, columns = _of_kind(Pack, schedule)
    (jam,) = _of_kind(UnrollAndJam, schedule)
    # The rows are copied in those, the columns in tiles below.
    assert (rows.array, rows.panel_dim, rows.panel) == (0, 0, jam.factors[0])
    assert columns_tile.band == rows.band
    assert (columns.array, columns.panel) == (1, jam.factors[1])
    assert columns.band > rows.band


def test_sums_over_an_operand_with_gaps_get_vectors_across_rows(pool: CompilerPool) -> None:
    convolution = workload(
        """
        affine.for %o = 0 to 64 {
          affine.for %x = 0 to 28 {
            affine.for %c = 0 to 32 {
              affine.for %k = 0 to 3 {
                %a = affine.load %0[%c, %x * 2 + %k] : memref<32x58xf32>
                %b = affine.load %1[%o, %c, %k] : memref<64x32x3xf32>
                %d = affine.load %2[%o, %x] : memref<64x28xf32>
                %e = math.fma %a, %b, %d : f32
                affine.store %e, %2[%o, %x] : memref<64x28xf32>
              }
            }
          }
        }""",
        buffer("f32", 32, 58),
        buffer("f32", 64, 32, 3),
        buffer("f32", 64, 28),
    )
    across = [
        schedule
        for schedule in _schedules(pool, convolution)
        if Vectorize(2, 0, 8) in schedule.transformations
    ]
    # Only the other operand is packed, for vectors of results that are in different rows.
    packs = [[(step.array, step.panel_dim) for step in _of_kind(Pack, each)] for each in across]
    assert [(1, 0)] in packs
    assert all((0, 1) not in each for each in packs)

"""Expert schedules: legal, different, and shaped by strides."""

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.loop_tree import num_statements, outermost_bands
from autotune.measurement import Description, Expansion, Failure
from autotune.proposer import UniformProposer
from autotune.schedule import (
    Distribute,
    Fuse,
    Interchange,
    Pack,
    Parallelize,
    Reschedule,
    Schedule,
    Separate,
    Skew,
    Tile,
    Unroll,
    UnrollAndJam,
    Vectorize,
    Wavefront,
)
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from autotune.workload import Workload
from tests.unit.kernels import buffer, matmul, scalar, workload

_SMOOTH = workload(
    """
    affine.for %t = 0 to 40 {
      affine.for %i = 1 to 255 {
        %a = affine.load %0[%i - 1] : memref<256xf64>
        %b = affine.load %0[%i + 1] : memref<256xf64>
        %c = arith.addf %a, %b : f64
        affine.store %c, %1[%i] : memref<256xf64>
      }
      affine.for %i = 1 to 255 {
        %a = affine.load %1[%i] : memref<256xf64>
        affine.store %a, %0[%i] : memref<256xf64>
      }
    }""",
    buffer("f64", 256),
    buffer("f64", 256),
)


_IN_PLACE = workload(
    """
    affine.for %t = 0 to 40 {
      affine.for %i = 1 to 63 {
        affine.for %j = 1 to 63 {
          %a = affine.load %0[%i, %j - 1] : memref<64x64xf64>
          %b = affine.load %0[%i - 1, %j] : memref<64x64xf64>
          %c = affine.load %0[%i - 1, %j + 1] : memref<64x64xf64>
          %d = arith.addf %a, %b : f64
          %e = arith.addf %d, %c : f64
          affine.store %e, %0[%i, %j] : memref<64x64xf64>
        }
      }
    }""",
    buffer("f64", 64, 64),
)


def _schedules(pool: CompilerPool, of: Workload, most: int, num_threads: int = 1) -> list[Schedule]:
    target = replace(detect(), vector_bits=512, num_vector_registers=32, num_threads=num_threads)
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), target)
    return list(itertools.islice(expert_schedules(explorer, target), most))


def test_only_single_steps_are_asked_for(pool: CompilerPool) -> None:
    """To list all that is legal takes seconds in each of a dozen states of a long program."""

    class StepsOnly(WorkloadSpace):
        def expand(self, schedule: Schedule) -> Expansion | Failure:
            raise AssertionError(f"all that may follow {schedule} was asked for")

    target = detect()
    explorer = Explorer(StepsOnly(_SMOOTH, pool), UniformProposer(), target)
    assert len(list(expert_schedules(explorer, target))) > 4


def _kinds(schedule: Schedule) -> set[type]:
    return {type(step) for step in schedule.transformations}


def test_a_product_gets_a_register_tile_of_vectors_and_packing(pool: CompilerPool) -> None:
    schedules = _schedules(pool, matmul(600), 3)
    assert len(set(schedules)) == 3
    assert {UnrollAndJam, Vectorize, Pack} <= _kinds(schedules[0])
    jam = next(s for s in schedules[0].transformations if isinstance(s, UnrollAndJam))
    assert sorted(jam.factors) == [1, 6, 64]


def test_a_stencil_is_rescheduled(pool: CompilerPool) -> None:
    schedules = _schedules(pool, _SMOOTH, 4)
    assert any(Reschedule in _kinds(schedule) for schedule in schedules)
    assert all(Vectorize in _kinds(schedule) for schedule in schedules)


def test_rows_that_are_summed_and_then_read_share_a_loop(pool: CompilerPool) -> None:
    normalise = workload(
        """
        affine.for %i = 0 to 64 {
          affine.for %j = 0 to 640 {
            %a = affine.load %0[%i, %j] : memref<64x640xf32>
            %b = affine.load %1[%i] : memref<64xf32>
            %c = arith.addf %b, %a fastmath<reassoc> : f32
            affine.store %c, %1[%i] : memref<64xf32>
          }
        }
        affine.for %i = 0 to 64 {
          affine.for %j = 0 to 640 {
            %a = affine.load %0[%i, %j] : memref<64x640xf32>
            %b = affine.load %1[%i] : memref<64xf32>
            %c = arith.divf %a, %b : f32
            affine.store %c, %0[%i, %j] : memref<64x640xf32>
          }
        }""",
        buffer("f32", 64, 640),
        buffer("f32", 64),
    )
    fused = [s for s in _schedules(pool, normalise, 20) if _kinds(s) == {Fuse}]
    assert fused
    description = WorkloadSpace(normalise, pool).describe(fused[0])
    assert isinstance(description, Description)
    (shared,) = outermost_bands(json.loads(description.loops)["tree"])
    assert num_statements(shared) == 2


def test_chains_without_vectors_run_side_by_side(pool: CompilerPool) -> None:
    first = _schedules(pool, _IN_PLACE, 1)[0]
    assert _kinds(first) == {Reschedule, Skew, UnrollAndJam}
    # The next time step runs a whole iteration behind: what it reads was computed before.
    assert Skew(band=0, member=2, outer=2, factor=1) in first.transformations


def test_threads_run_tiles_of_jammed_chains_on_diagonals(pool: CompilerPool) -> None:
    first = _schedules(pool, _IN_PLACE, 1, num_threads=2)[0]
    assert _kinds(first) == {Reschedule, Skew, Tile, UnrollAndJam, Wavefront, Parallelize}
    (tile,) = (step for step in first.transformations if isinstance(step, Tile))
    assert tile.sizes == (4, 64, 0)


@pytest.mark.parametrize("of", [matmul(64), _SMOOTH])
def test_one_thread_gets_no_parallel_loop(pool: CompilerPool, of: Workload) -> None:
    assert all(Parallelize not in _kinds(schedule) for schedule in _schedules(pool, of, 2))


def test_a_scaled_operand_is_packed_before_the_columns_are_tiled(pool: CompilerPool) -> None:
    scaled = matmul(600, scale=1.5)
    steps = _schedules(pool, scaled, 1)[0].transformations
    packed = {step.array: step for step in steps if isinstance(step, Pack)}
    assert set(packed) == {0, 1}
    tiles = [at for at, step in enumerate(steps) if isinstance(step, Tile)]
    assert tiles[0] < steps.index(packed[0]) < tiles[1] < steps.index(packed[1])


@pytest.mark.parametrize(("size", "extents"), [(1024, {4}), (768, {128})])
def test_threads_get_even_shares(pool: CompilerPool, size: int, extents: set[int]) -> None:
    """Four tiles of columns make two shares, three do not: then the rows are shared."""
    product = matmul(size)
    schedule = _schedules(pool, product, 1, num_threads=2)[0]
    description = WorkloadSpace(product, pool).describe(schedule)
    assert isinstance(description, Description)
    parallel = _parallel_loops(json.loads(description.loops)["tree"])
    assert {-(-loop["extent"] // loop["stride"]) for loop in parallel} == extents


def test_threads_share_column_tiles_of_a_product_in_place(pool: CompilerPool) -> None:
    """Rows wait for each other: as many tiles of columns for each thread, started once."""
    matrix = "memref<600x600xf64>"
    product = workload(
        f"""
        affine.for %i = 0 to 600 {{
          affine.for %j = 0 to 600 {{
            affine.for %k = affine_map<(d0) -> (d0 + 1)>(%i) to 600 {{
              %a = affine.load %0[%k, %i] : {matrix}
              %b = affine.load %1[%k, %j] : {matrix}
              %c = affine.load %1[%i, %j] : {matrix}
              %d = math.fma %a, %b, %c : f64
              affine.store %d, %1[%i, %j] : {matrix}
            }}
          }}
        }}""",
        buffer("f64", 600, 600),
        buffer("f64", 600, 600),
    )
    schedule = _schedules(pool, product, 1, num_threads=2)[0]
    description = WorkloadSpace(product, pool).describe(schedule)
    assert isinstance(description, Description)
    (outermost,) = outermost_bands(json.loads(description.loops)["tree"])
    (columns,) = _parallel_loops(json.loads(description.loops)["tree"])
    assert columns == outermost["members"][0]
    assert -(-columns["extent"] // columns["stride"]) == 2


def test_rows_summed_across_vectors_are_transposed_in_registers(pool: CompilerPool) -> None:
    sums = workload(
        """
        affine.for %i = 0 to 640 {
          affine.for %j = 0 to 640 {
            %a = affine.load %0[%i, %j] : memref<640x640xf64>
            %b = affine.load %1[%i] : memref<640xf64>
            %c = arith.addf %b, %a : f64
            affine.store %c, %1[%i] : memref<640xf64>
          }
        }""",
        buffer("f64", 640, 640),
        buffer("f64", 640),
    )
    jams = [
        step.factors
        for schedule in _schedules(pool, sums, 4)
        for step in schedule.transformations
        if isinstance(step, UnrollAndJam)
    ]
    assert (32, 8) in jams


def test_an_array_read_by_rows_and_by_columns_is_packed_by_columns(pool: CompilerPool) -> None:
    gram = workload(
        """
        affine.for %i = 0 to 640 {
          affine.for %j = 0 to 640 {
            affine.for %k = 0 to 640 {
              %a = affine.load %0[%i, %k] : memref<640x640xf64>
              %b = affine.load %0[%j, %k] : memref<640x640xf64>
              %c = affine.load %1[%i, %j] : memref<640x640xf64>
              %d = math.fma %a, %b, %c : f64
              affine.store %d, %1[%i, %j] : memref<640x640xf64>
            }
          }
        }""",
        buffer("f64", 640, 640),
        buffer("f64", 640, 640),
    )
    steps = _schedules(pool, gram, 1)[0].transformations
    (packed,) = (step for step in steps if isinstance(step, Pack))
    assert (packed.array, packed.panel_dim, packed.panel) == (0, 0, 32)
    (tile,) = (step for step in steps if isinstance(step, Tile))
    assert sorted(tile.sizes) == [0, 0, 512]


def _parallel_loops(node: dict[str, Any], is_marked: bool = False) -> list[dict[str, Any]]:
    loops = node["members"] if is_marked else []
    is_mark = node["kind"] == "mark" and node["label"] == "parallel"
    return [
        *loops,
        *(x for child in node.get("children", []) for x in _parallel_loops(child, is_mark)),
    ]


def test_recurrences_along_rows_run_as_columns_of_vectors(pool: CompilerPool) -> None:
    sums = workload(
        """
        affine.for %i = 0 to 64 {
          affine.for %j = 1 to 64 {
            %a = affine.load %0[%i, %j - 1] : memref<64x64xf64>
            %b = affine.load %0[%i, %j] : memref<64x64xf64>
            %c = arith.divf %a, %b : f64
            affine.store %c, %0[%i, %j] : memref<64x64xf64>
          }
          affine.store %2, %1[%i] : memref<64xf64>
        }""",
        buffer("f64", 64, 64),
        buffer("f64", 64),
        scalar("f64"),
    )
    steps = [schedule.transformations for schedule in _schedules(pool, sums, 16)]
    assert (UnrollAndJam(1, (8,)), Vectorize(0, 0, 8)) in steps


def test_statements_that_share_rows_are_separated_within_blocks(pool: CompilerPool) -> None:
    twice = workload(
        """
        affine.for %i = 0 to 640 {
          affine.for %j = 0 to 640 {
            %a = affine.load %0[%i, %j] : memref<640x640xf64>
            %b = affine.load %1[%i] : memref<640xf64>
            %c = arith.addf %b, %a : f64
            affine.store %c, %1[%i] : memref<640xf64>
          }
          affine.for %j = 0 to 640 {
            %a = affine.load %0[%i, %j] : memref<640x640xf64>
            %b = affine.load %1[%i] : memref<640xf64>
            %c = affine.load %2[%j] : memref<640xf64>
            %d = math.fma %a, %b, %c : f64
            affine.store %d, %2[%j] : memref<640xf64>
          }
        }""",
        buffer("f64", 640, 640),
        buffer("f64", 640),
        buffer("f64", 640),
    )
    beginning = (Tile(0, (8,)), Distribute(1, 0, 1))
    beginnings = [schedule.transformations[:2] for schedule in _schedules(pool, twice, 25)]
    assert beginning in beginnings
    threaded = [
        _kinds(x) for x in _schedules(pool, twice, 40, 2) if x.transformations[:2] == beginning
    ]
    assert {Parallelize in kinds for kinds in threaded} == {False, True}


def test_products_of_rows_in_a_triangle_are_transposed_in_squares(pool: CompilerPool) -> None:
    factor = workload(
        """
        affine.for %i = 0 to 200 {
          affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
            affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
              %a = affine.load %0[%i, %k] : memref<200x200xf64>
              %b = affine.load %0[%j, %k] : memref<200x200xf64>
              %c = affine.load %0[%i, %j] : memref<200x200xf64>
              %d = math.fma %a, %b, %c : f64
              affine.store %d, %0[%i, %j] : memref<200x200xf64>
            }
            %e = affine.load %0[%i, %j] : memref<200x200xf64>
            %f = affine.load %0[%j, %j] : memref<200x200xf64>
            %g = arith.divf %e, %f : f64
            affine.store %g, %0[%i, %j] : memref<200x200xf64>
          }
        }""",
        buffer("f64", 200, 200),
    )
    endings = [schedule.transformations[-1] for schedule in _schedules(pool, factor, 20)]
    assert Unroll(1, 2, 8) in endings


_LU = workload(
    """
    affine.for %i = 0 to 400 {
      affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {
        affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {
          %a = affine.load %0[%i, %j] : memref<400x400xf64>
          %b = affine.load %0[%i, %k] : memref<400x400xf64>
          %c = affine.load %0[%k, %j] : memref<400x400xf64>
          %d = arith.negf %b : f64
          %e = math.fma %d, %c, %a : f64
          affine.store %e, %0[%i, %j] : memref<400x400xf64>
        }
        %a = affine.load %0[%i, %j] : memref<400x400xf64>
        %b = affine.load %0[%j, %j] : memref<400x400xf64>
        %c = arith.divf %a, %b : f64
        affine.store %c, %0[%i, %j] : memref<400x400xf64>
      }
      affine.for %j = affine_map<(d0) -> (d0)>(%i) to 400 {
        affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
          %a = affine.load %0[%i, %j] : memref<400x400xf64>
          %b = affine.load %0[%i, %k] : memref<400x400xf64>
          %c = affine.load %0[%k, %j] : memref<400x400xf64>
          %d = arith.negf %b : f64
          %e = math.fma %d, %c, %a : f64
          affine.store %e, %0[%i, %j] : memref<400x400xf64>
        }
      }
    }""",
    buffer("f64", 400, 400),
)


def test_an_elimination_gets_a_register_tile_within_cache_tiles(pool: CompilerPool) -> None:
    """All three statements share the tiles; the sum over k stays in registers."""
    steps = [schedule.transformations for schedule in _schedules(pool, _LU, 20)]
    start = (Reschedule(0, 0), Tile(0, (128, 128, 64)))
    (found,) = (each for each in steps if each[:2] == start)
    assert UnrollAndJam(1, (8, 16, 1)) in found
    assert sum(isinstance(step, Vectorize) for step in found) == 3


def test_diagonals_of_tiles_are_also_tried_on_one_thread(pool: CompilerPool) -> None:
    schedules = _schedules(pool, _SMOOTH, 40, num_threads=2)
    diagonals = [s.transformations for s in schedules if Wavefront in _kinds(s)]
    assert diagonals
    for steps in diagonals:
        first = next(at for at, step in enumerate(steps) if isinstance(step, Wavefront))
        assert Schedule(steps[:first]) in schedules


def test_threads_run_diagonals_of_time_and_two_loops_of_space(pool: CompilerPool) -> None:
    """A plane of tiles is wider than a line, so that threads wait less."""
    volume = "memref<66x66x66xf64>"
    sweeps = [
        f"""
          affine.for %i = 1 to 65 {{
            affine.for %j = 1 to 65 {{
              affine.for %k = 1 to 65 {{
                %a = affine.load %{source}[%i - 1, %j, %k] : {volume}
                %b = affine.load %{source}[%i + 1, %j, %k] : {volume}
                %c = affine.load %{source}[%i, %j - 1, %k] : {volume}
                %d = affine.load %{source}[%i, %j + 1, %k] : {volume}
                %e = affine.load %{source}[%i, %j, %k - 1] : {volume}
                %f = affine.load %{source}[%i, %j, %k + 1] : {volume}
                %u = arith.addf %a, %b : f64
                %v = arith.addf %c, %d : f64
                %w = arith.addf %e, %f : f64
                %x = arith.addf %u, %v : f64
                %y = arith.addf %x, %w : f64
                affine.store %y, %{target}[%i, %j, %k] : {volume}
              }}
            }}
          }}"""
        for source, target in ((0, 1), (1, 0))
    ]
    body = "affine.for %t = 0 to 40 {" + "".join(sweeps) + "}"
    heat = workload(body, *[buffer("f64", 66, 66, 66)] * 2)
    every = [s.transformations for s in _schedules(pool, heat, 6, num_threads=2)]
    plane = (Wavefront(0), Interchange(0, (0, 2, 1, 3)), Wavefront(0), Parallelize(0, 1))
    assert plane in {steps[-4:] for steps in every}


def test_what_earlier_tiles_have_computed_is_combined_in_a_register_tile(
    pool: CompilerPool,
) -> None:
    spans = workload(
        """
        affine.for %i = 0 to 200 {
          affine.for %j = affine_map<(d0) -> (200 - d0)>(%i) to 200 {
            %left = affine.load %0[199 - %i, %j - 1] : memref<200x200xi32>
            %one = affine.load %0[199 - %i, %j] : memref<200x200xi32>
            %other = arith.maxsi %one, %left : i32
            affine.store %other, %0[199 - %i, %j] : memref<200x200xi32>
            affine.for %k = affine_map<(d0) -> (200 - d0)>(%i) to affine_map<(d0) -> (d0)>(%j) {
              %old = affine.load %0[199 - %i, %j] : memref<200x200xi32>
              %a = affine.load %0[199 - %i, %k] : memref<200x200xi32>
              %b = affine.load %0[%k + 1, %j] : memref<200x200xi32>
              %sum = arith.addi %a, %b : i32
              %new = arith.maxsi %old, %sum : i32
              affine.store %new, %0[199 - %i, %j] : memref<200x200xi32>
            }
          }
        }""",
        buffer("i32", 200, 200),
    )
    every = [s.transformations for s in _schedules(pool, spans, 60, num_threads=2)]
    (found, *_) = [steps for steps in every if Separate(0, 1) in steps]
    assert found[:3] == (Tile(0, (32, 32)), Separate(0, 1), UnrollAndJam(1, (8, 32, 1)))
    assert found[3:] == (Vectorize(2, 1, 16), Wavefront(0), Parallelize(0, 1))


def test_threads_share_long_loops_inside_many_time_steps(pool: CompilerPool) -> None:
    long = workload(
        """
        affine.for %t = 0 to 500 {
          affine.for %i = 0 to 600 {
            affine.for %j = 0 to 600 {
              %a = affine.load %0[%i, %j] : memref<600x600xf64>
              %b = arith.addf %a, %a : f64
              affine.store %b, %0[%i, %j] : memref<600x600xf64>
            }
          }
        }""",
        buffer("f64", 600, 600),
    )
    assert Parallelize in _kinds(_schedules(pool, long, 1, num_threads=2)[0])

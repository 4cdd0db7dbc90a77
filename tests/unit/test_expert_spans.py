"""Expert schedules of rows that are walked several times, and what they fetch ahead."""

import itertools
from dataclasses import replace

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.proposer import UniformProposer
from autotune.schedule import Prefetch, Vectorize
from autotune.search import Explorer
from autotune.target import detect
from autotune.transformation import Transformation
from autotune.tune import WorkloadSpace
from autotune.workload import Workload
from tests.unit.kernels import buffer, workload


def _rows(result: int, count: int = 128) -> Workload:
    """Array 1 gets the sums of array 0's rows; array `result` the rows, times their sums."""
    return workload(
        f"""
        affine.for %i = 0 to {count} {{
          affine.for %j = 0 to 640 {{
            %a = affine.load %0[%i, %j] : memref<{count}x640xf32>
            %b = affine.load %1[%i] : memref<{count}xf32>
            %c = arith.addf %b, %a : f32
            affine.store %c, %1[%i] : memref<{count}xf32>
          }}
        }}
        affine.for %i = 0 to {count} {{
          affine.for %j = 0 to 640 {{
            %a = affine.load %0[%i, %j] : memref<{count}x640xf32>
            %b = affine.load %1[%i] : memref<{count}xf32>
            %c = arith.mulf %a, %b : f32
            affine.store %c, %{result}[%i, %j] : memref<{count}x640xf32>
          }}
        }}""",
        buffer("f32", count, 640),
        buffer("f32", count),
        buffer("f32", count, 640),
    )


def _steps_that_fetch(pool: CompilerPool, of: Workload) -> list[tuple[Transformation, ...]]:
    target = replace(detect(), vector_bits=256, num_vector_registers=16, num_threads=1)
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), target)
    schedules = itertools.islice(expert_schedules(explorer, target), 30)
    steps = (schedule.transformations for schedule in schedules)
    return [each for each in steps if any(isinstance(step, Prefetch) for step in each)]


def test_the_next_row_is_fetched_in_the_loop_of_vectors(pool: CompilerPool) -> None:
    (steps,) = _steps_that_fetch(pool, _rows(2))
    *_, fetch, vectorize = steps
    # Of 20 vectors what is 19 ahead begins in this row, and ends in the next.
    assert isinstance(fetch, Prefetch)
    assert (fetch.member, fetch.array, fetch.distance) == (0, 0, 19)
    assert vectorize == Vectorize(fetch.band, 0, 32)


def test_an_elementwise_loop_fetches_a_page_ahead(pool: CompilerPool) -> None:
    scaled = workload(
        """
        affine.for %i = 0 to 64 {
          affine.for %j = 0 to 2048 {
            %a = affine.load %0[%i, %j] : memref<64x2048xf32>
            %b = affine.load %1[%j] : memref<2048xf32>
            %c = arith.mulf %a, %b : f32
            affine.store %c, %2[%i, %j] : memref<64x2048xf32>
          }
        }""",
        buffer("f32", 64, 2048),
        buffer("f32", 2048),
        buffer("f32", 64, 2048),
    )
    (steps,) = _steps_that_fetch(pool, scaled)
    assert steps == (Prefetch(0, 1, 0, 31), Vectorize(1, 0, 32))


def test_rows_that_are_written_are_not_fetched(pool: CompilerPool) -> None:
    assert _steps_that_fetch(pool, _rows(0)) == []


def test_small_arrays_are_not_fetched(pool: CompilerPool) -> None:
    assert _steps_that_fetch(pool, _rows(2, count=64)) == []

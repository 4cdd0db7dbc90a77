"""Expert schedules of programs whose statements pass values on in temporaries."""

from collections.abc import Iterator

import pytest

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.proposer import UniformProposer
from autotune.schedule import Expand, Pack, Schedule, Vectorize
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from tests.unit.kernels import buffer, workload

# Two products with a triangle, as of a symmetric matrix: one into a temporary, one in place.
_SYMMETRIC = workload(
    """
    %zero = arith.constant 0.0 : f64
    %sums = memref.alloc() : memref<600xf64>
    affine.for %i = 0 to 600 {
      affine.for %j = 0 to 600 {
        affine.store %zero, %sums[%j] : memref<600xf64>
        affine.for %k = 0 to affine_map<(d0) -> (d0)>(%i) {
          %a = affine.load %0[%i, %k] : memref<600x600xf64>
          %b = affine.load %1[%i, %j] : memref<600x600xf64>
          %c = affine.load %2[%k, %j] : memref<600x600xf64>
          %d = math.fma %a, %b, %c : f64
          affine.store %d, %2[%k, %j] : memref<600x600xf64>
          %e = affine.load %1[%k, %j] : memref<600x600xf64>
          %f = affine.load %sums[%j] : memref<600xf64>
          %g = math.fma %a, %e, %f : f64
          affine.store %g, %sums[%j] : memref<600xf64>
        }
        %h = affine.load %sums[%j] : memref<600xf64>
        affine.store %h, %2[%i, %j] : memref<600x600xf64>
      }
    }
    memref.dealloc %sums : memref<600xf64>""",
    *[buffer("f64", 600, 600)] * 3,
)


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(), num_workers=1, timeout_secs=60.0) as workers:
        yield workers


def _is_packed_product(schedule: Schedule) -> bool:
    steps = schedule.transformations
    num_packed = sum(isinstance(step, Pack) for step in steps)
    return num_packed >= 2 and any(isinstance(step, Vectorize) for step in steps)


def test_products_that_share_a_temporary_are_packed(pool: CompilerPool) -> None:
    explorer = Explorer(WorkloadSpace(_SYMMETRIC, pool), UniformProposer(), detect())
    schedules = list(expert_schedules(explorer, detect()))
    packed = [schedule for schedule in schedules if _is_packed_product(schedule)]
    assert packed
    assert all(isinstance(schedule.transformations[0], Expand) for schedule in packed)

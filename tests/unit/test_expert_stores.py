"""Expert schedules stream what the last cache cannot hold."""

import itertools
from dataclasses import replace

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.proposer import UniformProposer
from autotune.schedule import Schedule, Stream
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from tests.unit.kernels import buffer, workload

_TRANSPOSITION = workload(
    """
    affine.for %i = 0 to 256 {
      affine.for %j = 0 to 128 {
        %a = affine.load %0[%j, %i] : memref<128x256xf32>
        affine.store %a, %1[%i, %j] : memref<256x128xf32>
      }
    }""",
    buffer("f32", 128, 256),
    buffer("f32", 256, 128),
)
_WRITTEN_BYTES = 256 * 128 * 4


def _streamed(pool: CompilerPool, l3_bytes: int) -> list[Schedule]:
    target = replace(detect(), num_threads=1, l3_bytes=l3_bytes)
    explorer = Explorer(WorkloadSpace(_TRANSPOSITION, pool), UniformProposer(), target)
    first = itertools.islice(expert_schedules(explorer, target), 4)
    return [x for x in first if Stream(0) in x.transformations]


def test_results_that_overflow_the_last_cache_are_streamed(pool: CompilerPool) -> None:
    schedules = _streamed(pool, _WRITTEN_BYTES - 1)
    assert schedules
    assert all(x.transformations[-1] == Stream(0) for x in schedules)


def test_results_that_fit_the_last_cache_are_kept_there(pool: CompilerPool) -> None:
    assert not _streamed(pool, _WRITTEN_BYTES)


def test_nothing_is_streamed_past_caches_of_unknown_size(pool: CompilerPool) -> None:
    assert not _streamed(pool, 0)

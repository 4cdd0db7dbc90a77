"""Expert schedules in which statements share loops with what they start from, or need."""

from dataclasses import replace

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.measurement import Candidate
from autotune.proposer import UniformProposer
from autotune.schedule import (
    Fuse,
    Interchange,
    Pack,
    Schedule,
    Shift,
    Tile,
    UnrollAndJam,
    Vectorize,
)
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from autotune.workload import Workload
from tests.unit.kernels import buffer, workload

_PADDED_STENCIL = workload(
    """
    %zero = arith.constant 0.0 : f32
    affine.for %i = 0 to 58 {
      affine.for %c = 0 to 64 {
        affine.store %zero, %1[%i, %c] : memref<58x64xf32>
      }
    }
    affine.for %i = 0 to 56 {
      affine.for %c = 0 to 64 {
        %a = affine.load %0[%i, %c] : memref<56x64xf32>
        affine.store %a, %1[%i + 1, %c] : memref<58x64xf32>
      }
    }
    affine.for %i = 0 to 56 {
      affine.for %c = 0 to 64 {
        affine.store %zero, %3[%i, %c] : memref<56x64xf32>
      }
    }
    affine.for %i = 0 to 56 {
      affine.for %c = 0 to 64 {
        affine.for %k = 0 to 3 {
          %a = affine.load %1[%i + %k, %c] : memref<58x64xf32>
          %w = affine.load %2[%k, %c] : memref<3x64xf32>
          %s = affine.load %3[%i, %c] : memref<56x64xf32>
          %t = math.fma %a, %w, %s : f32
          affine.store %t, %3[%i, %c] : memref<56x64xf32>
        }
      }
    }""",
    buffer("f32", 56, 64),
    buffer("f32", 58, 64),
    buffer("f32", 3, 64),
    buffer("f32", 56, 64),
)

_STARTED_SUM = workload(
    """
    %zero = arith.constant 0.0 : f32
    affine.for %o = 0 to 64 {
      affine.for %x = 0 to 28 {
        affine.store %zero, %2[%o, %x] : memref<64x28xf32>
      }
    }
    affine.for %o = 0 to 64 {
      affine.for %x = 0 to 28 {
        affine.for %c = 0 to 32 {
          %a = affine.load %0[%c, %x * 2] : memref<32x56xf32>
          %b = affine.load %1[%o, %c] : memref<64x32xf32>
          %s = affine.load %2[%o, %x] : memref<64x28xf32>
          %t = math.fma %a, %b, %s : f32
          affine.store %t, %2[%o, %x] : memref<64x28xf32>
        }
      }
    }""",
    buffer("f32", 32, 56),
    buffer("f32", 64, 32),
    buffer("f32", 64, 28),
)


_SCALED_PRODUCT = workload(
    """
    %half = arith.constant 0.5 : f32
    affine.for %i = 0 to 60 {
      affine.for %j = 0 to 640 {
        %s = affine.load %2[%i, %j] : memref<60x640xf32>
        %t = arith.mulf %s, %half : f32
        affine.store %t, %2[%i, %j] : memref<60x640xf32>
      }
    }
    affine.for %i = 0 to 60 {
      affine.for %k = 0 to 256 {
        affine.for %j = 0 to 640 {
          %a = affine.load %0[%i, %k] : memref<60x256xf32>
          %b = affine.load %1[%k, %j] : memref<256x640xf32>
          %s = affine.load %2[%i, %j] : memref<60x640xf32>
          %t = math.fma %a, %b, %s : f32
          affine.store %t, %2[%i, %j] : memref<60x640xf32>
        }
      }
    }""",
    buffer("f32", 60, 256),
    buffer("f32", 256, 640),
    buffer("f32", 60, 640),
)

_TRANSPOSED_PRODUCT = workload(
    """
    %zero = arith.constant 0.0 : f32
    affine.for %i = 0 to 64 {
      affine.for %j = 0 to 640 {
        affine.store %zero, %2[%i, %j] : memref<64x640xf32>
      }
    }
    affine.for %i = 0 to 64 {
      affine.for %j = 0 to 640 {
        affine.for %k = 0 to 100 {
          %a = affine.load %0[%k, %i] : memref<100x64xf32>
          %b = affine.load %1[%k, %j] : memref<100x640xf32>
          %s = affine.load %2[%i, %j] : memref<64x640xf32>
          %t = math.fma %a, %b, %s : f32
          affine.store %t, %2[%i, %j] : memref<64x640xf32>
        }
      }
    }""",
    buffer("f32", 100, 64),
    buffer("f32", 100, 640),
    buffer("f32", 64, 640),
)


def _schedules(pool: CompilerPool, of: Workload) -> list[Schedule]:
    target = replace(
        detect(), vector_bits=512, num_vector_registers=32, num_threads=1, l2_bytes=1 << 19
    )
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), target)
    return list(expert_schedules(explorer, target))


def test_rows_are_used_soon_after_they_are_made(pool: CompilerPool) -> None:
    # Row i is filled, then written a row later, and used two rows later; sums start where they are.
    sharing = (Fuse(0, 2, 2), Shift(1, 0, 1), Fuse(0, 0, 1), Shift(3, 0, 2), Fuse(0, 0, 1))
    found = [
        schedule.transformations
        for schedule in _schedules(pool, _PADDED_STENCIL)
        if schedule.transformations[: len(sharing)] == sharing
    ]
    assert any(isinstance(step, Vectorize) for steps in found for step in steps)


def test_a_sum_across_rows_starts_in_registers(pool: CompilerPool) -> None:
    steps = (Fuse(0, 0, 2), UnrollAndJam(0, (32, 8)))
    (schedule,) = (x for x in _schedules(pool, _STARTED_SUM) if x.transformations[:2] == steps)
    packs = [step for step in schedule.transformations if isinstance(step, Pack)]
    assert packs == [Pack(0, 1, 0, 32)]
    result = pool.build(Candidate(_STARTED_SUM, schedule)).result()
    assert result.artefact is not None
    assert result.artefact.num_spills == 0


def test_what_is_packed_for_whole_sums_takes_a_quarter_of_the_cache(pool: CompilerPool) -> None:
    # 256 terms of 128 columns; the loops of what starts the sums come first.
    steps = (Interchange(1, (0, 2, 1)), Fuse(0, 0, 2), Tile(0, (0, 128)), UnrollAndJam(1, (6, 64)))
    found = [x for x in _schedules(pool, _SCALED_PRODUCT) if x.transformations[:4] == steps]
    (schedule,) = found
    assert Pack(1, 1, 1, 64) in schedule.transformations


def test_transposed_rows_are_packed_once_for_all_columns(pool: CompilerPool) -> None:
    steps = (Fuse(0, 0, 2), Pack(0, 0, 1, 8), Tile(0, (0, 240)), UnrollAndJam(1, (8, 48)))
    found = [x for x in _schedules(pool, _TRANSPOSED_PRODUCT) if x.transformations[:4] == steps]
    (schedule,) = found
    packs = [step for step in schedule.transformations if isinstance(step, Pack)]
    assert packs == [Pack(0, 0, 1, 8), Pack(1, 1, 1, 48)]

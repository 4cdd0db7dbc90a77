"""What the menus list depends on the schedule alone, not on what was listed before.

The compile worker remembers menus of loops, pairs of instances that trees violated, and facts of
loops.
"""

import hashlib
import random
from collections.abc import Iterator

import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Candidate, Expansion
from autotune.schedule import Schedule
from autotune.target import detect
from autotune.workload import Workload
from tests.property.random_program import random_program
from tests.property.random_schedule import draw_from_menus

NUM_THREADS = 2
NUM_STEPS = 5
# Time loops, two statements and tiles: isl's order of it takes most legality questions.
STENCIL = """
func.func @program(%a: memref<12x12xf32>, %b: memref<12x12xf32>) attributes {autotune.workload} {
  affine.for %t = 0 to 6 {
    affine.for %i = 1 to 11 {
      affine.for %j = 1 to 11 {
        %x = affine.load %a[%i - 1, %j] : memref<12x12xf32>
        %y = affine.load %a[%i, %j + 1] : memref<12x12xf32>
        %s = arith.addf %x, %y : f32
        affine.store %s, %b[%i, %j] : memref<12x12xf32>
      }
    }
    affine.for %i = 1 to 11 {
      affine.for %j = 1 to 11 {
        %x = affine.load %b[%i + 1, %j] : memref<12x12xf32>
        %y = affine.load %b[%i, %j - 1] : memref<12x12xf32>
        %s = arith.addf %x, %y : f32
        affine.store %s, %a[%i, %j] : memref<12x12xf32>
      }
    }
  }
  return
}
"""


@pytest.fixture
def pools() -> Iterator[tuple[CompilerPool, CompilerPool]]:
    target = detect(NUM_THREADS)
    with (
        CompilerPool(target, num_workers=1, timeout_secs=120.0) as first,
        CompilerPool(target, num_workers=1, timeout_secs=120.0) as second,
    ):
        yield first, second


def expanded(pool: CompilerPool, text: str, schedule: Schedule) -> Expansion:
    key = hashlib.sha256(text.encode()).hexdigest()
    workload = Workload("program", text, key, ())
    expansion = pool.expand(Candidate(workload, schedule)).result()
    assert isinstance(expansion, Expansion), f"[{schedule}]: {expansion}\n{text}"
    return expansion


def random_walk(pool: CompilerPool, text: str, rng: random.Random) -> dict[Schedule, Expansion]:
    """What can follow each beginning of a random schedule."""
    schedule, found = Schedule(), dict[Schedule, Expansion]()
    for _ in range(NUM_STEPS):
        found[schedule] = expanded(pool, text, schedule)
        step = draw_from_menus(rng, found[schedule].menus)
        if step is None:
            break
        schedule = schedule.then(step)
    return found


def check(pools: tuple[CompilerPool, CompilerPool], num_programs: int, seed: int) -> None:
    first, second = pools
    rng = random.Random(seed)
    texts = [random_program(rng).text() for _ in range(num_programs)]
    texts += [STENCIL] * max(2, num_programs // 2)
    walks = [(text, random_walk(first, text, rng)) for text in texts]
    num_menus = 0
    for text, walk in reversed(walks):
        for schedule, expansion in reversed(walk.items()):
            assert expanded(second, text, schedule) == expansion, f"[{schedule}]\n{text}"
            num_menus += len(expansion.menus)
    print(f"\n{num_menus} menus, the same in two orders of asking")
    assert num_menus > 20 * num_programs


def test_menus_do_not_depend_on_what_was_asked_before(pools):
    check(pools, 4, 2100)


@pytest.mark.slow
def test_menus_of_many_programs(pools):
    check(pools, 60, 2200)

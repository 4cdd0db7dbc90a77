"""A toy search space with a known best schedule, for tests of strategies."""

import math
from dataclasses import dataclass

from autotune.measurement import Description, Expansion, Failure, FailureKind, Measurement, Menu
from autotune.schedule import Schedule, Tile, Vectorize
from autotune.transformation import Transformation
from autotune.workload import Target

SIZES = (0, 4, 8, 16, 32, 64, 128, 256)
TARGET = Target("toy", "", 2, 1, 512, 32, 48 << 10, 2 << 20, 0, "toy")


@dataclass
class ToySpace:
    """Two tile steps with two sizes each, then one vectorise step.

    The program is faster for each size near 32 and 128, in the first and the second tile step, and
    four times faster when vectorised by 16.
    """

    def describe(self, schedule: Schedule) -> Description | Failure:
        expansion = self.expand(schedule)
        if isinstance(expansion, Failure):
            return expansion
        return Description(expansion.tree_hash, expansion.loops)

    def expand(self, schedule: Schedule) -> Expansion | Failure:
        steps = schedule.transformations
        if any(tile.sizes == (0, 0) for tile in steps if isinstance(tile, Tile)):
            return Failure(FailureKind.ILLEGAL, "autotune-tile: no size is above zero")
        tiles = [step for step in steps if isinstance(step, Tile)]
        if len(tiles) > 2 or any(isinstance(step, Vectorize) for step in steps[:-1]):
            return Failure(FailureKind.ILLEGAL, "no such step here")
        menus: tuple[Menu, ...] = ()
        if not any(isinstance(step, Vectorize) for step in steps):
            vector = Menu("autotune-vectorize", (("band", "0"),), OPEN_VECTOR)
            tile = Menu("autotune-tile", (("band", "0"),), (("sizes", (SIZES, SIZES)),))
            menus = (tile, vector) if len(steps) < 2 else (vector,)
        return Expansion(str(schedule), menus, "")


OPEN_VECTOR = (("member", ((0, 1),)), ("width", ((4, 8, 16),)))


def toy_speedup(schedule: Schedule) -> float:
    """The speed-up of a schedule of the toy space, at most 64."""
    wanted = iter((32, 128))
    return math.prod(_step_speedup(step, wanted) for step in schedule.transformations)


def _step_speedup(step: Transformation, wanted) -> float:
    if isinstance(step, Vectorize):
        return (step.width / 4) if step.member == 1 else 0.5
    assert isinstance(step, Tile)
    best = next(wanted)
    return math.prod(2.0 / (1.0 + abs(math.log2(max(size, 1) / best))) for size in step.sizes)


def toy_measurement(schedule: Schedule) -> Measurement:
    return Measurement((1.0 / toy_speedup(schedule),), (1.0,), 0.01, None)

"""Recipes of expert schedules: sizes, and which steps are taken.

Hides how they depend on the target.
"""

from dataclasses import dataclass, replace

from autotune.register_tile import fitted_tile
from autotune.workload import Target


@dataclass(frozen=True)
class Recipe:
    """Parameters of an expert schedule.

    The register tile is one for 32 vector registers; `fitted` makes it that of another target.
    Cache tiles are the same for all: those that suit a second-level cache of 2 MB are no slower
    than smaller ones where it has 512 KB.

    Attributes:
        rows: Iterations of the register tile across the vectors' loop.
        vectors: Vectors of the register tile; 0 leaves loops as they are fused, for LLVM to find
            vectors in, as it does in reductions.
        span: Registers that a vector spans in contiguous innermost loops, where there is no
            register tile: that many chains of operations run side by side. 0 for no such vectors.
        fetches: Whether such a loop fetches ahead what it reads as it lies in memory.
        columns: Cache tile along the vectors' loop, in iterations; 0 leaves it whole.
        reduction: Cache tile of a reduction loop; 0 leaves it whole. With a schedule of the
            scheduler's only reductions that feed each other get tiles, as in eliminations, and the
            reduction loop is innermost in them.
        packs: Whether reused operands are packed.
        packs_rows: Whether operands of a register tile's rows are too, once for each tile of a
            reduction, which goes around all others: large ones are read in order then.
        reschedule: Options of the scheduler; None keeps the program's order.
        steps: Tile of the outermost of rescheduled loops; 0 leaves them whole.
        columns_of_vectors: Whether vectors run across rows that are walked one after the other, as
            a recurrence along each row needs it.
        block: Iterations of an outermost loop that its statements share before they are separated,
            so that one finds in the cache what the other has read; 0 separates them altogether.
        block_columns: Iterations of the loop inside that are in such a block; 0 for whole rows.
        wave: Iterations of an outermost loop that threads share, each in its columns; they come in
            blocks if those have parts of the columns. 0 for none.
        expands: Whether iterations of loops get temporaries of their own first.
        whole_rows: Whether rows that rescheduling has moved in time are moved back, and not tiled.
        across_rows: Whether vectors of sums run across the rows of the result, where what they read
            can be packed; other operands may then lie in memory as they like.
        shares_loops: Whether sums share all loops of what starts them; and, where nothing is
            packed, neighbours their outermost loop, the second a few iterations later where it
            needs what the first makes.
        separates: Tile of the two outermost loops, in which what needs nothing of the tile runs
            first. In the program's order it alone gets vectors, as in dynamic programming; with a
            schedule of the scheduler's sums in place are separated, as in eliminations. Empty for
            none.
    """

    rows: int
    vectors: int
    span: int = 0
    fetches: bool = False
    columns: int = 0
    reduction: int = 0
    packs: bool = False
    packs_rows: bool = False
    reschedule: tuple[int, int] | None = None
    steps: int = 0
    columns_of_vectors: bool = False
    block: int = 0
    block_columns: int = 0
    wave: int = 0
    expands: bool = False
    whole_rows: bool = False
    across_rows: bool = False
    shares_loops: bool = False
    separates: tuple[int, ...] = ()

    def fitted(self, target: Target) -> "Recipe":
        """Returns the recipe with a register tile that fits the target."""
        rows, vectors = fitted_tile(self.rows, self.vectors, target.num_vector_registers)
        return replace(self, rows=rows, vectors=vectors)


RECIPES = (
    Recipe(rows=6, vectors=4, columns=256, reduction=512, packs=True),
    Recipe(rows=4, vectors=1, columns=64, reschedule=(0, 0), steps=20),
    Recipe(rows=8, vectors=3, columns=240, reduction=256, packs=True),
    Recipe(rows=6, vectors=4),
    Recipe(rows=8, vectors=2, columns=128, reduction=64, reschedule=(0, 0), steps=128),
    Recipe(rows=8, vectors=1, columns=128, reschedule=(0, 0), steps=20),
    Recipe(rows=1, vectors=1),
    Recipe(rows=8, vectors=3, columns=96, reduction=128, reschedule=(0, 0), steps=128),
    Recipe(rows=8, vectors=1, columns=96, reduction=128, reschedule=(0, 0), steps=128),
    Recipe(
        rows=8, vectors=3, columns=240, reduction=128, reschedule=(1, 0), steps=128, expands=True
    ),
    Recipe(
        rows=8, vectors=3, columns=240, reduction=256, packs=True, reschedule=(0, 0), expands=True
    ),
    Recipe(rows=8, vectors=3, expands=True),
    Recipe(rows=6, vectors=4, columns=256, reduction=512),
    Recipe(rows=8, vectors=3, columns=96, reschedule=(0, 0), steps=32),
    Recipe(rows=8, vectors=1, reschedule=(1, 0), steps=32, whole_rows=True),
    Recipe(rows=4, vectors=2, reschedule=(0, 0), steps=32, whole_rows=True),
    Recipe(rows=1, vectors=1, reschedule=(0, 0), steps=16, whole_rows=True),
    Recipe(rows=4, vectors=4, reschedule=(1, 1)),
    Recipe(rows=8, vectors=3, reschedule=(1, 1)),
    Recipe(rows=12, vectors=2, columns=256, reduction=256, packs=True),
    Recipe(rows=8, vectors=2, columns=256, reduction=512, packs=True),
    Recipe(rows=4, vectors=1, reschedule=(1, 0), columns=128, steps=32),
    Recipe(rows=1, vectors=0),
    Recipe(rows=1, vectors=0, span=2),
    Recipe(rows=1, vectors=0, span=4),
    Recipe(rows=1, vectors=0, span=4, fetches=True),
    Recipe(rows=1, vectors=0, reschedule=(1, 0)),
    Recipe(rows=4, vectors=2),
    Recipe(rows=8, vectors=2, columns=512, reduction=256, packs=True),
    Recipe(rows=6, vectors=4, columns=256, reduction=1024, packs=True),
    Recipe(rows=6, vectors=4, columns=256, reduction=512, packs=True, packs_rows=True),
    Recipe(rows=8, vectors=2, packs=True, across_rows=True, shares_loops=True),
    Recipe(rows=4, vectors=1, shares_loops=True),
    Recipe(rows=6, vectors=4, columns=256, packs=True, shares_loops=True),
    Recipe(rows=8, vectors=3, columns=240, packs=True, shares_loops=True),
    Recipe(rows=1, vectors=1, reschedule=(0, 0), columns=256, steps=16),
    Recipe(rows=1, vectors=1, columns_of_vectors=True),
    Recipe(rows=8, vectors=2, block=8),
    Recipe(rows=8, vectors=2, block=16, block_columns=64),
    Recipe(rows=8, vectors=2, block=32, wave=32),
    Recipe(rows=8, vectors=2, block=16, block_columns=64, wave=128),
    Recipe(rows=8, vectors=2, separates=(32, 32)),
    Recipe(
        rows=8,
        vectors=2,
        columns=128,
        reduction=128,
        packs=True,
        reschedule=(0, 0),
        separates=(128, 128),
    ),
)


def recipes_for(target: Target) -> list[Recipe]:
    """Returns the recipes for a target, the most promising first."""
    return [recipe.fitted(target) for recipe in RECIPES]

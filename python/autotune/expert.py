"""Expert schedules: what someone who knows the machine would try first.

Hides the recipes. Each one shapes every statement of a workload by the same rules: a vector along
the contiguous loop, a register tile of rows and vectors, reductions innermost, cache tiles around
them, packed operands, threads outside; on the program's own loop order or on one that the
polyhedral scheduler finds. Rules look at strides and at what is legal, never at names.
"""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from autotune.loop_tree import Band, is_tiled, num_statements, outermost_bands, path_to
from autotune.schedule import (
    Distribute,
    Fuse,
    Interchange,
    Pack,
    Parallelize,
    Reschedule,
    Schedule,
    Tile,
    Transformation,
    UnrollAndJam,
    Vectorize,
    Wavefront,
)
from autotune.search import Explorer, State
from autotune.workload import Target

_MAX_STATEMENTS = 8
_MAX_DISTRIBUTIONS = 8

# Fair share over largest share, above which another loop gains little.
_EVEN_SHARE = 0.9
# Each start of the threads takes microseconds.
_MAX_REGIONS = 256


@dataclass(frozen=True)
class Recipe:
    """Parameters of an expert schedule.

    Attributes:
        rows: Iterations of the register tile across the vectors' loop.
        vectors: Vectors of the register tile; 0 leaves loops as they are fused, for LLVM to find
            vectors in, as it does in reductions.
        columns: Cache tile along the vectors' loop, in iterations; 0 leaves it whole.
        reduction: Cache tile of a reduction loop; 0 leaves it whole.
        packs: Whether reused operands are packed.
        reschedule: Options of the scheduler; None keeps the program's order.
        steps: Tile of the outermost of rescheduled loops; 0 leaves them whole.
        columns_of_vectors: Whether vectors run across rows that are walked one after the other, as
            a recurrence along each row needs it.
        block: Iterations of an outermost loop that its statements share before they are separated,
            so that one finds in the cache what the other has read; 0 separates them altogether.
    """

    rows: int
    vectors: int
    columns: int = 0
    reduction: int = 0
    packs: bool = False
    reschedule: tuple[int, int] | None = None
    steps: int = 0
    columns_of_vectors: bool = False
    block: int = 0


RECIPES = (
    Recipe(rows=6, vectors=4, columns=256, reduction=512, packs=True),
    Recipe(rows=4, vectors=1, columns=64, reschedule=(0, 0), steps=20),
    Recipe(rows=8, vectors=3, columns=240, reduction=256, packs=True),
    Recipe(rows=6, vectors=4),
    Recipe(rows=8, vectors=1, columns=128, reschedule=(0, 0), steps=20),
    Recipe(rows=1, vectors=1),
    Recipe(rows=6, vectors=4, columns=256, reduction=512),
    Recipe(rows=8, vectors=3, columns=96, reschedule=(0, 0), steps=32),
    Recipe(rows=4, vectors=4, reschedule=(1, 1)),
    Recipe(rows=12, vectors=2, columns=256, reduction=256, packs=True),
    Recipe(rows=4, vectors=1, reschedule=(1, 0), columns=128, steps=32),
    Recipe(rows=1, vectors=0),
    Recipe(rows=1, vectors=0, reschedule=(1, 0)),
    Recipe(rows=4, vectors=2),
    Recipe(rows=1, vectors=1, reschedule=(0, 0), columns=256, steps=16),
    Recipe(rows=1, vectors=1, columns_of_vectors=True),
    Recipe(rows=6, vectors=4, block=32),
)


def expert_schedules(explorer: Explorer, target: Target) -> Iterator[Schedule]:
    """Yields complete legal schedules, the most promising first; equal ones once."""
    seen = set[str]()
    for recipe in RECIPES:
        cook = _Cook(explorer, target, recipe)
        if cook.run() and cook.state.tree_hash not in seen:
            seen.add(cook.state.tree_hash)
            yield cook.state.schedule


class _Cook:
    """Applies one recipe, step by step; steps that are not legal are left out."""

    def __init__(self, explorer: Explorer, target: Target, recipe: Recipe) -> None:
        self._explorer = explorer
        self._target = target
        self._recipe = recipe
        root = explorer.visit(Schedule())
        self.is_possible = root is not None
        if root is not None:
            self.state: State = root

    def run(self) -> bool:
        """Returns whether the recipe led anywhere."""
        if not self.is_possible:
            return False
        start = self.state
        if not self._order():
            return False
        statements = self._loops()["statements"]
        deepest = sorted(statements, key=lambda name: -int(statements[name]["depth"]))
        if self._recipe.columns_of_vectors:
            self._vectorize_columns(deepest)
        elif self._recipe.vectors:
            for statement in deepest[:_MAX_STATEMENTS]:
                self._shape(statement)
        if self._target.num_threads > 1:
            for statement in deepest[:_MAX_STATEMENTS]:
                self._parallelize(statement)
        return self.state is not start

    def _order(self) -> bool:
        """Decides which statements share loops; returns whether that is possible."""
        if self._recipe.reschedule is not None:
            return self._try(Reschedule(*self._recipe.reschedule))
        if not self._recipe.columns_of_vectors:
            self._distribute()
        if self._recipe.vectors == 0:
            self._fuse()
        return True

    def _try(self, transformation: Transformation) -> bool:
        following = self._explorer.visit(self.state.schedule.then(transformation))
        if following is None:
            return False
        self.state = following
        return True

    def _is_legal(self, transformation: Transformation) -> bool:
        return self._explorer.visit(self.state.schedule.then(transformation)) is not None

    def _loops(self) -> dict[str, Any]:
        loops: dict[str, Any] = json.loads(self.state.description.loops)
        return loops

    def _distribute(self) -> None:
        """Gives every statement loops of its own, where legal."""
        if self._recipe.block:
            self._add_blocks()
        for _ in range(_MAX_DISTRIBUTIONS):
            menus = self._explorer.menus(self.state)
            options = [dict(menu.fixed) for menu in menus if menu.name == Distribute.name]
            blocks = {band["number"] for band in self._shared_bands() if is_tiled(band)}
            outermost = [
                each
                for each in options
                if int(each["depth"]) == 0 and int(each["band"]) not in blocks
            ]
            if not outermost:
                return
            first = outermost[0]
            if not self._try(Distribute(int(first["band"]), 0, int(first["cut"]))):
                return

    def _fuse(self) -> None:
        """Gives neighbours one outermost loop, where legal."""
        child = 0
        for _ in range(len(outermost_bands(self._loops()["tree"])) - 1):
            if not self._try(Fuse(0, child, 1)):
                child += 1

    def _add_blocks(self) -> None:
        """Cuts the outermost loops that statements share into blocks."""
        for band in reversed(self._shared_bands()):
            others = (0,) * (len(band["members"]) - 1)
            self._try(Tile(band["number"], (self._recipe.block, *others)))

    def _shared_bands(self) -> list[dict[str, Any]]:
        """Returns the outermost bands that are around more than one statement."""
        return [band for band in outermost_bands(self._loops()["tree"]) if num_statements(band) > 1]

    def _path(self, statement: str) -> list[Band]:
        """Returns the bands around a statement, outermost first."""
        return path_to(self._loops()["tree"], statement)

    def _statements_in(self, band: int) -> list[str]:
        """Returns the statements in the loops of a band."""
        loops = self._loops()
        names: list[str] = list(loops["statements"])
        return [s for s in names if any(b.number == band for b in path_to(loops["tree"], s))]

    def _accesses(self, statement: str) -> list[dict[str, Any]]:
        loops = self._loops()
        accesses: list[dict[str, Any]] = loops["statements"][statement]["accesses"]

        def with_array(access: dict[str, Any]) -> dict[str, Any]:
            array = loops["arrays"][access["array"]]
            return access | {"shape": array["shape"], "folded": array["folded"]}

        return [with_array(access) for access in accesses]

    def _shape(self, statement: str) -> None:
        path = self._path(statement)
        if not path or not path[-1].is_plain:
            return
        accesses = self._accesses(statement)
        lanes = self._lanes(accesses)

        def can_vectorize(band: int, member: int) -> bool:
            return self._is_legal(Vectorize(band, member, lanes))

        choice = _vector_member(path, accesses, can_vectorize, statement)
        if choice is None:
            self._interleave(path[-1])
            return
        band, column = choice
        strides = [_strides(member, accesses, statement) for member in band.members]
        written = [index for index, access in enumerate(accesses) if access["write"]]
        reductions = [
            m for m in range(len(strides)) if all(strides[m][index] == 0 for index in written)
        ]
        rows = [m for m in range(len(strides)) if m != column and m not in reductions]
        shape = _Shape(statement, band, column, reductions, rows, lanes, accesses, strides)
        self._apply(shape)

    def _vectorize_columns(self, statements: list[str]) -> None:
        """Unrolls loops along rows by a vector, and runs vectors along the loops around them."""
        for statement in statements:
            path, accesses = self._path(statement), self._accesses(statement)
            if len(path) > 1 and path[-1].is_plain and len(path[-1].members) == 1:
                strides = _strides(path[-1].members[0], accesses, statement)
                lanes = self._lanes(accesses)
                if any(abs(stride) == 1 for stride in strides):
                    self._try(UnrollAndJam(path[-1].number, (lanes,)))
        for statement in statements:
            lanes = self._lanes(self._accesses(statement))
            steps = (
                Vectorize(band.number, member, lanes)
                for band in self._path(statement)
                for member in range(len(band.members))
            )
            any(self._try(step) for step in steps)

    def _lanes(self, accesses: list[dict[str, Any]]) -> int:
        return self._target.vector_bits // max(int(access["bits"]) for access in accesses)

    def _interleave(self, band: Band) -> None:
        """Jams the outermost loop that allows it: chains of dependent operations side by side."""
        for position in range(len(band.members) - 1):
            factors = [1] * len(band.members)
            factors[position] = self._recipe.rows
            if self._recipe.rows > 1 and self._try(UnrollAndJam(band.number, tuple(factors))):
                return

    def _apply(self, shape: "_Shape") -> None:
        extents = [int(member["extent"] or 0) for member in shape.band.members]
        row = shape.best_row(extents)
        jam = [1] * len(extents)
        if row is not None:
            jam[row] = min(self._recipe.rows, extents[row])
        jam[shape.column] = _fit(self._recipe.vectors * shape.lanes, extents[shape.column])
        if self._recipe.reschedule is None:
            for member in shape.transposed_members():
                jam[member] = _fit(shape.lanes, extents[member])
        point = shape.band.number + self._tile(shape, extents, jam)
        order = self._innermost_reductions(shape, point)
        jam = [jam[m] for m in order]
        column = order.index(shape.column)
        if jam[column] == shape.lanes:
            jam[column] = 1
        is_jammed = any(factor > 1 for factor in jam) and self._try(UnrollAndJam(point, tuple(jam)))
        if is_jammed and jam[column] > 1:
            strip = sum(factor > 1 for factor in jam[:column])
            for statement in self._statements_in(point):
                self._try(Vectorize(self._path(statement)[-1].number, strip, shape.lanes))
        else:
            self._try(Vectorize(point, column, shape.lanes))
        if self._recipe.packs and shape.reductions:
            self._pack(shape, point, jam[column])

    def _tile(self, shape: "_Shape", extents: list[int], jam: list[int]) -> int:
        """Puts cache tiles around a band; returns the number of bands that came above it."""
        recipe, number = self._recipe, shape.band.number
        if recipe.reschedule is not None and recipe.steps:
            sizes = [2 * max(8, factor) for factor in jam]
            sizes[0] = recipe.steps
            sizes[shape.column] = recipe.columns
            return int(bool(self._add_tile_loops(number, sizes, extents)))
        if not shape.reductions or not recipe.columns:
            return 0
        factor = max(1, jam[shape.column])
        columns, reductions = [0] * len(extents), [0] * len(extents)
        if not (recipe.packs and shape.has_packed_twice()):
            columns[shape.column] = factor * max(1, round(recipe.columns / factor))
        for member in shape.reductions:
            reductions[member] = recipe.reduction
        scaled = shape.scaled_arrays() if recipe.packs else []
        if scaled:
            point = number + bool(self._add_tile_loops(number, reductions, extents))
            for array, dimension in scaled:
                self._try(Pack(point, array, dimension, recipe.reduction))
            return point + bool(self._add_tile_loops(point, columns, extents)) - number
        sizes = [max(pair) for pair in zip(columns, reductions, strict=True)]
        tiled = self._add_tile_loops(number, sizes, extents)
        if recipe.reschedule is None and shape.column in tiled[1:]:
            place = tiled.index(shape.column)
            others = [p for p in range(len(tiled)) if p != place]
            self._try(Interchange(number, (place, *others)))
        return int(bool(tiled))

    def _add_tile_loops(self, band: int, sizes: list[int], extents: list[int]) -> list[int]:
        """Tiles a band; returns the members that were tiled."""
        pairs = zip(sizes, extents, strict=True)
        fitting = tuple(size if size < extent else 0 for size, extent in pairs)
        if not any(fitting) or not self._try(Tile(band, fitting)):
            return []
        return [member for member, size in enumerate(fitting) if size]

    def _innermost_reductions(self, shape: "_Shape", point: int) -> list[int]:
        """Orders the point loops: rows, vectors, reductions; returns the order."""
        identity = list(range(len(shape.band.members)))
        if self._recipe.reschedule is not None and self._recipe.steps:
            return identity
        order = [*shape.rows, shape.column, *(m for m in shape.reductions if m != shape.column)]
        if order == identity or not self._try(Interchange(point, tuple(order))):
            return identity
        return order

    def _pack(self, shape: "_Shape", point: int, panel: int) -> None:
        """Packs what is read along the vectors and used by every row."""
        for array, dimension in shape.packed_arrays():
            self._try(Pack(point, array, dimension, max(panel, shape.lanes)))

    def _parallelize(self, statement: str) -> None:
        """Runs a loop on all threads: the outermost that gives them even shares, or nearly."""
        best, best_share = None, 0.0
        for share, step in self._shares(statement):
            if share > best_share and self._is_legal(step):
                best, best_share = step, share
            if best_share >= _EVEN_SHARE:
                break
        if best is not None:
            self._try(best)
        elif self._recipe.steps:
            self._parallelize_diagonals(statement)

    def _parallelize_diagonals(self, statement: str) -> None:
        """Runs the tiles of a diagonal on all threads."""
        start = self.state
        for band in self._path(statement)[:1]:
            is_shared = len(band.members) > 1 and self._try(Wavefront(band.number))
            if is_shared and not self._try(Parallelize(band.number, 1)):
                self.state = start

    def _shares(self, statement: str) -> Iterator[tuple[float, Parallelize]]:
        """Yields how even the threads' shares of each loop are, 1 where they are equal."""
        num_threads, num_regions = self._target.num_threads, 1
        for band in self._path(statement):
            for number, member in enumerate(band.members):
                trips = _num_trips(member)
                largest = -(-trips // num_threads)
                yield trips / (num_threads * largest), Parallelize(band.number, number)
                num_regions *= trips
                if num_regions > _MAX_REGIONS:
                    return


@dataclass(frozen=True)
class _Shape:
    """The loops of one statement by their part in its register tile.

    Attributes:
        column: The member along which vectors run.
        reductions: Members that do not move the written element.
        rows: The other members.
        strides: Elements from one iteration to the next, [num_members][num_accesses].
    """

    statement: str
    band: Band
    column: int
    reductions: list[int]
    rows: list[int]
    lanes: int
    accesses: list[dict[str, Any]]
    strides: list[list[int]]

    def best_row(self, extents: list[int]) -> int | None:
        """Returns the row loop that reuses most of what is read along the vectors."""
        candidates = [m for m in self.rows if extents[m] > 1]
        vectors = [i for i, stride in enumerate(self.strides[self.column]) if stride == 1]

        def reuse(member: int) -> tuple[int, int]:
            return sum(self.strides[member][i] == 0 for i in vectors), extents[member]

        return max(candidates, key=reuse, default=None)

    def packed_arrays(self) -> list[tuple[int, int]]:
        """Returns arrays read along the vectors, each with the dimension that the vectors run in.

        Rows of an array are packed where the register tile's rows share them, columns always
        except where the register tile transposes them.
        """
        written = {access["array"] for access in self.accesses if access["write"]}
        found = []
        for index, access in enumerate(self.accesses):
            is_reused = any(self.strides[row][index] == 0 for row in self.rows)
            dimension = _dimension(access["shape"], self.strides[self.column][index])
            if dimension is not None and is_reused and access["array"] not in written:
                found.append((int(access["array"]), dimension))
        return found

    def has_packed_twice(self) -> bool:
        """Whether an array to be packed is read in another way as well."""
        arrays = [access["array"] for access in self.accesses if not access["write"]]
        return any(arrays.count(array) > 1 for array, _ in self.packed_arrays())

    def transposed_members(self) -> list[int]:
        """Returns loops along which arrays are contiguous that are read across their rows.

        A square of vectors and of such a loop's iterations is read by rows and transposed.
        """
        packed = {array for array, _ in self.packed_arrays()}
        strided = [
            index
            for index, access in enumerate(self.accesses)
            if abs(self.strides[self.column][index]) > 1
            and not access["write"]
            and access["array"] not in packed
        ]
        members = [*self.rows, *self.reductions]
        return [m for m in members if any(self.strides[m][index] == 1 for index in strided)]

    def scaled_arrays(self) -> list[tuple[int, int]]:
        """Returns arrays whose elements are all scaled or converted, once a vector of columns."""
        written = {access["array"] for access in self.accesses if access["write"]}
        found = {
            (int(access["array"]), len(access["shape"]) - 1)
            for index, access in enumerate(self.accesses)
            if access["folded"] and self.strides[self.column][index] == 0
        }
        return sorted(pair for pair in found if pair[0] not in written)


def _strides(member: dict[str, Any], accesses: list[dict[str, Any]], statement: str) -> list[int]:
    """Returns the strides of a member: those of the innermost loop counter it is made of."""
    counters = member["depends_on"].get(statement, [])
    if not counters:
        return [0] * len(accesses)
    return [int(access["strides"][counters[-1]] or 0) for access in accesses]


def _vector_member(
    path: list[Band],
    accesses: list[dict[str, Any]],
    can_vectorize: Callable[[int, int], bool],
    statement: str,
) -> tuple[Band, int] | None:
    """Returns the band and member along which most accesses are contiguous, stores first."""
    best, best_score = None, (0, 0)
    for band in path:
        for position, member in enumerate(band.members):
            strides = _strides(member, accesses, statement)
            pairs = list(zip(strides, accesses, strict=True))
            stores = sum(stride == 1 for stride, access in pairs if access["write"])
            score = (stores, sum(stride in (0, 1) for stride in strides))
            if stores and score > best_score and can_vectorize(band.number, position):
                best, best_score = (band, position), score
    return best


def _dimension(shape: list[int], stride: int) -> int | None:
    """Returns the dimension in which an array is walked with a stride of elements."""
    for dimension in range(len(shape)):
        if stride == math.prod(shape[dimension + 1 :]):
            return dimension
    return None


def _num_trips(member: dict[str, Any]) -> int:
    """Returns the most iterations of a loop."""
    return max(1, -(-int(member["extent"] or 0) // max(1, int(member["stride"]))))


def _fit(factor: int, extent: int) -> int:
    """Returns the register tile along a loop: the whole of a short one."""
    return extent if extent <= factor else factor

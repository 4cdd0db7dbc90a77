"""Expert schedules: what someone who knows the machine would try first.

Hides the recipes. Each one shapes every statement of a workload by the same rules: a vector along
the contiguous loop, a register tile of rows and vectors, reductions innermost, cache tiles around
them, packed operands, threads outside; on the program's own loop order or on one that the
polyhedral scheduler finds. Rules look at strides and at what is legal, never at names.
"""

from collections.abc import Iterator
from typing import Any

from autotune.draft import Draft
from autotune.expert_blocks import arrange
from autotune.expert_pivots import pivot_schedules
from autotune.expert_recipes import Recipe, recipes_for
from autotune.expert_spans import span_registers
from autotune.expert_stores import with_streams
from autotune.expert_threads import num_iterations, parallelize, parallelize_diagonals
from autotune.loop_tree import Band, bands, num_statements
from autotune.register_tile import (
    Shape,
    is_elimination,
    member_across_rows,
    strides_of,
    sums_inside,
    vector_member,
)
from autotune.schedule import (
    Distribute,
    Expand,
    Interchange,
    Pack,
    PackRead,
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
from autotune.search import Explorer, State
from autotune.workload import Target

_MAX_STATEMENTS = 8
_FEW_ITERATIONS = 1 << 18

_CORNER_BITS = 2048
"""Of a column of vectors: with more of them squares of vectors make code too long."""


def expert_schedules(explorer: Explorer, target: Target) -> Iterator[Schedule]:
    """Yields complete legal schedules, the most promising first; equal ones once."""
    root = explorer.visit(Schedule())
    if root is None:
        return
    for blocked in pivot_schedules(explorer, root, target):
        yield blocked.schedule
    seen = set[str]()
    for recipe in recipes_for(target):
        cooked = _Cook(Draft(explorer, root), target, recipe).run()
        for state in with_streams(cooked, explorer, target):
            if state.tree_hash not in seen:
                seen.add(state.tree_hash)
                yield state.schedule


class _Cook:
    """Applies one recipe, step by step; steps that are not legal are left out."""

    def __init__(self, draft: Draft, target: Target, recipe: Recipe) -> None:
        self._draft = draft
        self._target = target
        self._recipe = recipe
        self._left_alone = frozenset[str]()

    def run(self) -> Iterator[State]:
        """Yields what the recipe makes: for all threads, and for one where that may be faster."""
        start = self._draft.state
        if not self._order():
            return
        deepest = [x for x in self._draft.deepest_statements() if x not in self._left_alone]
        if not self._make_vectors(deepest):
            return
        sequential = self._draft.state
        steps = sequential.schedule.transformations
        needs_tiles = self._recipe.reschedule is not None and self._recipe.reduction
        if needs_tiles and not any(isinstance(step, Tile) for step in steps):
            return
        if self._target.num_threads > 1:
            for statement in deepest[:_MAX_STATEMENTS]:
                self._parallelize(statement)
        if self._draft.state is not start:
            yield self._draft.state
        # Threads that share a loop inside of blocks leave rows in each other's caches.
        is_doubtful = self._recipe.block or self._has_diagonals() or self._is_small()
        if sequential is not start and is_doubtful and not self._recipe.wave:
            yield sequential

    def _make_vectors(self, deepest: list[str]) -> bool:
        """Shapes statements around vectors; returns whether the recipe fits them."""
        if self._recipe.separates and self._recipe.reschedule is not None:
            self._shape_corners()
        if self._recipe.columns_of_vectors:
            self._vectorize_columns(deepest)
        elif self._recipe.vectors:
            shaped = [self._shape(statement) for statement in deepest[:_MAX_STATEMENTS]]
            return any(shaped) or not self._recipe.across_rows
        elif self._recipe.span:
            return self._vectorize_innermost(deepest[:_MAX_STATEMENTS])
        return True

    def _shape_corners(self) -> None:
        """Gives vectors to what needs something of its tile: the corners of an elimination."""
        rows = max(1, _CORNER_BITS // self._target.vector_bits)
        simple = Recipe(rows, vectors=1, reschedule=self._recipe.reschedule)
        cook = _Cook(self._draft, self._target, simple)
        for statement in self._draft.deepest_statements():
            if statement in self._left_alone:
                cook._shape(statement)

    def _has_diagonals(self) -> bool:
        """Whether threads wait for each other at the end of every diagonal of tiles."""
        return any(isinstance(x, Wavefront) for x in self._draft.state.schedule.transformations)

    def _is_small(self) -> bool:
        """Whether the threads' start takes much of the whole time."""
        loops = self._draft.loops
        paths = (self._draft.path(statement) for statement in loops["statements"])
        return max(map(num_iterations, paths), default=0) < _FEW_ITERATIONS

    def _order(self) -> bool:
        """Decides which statements share loops; returns whether that is possible."""
        if self._recipe.expands and not self._expand():
            return False
        if self._recipe.reschedule is not None:
            if not self._draft.take(Reschedule(*self._recipe.reschedule)):
                return False
            if self._recipe.whole_rows:
                return self._move_rows_back()
        if self._recipe.separates:
            return self._separate()
        is_rescheduled = self._recipe.reschedule is not None
        return is_rescheduled or arrange(self._draft, self._recipe, self._target.num_threads)

    def _expand(self) -> bool:
        """Expands temporaries; returns whether there are any.

        isl's scheduler separates what outermost loops share; statements that stay in their places
        are separated where they share a temporary.
        """
        around = self._draft.outermost_bands()
        if self._recipe.reschedule is None:
            every = bands(self._draft.loops["tree"])
            around = [band for band in reversed(every) if num_statements(band) > 1]
        expanded = [
            any(self._draft.take(Expand(band["number"], 0, array)) for band in around)
            for array in range(len(self._draft.loops["arrays"]))
        ]
        return any(expanded)

    def _move_rows_back(self) -> bool:
        """Undoes skews of innermost loops; returns whether there are any."""
        is_moved = False
        for band in self._draft.outermost_bands():
            number, last = band["number"], len(band["members"]) - 1
            extent = int(band["members"][last]["extent"] or 0)
            start = best = self._draft.state
            for factor in (-1, -2) if last > 1 else ():
                if self._draft.take(Skew(number, last, last, factor)):
                    moved = bands(self._draft.loops["tree"])[number]["members"][last]
                    if int(moved["extent"] or 0) < extent:
                        extent, best = int(moved["extent"]), self._draft.state
                    self._draft.state = start
            is_moved |= best is not start
            self._draft.state = best
        return is_moved

    def _separate(self) -> bool:
        """Separates what needs nothing of its tile; returns whether there is any."""
        statements = self._draft.loops["statements"]
        self._left_alone = frozenset(statements)
        depth = max(int(each["depth"]) for each in statements.values())
        deepest = [s for s in statements if int(statements[s]["depth"]) == depth]
        if self._recipe.reschedule is not None:
            deepest = [s for s in deepest if is_elimination(self._draft.accesses(s))]
        for band in reversed(self._draft.outermost_bands()):
            start, number = self._draft.state, band["number"]
            extents = [int(member["extent"] or 0) for member in band["members"]]
            sizes = [*self._recipe.separates, *([0] * len(extents))][: len(extents)]
            steps = [Separate(number, int(name[1:])) for name in deepest]
            has_tiles = bool(self._add_tile_loops(number, sizes, extents))
            if not has_tiles or not any([self._draft.take(step) for step in steps]):
                self._draft.state = start
        return len(self._draft.loops["statements"]) > len(self._left_alone)

    def _shape(self, statement: str) -> bool:
        """Gives a statement its register tile; returns whether vectors run across rows in it."""
        path = self._draft.path(statement)
        if not path or not path[-1].is_plain:
            return False
        accesses = self._draft.accesses(statement)
        lanes = self._lanes(accesses)

        def can_vectorize(band: int, member: int) -> bool:
            return self._draft.is_legal(Vectorize(band, member, lanes))

        across = None
        if self._recipe.across_rows:
            across = member_across_rows(path, accesses, can_vectorize, statement)
        choice = across or vector_member(path, accesses, can_vectorize, statement)
        if choice is None:
            self._interleave(path[-1])
            return False
        band, column = choice
        strides = [strides_of(member, accesses, statement) for member in band.members]
        written = [index for index, access in enumerate(accesses) if access["write"]]
        reductions = [
            m for m in range(len(strides)) if all(strides[m][index] == 0 for index in written)
        ]
        rows = [m for m in range(len(strides)) if m != column and m not in reductions]
        sums = sums_inside(path, band, accesses, statement)
        shape = Shape(statement, band, column, reductions, rows, sums, lanes, accesses, strides)
        self._apply(shape)
        return across is not None

    def _vectorize_columns(self, statements: list[str]) -> None:
        """Unrolls loops along rows by a vector, and runs vectors along the loops around them."""
        for statement in statements:
            path, accesses = self._draft.path(statement), self._draft.accesses(statement)
            if len(path) > 1 and path[-1].is_plain and len(path[-1].members) == 1:
                strides = strides_of(path[-1].members[0], accesses, statement)
                lanes = self._lanes(accesses)
                if any(abs(stride) == 1 for stride in strides):
                    self._draft.take(UnrollAndJam(path[-1].number, (lanes,)))
        for statement in statements:
            lanes = self._lanes(self._draft.accesses(statement))
            steps = (
                Vectorize(band.number, member, lanes)
                for band in self._draft.path(statement)
                for member in range(len(band.members))
            )
            any(self._draft.take(step) for step in steps)

    def _vectorize_innermost(self, statements: list[str]) -> bool:
        """Runs contiguous innermost loops as vectors that span several registers.

        Returns:
            Whether there is one among the deepest loops.
        """
        depths = [int(self._draft.loops["statements"][name]["depth"]) for name in statements]
        done = [self._span_registers(statement) for statement in statements]
        return any(each for each, depth in zip(done, depths, strict=True) if depth == max(depths))

    def _span_registers(self, statement: str) -> bool:
        width = self._recipe.span * self._lanes(self._draft.accesses(statement))
        return span_registers(self._draft, statement, width, self._recipe.fetches)

    def _lanes(self, accesses: list[dict[str, Any]]) -> int:
        return self._target.vector_bits // max(int(access["bits"]) for access in accesses)

    def _interleave(self, band: Band) -> None:
        """Jams the outermost loop that allows it: chains of dependent operations side by side."""
        for position in range(len(band.members) - 1):
            factors = [1] * len(band.members)
            factors[position] = self._recipe.rows
            jam = UnrollAndJam(band.number, tuple(factors))
            if self._recipe.rows > 1 and self._draft.is_legal(jam):
                self._move_apart(band, position)
                self._jam_in_strips(band, jam)
                return

    def _move_apart(self, band: Band, position: int) -> None:
        """Skews time steps that are to be jammed, so that none needs what was just computed."""
        innermost = len(band.members) - 1
        if self._recipe.reschedule is not None and self._recipe.steps and innermost > 1:
            self._draft.take(Skew(band.number, innermost, innermost - position, 1))

    def _jam_in_strips(self, band: Band, jam: UnrollAndJam) -> None:
        """Jams a loop; for threads within tiles, which diagonals can be made of."""
        extents = [int(member["extent"] or 0) for member in band.members]
        sizes = [jam.factors[0], self._recipe.columns] + [0] * (len(extents) - 2)
        needs_tiles = self._target.num_threads > 1 and self._recipe.steps and jam.factors[0] > 1
        if needs_tiles and self._add_tile_loops(band.number, sizes, extents):
            jam = UnrollAndJam(band.number + 1, jam.factors)
        self._draft.take(jam)

    def _apply(self, shape: Shape) -> None:
        extents = [int(member["extent"] or 0) for member in shape.band.members]
        row = shape.best_row(extents)
        jam = [1] * len(extents)
        if row is not None:
            jam[row] = min(self._recipe.rows, extents[row])
        jam[shape.column] = _fit(self._recipe.vectors * shape.lanes, extents[shape.column])
        if self._recipe.reschedule is None and not shape.is_across_rows:
            for member in shape.transposed_members():
                jam[member] = _fit(shape.lanes, extents[member])
        point = shape.band.number + self._tile(shape, extents, jam)
        if self._separate_rows(shape, point, jam) or self._walk_rows(shape, point, row):
            return
        order = self._innermost_reductions(shape, point)
        jam = [jam[m] for m in order]
        column = order.index(shape.column)
        if jam[column] == shape.lanes:
            jam[column] = 1
        is_jammed = any(factor > 1 for factor in jam) and self._draft.take(
            UnrollAndJam(point, tuple(jam))
        )
        if is_jammed and jam[column] > 1:
            strip = sum(factor > 1 for factor in jam[:column])
            for statement in self._draft.statements_in(point):
                self._draft.take(
                    Vectorize(self._draft.path(statement)[-1].number, strip, shape.lanes)
                )
        else:
            self._draft.take(Vectorize(point, column, shape.lanes))
        if self._recipe.reschedule is not None and not self._recipe.packs:
            self._unroll_squares(shape, point, order)
        self._pack(shape, point, jam[column])
        if row is not None:
            self._pack_rows(shape, point, row, jam[order.index(row)])

    def _separate_rows(self, shape: Shape, point: int, jam: list[int]) -> bool:
        """Lets one statement complete jammed rows before the next; returns whether both can.

        Else rows are read while the stores that they need are on their way to the cache, which
        takes longer than the rows do unless vectors are put together in registers.
        """
        last, start, rows = len(jam) - 1, self._draft.state, tuple(jam[:-1])
        is_fitting = self._recipe.whole_rows and max(rows) > 1 and shape.column == last
        if not is_fitting or self._target.has_mask_registers:
            return False
        statements = self._draft.statements_in(point)
        if len(statements) == 2 and self._draft.take(Distribute(point, last, 1)):
            if self._draft.take(UnrollAndJam(point, rows)):
                for statement in statements:
                    number = self._draft.path(statement)[-2].number
                    self._draft.take(Vectorize(number, 0, shape.lanes))
                return True
            self._draft.state = start
        return False

    def _walk_rows(self, shape: Shape, point: int, row: int | None) -> bool:
        """Adds several rows of a block at a time to a row of sums; returns whether it does.

        Nothing is reused but the sums: the rows are read as they lie in memory.
        """
        last, start = len(shape.strides) - 1, self._draft.state
        if not self._recipe.block or row is not None or shape.column != last or last < 1:
            return False
        jam = UnrollAndJam(point, (*[1] * (last - 1), self._recipe.rows, 1))
        if self._draft.take(jam) and self._draft.take(Vectorize(point, last, shape.lanes)):
            return True
        self._draft.state = start
        return False

    def _tile(self, shape: Shape, extents: list[int], jam: list[int]) -> int:
        """Puts cache tiles around a band; returns the number of bands that came above it."""
        recipe, number = self._recipe, shape.band.number
        if recipe.reschedule is not None and recipe.steps:
            return int(self._tile_rescheduled(shape, extents, jam))
        if not shape.sums or not recipe.columns:
            return 0
        factor = max(1, jam[shape.column])
        columns, reductions = [0] * len(extents), [0] * len(extents)
        if not (recipe.packs and shape.has_packed_twice()):
            columns[shape.column] = self._column_tile(shape, extents, factor)
        for member in shape.reductions:
            reductions[member] = recipe.reduction
        panels = self._panels_around_tiles(shape, jam)
        if panels:
            point = number + bool(self._add_tile_loops(number, reductions, extents))
            for array, dimension, panel in panels:
                self._draft.take(Pack(point, array, dimension, panel))
            return point + bool(self._add_tile_loops(point, columns, extents)) - number
        sizes = [max(pair) for pair in zip(columns, reductions, strict=True)]
        tiled = self._add_tile_loops(number, sizes, extents)
        if recipe.reschedule is None:
            self._put_outside(shape.column, tiled, number)
        return int(bool(tiled))

    def _panels_around_tiles(self, shape: Shape, jam: list[int]) -> list[tuple[int, int, int]]:
        """Returns what is packed outside of column tiles: arrays, dimensions, panels."""
        recipe = self._recipe
        scaled = shape.scaled_arrays() if recipe.packs else []
        extents = {int(access["array"]): access["shape"][-1] for access in shape.accesses}
        panels = [(array, dim, recipe.reduction or extents[array]) for array, dim in scaled]
        for row in (member for member in shape.rows if jam[member] > 1):
            if recipe.packs_rows:
                panels += [(*each, jam[row]) for each in shape.row_operands(row)]
            elif recipe.packs and recipe.shares_loops:
                panels += [(*each, jam[row]) for each in shape.arrays_across_lines(row)]
        return panels

    def _tile_rescheduled(self, shape: Shape, extents: list[int], jam: list[int]) -> bool:
        """Puts tiles around what the scheduler made permutable; returns whether there are any."""
        recipe, number = self._recipe, shape.band.number
        if recipe.reduction and not self._is_elimination(shape):
            return False
        sizes = [2 * max(8, factor) for factor in jam]
        sizes[0] = recipe.steps
        sizes[shape.column] = recipe.columns
        if recipe.reduction:
            sizes[shape.column] = self._column_tile(shape, extents, jam[shape.column])
            for member in shape.rows:
                sizes[member] = recipe.steps
            for member in shape.reductions:
                sizes[member] = recipe.reduction
        tiled = self._add_tile_loops(number, sizes, extents)
        if recipe.reduction:
            self._put_outside(shape.column, tiled, number)
        return bool(tiled)

    def _column_tile(self, shape: Shape, extents: list[int], factor: int) -> int:
        """Returns the cache tile along the vectors' loop, complete register tiles.

        Where threads may share these tiles, each one gets as many. What is packed for reductions
        that are not tiled takes a quarter of the second-level cache: of half a cache some would
        not stay, as pages lie in memory at random.
        """
        num_threads, columns = self._target.num_threads, self._recipe.columns
        column_bytes = shape.column_bytes() if self._recipe.packs else 0
        if column_bytes and not shape.reductions:
            columns = min(columns, self._target.l2_bytes // (4 * column_bytes))
        if num_threads == 1 or column_bytes:
            return factor * max(1, round(columns / factor))
        extent = extents[shape.column]
        num_rounds = max(1, round(extent / (self._recipe.columns * num_threads)))
        return factor * -(-extent // (factor * num_rounds * num_threads))

    def _is_elimination(self, shape: Shape) -> bool:
        """Whether results of a reduction go through other statements into later reductions."""
        is_sum = any(any(shape.strides[member]) for member in shape.reductions)
        return is_sum and len(self._draft.statements_in(shape.band.number)) > 1

    def _put_outside(self, member: int, tiled: list[int], band: int) -> None:
        """Makes the tile loop of a member the outermost one."""
        if member in tiled[1:]:
            place = tiled.index(member)
            others = [p for p in range(len(tiled)) if p != place]
            self._draft.take(Interchange(band, (place, *others)))

    def _add_tile_loops(self, band: int, sizes: list[int], extents: list[int]) -> list[int]:
        """Tiles a band; returns the members that were tiled."""
        pairs = zip(sizes, extents, strict=True)
        fitting = tuple(size if size < extent else 0 for size, extent in pairs)
        if not any(fitting) or not self._draft.take(Tile(band, fitting)):
            return []
        return [member for member, size in enumerate(fitting) if size]

    def _innermost_reductions(self, shape: Shape, point: int) -> list[int]:
        """Orders the point loops: rows, vectors, reductions; returns the order."""
        identity = list(range(len(shape.band.members)))
        recipe = self._recipe
        if recipe.reschedule is not None and recipe.steps and not recipe.reduction:
            return identity
        order = [*shape.rows, shape.column, *(m for m in shape.reductions if m != shape.column)]
        if shape.is_across_rows:
            order = [shape.column, *shape.rows, *shape.reductions]
        if order == identity or not self._draft.take(Interchange(point, tuple(order))):
            return identity
        return order

    def _unroll_squares(self, shape: Shape, point: int, order: list[int]) -> None:
        """Unrolls the innermost loop where columns of vectors can be read by rows then."""
        if order[-1] in shape.transposed_members():
            self._draft.take(Unroll(point, len(order) - 1, shape.lanes))

    def _pack(self, shape: Shape, point: int, panel: int) -> None:
        """Packs what is read along the vectors and used by every row."""
        if not self._recipe.packs or not shape.sums:
            return
        panel = max(panel, shape.lanes)
        for array, dimension in shape.packed_arrays():
            self._draft.take(Pack(point, array, dimension, panel))
        statement = int(shape.statement[1:])
        for access, dimension in shape.packed_reads():
            self._draft.take(PackRead(point, statement, access, dimension, panel))

    def _pack_rows(self, shape: Shape, point: int, row: int, panel: int) -> None:
        """Packs what the rows of a register tile read side by side, a line of memory each time."""
        if not self._recipe.packs or not shape.sums:
            return
        for array, dimension in shape.arrays_across_lines(row):
            self._draft.take(Pack(point, array, dimension, panel))

    def _parallelize(self, statement: str) -> None:
        is_shared = not self._recipe.separates and parallelize(
            self._draft, statement, self._target.num_threads
        )
        if not is_shared and (self._recipe.separates or self._recipe.steps):
            parallelize_diagonals(self._draft, statement)


def _fit(factor: int, extent: int) -> int:
    """Returns the register tile along a loop: the whole of a short one."""
    return extent if extent <= factor else factor

"""Expert schedules for eliminations: several pivots at a time.

Hides how blocks of pivot rows are made independent of what they are applied to: the rows are copied
as they are used, the rows of the block are computed first, and all others take every pivot of the
block while they are in the cache. Where pivots are columns, such as those of an orthogonalisation,
columns take them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from autotune.draft import Draft
from autotune.loop_tree import bands, num_parts, num_statements
from autotune.register_tile import fitted_tile, vector_member
from autotune.schedule import (
    Distribute,
    Interchange,
    Parallelize,
    Reorder,
    Snapshot,
    Split,
    Tile,
    UnrollAndJam,
    Vectorize,
)
from autotune.search import Explorer, State
from autotune.workload import Target

_PIVOTS = 0  # The band whose iterations are pivots.


@dataclass(frozen=True)
class PivotRecipe:
    """Parameters of a blocked elimination.

    Attributes:
        block: Pivots that are applied together.
        rows: Rows that they are applied to together.
        columns: Cache tile of the columns outside of the block, in iterations: those are computed
            after the block's own, from copies of what rows multiply pivots by, and stay in
            registers while all pivots of the block are applied. 0 where all are computed together.
        register_tile: Rows and vectors of such columns.
    """

    block: int
    rows: int
    columns: int = 0
    register_tile: tuple[int, int] = (1, 1)


PIVOT_RECIPES = (
    PivotRecipe(block=32, rows=4, columns=512, register_tile=(8, 2)),
    PivotRecipe(block=64, rows=8),
)


def pivot_schedule(draft: Draft, target: Target, recipe: PivotRecipe) -> State | None:
    """Returns what the recipe makes of a program, or None where it does not fit."""
    is_fitting = _copy_pivots(draft) and _add_blocks(draft, recipe)
    if not is_fitting:
        return None
    last = len(bands(draft.loops["tree"]))
    for number in reversed(range(last)):
        _shape(draft, target, recipe, number)
    return draft.state


@dataclass(frozen=True)
class ColumnRecipe:
    """Parameters of a blocked elimination whose pivots are columns.

    Attributes:
        block: Pivots that are applied together.
        vectors: Vectors that the columns fill that they are applied to together.
    """

    block: int
    vectors: int


COLUMN_RECIPES = (ColumnRecipe(block=64, vectors=8),)


def pivot_schedules(explorer: Explorer, root: State, target: Target) -> Iterator[State]:
    """Yields what the recipes make of a program that is an elimination, nothing of others."""
    rows = (pivot_schedule(Draft(explorer, root), target, each) for each in PIVOT_RECIPES)
    columns = (column_schedule(Draft(explorer, root), target, each) for each in COLUMN_RECIPES)
    yield from filter(None, chain(rows, columns))


def column_schedule(draft: Draft, target: Target, recipe: ColumnRecipe) -> State | None:
    """Returns what the recipe makes of a program, or None where it does not fit."""
    parts = _parts(draft, _PIVOTS)
    if not parts or num_statements(parts[-1]) < 2:
        return None
    columns, pivots = int(parts[-1]["number"]), _PIVOTS + 1
    num_before = num_parts(_band(draft, _PIVOTS))
    steps = (Split(columns, 0, 1, recipe.block), Tile(_PIVOTS, (recipe.block,)))
    if not all(map(draft.take, steps)) or num_parts(_band(draft, pivots)) != num_before + 1:
        return None
    if not draft.take(Distribute(pivots, 0, num_before)):
        return None
    remaining = int(_parts(draft, _PIVOTS)[-1]["number"])
    bits = max(
        int(access["bits"])
        for statement in draft.statements_in(remaining)
        for access in draft.accesses(statement)
    )
    lanes = target.vector_bits // bits
    if not draft.take(Tile(remaining, (0, recipe.vectors * lanes))):
        return None
    _separate(draft, pivots + 1)
    for number in reversed(range(pivots + 1, len(bands(draft.loops["tree"])))):
        _shape_columns(draft, number, lanes, recipe.vectors)
    if target.num_threads > 1:
        draft.take(Parallelize(int(_parts(draft, _PIVOTS)[-1]["number"]), 0))
    return draft.state


def _separate(draft: Draft, first: int) -> None:
    """Gives statements loops of their own from a band on, as far outside as is legal."""
    number = first
    while number < len(bands(draft.loops["tree"])):
        band = _band(draft, number)
        choices = [
            Distribute(number, depth, cut)
            for depth in range(len(band["members"]))
            for cut in reversed(range(1, num_parts(band)))
        ]
        if not any(draft.take(step) for step in choices):
            number += 1


def _shape_columns(draft: Draft, number: int, lanes: int, num_vectors: int) -> None:
    """Runs vectors along the columns of a statement; keeps those of a tile in registers."""
    band = _band(draft, number)
    if band["children"][0]["kind"] != "leaf":
        return
    statement = str(band["children"][0]["statement"])
    column, num_columns = _column(draft, statement, lanes), num_vectors * lanes
    if column is None:
        return
    if len(band["members"]) == 2 and column == 0 and draft.take(Interchange(number, (1, 0))):
        column = 1
        is_tile = int(band["members"][0]["extent"] or 0) == num_columns
        if is_tile and draft.take(UnrollAndJam(number, (1, num_columns))):
            number, column = number + 1, 0
    draft.take(Vectorize(number, column, lanes))


def _copy_pivots(draft: Draft) -> bool:
    """Separates the rows around the pivot, and lets them read copies of it."""
    rows = _PIVOTS + 1
    if not draft.take(Split(rows, 0, 1, 1)):
        return False
    parts = [int(part["number"]) for part in _parts(draft, _PIVOTS)]
    arrays = range(len(draft.loops["arrays"]))
    copied = [
        [array for array in arrays if draft.take(Snapshot(part, array))] for part in reversed(parts)
    ]
    return any(copied)


def _copy_factors(draft: Draft) -> bool:
    """Lets rows read copies of what they multiply pivots by, which block's columns overwrite."""
    innermost = [
        loop
        for rows in reversed(_rows(draft))
        for loop in reversed(_parts(draft, rows))
        if loop["children"][0]["kind"] == "leaf"
    ]
    copied = [
        draft.take(Snapshot(int(loop["number"]), int(access["array"])))
        for loop in innermost
        for access in draft.accesses(str(loop["children"][0]["statement"]))
        if access["write"]
    ]
    return any(copied)


def _split_columns(draft: Draft, recipe: PivotRecipe, rows: int) -> None:
    """Parts the columns of rows before, in and after the block."""
    for loop in reversed(_parts(draft, rows)):
        draft.take(Split(int(loop["number"]), 0, 2, recipe.block))


def _add_blocks(draft: Draft, recipe: PivotRecipe) -> bool:
    """Applies the pivots of a block together where they need not come one after the other."""
    if recipe.columns and not _copy_factors(draft):
        return False
    if recipe.columns and len(_rows(draft)) > 1:
        _split_columns(draft, recipe, _rows(draft)[0])
    remaining = int(_parts(draft, _PIVOTS)[-1]["number"])
    draft.take(Split(remaining, 0, 1, recipe.block))
    if recipe.columns:
        _split_columns(draft, recipe, _rows(draft)[-1])
    if not draft.take(Tile(_PIVOTS, (recipe.block,))):
        return False
    num_parts_inside = num_parts(_band(draft, _PIVOTS + 1))
    num_separate = _take_apart(draft, _PIVOTS + 1, range(num_parts_inside))
    if recipe.columns:
        for part in reversed(_parts(draft, _PIVOTS)[1:]):
            children = part["children"][0].get("children", [])
            loops = [place for place, child in enumerate(children) if child["kind"] == "band"]
            _take_apart(draft, int(part["number"]), loops[:1] + loops[-1:])
    return num_separate > 0


def _take_apart(draft: Draft, number: int, children: Sequence[int]) -> int:
    """Gives parts of a band loops of their own where that is legal; returns how many get them.

    Args:
        draft: The schedule.
        number: Of the band.
        children: Places of the parts in its sequence, in their order.
    """
    last = num_parts(_band(draft, number)) - 1
    num_separate = 0
    for child in reversed(children):
        start = draft.state
        (body,) = _band(draft, number)["children"]
        moved = child == last or draft.take(Reorder(int(body["number"]), child, last))
        if moved and last > 0 and draft.take(Distribute(number, 0, last)):
            num_separate += 1
            last -= 1
        else:
            draft.state = start
    return num_separate


def _shape(draft: Draft, target: Target, recipe: PivotRecipe, number: int) -> None:
    """Makes vectors of innermost loops; jams rows that have none inside or take whole blocks."""
    band = _band(draft, number)
    if num_statements(band) == 1 and band["children"][0]["kind"] == "leaf":
        statement = str(band["children"][0]["statement"])
        if len(band["members"]) < 3 or not _keep_in_registers(draft, target, recipe, number):
            _vectorize(draft, target, number, statement)
    elif len(band["members"]) == 2 and draft.take(Interchange(number, (1, 0))):
        draft.take(UnrollAndJam(number, (recipe.rows, 1)))
        if target.num_threads > 1:
            draft.take(Parallelize(number, 0))
    elif len(band["members"]) == 1 and not _has_vectors(band):
        draft.take(UnrollAndJam(number, (recipe.rows,)))


def _keep_in_registers(draft: Draft, target: Target, recipe: PivotRecipe, number: int) -> bool:
    """Applies all pivots of a block to a register tile; returns whether that is possible."""
    band, start = _band(draft, number), draft.state
    statement = str(band["children"][0]["statement"])
    lanes = _lanes(draft, target, statement)
    column = _column(draft, statement, lanes)
    if column is None or column == 0:
        return False
    sizes = [0] * len(band["members"])
    sizes[column] = recipe.columns
    point = number + draft.take(Tile(number, tuple(sizes)))
    rows = [member for member in range(1, len(sizes)) if member != column]
    order = (*rows, column, 0)
    num_rows, num_vectors = fitted_tile(*recipe.register_tile, target.num_vector_registers)
    jam = (*[1] * (len(rows) - 1), num_rows, num_vectors * lanes, 1)
    if draft.take(Interchange(point, order)) and draft.take(UnrollAndJam(point, jam)):
        draft.take(Vectorize(draft.path(statement)[-1].number, 1, lanes))
        if target.num_threads > 1:
            draft.take(Parallelize(point, 0))
        return True
    draft.state = start
    return False


def _has_vectors(tree: dict[str, Any]) -> bool:
    is_vector = str(tree.get("label", "")).startswith("vectorize")
    return is_vector or any(map(_has_vectors, tree.get("children", [])))


def _vectorize(draft: Draft, target: Target, number: int, statement: str) -> None:
    lanes = _lanes(draft, target, statement)
    column = _column(draft, statement, lanes)
    if column is not None:
        draft.take(Vectorize(number, column, lanes))


def _lanes(draft: Draft, target: Target, statement: str) -> int:
    return target.vector_bits // max(int(access["bits"]) for access in draft.accesses(statement))


def _column(draft: Draft, statement: str, lanes: int) -> int | None:
    """Returns the innermost loop that the statement's vectors run along; None where none does."""

    def can_vectorize(band: int, member: int) -> bool:
        return draft.is_legal(Vectorize(band, member, lanes))

    innermost = draft.path(statement)[-1:]
    choice = vector_member(innermost, draft.accesses(statement), can_vectorize, statement)
    return None if choice is None else choice[1]


def _band(draft: Draft, number: int) -> dict[str, Any]:
    return bands(draft.loops["tree"])[number]


def _parts(draft: Draft, number: int) -> list[dict[str, Any]]:
    """Returns the bands that follow one another in a band."""
    (body,) = _band(draft, number)["children"]
    children = body["children"] if body["kind"] == "sequence" else [body]
    return [child for child in children if child["kind"] == "band"]


def _rows(draft: Draft) -> list[int]:
    """Returns the bands whose rows are not pivots: the first and the last one of several loops."""
    parts = [part for part in _parts(draft, _PIVOTS) if part["children"][0]["kind"] != "leaf"]
    return sorted({int(part["number"]) for part in parts[:1] + parts[-1:]})

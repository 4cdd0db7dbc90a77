"""Which loops statements share in the program's order: none, or blocks of an outermost loop.

In a block one statement finds in the cache what another read. Hides which loop nests are brought
together for it: neighbours that read a matrix, each of them all of it, walk its rows in one loop;
neighbours of which one uses what the other makes share it, the second some iterations later;
and how threads share such blocks.
"""

from typing import Any

from autotune.draft import Draft
from autotune.expert_recipes import Recipe
from autotune.loop_tree import bands, is_tiled, num_parts, num_statements
from autotune.register_tile import strides_of
from autotune.schedule import Distribute, Fuse, Interchange, Reorder, Shift, Tile, Wavefront

_LATEST = 3
"""Iterations of an outermost loop between two uses of a row: what is used stays in the cache."""

_LINE_ELEMENTS = 16
"""Threads' shares of a row end where lines of the cache end, for elements of four bytes or more."""


def arrange(draft: Draft, recipe: Recipe, num_threads: int) -> bool:
    """Decides which loops statements share; returns whether the recipe fits them.

    Args:
        draft: In the program's order.
        recipe: Which blocks there are, and whether threads share them.
        num_threads: That the code runs on.
    """
    has_parts = recipe.wave > 0 or recipe.block_columns > 0
    if recipe.block and not has_parts:
        add_blocks(draft, recipe.block)
    if not recipe.columns_of_vectors:
        _distribute(draft)
    if has_parts and not share_blocks(draft, recipe, num_threads):
        return False
    if recipe.block:
        _put_row_sums_first(draft)
    if recipe.shares_loops:
        _fuse_starts(draft)
    if recipe.shares_loops and not recipe.packs:
        _fuse_neighbours(draft, _LATEST)
    elif recipe.vectors == 0:
        _fuse_neighbours(draft, 0)
    return True


def _distribute(draft: Draft) -> None:
    """Gives every statement loops of its own, where legal; blocks keep what they share."""
    number = 0
    while number < len(found := bands(draft.loops["tree"])):
        band = found[number]
        is_block = is_tiled(band) and num_statements(band) > 1
        cuts = range(1, 1 if is_block else num_parts(band))
        any(draft.take(Distribute(number, 0, cut)) for cut in cuts)
        number += 1


def _fuse_starts(draft: Draft) -> None:
    """Gives sums all the loops of what starts them: no start goes through memory then."""
    child = 0
    while len(neighbours := draft.outermost_bands()[child : child + 2]) == 2:
        before, depth = draft.state, len(neighbours[0]["members"])
        is_fused = _put_sums_inside(draft, *neighbours) and draft.take(Fuse(0, child, depth))
        if not is_fused:
            draft.state = before
            child += 1


def _put_sums_inside(draft: Draft, start: dict[str, Any], total: dict[str, Any]) -> bool:
    """Orders the loops of a sum: those of what starts it, then the others; whether it is one."""
    along = [_written_strides(draft, band) for band in (start, total)]
    if num_statements(start) > 1 or not along[0] or len(along[0]) >= len(along[1]):
        return False
    starts, totals = along
    if any(totals.count(each) != 1 for each in starts):
        return False
    outer = [totals.index(each) for each in starts]
    order = (*outer, *(m for m in range(len(totals)) if m not in outer))
    is_sorted = order == tuple(range(len(order)))
    return is_sorted or draft.take(Interchange(total["number"], order))


def _written_strides(draft: Draft, band: dict[str, Any]) -> list[tuple[int, int]]:
    """Returns the array that a band writes, and the stride there, for each of its loops."""
    found = []
    for name in draft.statements_in(band["number"])[:1]:
        accesses = draft.accesses(name)
        for member in band["members"]:
            strides = zip(strides_of(member, accesses, name), accesses, strict=True)
            found += [(int(a["array"]), stride) for stride, a in strides if a["write"]]
    return found


def _fuse_neighbours(draft: Draft, latest: int) -> None:
    """Gives neighbours one outermost loop, where legal; the second up to `latest` later."""
    child = 0
    for _ in range(len(draft.outermost_bands()) - 1):
        if not any(_fuse_later(draft, child, offset) for offset in range(latest + 1)):
            child += 1


def _fuse_later(draft: Draft, child: int, offset: int) -> bool:
    """Fuses the outermost loop of a child with the next one's, `offset` iterations later."""
    start = draft.state
    number = draft.outermost_bands()[child + 1]["number"]
    if (not offset or draft.take(Shift(number, 0, offset))) and draft.take(Fuse(0, child, 1)):
        return True
    draft.state = start
    return False


def add_blocks(draft: Draft, size: int) -> None:
    """Cuts the outermost loops that statements share, or come to share, into blocks."""
    _share_rows(draft)
    for band in reversed(draft.shared_bands()):
        others = (0,) * (len(band["members"]) - 1)
        draft.take(Tile(band["number"], (size, *others)))


def _put_row_sums_first(draft: Draft) -> None:
    """Lets sums along the rows of a block go first: the rows arrive from memory meanwhile.

    They take longer than adding rows to a row, which would wait for memory and do little else.
    """
    for number in range(len(bands(draft.loops["tree"]))):
        band = bands(draft.loops["tree"])[number]
        if is_tiled(band) and num_parts(band) > 1:
            (sequence,) = band["children"]
            is_first = [_has_sums_along_rows(draft, part) for part in sequence["children"]]
            for child in range(1, len(is_first)):
                if is_first[child] and not is_first[child - 1]:
                    draft.take(Reorder(sequence["number"], child - 1, child))


def _has_sums_along_rows(draft: Draft, part: dict[str, Any]) -> bool:
    if part["kind"] != "band" or len(part["members"]) < 2:
        return False
    for statement in draft.statements_in(part["number"]):
        accesses = draft.accesses(statement)
        strides = strides_of(part["members"][-1], accesses, statement)
        if not any(each for each, access in zip(strides, accesses, strict=True) if access["write"]):
            return True
    return False


def share_blocks(draft: Draft, recipe: Recipe, num_threads: int) -> bool:
    """Lets neighbours walk blocks of the rows of a matrix, a part of the columns at a time.

    What one statement reads, the next finds in the cache, and what it reads next arrives from
    memory meanwhile, if blocks are small. In waves each thread has a part of the columns; where
    sums along rows keep their order, a thread begins rows when the one before has finished them:
    threads run diagonals.

    Args:
        draft: Statements that have loops of their own.
        recipe: Says how large blocks and waves are.
        num_threads: That share the columns in waves.

    Returns:
        Whether there are such neighbours; in waves, not for one thread.
    """
    child, is_shared = 0, False
    for _ in range(len(draft.outermost_bands()) - 1):
        start = draft.state
        if _align_rows(draft, child) and _fuse_blocks(draft, child, recipe, num_threads):
            is_shared = True
        else:
            draft.state = start
            child += 1
    if recipe.wave and recipe.block_columns:
        _cut_waves(draft, recipe)
    return is_shared


def _fuse_blocks(draft: Draft, child: int, recipe: Recipe, num_threads: int) -> bool:
    """Fuses the blocks of neighbours; the second comes later where it needs whole rows."""
    for which in (child, child + 1):
        band = draft.outermost_bands()[which]
        number = band["number"]
        if not is_tiled(band):
            columns = int(band["members"][1]["extent"] or 0) if len(band["members"]) == 2 else 0
            sizes = recipe.block, recipe.block_columns
            if recipe.wave:
                lines = -(-columns // (num_threads * _LINE_ELEMENTS))
                sizes = recipe.wave, lines * _LINE_ELEMENTS
            is_cut = 0 < sizes[1] < columns and draft.take(Tile(number, sizes))
            if not (is_cut and (not recipe.wave or draft.take(Wavefront(number)))):
                return False
    second = draft.outermost_bands()[child + 1]["number"]
    later = num_threads if recipe.wave else 1
    return draft.take(Fuse(0, child, 2)) or (
        draft.take(Shift(second, 0, later)) and draft.take(Fuse(0, child, 2))
    )


def _cut_waves(draft: Draft, recipe: Recipe) -> None:
    """Cuts what a thread has of a wave into blocks, where no statement comes later."""
    if any(isinstance(step, Shift) for step in draft.state.schedule.transformations):
        return
    for band in reversed(draft.shared_bands()):
        start, point, num = draft.state, band["number"] + 1, num_parts(band)
        (sequence,) = band["children"]
        is_cut = all([draft.take(Fuse(sequence["number"], 0, 2)) for _ in range(1, num)])
        is_cut = is_cut and draft.take(Tile(point, (recipe.block, recipe.block_columns)))
        if not is_cut or not all([draft.take(Distribute(point + n, 0, 1)) for n in range(1, num)]):
            draft.state = start


def _share_rows(draft: Draft) -> None:
    child = 0
    for _ in range(len(draft.outermost_bands()) - 1):
        start = draft.state
        if not (_align_rows(draft, child) and draft.take(Fuse(0, child, 1))):
            draft.state = start
            child += 1


def _align_rows(draft: Draft, child: int) -> bool:
    """Puts the rows of a matrix outermost in two neighbours; returns whether they share one."""
    neighbours = draft.outermost_bands()[child : child + 2]
    matrices = [_matrices(draft, band) for band in neighbours]
    shared = set.intersection(*map(set, matrices))
    return bool(shared) and all(
        _put_rows_outside(draft, band, strides[min(shared)])
        for band, strides in zip(neighbours, matrices, strict=True)
    )


def _matrices(draft: Draft, band: dict[str, Any]) -> dict[int, list[int]]:
    """Returns the strides, along a band's loops, of arrays that all of them walk through."""
    found = dict[int, list[int]]()
    for statement in draft.statements_in(band["number"]):
        accesses = draft.accesses(statement)
        strides = [strides_of(member, accesses, statement) for member in band["members"]]
        for index, access in enumerate(accesses):
            along = [abs(each[index]) for each in strides]
            if not access["write"] and len(along) > 1 and all(along):
                found[int(access["array"])] = along
    return found


def _put_rows_outside(draft: Draft, band: dict[str, Any], strides: list[int]) -> bool:
    """Orders the loops of a band by their strides, the longest outermost."""
    order = sorted(range(len(strides)), key=lambda member: -strides[member])
    is_sorted = order == list(range(len(order)))
    return is_sorted or draft.take(Interchange(band["number"], tuple(order)))

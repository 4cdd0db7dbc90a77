"""Expert schedules: contiguous innermost loops as vectors that span several registers.

Hides what is fetched ahead. Where a row is walked several times before the next one begins, the
processor's own prefetchers lose the track at its end: one of the walks asks for the next row.
"""

from typing import Any

from autotune.draft import Draft, array_bytes
from autotune.loop_tree import Band
from autotune.register_tile import strides_of
from autotune.schedule import Prefetch, Tile, Vectorize

_CACHED_BYTES = 1 << 18
"""Smaller arrays are near already: the menus do not offer to fetch from them either."""


def span_registers(draft: Draft, statement: str, width: int, fetches: bool) -> bool:
    """Makes vectors of a statement's innermost loop; returns whether it is contiguous.

    Args:
        draft: The schedule.
        statement: Its name.
        width: Elements of a vector.
        fetches: Whether the loop fetches the next rows of what it reads.
    """
    path, accesses = draft.path(statement), draft.accesses(statement)
    if not path or not path[-1].is_plain:
        return False
    band, innermost = path[-1], len(path[-1].members) - 1
    strides = strides_of(band.members[innermost], accesses, statement)
    stores = [each for each, access in zip(strides, accesses, strict=True) if access["write"]]
    if not set(strides) <= {0, 1} or set(stores) != {1}:
        return False
    start = draft.state
    if fetches and _fetch_next_rows(draft, path, statement, width):
        if draft.take(Vectorize(band.number + 1, 0, width)):
            return True
        draft.state = start
    return draft.take(Vectorize(band.number, innermost, width))


def _fetch_next_rows(draft: Draft, path: list[Band], statement: str, width: int) -> bool:
    """Tiles the innermost loop by a vector, and fetches a row ahead; returns whether it does."""
    start, number = draft.state, path[-1].number
    extent = int(path[-1].members[-1]["extent"] or 0)
    steps = start.schedule.transformations
    fetched = {step.array for step in steps if isinstance(step, Prefetch)}
    arrays = [array for array in _rows_in_order(draft, path, statement) if array not in fetched]
    if not arrays or extent < 2 * width or not draft.take(Tile(number, (width,))):
        return False
    distance = (extent - width) // width
    if any([draft.take(Prefetch(number, 0, array, distance)) for array in arrays]):
        return True
    draft.state = start
    return False


def _rows_in_order(draft: Draft, path: list[Band], statement: str) -> list[int]:
    """Returns the large arrays that are only read, in rows that follow each other in memory.

    A row is what the innermost loop reads, if it is alone in its band.
    """
    if len(path) < 2 or len(path[-1].members) > 1:
        return []
    accesses = draft.accesses(statement)
    along = strides_of(path[-1].members[0], accesses, statement)
    across = strides_of(path[-2].members[-1], accesses, statement)
    extent = int(path[-1].members[0]["extent"] or 0)
    return sorted(
        {
            int(access["array"])
            for access, inner, outer in zip(accesses, along, across, strict=True)
            if inner == 1 and outer == extent and array_bytes(access) >= _CACHED_BYTES
            if not _is_written(draft, path[-2], access)
        }
    )


def _is_written(draft: Draft, band: Band, access: dict[str, Any]) -> bool:
    """Whether a statement in the loops of a band writes to an access's array."""
    return any(
        other["write"] and other["array"] == access["array"]
        for statement in draft.statements_in(band.number)
        for other in draft.accesses(statement)
    )

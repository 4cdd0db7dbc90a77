"""Expert schedules: contiguous innermost loops as vectors that span several registers.

Hides what is fetched ahead. Processors prefetch within a page of memory, and forget about rows that
are left alone for a while: a loop that asks for what comes next itself waits less often.
"""

from typing import Any

from autotune.draft import Draft, array_bytes
from autotune.loop_tree import Band
from autotune.register_tile import strides_of
from autotune.schedule import Prefetch, Vectorize

_CACHED_BYTES = 1 << 18
"""Smaller arrays are near already: the menus do not offer to fetch from them either."""

_PAGE_BYTES = 4096


def span_registers(draft: Draft, statement: str, width: int, fetches: bool) -> bool:
    """Makes vectors of a statement's innermost loop; returns whether it is contiguous.

    Args:
        draft: The schedule.
        statement: Its name.
        width: Elements of a vector.
        fetches: Whether the loop fetches what it reads ahead.
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
    if fetches and _fetch_ahead(draft, path, statement, width):
        loop = draft.path(statement)[-1]
        if draft.take(Vectorize(loop.number, 0, width)):
            return True
        draft.state = start
    return draft.take(Vectorize(band.number, innermost, width))


def _fetch_ahead(draft: Draft, path: list[Band], statement: str, width: int) -> bool:
    """Fetches ahead in the innermost loop, which is a band of its own then.

    Returns:
        Whether there is something to fetch.
    """
    number, innermost = path[-1].number, len(path[-1].members) - 1
    extent = int(path[-1].members[innermost]["extent"] or 0)
    steps = draft.state.schedule.transformations
    fetched = {step.array for step in steps if isinstance(step, Prefetch)}
    taken = False
    for array, num_bits in _read_in_order(draft, path, statement):
        # The loop counts vectors, once it has them.
        distance = min(extent, _PAGE_BYTES * 8 // num_bits) // width - 1
        is_new = array not in fetched and distance > 0
        if is_new and draft.take(Prefetch(number, innermost, array, distance)):
            number, innermost, taken = draft.path(statement)[-1].number, 0, True
    return taken


def _read_in_order(draft: Draft, path: list[Band], statement: str) -> list[tuple[int, int]]:
    """Returns the large arrays that are only read, as they lie in memory: numbers, bits an element.

    Each row begins where the one before has ended.
    """
    accesses = draft.accesses(statement)
    loops = [member for band in path for member in band.members][-2:]
    extent = int(loops[-1]["extent"] or 0)
    along = strides_of(loops[-1], accesses, statement)
    across = strides_of(loops[0], accesses, statement) if len(loops) > 1 else [extent] * len(along)
    return sorted(
        {
            (int(access["array"]), int(access["bits"]))
            for access, inner, outer in zip(accesses, along, across, strict=True)
            if inner == 1 and outer == extent and array_bytes(access) >= _CACHED_BYTES
            if not _is_written(draft, path[0], access)
        }
    )


def _is_written(draft: Draft, band: Band, access: dict[str, Any]) -> bool:
    """Whether a statement in the loops of a band writes to an access's array."""
    return any(
        other["write"] and other["array"] == access["array"]
        for statement in draft.statements_in(band.number)
        for other in draft.accesses(statement)
    )

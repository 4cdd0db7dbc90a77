"""Blocks of an outermost loop that statements share: one finds in the cache what another read.

Hides which loop nests are brought together for it: neighbours that read a matrix, each of them all
of it, walk its rows in one loop.
"""

from typing import Any

from autotune.draft import Draft
from autotune.register_tile import strides_of
from autotune.schedule import Fuse, Interchange, Tile


def add_blocks(draft: Draft, size: int) -> None:
    """Cuts the outermost loops that statements share, or come to share, into blocks."""
    _share_rows(draft)
    for band in reversed(draft.shared_bands()):
        others = (0,) * (len(band["members"]) - 1)
        draft.take(Tile(band["number"], (size, *others)))


def _share_rows(draft: Draft) -> None:
    child = 0
    for _ in range(len(draft.outermost_bands()) - 1):
        start = draft.state
        neighbours = draft.outermost_bands()[child : child + 2]
        matrices = [_matrices(draft, band) for band in neighbours]
        shared = set.intersection(*map(set, matrices))
        is_shared = bool(shared) and all(
            _put_rows_outside(draft, band, strides[min(shared)])
            for band, strides in zip(neighbours, matrices, strict=True)
        )
        if not (is_shared and draft.take(Fuse(0, child, 1))):
            draft.state = start
            child += 1


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

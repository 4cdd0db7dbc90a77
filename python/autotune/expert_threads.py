"""Expert schedules: which loop runs on all threads.

Hides when a loop gives the threads even shares, and how tiles that wait for others are run a
diagonal at a time.
"""

import math
from collections.abc import Iterator
from typing import Any

from autotune.draft import Draft
from autotune.loop_tree import Band
from autotune.schedule import Interchange, Parallelize, Wavefront

# Fair share over largest share, above which another loop gains little.
_EVEN_SHARE = 0.9
# Each start of the threads takes microseconds: there may be a few, or what runs then is long.
_MAX_REGIONS = 256
_ITERATIONS_PER_REGION = 1 << 18


def parallelize(draft: Draft, statement: str, num_threads: int) -> bool:
    """Runs a loop on all threads: the outermost that gives them even shares, or nearly.

    Args:
        draft: What to continue; stays as it is where no loop around the statement is independent.
        statement: Name of the statement.
        num_threads: That share the loop.
    """
    best, best_share = None, 0.0
    for share, step in _shares(draft, statement, num_threads):
        if share > best_share and draft.is_legal(step):
            best, best_share = step, share
        if best_share >= _EVEN_SHARE:
            break
    return best is not None and draft.take(best)


def parallelize_diagonals(draft: Draft, statement: str) -> None:
    """Runs the tiles of a diagonal on all threads, where they are independent.

    A diagonal of three loops has more tiles than one of two, so that threads wait less.
    """
    start = draft.state
    for band in draft.path(statement)[:1]:
        if len(band.members) < 2 or not draft.take(Wavefront(band.number)):
            return
        if len(band.members) > 2 and num_trips(band.members[2]) > 1:
            plane = draft.state
            order = (0, 2, 1, *range(3, len(band.members)))
            is_deeper = draft.take(Interchange(band.number, order)) and draft.take(
                Wavefront(band.number)
            )
            if is_deeper and draft.take(Parallelize(band.number, 1)):
                return
            draft.state = plane
        if not draft.take(Parallelize(band.number, 1)):
            draft.state = start


def num_iterations(path: list[Band]) -> int:
    """Returns about how often a statement below these bands runs."""
    return math.prod(num_trips(member) for band in path for member in band.members)


def num_trips(member: dict[str, Any]) -> int:
    """Returns the most iterations of a loop."""
    return max(1, -(-int(member["extent"] or 0) // max(1, int(member["stride"]))))


def _shares(draft: Draft, statement: str, num_threads: int) -> Iterator[tuple[float, Parallelize]]:
    """Yields how even the threads' shares of each true loop are, 1 where they are equal."""
    num_regions = 1
    path = draft.path(statement)
    most_regions = max(_MAX_REGIONS, num_iterations(path) // _ITERATIONS_PER_REGION)
    for band in path:
        for number, member in enumerate(band.members):
            trips = num_trips(member)
            largest = -(-trips // num_threads)
            if trips > 1:
                yield trips / (num_threads * largest), Parallelize(band.number, number)
            num_regions *= trips
            if num_regions > most_regions:
                return

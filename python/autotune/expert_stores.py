"""Expert schedules: which results go past the caches.

Hides when that pays: a line that is written as a whole need not be fetched before, which saves a
third of a copy's traffic, but what the caches could have kept has to come back.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from autotune.draft import Draft, array_bytes
from autotune.schedule import Stream
from autotune.search import Explorer, State
from autotune.workload import Target


def with_streams(states: Iterable[State], explorer: Explorer, target: Target) -> Iterator[State]:
    """Yields every schedule, then the one that also streams what the last cache cannot hold.

    Args:
        states: Complete schedules.
        explorer: Knows what is legal.
        target: Says how large the last cache is; where that is unknown, nothing is streamed.
    """
    for state in states:
        yield state
        draft = Draft(explorer, state)
        steps = [
            Stream(int(name[1:]))
            for name in draft.loops["statements"]
            if any(_overflows(access, target) for access in draft.accesses(name))
        ]
        if any([draft.take(step) for step in steps]):
            yield draft.state


def _overflows(access: dict[str, Any], target: Target) -> bool:
    """Whether an access writes to an array larger than the last cache."""
    return bool(access["write"]) and 0 < target.l3_bytes < array_bytes(access)

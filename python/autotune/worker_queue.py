"""Hands work to the threads that wait for it, to the best placed one first."""

import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class WorkerQueue(Generic[T]):
    """A queue of which some takers are to be preferred; may be used from any thread.

    A taker gets an item when there are more items than better placed takers that wait. Those that
    are held back are placed behind all others.
    """

    def __init__(self) -> None:
        self._items = deque[T]()
        self._waiting = set[int]()
        self._held = set[int]()
        self._is_closed = False
        self._changed = threading.Condition()  # Any of the above.

    def put(self, item: T) -> None:
        """Appends an item."""
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def get(self, rank: int) -> T | None:
        """Waits for an item and returns it; None once the queue is closed.

        Args:
            rank: Of the taker, which no other has; the least is placed best.
        """
        with self._changed:
            self._waiting.add(rank)
            self._changed.wait_for(lambda: self._is_closed or self._is_served(rank))
            self._waiting.discard(rank)
            return None if self._is_closed else self._items.popleft()

    def hold(self, rank: int, is_held: bool) -> None:
        """Says whether a taker is held back."""
        with self._changed:
            (self._held.add if is_held else self._held.discard)(rank)
            self._changed.notify_all()

    def close(self) -> list[T]:
        """Sends all takers away; returns what nobody took."""
        with self._changed:
            self._is_closed = True
            left = list(self._items)
            self._items.clear()
            self._changed.notify_all()
            return left

    def _is_served(self, rank: int) -> bool:
        def place(taker: int) -> tuple[bool, int]:
            return taker in self._held, taker

        num_better = sum(place(other) < place(rank) for other in self._waiting)
        return num_better < len(self._items)

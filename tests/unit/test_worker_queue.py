"""Who gets the work of a queue."""

import threading
import time

from autotune.worker_queue import WorkerQueue


class Takers:
    """Threads that wait for one item each.

    Attributes:
        taken: Ranks with what they got, None for being sent away; in no order.
    """

    def __init__(self, queue: WorkerQueue[str], *ranks: int) -> None:
        self.taken: dict[int, str | None] = {}
        self._threads = [
            threading.Thread(target=self._take, args=(queue, rank), daemon=True) for rank in ranks
        ]
        for thread in self._threads:
            thread.start()
        while len(queue._waiting) < len(ranks):
            time.sleep(0.001)

    def _take(self, queue: WorkerQueue[str], rank: int) -> None:
        self.taken[rank] = queue.get(rank)

    def wait_for(self, num_takers: int) -> None:
        while sum(not thread.is_alive() for thread in self._threads) < num_takers:
            time.sleep(0.001)


def test_the_best_placed_taker_that_waits_is_served() -> None:
    for _ in range(20):
        queue = WorkerQueue[str]()
        takers = Takers(queue, 2, 1, 3)
        queue.put("a")
        takers.wait_for(1)
        assert takers.taken == {1: "a"}
        queue.put("b")
        takers.wait_for(2)
        assert takers.taken == {1: "a", 2: "b"}
        queue.close()


def test_all_items_are_taken_at_once_where_there_are_takers() -> None:
    queue = WorkerQueue[str]()
    queue.put("a")
    queue.put("b")
    assert queue.get(5) == "a", "nobody better placed waits"
    queue.put("c")
    assert queue.get(1) == "b"
    assert queue.get(9) == "c"


def test_a_taker_that_is_held_back_is_served_last() -> None:
    queue = WorkerQueue[str]()
    takers = Takers(queue, 0, 1)
    queue.hold(0, True)
    queue.put("a")
    takers.wait_for(1)
    assert takers.taken == {1: "a"}
    queue.put("b")
    takers.wait_for(2)
    assert takers.taken == {0: "b", 1: "a"}, "there is no other"
    queue.hold(0, False)
    again = Takers(queue, 0, 1)
    queue.put("c")
    again.wait_for(1)
    assert again.taken == {0: "c"}
    queue.close()


def test_closing_sends_everyone_away() -> None:
    queue = WorkerQueue[str]()
    takers = Takers(queue, 0, 1)
    assert queue.close() == []
    takers.wait_for(2)
    assert takers.taken == {0: None, 1: None}
    left = WorkerQueue[str]()
    left.put("a")
    left.put("b")
    assert left.close() == ["a", "b"]
    assert left.get(0) is None

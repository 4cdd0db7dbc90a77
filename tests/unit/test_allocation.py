"""Which workload gets the next candidates."""

import random

from autotune.allocation import EqualAllotment, GradientAllocation

BATCH = 4


def given(allocation, num_batches, ratio_of, among):
    """Plays batches whose outcomes arrive one batch later; returns how often each was chosen."""
    counts, in_flight = dict.fromkeys(among, 0), None
    for _ in range(num_batches):
        index = allocation.choose(among)
        allocation.give(index, BATCH)
        if in_flight is not None:
            counts[in_flight] += 1
            allocation.tell(in_flight, BATCH, ratio_of(in_flight, counts[in_flight]))
        in_flight = index
    return [counts[index] for index in among]


def gradient(*program_secs, seed=0):
    return GradientAllocation(program_secs, BATCH, random.Random(seed))


def test_without_gains_shares_follow_the_time():
    counts = given(gradient(8.0, 1.0, 1.0), 100, lambda *_: 1.0, range(3))
    assert counts[0] > 70
    assert min(counts) >= 6


def test_the_longest_workloads_come_first():
    allocation = gradient(1.0, 9.0, 4.0)
    order = []
    for _ in range(3):
        order.append(max(range(3), key=allocation.gain))
        allocation.give(order[-1], BATCH)
    assert order == [1, 1, 2], "half of 9 is more than 4, a third is less"


def test_a_workload_that_became_fast_leaves_the_rest_to_others():
    def ratio_of(index, num_batches):
        return 50.0 if index == 0 else 1.0

    counts = given(gradient(8.0, 2.0), 60, ratio_of, range(2))
    assert counts[1] > 3 * counts[0]


def test_a_workload_that_keeps_improving_gets_more_than_one_that_does_not():
    def ratio_of(index, num_batches):
        return 1.5**num_batches if index == 0 else 1.5**4

    allocation = gradient(4.0, 4.0)
    for num_batches in range(1, 5):
        for index in range(2):
            allocation.give(index, BATCH)
            allocation.tell(index, BATCH, ratio_of(index, num_batches))
    assert allocation.gain(0) > 1.2 * allocation.gain(1)


def test_a_leap_promises_no_more_than_what_is_left():
    allocation = gradient(100.0, 2.0)
    allocation.give(0, BATCH)
    assert allocation.gain(0) > allocation.gain(1)
    allocation.tell(0, BATCH, 100.0)
    assert allocation.gain(0) < allocation.gain(1)


def test_candidates_in_flight_count():
    allocation = gradient(3.0, 2.0)
    before = allocation.gain(0)
    allocation.give(0, BATCH)
    assert allocation.gain(0) == before / 2


def test_only_what_is_left_is_chosen():
    allocation = gradient(8.0, 1.0, 1.0)
    assert sum(given(allocation, 40, lambda *_: 1.0, [1, 2])) == 39


def test_equal_seeds_give_equal_choices():
    runs = [
        given(gradient(3.0, 2.0, 1.0, seed=seed), 50, lambda *_: 1.5, range(3)) for seed in (5, 5)
    ]
    assert runs[0] == runs[1]


def test_equal_allotment():
    assert given(EqualAllotment(3), 10, lambda *_: 1.0, range(3)) == [3, 3, 3]

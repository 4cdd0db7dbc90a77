"""Search strategies: values, backup, determinism, and the yardstick."""

import math
import random
from statistics import mean

import pytest

from autotune.mcts import MctsConfig, MctsSearch
from autotune.measurement import Failure, FailureKind, Measurement
from autotune.population import BeamConfig, BeamSearch, EvolutionarySearch, EvolutionConfig
from autotune.proposer import UniformProposer
from autotune.schedule import Schedule
from autotune.search import Explorer, Outcome, RandomSearch, node_value, speedup
from tests.unit.toy_space import TARGET, ToySpace, toy_measurement, toy_speedup

BATCH = 4


def mcts(seed: int, config: MctsConfig | None = None) -> MctsSearch:
    explorer = Explorer(ToySpace(), UniformProposer(), TARGET)
    return MctsSearch(explorer, random.Random(seed), config or MctsConfig(), iter(()))


def random_search(seed: int) -> RandomSearch:
    return RandomSearch(Explorer(ToySpace(), UniformProposer(), TARGET), random.Random(seed))


def run(strategy, trials: int) -> list[Schedule]:
    """Asks one batch ahead, as the tuner does."""
    asked: list[Schedule] = []
    waiting: list[Schedule] = []
    while len(asked) < trials:
        batch = list(strategy.ask(min(BATCH, trials - len(asked))))
        if not batch and not waiting:
            break
        asked += batch
        strategy.tell([Outcome(schedule, toy_measurement(schedule)) for schedule in waiting])
        waiting = batch
    strategy.tell([Outcome(schedule, toy_measurement(schedule)) for schedule in waiting])
    return asked


def failure() -> Measurement:
    return Measurement((), (), 0.0, Failure(FailureKind.RUN_ERROR, "signal 11"))


def test_speedup_is_the_ratio_of_medians():
    assert speedup(Measurement((1.0, 2.0, 9.0), (8.0, 8.0, 1.0), 0.1, None)) == 4.0
    assert speedup(failure()) is None


def test_node_value_counts_ratios_equally_and_is_bounded():
    def value(ratio: float) -> float:
        return node_value(Measurement((1.0,), (ratio,), 0.1, None))

    assert value(1.0) == 0.0
    assert value(4.0) == pytest.approx(math.tanh(0.5))
    assert value(0.25) == -value(4.0)
    assert node_value(failure()) == -1.0 < value(1e-9)
    assert value(2.0) < value(3.0) < value(1000.0) <= 1.0


def beam(seed: int) -> BeamSearch:
    explorer = Explorer(ToySpace(), UniformProposer(), TARGET)
    return BeamSearch(explorer, random.Random(seed), BeamConfig())


def evolutionary(seed: int) -> EvolutionarySearch:
    explorer = Explorer(ToySpace(), UniformProposer(), TARGET)
    return EvolutionarySearch(explorer, random.Random(seed), EvolutionConfig())


@pytest.mark.parametrize("make", [mcts, random_search, beam, evolutionary])
class TestStrategyContract:
    def test_asks_for_distinct_complete_schedules(self, make):
        asked = run(make(3), 40)
        assert len(asked) == 40
        assert len(set(asked)) == 40
        assert Schedule() not in asked

    def test_same_seed_and_measurements_give_the_same_search(self, make):
        assert run(make(5), 40) == run(make(5), 40)
        assert run(make(5), 40) != run(make(6), 40)

    def test_an_exhausted_space_ends_the_search(self, make):
        strategy = make(0)
        strategy._explorer._space.describe = lambda schedule: Failure(
            FailureKind.ILLEGAL, "no loops"
        )
        assert list(strategy.ask(4)) == []


def test_searches_that_learn_beat_random_on_a_toy_space():
    trials = 48
    best = {
        make: mean(max(map(toy_speedup, run(make(seed), trials))) for seed in range(12))
        for make in (mcts, evolutionary, beam, random_search)
    }
    assert best[mcts] > 1.5 * best[random_search]
    assert best[evolutionary] > 1.1 * best[random_search]
    assert best[beam] > 1.1 * best[random_search]


def test_a_node_is_worth_its_best_descendant():
    strategy = mcts(1, MctsConfig(num_starters=0, refine_share=0.0))
    asked = list(strategy.ask(3))
    ratios = (2.0, 8.0, 0.5)
    strategy.tell(
        Outcome(schedule, Measurement((1.0,), (ratio,), 0.1, None))
        for schedule, ratio in zip(asked, ratios, strict=True)
    )
    root = strategy.root
    assert root is not None
    assert root.value == pytest.approx(math.tanh(0.75))
    assert root.visits >= 3
    assert sum(edge.visits for edge in root.edges.values()) >= 3
    assert all(edge.pending == 0 for edge in root.edges.values())
    for schedule, ratio in zip(asked, ratios, strict=True):
        child = root.edges[schedule.transformations[0]].child
        assert child.value >= math.tanh(math.log2(ratio) / 4)


def test_pending_schedules_are_virtual_losses():
    strategy = mcts(1, MctsConfig(num_starters=0, refine_share=0.0))
    assert len(list(strategy.ask(5))) == 5
    assert strategy.root is not None
    assert sum(edge.pending for edge in strategy.root.edges.values()) == 5
    assert strategy.root.value is None


def test_failures_lower_only_their_own_branch():
    strategy = mcts(2, MctsConfig(num_starters=0, refine_share=0.0))
    asked = list(strategy.ask(2))
    strategy.tell([Outcome(asked[0], failure()), Outcome(asked[1], toy_measurement(asked[1]))])
    assert strategy.root is not None
    assert strategy.root.value == node_value(toy_measurement(asked[1]))

"""Beam search and evolutionary search: yardsticks for the tree search, in the same space.

Both keep a set of good schedules and look at what lies near them. Beam search grows schedules step
by step and measures every beginning; evolutionary search changes and crosses complete ones.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autotune.refinement import nearest, refine
from autotune.schedule import Schedule
from autotune.search import MAX_STEPS, Explorer, Outcome, State, node_value

_MAX_ATTEMPTS = 48


class _Population:
    """Measured schedules, the best first, and which schedule trees were asked for.

    Args:
        size: How many are kept.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._seen: set[str] = set()
        self.members: list[tuple[float, Schedule]] = []

    def take(self, state: State) -> bool:
        """Returns whether no equal schedule was asked for before, and remembers it."""
        is_new = state.tree_hash not in self._seen
        self._seen.add(state.tree_hash)
        return is_new

    def add(self, outcomes: Sequence[Outcome]) -> None:
        """Adds what did not fail, and keeps the best."""
        for outcome in outcomes:
            if outcome.measurement.failure is None:
                self.members.append((node_value(outcome.measurement), outcome.schedule))
        self.members.sort(key=lambda member: -member[0])
        del self.members[self._size :]


@dataclass(frozen=True)
class BeamConfig:
    """Constants of the beam search.

    Attributes:
        width: Schedules that are grown further.
        num_children: Next steps that are measured for each of them.
    """

    width: int = 3
    num_children: int = 5


class BeamSearch:
    """Grows the best schedules by one step at a time; starts again when none can be grown.

    Args:
        explorer: The search space, with priors.
        rng: Source of every random choice.
        config: Constants.
    """

    def __init__(self, explorer: Explorer, rng: random.Random, config: BeamConfig) -> None:
        self._explorer = explorer
        self._rng = rng
        self._config = config
        self._level = _Population(config.width)
        self._queue: list[Schedule] = []
        self._num_waiting = 0
        self._beam = [Schedule()]

    def ask(self, num_schedules: int) -> Iterator[Schedule]:
        """See `SearchStrategy.ask`. The next level waits for the outcomes of this one."""
        root = self._explorer.visit(Schedule())
        if root is None:
            return
        self._level.take(root)
        if not self._queue and self._num_waiting == 0:
            self._queue = self._next_level()
        asked, self._queue = self._queue[:num_schedules], self._queue[num_schedules:]
        self._num_waiting += len(asked)
        yield from asked

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """See `SearchStrategy.tell`."""
        self._num_waiting -= len(outcomes)
        self._level.add(outcomes)

    def _next_level(self) -> list[Schedule]:
        if self._level.members:
            self._beam = [schedule for _, schedule in self._level.members]
            self._level.members.clear()
        children = self._children()
        if not children and self._beam != [Schedule()]:
            self._beam = [Schedule()]
            children = self._children()
        return children

    def _children(self) -> list[Schedule]:
        """Returns new schedules that are one step longer than those in the beam."""
        found = []
        for schedule in self._beam:
            state = self._explorer.visit(schedule)
            num_left = self._config.num_children
            for _ in range(_MAX_ATTEMPTS):
                if state is None or num_left == 0 or len(schedule.transformations) >= MAX_STEPS:
                    break
                step = self._explorer.priors(state).draw(self._rng)
                child = None if step is None else self._explorer.visit(schedule.then(step))
                if child is not None and self._level.take(child):
                    found.append(child.schedule)
                    num_left -= 1
        return found


@dataclass(frozen=True)
class EvolutionConfig:
    """Constants of the evolutionary search.

    Attributes:
        size: Schedules that may have offspring.
        num_starters: Random walks at the beginning.
        tournament: Schedules among which the best becomes a parent.
        cross_share: Share of the offspring that two parents have.
        new_share: Share of the offspring that has none.
    """

    size: int = 16
    num_starters: int = 16
    tournament: int = 3
    cross_share: float = 0.2
    new_share: float = 0.1


class EvolutionarySearch:
    """Changes and crosses the best schedules; see `BeamSearch` for the arguments."""

    def __init__(self, explorer: Explorer, rng: random.Random, config: EvolutionConfig) -> None:
        self._explorer = explorer
        self._rng = rng
        self._config = config
        self._population = _Population(config.size)
        self._num_asked = 0

    def ask(self, num_schedules: int) -> Iterator[Schedule]:
        """See `SearchStrategy.ask`."""
        root = self._explorer.visit(Schedule())
        if root is None:
            return
        self._population.take(root)
        num_found = 0
        for _ in range(_MAX_ATTEMPTS * num_schedules):
            if num_found == num_schedules:
                break
            child = self._child(root)
            if child is not None and self._population.take(child):
                num_found += 1
                self._num_asked += 1
                yield child.schedule

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """See `SearchStrategy.tell`."""
        self._population.add(outcomes)

    def _child(self, root: State) -> State | None:
        is_start = self._num_asked < self._config.num_starters or not self._population.members
        draw = self._rng.random()
        if is_start or draw < self._config.new_share:
            return self._explorer.walk(root, self._rng, sharpness=1.0)[-1]
        if draw < self._config.new_share + self._config.cross_share:
            return self._cross(root)
        return refine(self._parent().transformations, self._explorer, self._rng)

    def _parent(self) -> Schedule:
        members = self._population.members
        drawn = [self._rng.randrange(len(members)) for _ in range(self._config.tournament)]
        return members[min(drawn)][1]

    def _cross(self, root: State) -> State:
        """Returns a beginning of one parent, followed by what is legal of the end of another."""
        first, second = self._parent().transformations, self._parent().transformations
        start = Schedule(first[: self._rng.randint(0, len(first))])
        state = self._explorer.visit(start) or root
        for step in second[self._rng.randint(0, len(second)) :]:
            legal = nearest(step, self._explorer.menus(state))
            following = None if legal is None else self._explorer.visit(state.schedule.then(legal))
            state = following or state
        return state

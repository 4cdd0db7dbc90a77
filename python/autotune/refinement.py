"""Local changes of good schedules: other parameters, one step more, one step less.

A change keeps the rest of the schedule: the later steps are replayed, each with the legal
parameters nearest to its old ones, and dropped where no such step is legal any more.
"""

import math
import random
from collections.abc import Iterable, Sequence

from autotune.measurement import Menu
from autotune.schedule import Schedule
from autotune.search import MAX_STEPS, Explorer, State
from autotune.transformation import Transformation


def refine(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> State | None:
    """Returns a legal schedule that differs from `base` in about one step; None if none is found.

    Args:
        base: The steps of a legal schedule.
        explorer: The search space.
        rng: Source of the change.
    """
    change = rng.choices((_retune, _insert, _drop, _regrow), (0.6, 0.15, 0.1, 0.15))[0]
    return change(base, explorer, rng)


def nearest(transformation: Transformation, menus: Iterable[Menu]) -> Transformation | None:
    """Returns the choice of `menus` with the same fixed options and the nearest open ones."""
    options = transformation.options
    for menu in menus:
        if menu.name != transformation.name:
            continue
        if any(options[name] != text for name, text in menu.fixed):
            continue
        old = {name: tuple(map(int, text.split(","))) for name, text in options.items()}
        if any(len(old[name]) != len(elements) for name, elements in menu.open):
            continue
        for name, elements in menu.open:
            old[name] = tuple(map(_nearest_value, old[name], elements))
        return Transformation.of(menu.name, old)
    return None


def _nearest_value(old: int, values: Sequence[int]) -> int:
    return min(values, key=lambda value: abs(math.log2(max(value, 0.5) / max(old, 0.5))))


def _replay(
    start: State,
    change: Iterable[Transformation],
    rest: Sequence[Transformation],
    explorer: Explorer,
) -> State | None:
    """Returns the state after `start`, a change and the rest, adapted where it must be."""
    state: State | None = start
    for step in change:
        state = explorer.visit(state.schedule.then(step)) if state is not None else None
    if state is None:
        return None
    whole = explorer.visit(Schedule((*state.schedule.transformations, *rest)))
    if whole is not None:
        return whole
    for step in rest:
        # Whether one step is legal is known much sooner than what else is.
        following = explorer.visit(state.schedule.then(step))
        if following is None:
            legal = nearest(step, explorer.menus(state))
            following = explorer.visit(state.schedule.then(legal)) if legal is not None else None
        state = following or state
    return state


def _retune(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> State | None:
    """Changes one or two parameters of one step to neighbours in its menu."""
    for position in rng.sample(range(len(base)), len(base)):
        state = explorer.visit(Schedule(tuple(base[:position])))
        menus = () if state is None else explorer.menus(state)
        menu = next((m for m in menus if base[position] in m and m.num_choices > 1), None)
        if state is not None and menu is not None:
            changed = _neighbour(base[position], menu, rng)
            return _replay(state, (changed,), base[position + 1 :], explorer)
    return None


def _neighbour(step: Transformation, menu: Menu, rng: random.Random) -> Transformation:
    options = {name: list(map(int, text.split(","))) for name, text in step.options.items()}
    dials = [
        (name, position, values)
        for name, elements in menu.open
        for position, values in enumerate(elements)
        if len(values) > 1
    ]
    for name, position, values in rng.sample(dials, min(len(dials), rng.choice((1, 1, 2)))):
        index = values.index(options[name][position])
        reach = [i for i in range(index - 2, index + 3) if i != index and 0 <= i < len(values)]
        options[name][position] = values[rng.choice(reach)]
    return Transformation.of(step.name, {name: tuple(x) for name, x in options.items()})


def _insert(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> State | None:
    """Puts one more step, drawn from the proposer's weights, before or after another one."""
    position = rng.randint(0, len(base))
    state = explorer.visit(Schedule(tuple(base[:position])))
    step = None if state is None else explorer.priors(state).draw(rng)
    if state is None or step is None or len(base) >= MAX_STEPS:
        return None
    return _replay(state, (step,), base[position:], explorer)


def _drop(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> State | None:
    if not base:
        return None
    position = rng.randrange(len(base))
    state = explorer.visit(Schedule(tuple(base[:position])))
    return None if state is None else _replay(state, (), base[position + 1 :], explorer)


def _regrow(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> State | None:
    """Keeps a beginning of the schedule and walks on from there."""
    state = explorer.visit(Schedule(tuple(base[: rng.randint(0, len(base))])))
    return None if state is None else explorer.walk(state, rng, sharpness=1.0)[-1]

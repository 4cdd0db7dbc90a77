"""Local changes of good schedules: other parameters, one step more, one step less.

A change keeps the rest of the schedule: the later steps are replayed, each with the legal
parameters nearest to its old ones, and dropped where no such step is legal any more.
"""

import math
import random
from collections.abc import Iterable, Sequence

from autotune.measurement import Menu
from autotune.schedule import Transformation
from autotune.search import MAX_STEPS, Explorer, State


def refine(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> list[State]:
    """Returns the states of a legal schedule that differs from `base` in about one step.

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


def _replay(path: list[State], steps: Iterable[Transformation], explorer: Explorer) -> list[State]:
    for step in steps:
        legal = nearest(step, path[-1].expansion.menus)
        following = explorer.visit(path[-1].schedule.then(legal)) if legal is not None else None
        if following is not None:
            path.append(following)
    return path


def _retune(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> list[State]:
    """Changes one or two parameters of one step to neighbours in its menu."""
    states = explorer.follow(base)
    open_steps = [
        (position, menu)
        for position, (step, state) in enumerate(zip(base, states, strict=False))
        for menu in state.expansion.menus
        if step in menu and menu.num_choices > 1
    ]
    if not open_steps:
        return states
    position, menu = rng.choice(open_steps)
    path = states[: position + 1]
    changed = _neighbour(base[position], menu, rng)
    return _replay(path, (changed, *base[position + 1 :]), explorer)


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


def _insert(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> list[State]:
    """Puts one more step, drawn from the proposer's weights, before or after another one."""
    states = explorer.follow(base)
    if len(states) > MAX_STEPS:
        return states
    position = rng.randrange(len(states))
    step = states[position].priors.draw(rng)
    rest = states[-1].schedule.transformations[position:]
    return _replay(states[: position + 1], rest if step is None else (step, *rest), explorer)


def _drop(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> list[State]:
    states = explorer.follow(base)
    if len(states) < 2:
        return states
    position = rng.randrange(len(states) - 1)
    return _replay(states[: position + 1], base[position + 1 :], explorer)


def _regrow(base: Sequence[Transformation], explorer: Explorer, rng: random.Random) -> list[State]:
    """Keeps a beginning of the schedule and walks on from there."""
    states = explorer.follow(base)
    kept = states[: rng.randint(1, len(states))]
    return kept[:-1] + explorer.walk(kept[-1], rng, sharpness=1.0)

"""Proposers: how promising is each legal transformation?

Hides how weights over large menus are kept: a proposer names groups of single transformations with
weights, and gives every menu a small weight that is spread evenly over the menu.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from autotune.measurement import Expansion, Menu
from autotune.schedule import Schedule
from autotune.transformation import Transformation
from autotune.workload import Target


@dataclass(frozen=True)
class Group:
    """Transformations of one kind, to be chosen among once the kind is chosen.

    Attributes:
        weight: Of the group as a whole.
        choices: The transformations, each with a weight that counts inside the group only.
    """

    weight: float
    choices: tuple[tuple[Transformation, float], ...]


@dataclass(frozen=True)
class Priors:
    """Weights, not normalised, over what can follow a schedule.

    Attributes:
        menus: The menus of the expansion.
        menu_weight: Weight of every menu, spread evenly over its choices.
        groups: Single transformations from the menus that are worth more than that.
        stop: Weight of ending the schedule here.
    """

    menus: tuple[Menu, ...]
    menu_weight: float
    groups: tuple[Group, ...]
    stop: float

    def draw(self, rng: random.Random, sharpness: float = 1.0) -> Transformation | None:
        """Returns a random transformation by weight; None ends the schedule.

        Args:
            rng: Source of the choice.
            sharpness: Exponent on the weights, first of the groups, then inside the group: 1
                follows them, infinity takes the heaviest.
        """
        weights = [self.stop, *(group.weight for group in self.groups)]
        weights += [self.menu_weight] * len(self.menus)
        index = _pick(weights, rng, sharpness)
        if index is None or index == 0:
            return None
        if index > len(self.groups):
            menu = self.menus[index - 1 - len(self.groups)]
            return menu.choice(rng.randrange(menu.num_choices))
        choices = self.groups[index - 1].choices
        chosen = _pick([weight for _, weight in choices], rng, sharpness)
        return None if chosen is None else choices[chosen][0]

    def probability(self, transformation: Transformation | None) -> float:
        """The probability of drawing `transformation`, or the end for None, at sharpness 1."""
        total = self.stop + self.menu_weight * len(self.menus)
        total += sum(group.weight for group in self.groups)
        if total == 0.0:
            return 0.0
        if transformation is None:
            return self.stop / total
        weight = 0.0
        for group in self.groups:
            inside = sum(w for _, w in group.choices)
            own = sum(w for suggested, w in group.choices if suggested == transformation)
            weight += group.weight * own / inside if inside else 0.0
        for menu in self.menus:
            if transformation in menu:
                weight += self.menu_weight / menu.num_choices
        return weight / total


class Proposer(Protocol):
    """Weighs what can follow a schedule."""

    def priors(self, expansion: Expansion, schedule: Schedule, target: Target) -> Priors:
        """Returns weights over the menus of `expansion`, which is that of `schedule`."""


class UniformProposer:
    """Gives every menu, and the end of the schedule, the same weight."""

    def priors(self, expansion: Expansion, schedule: Schedule, target: Target) -> Priors:
        """See `Proposer.priors`."""
        return Priors(expansion.menus, 1.0, (), 1.0)


def _pick(weights: Sequence[float], rng: random.Random, sharpness: float) -> int | None:
    """Returns an index drawn by weight ** sharpness; None where every weight is zero."""
    heaviest = max(weights)
    if heaviest <= 0.0:
        return None
    if math.isinf(sharpness):
        return weights.index(heaviest)
    powers = [(weight / heaviest) ** sharpness for weight in weights]
    return rng.choices(range(len(weights)), powers)[0]

"""Proposers: how promising is each legal transformation?

Hides how weights over large menus are kept: a proposer names single transformations with a weight,
and gives every menu a weight that is spread evenly over the menu.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from autotune.measurement import Expansion, Menu
from autotune.schedule import Schedule, Transformation
from autotune.workload import Target


@dataclass(frozen=True)
class Priors:
    """Weights, not normalised, over what can follow a schedule.

    Attributes:
        menus: The menus of the expansion.
        menu_weights: Weight of each menu as a whole, spread evenly over its choices, [num_menus].
        suggestions: Single transformations from the menus, each with an own weight.
        stop: Weight of ending the schedule here.
    """

    menus: tuple[Menu, ...]
    menu_weights: tuple[float, ...]
    suggestions: tuple[tuple[Transformation, float], ...]
    stop: float

    def draw(self, rng: random.Random, sharpness: float = 1.0) -> Transformation | None:
        """Returns a random transformation by weight; None ends the schedule.

        Args:
            rng: Source of the choice.
            sharpness: Exponent on the weights: 1 follows them, infinity takes the heaviest.
        """
        weights = [self.stop, *(weight for _, weight in self.suggestions), *self.menu_weights]
        index = _pick(weights, rng, sharpness)
        if index is None or index == 0:
            return None
        if index <= len(self.suggestions):
            return self.suggestions[index - 1][0]
        menu = self.menus[index - 1 - len(self.suggestions)]
        return menu.choice(rng.randrange(menu.num_choices))

    def probability(self, transformation: Transformation | None) -> float:
        """The probability of drawing `transformation`, or the end for None, at sharpness 1."""
        total = self.stop + sum(w for _, w in self.suggestions) + sum(self.menu_weights)
        if total == 0.0:
            return 0.0
        if transformation is None:
            return self.stop / total
        weight = sum(w for suggested, w in self.suggestions if suggested == transformation)
        for menu, menu_weight in zip(self.menus, self.menu_weights, strict=True):
            if transformation in menu:
                weight += menu_weight / menu.num_choices
        return weight / total


class Proposer(Protocol):
    """Weighs what can follow a schedule."""

    def priors(self, expansion: Expansion, schedule: Schedule, target: Target) -> Priors:
        """Returns weights over the menus of `expansion`, which is that of `schedule`."""


class UniformProposer:
    """Gives every menu, and the end of the schedule, the same weight."""

    def priors(self, expansion: Expansion, schedule: Schedule, target: Target) -> Priors:
        """See `Proposer.priors`."""
        return Priors(expansion.menus, (1.0,) * len(expansion.menus), (), 1.0)


def _pick(weights: Sequence[float], rng: random.Random, sharpness: float) -> int | None:
    """Returns an index drawn by weight ** sharpness; None where every weight is zero."""
    heaviest = max(weights)
    if heaviest <= 0.0:
        return None
    if math.isinf(sharpness):
        return weights.index(heaviest)
    powers = [(weight / heaviest) ** sharpness for weight in weights]
    return rng.choices(range(len(weights)), powers)[0]

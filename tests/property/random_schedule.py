"""Random transformations: from the menus of the enumerator, or with parameters of their own."""

import random
from collections.abc import Sequence

from autotune.measurement import Menu
from autotune.schedule import (
    Distribute,
    Fuse,
    Interchange,
    Parallelize,
    Reschedule,
    Tile,
    Transformation,
    UnrollAndJam,
    Vectorize,
)
from tests.property.schedule_tree import Band, Tree, pre_order
from tests.property.schedule_tree import Sequence as SequenceNode


def draw_from_menus(rng: random.Random, menus: Sequence[Menu]) -> Transformation | None:
    """Draws a kind of transformation first, then one of it; None where nothing is legal."""
    names = sorted({menu.name for menu in menus if menu.num_choices})
    if not names:
        return None
    name = rng.choice(names)
    menu = rng.choice([menu for menu in menus if menu.name == name and menu.num_choices])
    return menu.choice(rng.randrange(menu.num_choices))


def draw_freely(rng: random.Random, tree: Tree) -> Transformation | None:
    """Draws one that fits the tree and changes it, legal or not; None where there is no place."""
    kinds = [Tile, Tile, Interchange, Fuse, Distribute, Parallelize, UnrollAndJam, Vectorize]
    kind = rng.choice([*kinds, Reschedule])
    if kind is Reschedule:
        return Reschedule(rng.randint(0, 1), rng.randint(0, 1))
    nodes = list(pre_order(tree))
    if kind is Fuse:
        return _draw_fuse(rng, [node for node in nodes if isinstance(node, SequenceNode)])
    bands = [node for node in nodes if isinstance(node, Band)]
    if not bands:
        return None
    number = rng.randrange(len(bands))
    band = bands[number]
    num_members = len(band.members)
    member = rng.randrange(num_members)
    if kind is Tile:
        return Tile(number, _draw_some(rng, num_members, [2, 3, 4, 5, 7]))
    if kind is Interchange:
        permutation = tuple(rng.sample(range(num_members), num_members))
        return Interchange(number, permutation) if num_members > 1 else None
    if kind is Distribute:
        if not isinstance(band.child, SequenceNode):
            return None
        cut = rng.randrange(1, len(band.child.children))
        return Distribute(number, member, cut)
    if kind is Parallelize:
        return Parallelize(number, member)
    if kind is UnrollAndJam:
        return UnrollAndJam(number, _draw_some(rng, num_members, [2, 3, 4]))
    return Vectorize(number, member, rng.choice([2, 4, 4, 8, 16]))


def _draw_fuse(rng: random.Random, sequences: list[SequenceNode]) -> Transformation | None:
    if not sequences:
        return None
    number = rng.randrange(len(sequences))
    child = rng.randrange(len(sequences[number].children) - 1)
    pair = sequences[number].children[child : child + 2]
    if not all(isinstance(node, Band) for node in pair):
        return None
    depth = min(len(node.members) for node in pair if isinstance(node, Band))
    return Fuse(number, child, rng.randint(1, depth))


def _draw_some(rng: random.Random, num_members: int, sizes: list[int]) -> tuple[int, ...]:
    """Draws a size, or 0, for each member; at least one is not 0."""
    drawn = [rng.choice([0, rng.choice(sizes)]) for _ in range(num_members)]
    drawn[rng.randrange(num_members)] = rng.choice(sizes)
    return tuple(drawn)

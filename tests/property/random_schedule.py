"""Random transformations: from the menus of the enumerator, or with parameters of their own."""

import random
from collections.abc import Callable, Sequence

from autotune.measurement import Menu
from autotune.schedule import (
    Contract,
    Distribute,
    Expand,
    Fuse,
    Interchange,
    PackRead,
    Parallelize,
    Prefetch,
    Privatize,
    Reorder,
    Reschedule,
    Reverse,
    Separate,
    Shift,
    Skew,
    Snapshot,
    Split,
    Stream,
    Tile,
    Unroll,
    UnrollAndJam,
    Vectorize,
    Wavefront,
)
from autotune.transformation import Transformation
from tests.property.schedule_tree import Band, Mark, Tree, pre_order
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
    kind = rng.choice([Tile, Fuse, Reorder, Reschedule, Skew, *_DRAWN_FOR_BANDS])
    if kind is Reschedule:
        return Reschedule(rng.randint(0, 1), rng.randint(0, 1))
    nodes = list(pre_order(tree))
    if kind is Fuse:
        return _draw_fuse(rng, [node for node in nodes if isinstance(node, SequenceNode)])
    if kind is Reorder:
        return _draw_reorder(rng, [node for node in nodes if isinstance(node, SequenceNode)])
    bands = [node for node in nodes if isinstance(node, Band)]
    if not bands:
        return None
    number = rng.randrange(len(bands))
    band = bands[number]
    if kind is Skew:
        return _draw_skew(rng, number, band, tree)
    return _DRAWN_FOR_BANDS[kind](rng, number, band)


def draw_memory_change(rng: random.Random, tree: Tree, visible: int, arrays: int) -> Transformation:
    """Draws one that moves values, legal or not.

    Args:
        rng: Source of chance.
        tree: A tree with bands.
        visible: Arguments of the program.
        arrays: All its arrays.
    """
    bands = [node for node in pre_order(tree) if isinstance(node, Band)]
    number = rng.randrange(len(bands))
    member = _draw_member(rng, bands[number])
    around = _num_enclosing(tree, bands[number])
    if around and rng.random() < 0.5:
        return Snapshot(number, rng.randrange(arrays))
    if around + member and rng.random() < 0.3:
        return Split(number, member, rng.randint(1, around + member), rng.choice([1, 2, 3, 4]))
    if rng.random() < 0.25:
        statements = {name for band in bands for name in band.statements}
        return Separate(number, rng.randrange(len(statements)))
    if arrays == visible or rng.random() < 0.5:
        return Privatize(number, member, rng.randrange(arrays), rng.choice([2, 2, 3, 4, 8]))
    array = rng.randrange(visible, arrays)
    return rng.choice([Contract(array), Expand(number, member, array)])


def _draw_interchange(rng: random.Random, number: int, band: Band) -> Transformation | None:
    num_members = len(band.members)
    permutation = tuple(rng.sample(range(num_members), num_members))
    return Interchange(number, permutation) if num_members > 1 else None


def _draw_distribute(rng: random.Random, number: int, band: Band) -> Transformation | None:
    if not isinstance(band.child, SequenceNode):
        return None
    cut = rng.randrange(1, len(band.child.children))
    return Distribute(number, _draw_member(rng, band), cut)


def _draw_skew(rng: random.Random, number: int, band: Band, tree: Tree) -> Transformation | None:
    member = _draw_member(rng, band)
    num_around = member + _num_enclosing(tree, band)
    if num_around == 0:
        return None
    return Skew(number, member, rng.randint(1, num_around), rng.choice([-1, 1, 2]))


def _draw_member(rng: random.Random, band: Band) -> int:
    return rng.randrange(len(band.members))


_DRAWN_FOR_BANDS: dict[
    type[Transformation], Callable[[random.Random, int, Band], Transformation | None]
] = {
    Tile: lambda rng, number, band: Tile(
        number, _draw_some(rng, len(band.members), [2, 3, 4, 5, 7])
    ),
    Interchange: _draw_interchange,
    Distribute: _draw_distribute,
    Parallelize: lambda rng, number, band: Parallelize(number, _draw_member(rng, band)),
    UnrollAndJam: lambda rng, number, band: UnrollAndJam(
        number, _draw_some(rng, len(band.members), [2, 3, 4])
    ),
    Vectorize: lambda rng, number, band: Vectorize(
        number, _draw_member(rng, band), rng.choice([2, 4, 4, 8, 16])
    ),
    Unroll: lambda rng, number, band: Unroll(
        number, _draw_member(rng, band), rng.choice([2, 3, 4, 8])
    ),
    Reverse: lambda rng, number, band: Reverse(number, _draw_member(rng, band)),
    Shift: lambda rng, number, band: Shift(number, _draw_member(rng, band), rng.choice([-2, 1, 3])),
    Stream: lambda rng, _, band: Stream(int(rng.choice(sorted(band.statements))[1:])),
    Prefetch: lambda rng, number, band: Prefetch(
        number, _draw_member(rng, band), rng.randrange(3), rng.choice([1, 1, 2, 5])
    ),
    PackRead: lambda rng, number, band: PackRead(
        number,
        int(rng.choice(sorted(band.statements))[1:]),
        rng.randrange(3),
        rng.randrange(2),
        rng.choice([1, 2, 4, 4]),
    ),
    Wavefront: lambda _, number, band: Wavefront(number) if len(band.members) > 1 else None,
}


def _num_enclosing(node: Tree, target: Band) -> int:
    """Counts the loops around a band."""
    if node is target:
        return 0
    if isinstance(node, Band):
        return len(node.members) + _num_enclosing(node.child, target)
    if isinstance(node, SequenceNode):
        child = next(c for c in node.children if any(x is target for x in pre_order(c)))
        return _num_enclosing(child, target)
    assert isinstance(node, Mark)
    return _num_enclosing(node.child, target)


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


def _draw_reorder(rng: random.Random, sequences: list[SequenceNode]) -> Transformation | None:
    if not sequences:
        return None
    number = rng.randrange(len(sequences))
    child, to = rng.sample(range(len(sequences[number].children)), 2)
    return Reorder(number, child, to)


def _draw_some(rng: random.Random, num_members: int, sizes: list[int]) -> tuple[int, ...]:
    """Draws a size, or 0, for each member; at least one is not 0."""
    drawn = [rng.choice([0, rng.choice(sizes)]) for _ in range(num_members)]
    drawn[rng.randrange(num_members)] = rng.choice(sizes)
    return tuple(drawn)

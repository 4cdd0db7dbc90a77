"""What each transformation means for the order of instances, and when an order is legal.

The second opinion on the passes: applies transformations to the trees of `schedule_tree` without
asking whether they are legal, and judges the order by looking at every touched element.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import singledispatch

from autotune import schedule
from autotune.transformation import Transformation
from tests.property.affine_program import Instance
from tests.property.schedule_tree import (
    Band,
    Iteration,
    Leaf,
    Mark,
    Member,
    Time,
    Tree,
    band_of,
    members_around,
    pre_order,
    sequence_of,
    time_of,
)
from tests.property.schedule_tree import Sequence as SequenceNode

_NUMBERS = 5
"""Those in the mark of a copy for one read."""


def find_reordered_pair(
    instances: Sequence[Instance], tree: Tree
) -> tuple[Instance, Instance] | None:
    """Returns two conflicting instances that `tree` does not keep in order, if there are any.

    Updates of an element by one operation may run in either order, but not at once.

    Args:
        instances: The program's instances in their original order.
        tree: The order to judge.
    """
    touched: dict[tuple[str, Iteration], list[tuple[Instance, Time, str]]] = {}
    for instance in instances:
        time = time_of(tree, instance.statement, instance.iteration)
        for element, how in _accesses(instance):
            touched.setdefault(element, []).append((instance, time, how))
    for accesses in touched.values():
        for position, (later, later_time, how) in enumerate(accesses):
            for earlier, earlier_time, how_before in accesses[:position]:
                if earlier is later or how == how_before == "read":
                    continue
                commute = how == how_before != "write"
                if commute and later_time.runs_before(earlier_time):
                    continue
                if not earlier_time.runs_before(later_time):
                    return earlier, later
    return None


def find_overwritten_copy(
    instances: Sequence[Instance], tree: Tree
) -> tuple[Instance, Instance] | None:
    """Returns a write of what a copy for one read holds, and the reader, if there are any.

    A copy is made for an iteration of the loops outside, and holds what was there before it.
    """
    copies = [x for x in pre_order(tree) if isinstance(x, Mark) and len(x.numbers) == _NUMBERS]
    for mark in copies:
        name, access = f"S{mark.numbers[-2]}", mark.numbers[-1]
        outside = members_around(tree, mark)
        below = [x for x in instances if x.statement in mark.statements]
        places = [tuple(m[x.statement](x.iteration) for m in outside) for x in below]
        readers = {
            (place, x.reads[access]): x
            for place, x in zip(places, below, strict=True)
            if x.statement == name and access < len(x.reads)
        }
        for place, writer in zip(places, below, strict=True):
            if reader := readers.get((place, writer.writes)):
                return writer, reader
    return None


def depends(later: Instance, earlier: Instance) -> bool:
    """Returns whether two instances have to stay in order."""
    return any(
        element == other and (how != how_before or how == "write")
        for element, how in _accesses(later)
        for other, how_before in _accesses(earlier)
    )


def _accesses(instance: Instance) -> list[tuple[tuple[str, Iteration], str]]:
    """The elements that are touched, each with `read`, `write` or the operation that updates it."""
    reads = instance.reads[1:] if instance.updates_by else instance.reads
    how = instance.updates_by or "write"
    return [*((element, "read") for element in reads), (instance.writes, how)]


def sorted_instances(instances: Sequence[Instance], tree: Tree) -> list[Instance]:
    """Returns the instances in the order of the tree's loops, each run sequentially."""
    return sorted(instances, key=lambda x: time_of(tree, x.statement, x.iteration).steps)


def sequenced_like(tree: Tree, other: Tree) -> Tree:
    """The tree with the children of its sequences in the order that `other` has them in.

    Both are otherwise alike; a mark or band of one that the other lacks is passed over.
    """
    orders = {
        frozenset(child.statements for child in node.children): node.children
        for node in pre_order(other)
        if isinstance(node, SequenceNode)
    }

    def sequenced(node: Tree) -> Tree:
        if isinstance(node, Leaf):
            return node
        if not isinstance(node, SequenceNode):
            return replace(node, child=sequenced(node.child))
        children = {child.statements: sequenced(child) for child in node.children}
        order = orders.get(frozenset(children), node.children)
        return SequenceNode(tuple(children[like.statements] for like in order))

    return sequenced(tree)


@singledispatch
def transformed(transformation: Transformation, tree: Tree) -> Tree:
    """Applies a transformation whose parameters fit the tree, legal or not."""
    raise TypeError(f"no model of {transformation}")


@transformed.register
def _(transformation: schedule.Tile, tree: Tree) -> Tree:
    def rewrite(band: Band) -> Tree:
        pairs = list(zip(band.members, transformation.sizes, strict=True))
        tiles = tuple(_tile(member, size) for member, size in pairs if size)
        points = tuple(_point(member, size) if size else member for member, size in pairs)
        return band_of(tiles, band_of(points, band.child))

    return _at_band(tree, transformation.band, rewrite)


@transformed.register
def _(transformation: schedule.Interchange, tree: Tree) -> Tree:
    def rewrite(band: Band) -> Tree:
        return replace(band, members=tuple(band.members[p] for p in transformation.permutation))

    return _at_band(tree, transformation.band, rewrite)


@transformed.register
def _(transformation: schedule.Fuse, tree: Tree) -> Tree:
    depth = transformation.depth

    def rewrite(node: Tree) -> Tree:
        assert isinstance(node, SequenceNode)
        first, second = node.children[transformation.child : transformation.child + 2]
        assert isinstance(first, Band)
        assert isinstance(second, Band)
        pairs = zip(first.members[:depth], second.members[:depth], strict=True)
        bodies = tuple(band_of(band.members[depth:], band.child) for band in (first, second))
        fused = Band(tuple(one | other for one, other in pairs), sequence_of(bodies))
        before = node.children[: transformation.child]
        return sequence_of((*before, fused, *node.children[transformation.child + 2 :]))

    return _rewritten(tree, _nth(tree, SequenceNode, transformation.sequence), rewrite)


@transformed.register
def _(transformation: schedule.Distribute, tree: Tree) -> Tree:
    def rewrite(band: Band) -> Tree:
        assert isinstance(band.child, SequenceNode)
        shared, split = band.members[: transformation.depth], band.members[transformation.depth :]
        children = band.child.children
        parts = (children[: transformation.cut], children[transformation.cut :])
        return band_of(shared, SequenceNode(tuple(Band(split, sequence_of(p)) for p in parts)))

    return _at_band(tree, transformation.band, rewrite)


@transformed.register
def _(transformation: schedule.Reorder, tree: Tree) -> Tree:
    def rewrite(node: Tree) -> Tree:
        assert isinstance(node, SequenceNode)
        children = list(node.children)
        children.insert(transformation.to, children.pop(transformation.child))
        return SequenceNode(tuple(children))

    return _rewritten(tree, _nth(tree, SequenceNode, transformation.sequence), rewrite)


@transformed.register
def _(transformation: schedule.Parallelize, tree: Tree) -> Tree:
    def rewrite(band: Band) -> Tree:
        at = transformation.member
        inner = band_of(band.members[at + 1 :], band.child)
        return band_of(band.members[:at], Mark("parallel", Band((band.members[at],), inner)))

    return _at_band(tree, transformation.band, rewrite)


@transformed.register
def _(transformation: schedule.UnrollAndJam, tree: Tree) -> Tree:
    def rewrite(band: Band) -> Tree:
        pairs = list(zip(band.members, transformation.factors, strict=True))
        outer = tuple(_tile(m, f) if f > 1 else m for m, f in pairs)
        strips = tuple(_point(m, f) for m, f in pairs if f > 1)
        return Band(outer, _sunk(band.child, strips, "unroll"))

    return _at_band(tree, transformation.band, rewrite)


@transformed.register
def _(transformation: schedule.Vectorize, tree: Tree) -> Tree:
    def rewrite(band: Band) -> Tree:
        at, width = transformation.member, transformation.width
        strip = _point(band.members[at], width)
        outer = (*band.members[:at], _tile(band.members[at], width), *band.members[at + 1 :])
        return Band(outer, _sunk(band.child, (strip,), "vectorize"))

    return _at_band(tree, transformation.band, rewrite)


@transformed.register
def _(transformation: schedule.Reverse, tree: Tree) -> Tree:
    return _with_member(tree, transformation.band, transformation.member, lambda value: -value)


@transformed.register
def _(transformation: schedule.Shift, tree: Tree) -> Tree:
    """Moves every statement of the band alike, so that their order stays."""
    return tree


@transformed.register
def _(transformation: schedule.Skew, tree: Tree) -> Tree:
    enclosing = _enclosing_members(tree, transformation.band, transformation.member)
    added = enclosing[-transformation.outer]

    def rewrite(band: Band) -> Tree:
        at = transformation.member
        skewed = {
            name: _sum_of(f, added[name], transformation.factor)
            for name, f in band.members[at].items()
        }
        return replace(band, members=(*band.members[:at], skewed, *band.members[at + 1 :]))

    return _at_band(tree, transformation.band, rewrite)


@transformed.register
def _(transformation: schedule.Unroll, tree: Tree) -> Tree:
    """Unrolling a loop where it is moves no instance."""
    return tree


@transformed.register
def _(transformation: schedule.Stream, tree: Tree) -> Tree:
    """What stores go past moves no instance."""
    return tree


@transformed.register
def _(transformation: schedule.Prefetch, tree: Tree) -> Tree:
    """Fetching moves no instance; the loop that fetches is a band of its own."""
    return tree


@transformed.register
def _(transformation: schedule.Pack, tree: Tree) -> Tree:
    """Packing copies what is read; it moves no instance."""
    return tree


@transformed.register
def _(transformation: schedule.PackRead, tree: Tree) -> Tree:
    """A copy for one read moves no instance either; it is told from the mark what it holds."""
    step = transformation
    numbers = (0, step.panel_dim, step.panel, step.statement, step.access)
    return _at_band(tree, step.band, lambda band: Mark("pack", band, numbers))


def _with_member(tree: Tree, number: int, at: int, change: Callable[[int], int]) -> Tree:
    def rewrite(band: Band) -> Tree:
        changed = {name: _composed(f, change) for name, f in band.members[at].items()}
        return replace(band, members=(*band.members[:at], changed, *band.members[at + 1 :]))

    return _at_band(tree, number, rewrite)


def _enclosing_members(tree: Tree, number: int, at: int) -> list[Member]:
    """The loops around a member of a band, outermost first."""
    target = _nth(tree, Band, number)

    def search(node: Tree, around: list[Member]) -> list[Member] | None:
        if node is target:
            assert isinstance(node, Band)
            return [*around, *node.members[:at]]
        if isinstance(node, SequenceNode):
            found = (search(child, around) for child in node.children)
            return next((members for members in found if members is not None), None)
        if isinstance(node, Band):
            return search(node.child, [*around, *node.members])
        return search(node.child, around) if isinstance(node, Mark) else None

    members = search(tree, [])
    assert members is not None
    return members


def _sum_of(
    f: Callable[[Iteration], int], g: Callable[[Iteration], int], factor: int
) -> Callable[[Iteration], int]:
    return lambda iteration: f(iteration) + factor * g(iteration)


def _tile(member: Member, size: int) -> Member:
    return {name: _composed(f, lambda value: value // size) for name, f in member.items()}


def _point(member: Member, size: int) -> Member:
    return {name: _composed(f, lambda value: value % size) for name, f in member.items()}


def _composed(
    inner: Callable[[Iteration], int], outer: Callable[[int], int]
) -> Callable[[Iteration], int]:
    return lambda iteration: outer(inner(iteration))


def _sunk(tree: Tree, strips: tuple[Member, ...], kind: str) -> Tree:
    """Puts the strips below everything else; scalar strips stay above a vector."""
    is_vector = isinstance(tree, Mark) and tree.kind in ("vectorize", "stream")
    if isinstance(tree, Leaf) or (is_vector and kind == "unroll"):
        return Mark(kind, Band(strips, tree))
    if isinstance(tree, SequenceNode):
        return SequenceNode(tuple(_sunk(child, strips, kind) for child in tree.children))
    return replace(tree, child=_sunk(tree.child, strips, kind))


def _nth(tree: Tree, kind: type[Band] | type[SequenceNode], number: int) -> Tree:
    return [node for node in pre_order(tree) if isinstance(node, kind)][number]


def _at_band(tree: Tree, number: int, rewrite: Callable[[Band], Tree]) -> Tree:
    def checked(node: Tree) -> Tree:
        assert isinstance(node, Band)
        return rewrite(node)

    return _rewritten(tree, _nth(tree, Band, number), checked)


def _rewritten(tree: Tree, target: Tree, rewrite: Callable[[Tree], Tree]) -> Tree:
    """The tree with `target`, found by identity, replaced."""
    if tree is target:
        return rewrite(tree)
    if isinstance(tree, SequenceNode):
        return sequence_of(tuple(_rewritten(c, target, rewrite) for c in tree.children))
    if isinstance(tree, Band | Mark):
        return replace(tree, child=_rewritten(tree.child, target, rewrite))
    return tree

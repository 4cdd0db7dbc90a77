"""What transformations of memory do to the elements that instances touch, and to their values.

The second opinion on where values are kept: rewrites the accesses of instances, and follows every
value from the instance that wrote it to those that read it. A value of a reduction is what it
started from, with the set of instances that were added to it.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import singledispatch

from autotune import schedule
from autotune.transformation import Transformation
from tests.property.affine_program import Instance, Program, instances
from tests.property.legality_model import depends
from tests.property.schedule_tree import (
    Band,
    Iteration,
    Tree,
    members_around,
    pre_order,
)

Element = tuple[str, Iteration]
Value = tuple[object, frozenset[object]]

_MAX_ROW = 64


@dataclass(frozen=True)
class Memory:
    """Instances with what they touch.

    Attributes:
        instances: In the order from which dependences count.
        arrays: Names by number; those after the first `num_visible` are private.
        num_visible: Arrays that can be seen after the program has run.
        accumulating: Statements that add to what they overwrite, their first read.
        starting: Statements that write what adds nothing.
        combining: Statements that add partial results, their other reads, to their first read.
        copying: Statements that pass on what they read.
        origins: The statements that others were separated from.
    """

    instances: tuple[Instance, ...]
    arrays: tuple[str, ...]
    num_visible: int
    accumulating: frozenset[str] = frozenset()
    starting: frozenset[str] = frozenset()
    combining: frozenset[str] = frozenset()
    copying: frozenset[str] = frozenset()
    origins: tuple[tuple[str, str], ...] = ()

    @staticmethod
    def of(program: Program) -> "Memory":
        visible = tuple(name for name, _ in program.arguments)
        hidden = tuple(name for name, _ in program.shapes if name in program.private)
        return Memory(tuple(instances(program)), visible + hidden, len(visible))


def contents(memory: Memory, order: Sequence[Instance]) -> tuple[object, object]:
    """Returns what every instance reads, and what is left in visible arrays, in an order."""
    values: dict[Element, Value] = {}
    seen: dict[object, tuple[Value, ...]] = {}
    origins = dict(memory.origins)
    for instance in order:
        reads = tuple(values.get(each, (each, frozenset())) for each in instance.reads)
        key = origins.get(instance.statement, instance.statement), instance.iteration
        value: Value = "nothing", frozenset()
        if instance.statement in memory.copying:
            value = reads[0]
        elif instance.statement in memory.combining:
            base, added = reads[0]
            value = base, added.union(*(more for _, more in reads[1:]))
        elif instance.statement in memory.accumulating:
            base, added = reads[0]
            value = base, added | {key}
            seen[key] = reads[1:]
        elif instance.statement not in memory.starting:
            value = key, frozenset()
            seen[key] = reads
        values[instance.writes] = value
    visible = set(memory.arrays[: memory.num_visible])
    return seen, {e: value for e, value in values.items() if e[0] in visible}


@singledispatch
def moved(
    transformation: Transformation, memory: Memory, tree: Tree, shapes: Sequence[Iteration]
) -> Memory:
    """Returns the memory after a transformation; new instances come last.

    Args:
        transformation: One that the passes accepted.
        memory: The memory before.
        tree: The order before.
        shapes: Of the private arrays afterwards.
    """
    raise TypeError(f"no model of {transformation}")


@moved.register
def _(
    transformation: schedule.Contract, memory: Memory, tree: Tree, shapes: Sequence[Iteration]
) -> Memory:
    shape = shapes[transformation.array - memory.num_visible]

    def fold(instance: Instance, element: Element) -> Element:
        folded = (e % size for e, size in zip(element[1], shape, strict=True))
        return element[0], tuple(folded)

    return _redirected(memory, memory.arrays[transformation.array], fold)


@moved.register
def _(
    transformation: schedule.Expand, memory: Memory, tree: Tree, shapes: Sequence[Iteration]
) -> Memory:
    band = _bands(tree)[transformation.band]
    member = band.members[transformation.member]

    def separate(instance: Instance, element: Element) -> Element:
        return element[0], (member[instance.statement](instance.iteration), *element[1])

    return _redirected(memory, memory.arrays[transformation.array], separate)


@moved.register
def _(
    transformation: schedule.Privatize, memory: Memory, tree: Tree, shapes: Sequence[Iteration]
) -> Memory:
    band = _bands(tree)[transformation.band]
    outer = [*members_around(tree, band), *band.members[: transformation.member]]
    member = band.members[transformation.member]
    array, lanes = memory.arrays[transformation.array], transformation.lanes
    partial = f"P{len(memory.arrays)}"
    below = [x for x in memory.instances if x.statement in band.statements]
    parts = {x.statement for x in below if x.writes[0] == array}
    values = [member[x.statement](x.iteration) for x in below]
    stride = math.gcd(*(value - values[0] for value in values)) or 1

    def lane(instance: Instance, element: Element) -> Element:
        value = member[instance.statement](instance.iteration)
        return partial, (*element[1], value // stride % lanes)

    places = {
        (tuple(m[x.statement](x.iteration) for m in outer), x.writes[1])
        for x in below
        if x.statement in parts
    }
    redirected = _redirected(memory, array, lane, parts)
    number = len({x.statement for x in memory.instances})
    start, combination = f"S{number}", f"S{number + 1}"
    added: list[Instance] = []
    for iteration, element, row in _rows(sorted(places), lanes):
        added += [Instance(start, iteration, (partial, (*element, k)), ()) for k in row]
        reads = ((array, element), *((partial, (*element, k)) for k in row))
        added.append(Instance(combination, iteration, (array, element), reads))
    return replace(
        redirected,
        instances=(*redirected.instances, *added),
        arrays=(*memory.arrays, partial),
        accumulating=memory.accumulating | parts,
        starting=memory.starting | {start},
        combining=memory.combining | {combination},
    )


def separated(
    transformation: schedule.Separate,
    memory: Memory,
    tree: Tree,
    is_chosen: Callable[[Iteration], bool],
) -> Memory:
    """Returns the memory where chosen instances of a statement have a name of their own.

    Raises:
        AssertionError: One of them needs another instance of its iteration to run first.
    """
    band, name = _bands(tree)[transformation.band], f"S{transformation.statement}"
    members = [*members_around(tree, band), *band.members]
    new = f"S{len({x.statement for x in memory.instances})}"
    earlier: dict[Iteration, list[Instance]] = {}
    renamed: list[Instance] = []
    for instance in memory.instances:
        is_first = instance.statement == name and is_chosen(instance.iteration)
        if instance.statement in band.statements:
            values = tuple(m[instance.statement](instance.iteration) for m in members)
            others = earlier.setdefault(values, [])
            waits = is_first and any(
                depends(instance, other) and not _is_update_before(instance, other, is_chosen)
                for other in others
            )
            assert not waits, f"{instance} has to wait"
            others.append(instance)
        renamed.append(replace(instance, statement=new) if is_first else instance)
    origin = dict(memory.origins).get(name, name)
    updating = {x.statement for x in renamed if x.updates_by}
    return replace(
        memory,
        instances=tuple(renamed),
        accumulating=memory.accumulating | updating,
        origins=(*memory.origins, (new, origin)),
    )


def _is_update_before(
    instance: Instance, other: Instance, is_chosen: Callable[[Iteration], bool]
) -> bool:
    """Whether another instance goes first together with one that updates the same element."""
    is_same = other.statement == instance.statement and other.writes == instance.writes
    return is_same and is_chosen(other.iteration)


def _rows(
    places: Sequence[tuple[Iteration, Iteration]], lanes: int
) -> list[tuple[Iteration, Iteration, range]]:
    """The instances that start and combine partial results: counters, element and lanes."""
    row = next(n for n in range(min(lanes, _MAX_ROW), 0, -1) if lanes % n == 0)
    kept = _own_dimensions(places)
    found = []
    for outer, element in places:
        counters = (*outer, *(element[dim] for dim in kept))
        for number in range(lanes // row):
            iteration = counters if lanes == row else (*counters, number)
            found.append((iteration, element, range(number * row, (number + 1) * row)))
    return found


def _own_dimensions(places: Sequence[tuple[Iteration, Iteration]]) -> list[int]:
    """The dimensions of elements that are not one of the outer loops."""
    return [
        dim
        for dim in range(len(places[0][1]))
        if not any(
            all(outer[position] == element[dim] for outer, element in places)
            for position in range(len(places[0][0]))
        )
    ]


@moved.register
def _(
    transformation: schedule.Snapshot, memory: Memory, tree: Tree, shapes: Sequence[Iteration]
) -> Memory:
    band = _bands(tree)[transformation.band]
    outer = members_around(tree, band)
    array, copy = memory.arrays[transformation.array], f"C{len(memory.arrays)}"

    def place(instance: Instance, element: Element) -> tuple[Iteration, Iteration]:
        values = tuple(m[instance.statement](instance.iteration) for m in outer)
        return values, element[1]

    below = [x for x in memory.instances if x.statement in band.statements]
    written = {place(x, x.writes) for x in below if x.writes[0] == array}
    reads = [
        (x.statement, position, place(x, element))
        for x in below
        for position, element in enumerate(x.reads)
        if element[0] == array
    ]
    unstable = {(name, position) for name, position, where in reads if where in written}
    stable = {(name, position) for name, position, _ in reads} - unstable
    places = sorted({where for name, position, where in reads if (name, position) in stable})
    kept = _own_dimensions(places)

    def iteration(where: tuple[Iteration, Iteration]) -> Iteration:
        return (*where[0], *(where[1][dim] for dim in kept))

    lowest = [min(values) for values in zip(*map(iteration, places), strict=True)]

    def place_in_copy(where: tuple[Iteration, Iteration]) -> Element:
        return copy, tuple(i - low for i, low in zip(iteration(where), lowest, strict=True))

    def redirected(instance: Instance) -> Instance:
        elements = tuple(
            place_in_copy(place(instance, element))
            if (instance.statement, position) in stable
            else element
            for position, element in enumerate(instance.reads)
        )
        return replace(instance, reads=elements)

    name = f"S{len({x.statement for x in memory.instances})}"
    copies = (
        Instance(name, iteration(where), place_in_copy(where), ((array, where[1]),))
        for where in places
    )
    return replace(
        memory,
        instances=(*map(redirected, memory.instances), *copies),
        arrays=(*memory.arrays, copy),
        copying=memory.copying | {name},
    )


@moved.register
def _(
    transformation: schedule.Split, memory: Memory, tree: Tree, shapes: Sequence[Iteration]
) -> Memory:
    """Renames instances; those that stay in their array keep their order."""
    band = _bands(tree)[transformation.band]
    around = [*members_around(tree, band), *band.members[: transformation.member]]
    outer, member = around[-transformation.outer], band.members[transformation.member]

    def side(instance: Instance) -> int:
        block = outer[instance.statement](instance.iteration) // transformation.size
        own = member[instance.statement](instance.iteration) // transformation.size
        return (own > block) - (own < block)

    statements = sorted({x.statement for x in memory.instances}, key=lambda name: int(name[1:]))
    names: dict[tuple[str, int], str] = {}
    number = len(statements)
    for statement in statements:
        parts = {side(x) for x in memory.instances if x.statement == statement in band.statements}
        for position, part in enumerate(sorted(parts)):
            names[statement, part] = f"S{number}" if position else statement
            number += position > 0

    def renamed(instance: Instance) -> Instance:
        if instance.statement not in band.statements:
            return instance
        return replace(instance, statement=names[instance.statement, side(instance)])

    def with_parts(kind: frozenset[str]) -> frozenset[str]:
        return kind | {new for (old, _), new in names.items() if old in kind}

    return replace(
        memory,
        instances=tuple(map(renamed, memory.instances)),
        accumulating=with_parts(memory.accumulating),
        starting=with_parts(memory.starting),
        combining=with_parts(memory.combining),
        copying=with_parts(memory.copying),
    )


def private_shapes(text: str) -> list[Iteration]:
    """Returns the shapes of the arrays that a function allocates."""
    types = re.findall(r"memref\.alloc\(\).* : memref<((?:\d+x)*)[a-z]", text)
    return [tuple(int(size) for size in each.split("x")[:-1]) for each in types]


def _redirected(
    memory: Memory,
    array: str,
    change: Callable[[Instance, Element], Element],
    statements: set[str] | None = None,
) -> Memory:
    def place(instance: Instance, element: Element) -> Element:
        is_meant = statements is None or instance.statement in statements
        return change(instance, element) if is_meant and element[0] == array else element

    rewritten = tuple(
        replace(x, writes=place(x, x.writes), reads=tuple(place(x, e) for e in x.reads))
        for x in memory.instances
    )
    return replace(memory, instances=rewritten)


def _bands(tree: Tree) -> list[Band]:
    return [node for node in pre_order(tree) if isinstance(node, Band)]

"""An independent reading of the schedule trees that the passes print.

Parses isl's text into plain Python and says when each statement instance runs. Nothing here asks
isl, so that the answers can contradict the passes.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Iteration = tuple[int, ...]
Member = dict[str, Callable[[Iteration], int]]
"""A loop: what it counts, as a function of a statement's iteration, by statement."""


@dataclass(frozen=True)
class Leaf:
    """One statement's instances, all at the same time."""

    statements: frozenset[str]


@dataclass(frozen=True)
class Band:
    """Nested loops, outermost first, around `child`."""

    members: tuple[Member, ...]
    child: "Tree"

    @property
    def statements(self) -> frozenset[str]:
        return self.child.statements


@dataclass(frozen=True)
class Sequence:
    """Children in order."""

    children: "tuple[Tree, ...]"

    @property
    def statements(self) -> frozenset[str]:
        return frozenset().union(*(child.statements for child in self.children))


@dataclass(frozen=True)
class Mark:
    """A note about `child`.

    Attributes:
        kind: `parallel` or `vectorize` for the loop below, `unroll` for the band below, `pack`.
        child: What it is about.
        numbers: What it says about that: for `pack` the array, the dimension and width of panels;
            for copies for one read also the statement and its access.
    """

    kind: str
    child: "Tree"
    numbers: tuple[int, ...] = ()

    @property
    def statements(self) -> frozenset[str]:
        return self.child.statements

    @property
    def is_unordered(self) -> bool:
        """Whether the iterations of the loop below run in no particular order."""
        return self.kind in ("parallel", "vectorize")


Tree = Leaf | Band | Sequence | Mark


def sequence_of(children: tuple[Tree, ...]) -> Tree:
    """A sequence with nested sequences flattened; the child itself where there is one."""
    flat: list[Tree] = []
    for child in children:
        flat.extend(child.children if isinstance(child, Sequence) else [child])
    return flat[0] if len(flat) == 1 else Sequence(tuple(flat))


def band_of(members: tuple[Member, ...], child: Tree) -> Tree:
    """A band, or the child itself where there are no members."""
    return Band(members, child) if members else child


@dataclass(frozen=True)
class Time:
    """When an instance runs.

    Attributes:
        steps: Loop counters and positions in sequences, outermost first.
        unordered: Positions in `steps` that belong to parallel or vector loops.
    """

    steps: Iteration
    unordered: frozenset[int]

    def runs_before(self, other: "Time") -> bool:
        """Whether every legal execution runs this instance before `other`."""
        for position, (mine, others) in enumerate(zip(self.steps, other.steps, strict=False)):
            if mine != others:
                return mine < others and position not in self.unordered
        return False


def time_of(tree: Tree, statement: str, iteration: Iteration) -> Time:
    """Returns when the tree runs one instance."""
    steps: list[int] = []
    unordered: set[int] = set()
    while not isinstance(tree, Leaf):
        if isinstance(tree, Sequence):
            index = next(i for i, c in enumerate(tree.children) if statement in c.statements)
            steps.append(index)
            tree = tree.children[index]
        elif isinstance(tree, Mark):
            if tree.is_unordered:
                unordered.add(len(steps))
            tree = tree.child
        else:
            steps.extend(member[statement](iteration) for member in tree.members)
            tree = tree.child
    return Time(tuple(steps), frozenset(unordered))


def pre_order(tree: Tree) -> Iterator[Tree]:
    """Yields every node, parents before their children."""
    yield tree
    children = tree.children if isinstance(tree, Sequence) else ()
    if isinstance(tree, Band | Mark):
        children = (tree.child,)
    for child in children:
        yield from pre_order(child)


def members_around(tree: Tree, target: Tree) -> list[Member]:
    """Returns the loops around a node, outermost first."""
    if tree is target or isinstance(tree, Leaf):
        return []
    if isinstance(tree, Sequence):
        child = next(c for c in tree.children if any(x is target for x in pre_order(c)))
        return members_around(child, target)
    inner = members_around(tree.child, target)
    return [*tree.members, *inner] if isinstance(tree, Band) else inner


def parse_tree(text: str) -> Tree:
    """Reads the text of `autotune.schedule`."""
    parsed, rest = _parse_value(re.findall(r'"[^"]*"|[\w-]+|[{}\[\]:,]', text))
    assert not rest, rest
    names = _statements(parsed["domain"])
    return _tree(parsed["child"], names) if "child" in parsed else Leaf(names)


def parse_domain(text: str, statement: str) -> Callable[[Iteration], bool]:
    """Reads from a tree which iterations of a statement it runs."""
    place = rf"\b{statement}\[([^\]]*)\] -> \[\([^;}}]*?\)\](?: : ([^;}}]*))?"
    members = re.findall(r"\{([^{}]*)\}", text)
    pieces = next(found for member in members if (found := re.findall(place, member)))
    parameters = [part.strip() for part in pieces[0][0].split(",")]
    conditions = tuple((_code(condition or "True"), _code("1")) for _, condition in pieces)
    whole = (*conditions, (_code("True"), _code("0")))
    holds = _function(parameters, whole)
    return lambda iteration: bool(holds(iteration))


def _parse_value(tokens: list[str]) -> tuple[Any, list[str]]:
    """Parses one value of YAML's flow style; returns it with the tokens behind it."""
    first, rest = tokens[0], tokens[1:]
    if first not in "{[":
        return first.strip('"'), rest
    mapping: dict[str, Any] = {}
    elements: list[Any] = []
    while rest[0] not in "}]":
        if first == "{":
            mapping[rest[0]], rest = _parse_value(rest[2:])
        else:
            element, rest = _parse_value(rest)
            elements.append(element)
        rest = rest[1:] if rest[0] == "," else rest
    return (mapping if first == "{" else elements), rest[1:]


def _statements(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"(\w+)\[", text))


def _tree(node: dict[str, Any], names: frozenset[str]) -> Tree:
    if "sequence" in node:
        children = []
        for item in node["sequence"]:
            inside = _statements(item["filter"])
            children.append(_tree(item["child"], inside) if "child" in item else Leaf(inside))
        assert sum(len(child.statements) for child in children) == len(names), node
        return Sequence(tuple(children))
    child: Tree = _tree(node["child"], names) if "child" in node else Leaf(names)
    if "mark" in node:
        kind, _, numbers = node["mark"].partition("=")
        mark = Mark(kind, child, tuple(int(x) for x in numbers.split(",") if x))
        assert isinstance(child, Band) or not mark.is_unordered, "a loop's mark above no loop"
        return mark
    return Band(tuple(map(_member, _split_list(node["schedule"]))), child)


def _split_list(text: str) -> list[str]:
    """Splits `[{ a }, { b }]` into `a` and `b`."""
    return re.findall(r"\{([^}]*)\}", text)


def _member(text: str) -> Member:
    pieces: dict[str, list[tuple[str, str]]] = {}
    parameters: dict[str, list[str]] = {}
    for piece in text.split(";"):
        match = re.fullmatch(r"\s*(\w+)\[([^\]]*)\] -> \[\((.*?)\)\](?: : (.*))?\s*", piece)
        assert match is not None, piece
        name, dimensions, value, condition = match.groups()
        parameters[name] = [part.strip() for part in dimensions.split(",") if part.strip()]
        pieces.setdefault(name, []).append((condition or "True", value))
    return {
        name: _function(parameters[name], tuple((_code(c), _code(v)) for c, v in alternatives))
        if len(alternatives) > 1
        else _function(parameters[name], ((None, _code(alternatives[0][1])),))
        for name, alternatives in pieces.items()
    }


def _code(isl_text: str) -> Any:
    """Compiles an isl formula, which is nearly a Python one."""
    python = re.sub(r"(\d)(?=[a-z(])", r"\1*", isl_text)
    python = re.sub(r"(?<![<>=])=(?!=)", "==", python).replace(" mod ", " % ")
    return compile(python, isl_text, "eval")


def _function(
    parameters: list[str], pieces: tuple[tuple[Any, Any], ...]
) -> Callable[[Iteration], int]:
    def value(iteration: Iteration) -> int:
        scope = {"floor": math.floor, "min": min, "max": max}
        scope |= dict(zip(parameters, iteration, strict=True))
        for condition, result in pieces:
            if len(pieces) == 1 or eval(condition, scope):
                return int(eval(result, scope))
        raise AssertionError(f"no piece holds for {iteration}")

    return value

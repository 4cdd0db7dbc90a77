"""Random affine programs: imperfect and triangular nests, stencils, reductions, guards.

A program is a function of its generator's state alone. Subscripts are drawn freely; the arrays are
then made as large as the interpreter says they must be.
"""

import random
from dataclasses import dataclass, replace

from tests.property.affine_program import (
    MAXIMA,
    NUM_READS,
    SUMS,
    Access,
    Expression,
    Form,
    Guard,
    Loop,
    Node,
    Program,
    Statement,
    instances,
)

MAX_INSTANCES = 6000
_FORMS = [*(form for form in Form if form is not Form.QUOTIENT), Form.ACCUMULATE, Form.MEAN]
MAX_EXTENT_BY_DEPTH = {1: 20, 2: 14, 3: 9, 4: 6}


def random_program(rng: random.Random) -> Program:
    """Draws programs until one has between 1 and MAX_INSTANCES instances."""
    while True:
        draft = _Draft(rng)
        program = draft.program()
        count = 0
        for _ in instances(program):
            count += 1
            if count > MAX_INSTANCES:
                break
        if 0 < count <= MAX_INSTANCES:
            return _with_private_arrays(_finished(program), rng)


def _with_private_arrays(program: Program, rng: random.Random) -> Program:
    """Makes arrays private that are only read where they were written before."""
    written, undefined = set[tuple[str, tuple[int, ...]]](), set[str]()
    for instance in instances(program):
        undefined |= {element[0] for element in instance.reads if element not in written}
        written.add(instance.writes)
    touched = [name for name, _ in program.shapes if any(e[0] == name for e in written)]
    private = {name for name in touched if name not in undefined and rng.random() < 0.8}
    if len(private) == len(program.shapes):
        private.remove(min(private))
    return replace(program, private=frozenset(private))


@dataclass(frozen=True)
class _Scope:
    """What surrounds a node: its iterators, outermost first."""

    iterators: tuple[str, ...]

    @property
    def depth(self) -> int:
        return len(self.iterators)


class _Draft:
    """Draws one program whose arrays still have no extents."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        # Tidy programs look like real kernels, and much is legal in them.
        self._is_rectangular = rng.random() < 0.3
        self._is_tidy = rng.random() < 0.5
        self._max_depth = rng.choice([1, 2, 2, 3, 3, 3, 4])
        self._max_extent = MAX_EXTENT_BY_DEPTH[self._max_depth]
        names = ["A", "B", "C", "D"][: rng.randint(2, 4)]
        self._ranks = {name: rng.choice([1, 2, 2, 2, 3]) for name in names}
        self._temporary_ranks: dict[str, int] = {}
        self._num_statements = 0
        self._num_loops = 0

    def program(self) -> Program:
        nests = self._rng.choice([1, 1, 2, 2, 3])
        body = tuple(self._loop(_Scope(())) for _ in range(nests))
        ranks = self._ranks | self._temporary_ranks
        shapes = tuple((name, (1,) * rank) for name, rank in ranks.items())
        element = self._rng.choice(["f32", "f64", "i32"])
        is_reassociable = element == "f64" and self._rng.random() < 0.6
        return Program(shapes, element, body, is_reassociable=is_reassociable)

    def _body(self, scope: _Scope) -> tuple[Node, ...]:
        nodes: list[Node] = []
        for _ in range(self._rng.choice([1, 1, 1, 2, 2, 3])):
            if scope.depth < self._max_depth and self._rng.random() < 0.6:
                nodes.append(self._loop(scope))
            elif self._num_statements < 5:
                nodes.append(self._guarded_statement(scope))
        if scope.iterators and self._num_statements < 4 and self._rng.random() < 0.2:
            nodes[:0] = self._temporary(scope)
        elif scope.iterators and self._num_statements < 4 and self._rng.random() < 0.3:
            nodes += self._updates(scope)
        return tuple(nodes) or (self._guarded_statement(scope),)

    def _loop(self, scope: _Scope) -> Loop:
        iterator = f"i{self._num_loops}"
        self._num_loops += 1
        lowers = [Expression(constant=self._rng.choice([0, 0, 0, 1, 2]))]
        uppers = [Expression(constant=self._rng.randint(3, self._max_extent))]
        step = 1
        if not self._is_rectangular:
            lowers, uppers = self._bounds(scope, lowers, uppers)
            step = self._rng.choice([1] * 12 + [2, 3])
        inner = _Scope((*scope.iterators, iterator))
        return Loop(iterator, tuple(lowers), tuple(uppers), step, self._body(inner))

    def _bounds(
        self, scope: _Scope, lowers: list[Expression], uppers: list[Expression]
    ) -> tuple[list[Expression], list[Expression]]:
        if not scope.iterators or self._rng.random() < 0.6:
            return lowers, uppers
        bound = Expression(
            ((self._rng.choice(scope.iterators), 1),), self._rng.choice([-1, 0, 0, 1, 1, 2])
        )
        kind = self._rng.choice(["lower", "upper", "max", "min", "band"])
        if kind == "lower":
            return [bound], uppers
        if kind == "upper":
            return lowers, [bound]
        if kind == "max":
            return [*lowers, bound], uppers
        if kind == "min":
            return lowers, [*uppers, bound]
        return [bound], [*uppers, replace(bound, constant=bound.constant + 3)]

    def _temporary(self, scope: _Scope) -> list[Node]:
        """A value that is kept in an array of its own and used right away."""
        rank = self._rng.randint(0, min(2, scope.depth))
        names = self._rng.sample(scope.iterators, rank)
        place = Access(
            f"T{len(self._temporary_ranks)}", tuple(Expression(((name, 1),)) for name in names)
        )
        self._temporary_ranks[place.array] = rank
        first, second = self._statement(scope), self._statement(scope)
        producer = replace(first, target=place, reads=(self._access(scope),), form=Form.SCALE)
        target = self._access(scope)
        consumer = replace(second, target=target, reads=(target, place), form=Form.MAXIMUM)
        return [producer, consumer]

    def _updates(self, scope: _Scope) -> list[Node]:
        """Updates of one element that commute, often by other elements of the array."""
        target, forms = self._access(scope), self._rng.choice([SUMS, MAXIMA])
        updates: list[Node] = []
        for _ in range(self._rng.randint(1, 2)):
            form = self._rng.choice(forms)
            operands = [self._access(scope), *self._stencil(target)][: NUM_READS[form] - 1]
            reads = (target, *operands)
            updates.append(replace(self._statement(scope), target=target, reads=reads, form=form))
        return updates

    def _guarded_statement(self, scope: _Scope) -> Node:
        statement = self._statement(scope)
        if self._is_rectangular or not scope.iterators or self._rng.random() < 0.9:
            return statement
        condition = self._rng.choice(
            [
                self._subscript(scope),
                Expression(((scope.iterators[-1], 1),), 0, "mod", 2, 0),
                Expression(((scope.iterators[0], -1),), self._max_extent // 2),
            ]
        )
        otherwise: tuple[Node, ...] = ()
        if self._rng.random() < 0.3:
            otherwise = (self._statement(scope),)
        return Guard(((condition, self._rng.random() < 0.3),), (statement,), otherwise)

    def _statement(self, scope: _Scope) -> Statement:
        name = f"S{self._num_statements}"
        self._num_statements += 1
        form = self._rng.choice(_FORMS)
        target = self._access(scope)
        if form is Form.MEAN:
            reads = self._stencil(target)
        else:
            reads = [self._access(scope) for _ in range(NUM_READS[form])]
            if reads and form not in (Form.CONSTANT, Form.SCALE):
                reads[0] = target
        return Statement(name, target, tuple(reads), form)

    def _stencil(self, target: Access) -> list[Access]:
        """Neighbours of the target's subscripts, in the target or in an array of its rank."""
        arrays = [name for name, rank in self._ranks.items() if rank == len(target.subscripts)]
        array = self._rng.choice([target.array, *arrays])
        return [
            Access(
                array,
                tuple(s.shifted(self._rng.choice([-1, 0, 0, 1])) for s in target.subscripts),
            )
            for _ in range(self._rng.randint(2, 4))
        ]

    def _access(self, scope: _Scope) -> Access:
        array = self._rng.choice(list(self._ranks))
        rank = self._ranks[array]
        if self._is_tidy and rank <= scope.depth:
            names = self._rng.sample(scope.iterators, rank)
            if self._rng.random() < 0.7:
                names.sort(key=scope.iterators.index)
            shift = self._rng.choice([0, 0, 0, 1])
            return Access(array, tuple(Expression(((name, 1),), shift) for name in names))
        return Access(array, tuple(self._subscript(scope) for _ in range(rank)))

    def _subscript(self, scope: _Scope) -> Expression:
        if not scope.iterators:
            return Expression(constant=self._rng.randint(0, 2))
        names = self._rng.sample(scope.iterators, min(2, scope.depth))
        kind = self._rng.random()
        if kind < 0.75:
            return Expression(((names[0], 1),), self._rng.choice([-1, 0, 0, 0, 1]))
        if kind < 0.85:
            return Expression(tuple((name, self._rng.choice([-1, 1, 1, 2])) for name in names))
        if kind < 0.90:
            return Expression(((names[0], 1),), 0, "floordiv", self._rng.choice([2, 3]))
        if kind < 0.95:
            return Expression(((names[0], 1),), 0, "mod", self._rng.choice([2, 3, 4]))
        return Expression(constant=self._rng.randint(0, 3))


def _finished(program: Program) -> Program:
    """Gives arrays the extents that are touched, and names the statements that run S0, S1, ...

    Subscripts are shifted to start at 0; statements that never run are called `dead`.
    """
    running = {instance.statement for instance in instances(program)}
    live = [s.name for s in program.statements() if s.name in running]
    names = {name: f"S{number}" for number, name in enumerate(live)}
    lows: dict[tuple[str, int], int] = {}
    highs: dict[tuple[str, int], int] = {}
    for instance in instances(program):
        for array, element in (instance.writes, *instance.reads):
            for position, index in enumerate(element):
                key = array, position
                lows[key] = min(lows.get(key, index), index)
                highs[key] = max(highs.get(key, index), index)
    shapes = tuple(
        (
            name,
            tuple(
                highs.get((name, position), 0) - lows.get((name, position), 0) + 1
                for position in range(len(shape))
            ),
        )
        for name, shape in program.shapes
    )
    return replace(program, shapes=shapes, body=_shifted(program.body, lows, names))


def _shifted(
    nodes: tuple[Node, ...], lows: dict[tuple[str, int], int], names: dict[str, str]
) -> tuple[Node, ...]:
    def shift(access: Access) -> Access:
        return Access(
            access.array,
            tuple(
                subscript.shifted(-lows.get((access.array, position), 0))
                for position, subscript in enumerate(access.subscripts)
            ),
        )

    moved: list[Node] = []
    for node in nodes:
        if isinstance(node, Statement):
            reads = tuple(shift(read) for read in node.reads)
            name = names.get(node.name, "dead")
            moved.append(replace(node, name=name, target=shift(node.target), reads=reads))
        elif isinstance(node, Guard):
            moved.append(
                replace(
                    node,
                    body=_shifted(node.body, lows, names),
                    otherwise=_shifted(node.otherwise, lows, names),
                )
            )
        else:
            moved.append(replace(node, body=_shifted(node.body, lows, names)))
    return tuple(moved)

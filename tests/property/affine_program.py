"""Small affine programs that print themselves as MLIR and interpret themselves in Python.

The interpreter gives the statement instances in execution order with the elements that each one
touches. It is independent of isl and of MLIR, so that it can contradict them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

Environment = Mapping[str, int]


@dataclass(frozen=True)
class Expression:
    """`(sum of coefficient * iterator + constant) operator divisor + offset`."""

    coefficients: tuple[tuple[str, int], ...] = ()
    constant: int = 0
    operator: Literal["", "floordiv", "mod"] = ""
    divisor: int = 1
    offset: int = 0

    def value(self, environment: Environment) -> int:
        total = self.constant + sum(c * environment[name] for name, c in self.coefficients)
        if self.operator == "floordiv":
            total //= self.divisor
        elif self.operator == "mod":
            total %= self.divisor
        return total + self.offset

    def shifted(self, amount: int) -> "Expression":
        return Expression(
            self.coefficients, self.constant, self.operator, self.divisor, self.offset + amount
        )

    def text(self, spell: Callable[[str], str]) -> str:
        terms = [
            spell(name) if factor == 1 else f"{spell(name)} * {factor}"
            for name, factor in self.coefficients
        ]
        if self.constant or not terms:
            terms.append(str(self.constant))
        inner = " + ".join(terms)
        if self.operator:
            inner = f"({inner}) {self.operator} {self.divisor}"
        return f"{inner} + {self.offset}" if self.offset else inner


@dataclass(frozen=True)
class Access:
    """One element of an array for each instance."""

    array: str
    subscripts: tuple[Expression, ...]

    def element(self, environment: Environment) -> tuple[str, tuple[int, ...]]:
        return self.array, tuple(s.value(environment) for s in self.subscripts)

    def text(self) -> str:
        subscripts = ", ".join(s.text(lambda name: f"%{name}") for s in self.subscripts)
        return f"%{self.array}[{subscripts}]"


class Form(Enum):
    """What a statement computes from the values r0, r1, ... that it reads."""

    CONSTANT = "0.25"
    SCALE = "0.5 * r0 + 0.25"
    MEAN = "the mean of all"
    ACCUMULATE = "r0 + r1 * r2"
    DIFFERENCE = "r0 - r1 * r2"
    MAXIMUM = "max(r0, r1)"
    SCALED_ACCUMULATE = "r0 + (1.5 * r1) * r2"
    LARGER_SUM = "max(r0, r1 + r2)"
    QUOTIENT = "r0 / r1"


NUM_READS = {
    Form.CONSTANT: 0,
    Form.SCALE: 1,
    Form.ACCUMULATE: 3,
    Form.DIFFERENCE: 3,
    Form.MAXIMUM: 2,
    Form.SCALED_ACCUMULATE: 3,
    Form.LARGER_SUM: 3,
    Form.QUOTIENT: 2,
}

SUMS = (Form.ACCUMULATE, Form.DIFFERENCE, Form.SCALED_ACCUMULATE)
"""These add to their first read."""
MAXIMA = (Form.MAXIMUM, Form.LARGER_SUM)
"""These compute a maximum of their first read and something else."""


@dataclass(frozen=True)
class Statement:
    """`target = form(reads)`."""

    name: str
    target: Access
    reads: tuple[Access, ...]
    form: Form


@dataclass(frozen=True)
class Loop:
    """Runs from the largest of `lowers` to below the smallest of `uppers`."""

    iterator: str
    lowers: tuple[Expression, ...]
    uppers: tuple[Expression, ...]
    step: int
    body: "tuple[Node, ...]"

    def values(self, environment: Environment) -> range:
        lower = max(bound.value(environment) for bound in self.lowers)
        upper = min(bound.value(environment) for bound in self.uppers)
        return range(lower, upper, self.step)


@dataclass(frozen=True)
class Guard:
    """Runs `body` where every expression is >= 0 (== 0 where marked), else `otherwise`."""

    conditions: tuple[tuple[Expression, bool], ...]
    body: "tuple[Node, ...]"
    otherwise: "tuple[Node, ...]"

    def holds(self, environment: Environment) -> bool:
        return all(
            expression.value(environment) == 0
            if is_equality
            else expression.value(environment) >= 0
            for expression, is_equality in self.conditions
        )


Node = Loop | Guard | Statement


@dataclass(frozen=True)
class Program:
    """A function `@program` over arrays of one element type.

    Attributes:
        shapes: Extents by array; those that are not private in argument order.
        element: `f32`, `f64` or `i32`.
        private: Arrays that the function allocates; it writes them before it reads them.
        is_reassociable: Whether sums may be added up in any order.
    """

    shapes: tuple[tuple[str, tuple[int, ...]], ...]
    element: str
    body: tuple[Node, ...]
    private: frozenset[str] = frozenset()
    is_reassociable: bool = False

    @property
    def arguments(self) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Extents of the function's arguments, by name."""
        return tuple((name, shape) for name, shape in self.shapes if name not in self.private)

    def statements(self) -> list[Statement]:
        return list(_statements(self.body))

    def text(self) -> str:
        return _Printer(self).text()


@dataclass(frozen=True)
class Instance:
    """One execution of a statement.

    Attributes:
        statement: The statement's name.
        iteration: Values of the enclosing iterators, outermost first.
        writes: The element that is written.
        reads: The elements that are read.
        updates_by: The operation by which the written element is updated, which is then the first
            that is read too, where several such updates have one result in any order.
    """

    statement: str
    iteration: tuple[int, ...]
    writes: tuple[str, tuple[int, ...]]
    reads: tuple[tuple[str, tuple[int, ...]], ...]
    updates_by: Literal["sum", "maximum"] | None = None


def instances(program: Program) -> Iterator[Instance]:
    """Yields the instances in execution order."""
    has_free_sums = program.is_reassociable or program.element == "i32"

    def run(nodes: tuple[Node, ...], environment: Environment) -> Iterator[Instance]:
        for node in nodes:
            if isinstance(node, Statement):
                yield Instance(
                    node.name,
                    tuple(environment.values()),
                    node.target.element(environment),
                    tuple(read.element(environment) for read in node.reads),
                    _update(node, has_free_sums),
                )
            elif isinstance(node, Guard):
                yield from run(
                    node.body if node.holds(environment) else node.otherwise, environment
                )
            else:
                for value in node.values(environment):
                    yield from run(node.body, {**environment, node.iterator: value})

    return run(program.body, {})


def _update(statement: Statement, has_free_sums: bool) -> Literal["sum", "maximum"] | None:
    if not statement.reads or statement.reads[0] != statement.target:
        return None
    if statement.form in MAXIMA:
        return "maximum"
    return "sum" if statement.form in SUMS and has_free_sums else None


def _statements(nodes: tuple[Node, ...]) -> Iterator[Statement]:
    for node in nodes:
        if isinstance(node, Statement):
            yield node
        else:
            yield from _statements(node.body)
            if isinstance(node, Guard):
                yield from _statements(node.otherwise)


class _Printer:
    """Prints one program; hides the numbering of SSA values."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._types = {
            name: f"memref<{''.join(f'{size}x' for size in shape)}{program.element}>"
            for name, shape in program.shapes
        }
        self._lines: list[str] = []
        self._num_values = 0

    def text(self) -> str:
        visible = [name for name, _ in self._program.arguments]
        arguments = ", ".join(f"%{name}: {self._types[name]}" for name in visible)
        self._lines = [f"func.func @program({arguments}) {{"]
        private = [(x, kind) for x, kind in self._types.items() if x in self._program.private]
        self._lines += [f"  %{name} = memref.alloc() : {kind}" for name, kind in private]
        self._print_nodes(self._program.body, (), 1)
        self._lines += [f"  memref.dealloc %{name} : {kind}" for name, kind in private]
        self._lines += ["  return", "}", ""]
        return "\n".join(self._lines)

    def _print_nodes(self, nodes: tuple[Node, ...], iterators: tuple[str, ...], depth: int) -> None:
        indent = "  " * depth
        for node in nodes:
            if isinstance(node, Statement):
                self._print_statement(node, indent)
                continue
            if isinstance(node, Guard):
                self._lines.append(f"{indent}affine.if {_set(node.conditions, iterators)} {{")
                self._print_nodes(node.body, iterators, depth + 1)
                if node.otherwise:
                    self._lines.append(f"{indent}}} else {{")
                    self._print_nodes(node.otherwise, iterators, depth + 1)
            else:
                lower = _bound("max", node.lowers, iterators)
                upper = _bound("min", node.uppers, iterators)
                step = f" step {node.step}" if node.step != 1 else ""
                header = f"affine.for %{node.iterator} = {lower} to {upper}{step} {{"
                self._lines.append(indent + header)
                self._print_nodes(node.body, (*iterators, node.iterator), depth + 1)
            self._lines.append(f"{indent}}}")

    def _print_statement(self, statement: Statement, indent: str) -> None:
        def define(operation: str) -> str:
            self._num_values += 1
            name = f"%v{self._num_values}"
            self._lines.append(f"{indent}{name} = {operation}")
            return name

        element = self._program.element
        reads = [
            define(f"affine.load {read.text()} : {self._types[read.array]}")
            for read in statement.reads
        ]

        is_integer = element == "i32"

        def constant(value: float) -> str:
            literal = f"{round(4 * value)}" if is_integer else f"{value:e}"
            return define(f"arith.constant {literal} : {element}")

        def binary(name: str, left: str, right: str) -> str:
            is_sum = name in ("addf", "subf") and self._program.is_reassociable
            flags = " fastmath<reassoc>" if is_sum else ""
            operation = _INTEGER_OPERATIONS[name] if is_integer else name
            return define(f"arith.{operation} {left}, {right}{flags} : {element}")

        result = _compute(statement.form, reads, constant, binary)
        target = statement.target
        self._lines.append(
            f"{indent}affine.store {result}, {target.text()} : {self._types[target.array]}"
        )


_INTEGER_OPERATIONS = {"addf": "addi", "subf": "subi", "mulf": "muli", "maximumf": "maxsi"}


def _compute(
    form: Form,
    reads: list[str],
    constant: Callable[[float], str],
    binary: Callable[[str, str, str], str],
) -> str:
    if form is Form.CONSTANT:
        return constant(0.25)
    if form is Form.SCALE:
        return binary("addf", binary("mulf", reads[0], constant(0.5)), constant(0.25))
    if form is Form.MEAN:
        total = reads[0]
        for read in reads[1:]:
            total = binary("addf", total, read)
        return binary("mulf", total, constant(1 / len(reads)))
    if form is Form.QUOTIENT:
        return binary("divf", reads[0], reads[1])
    if form is Form.MAXIMUM:
        return binary("maximumf", reads[0], reads[1])
    if form is Form.LARGER_SUM:
        return binary("maximumf", reads[0], binary("addf", reads[1], reads[2]))
    if form is Form.SCALED_ACCUMULATE:
        product = binary("mulf", binary("mulf", constant(1.5), reads[1]), reads[2])
        return binary("addf", reads[0], product)
    product = binary("mulf", reads[1], reads[2])
    return binary("addf" if form is Form.ACCUMULATE else "subf", reads[0], product)


def _bound(kind: str, bounds: tuple[Expression, ...], iterators: tuple[str, ...]) -> str:
    if len(bounds) == 1 and not bounds[0].coefficients:
        return bounds[0].text(str)
    return f"{kind} {_map(bounds, iterators)}"


def _map(results: tuple[Expression, ...], iterators: tuple[str, ...]) -> str:
    body = ", ".join(result.text(str) for result in results)
    operands = ", ".join(f"%{name}" for name in iterators)
    return f"affine_map<({', '.join(iterators)}) -> ({body})>({operands})"


def _set(conditions: tuple[tuple[Expression, bool], ...], iterators: tuple[str, ...]) -> str:
    body = ", ".join(
        f"{expression.text(str)} {'==' if is_equality else '>='} 0"
        for expression, is_equality in conditions
    )
    operands = ", ".join(f"%{name}" for name in iterators)
    return f"affine_set<({', '.join(iterators)}) : ({body})>({operands})"

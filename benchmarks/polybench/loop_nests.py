"""Affine loop nests in C, as a tree: the subset of the language that `kernels/*.c` are written in.

A file has one function. It may declare constants (`const T a = ...`), temporaries (`T x, y[N];`),
count up (`for (int i = LOW; i < HIGH; i++)`) or down (`i >= LOW; i--`), compare affine expressions
in `if`, and assign arithmetic expressions to temporaries and elements of arrays. Sizes are macros.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_]\w*)"
    r"|(?P<sign>\+\+|--|[-+*/<>=!]=|&&|[-+*/<>=()\[\]{};,?:]))"
)


@dataclass(frozen=True)
class Affine:
    """A sum of counters with integer coefficients (none zero, sorted by name), and a constant."""

    terms: tuple[tuple[str, int], ...]
    constant: int

    def __add__(self, other: "Affine") -> "Affine":
        terms = dict(self.terms)
        for name, factor in other.terms:
            terms[name] = terms.get(name, 0) + factor
        kept = tuple(sorted((name, factor) for name, factor in terms.items() if factor))
        return Affine(kept, self.constant + other.constant)

    def __sub__(self, other: "Affine") -> "Affine":
        return self + other.scaled(-1)

    def scaled(self, factor: int) -> "Affine":
        """Returns the multiple by a factor that is not zero."""
        terms = tuple((name, factor * each) for name, each in self.terms)
        return Affine(terms, factor * self.constant)


@dataclass(frozen=True)
class Number:
    """A literal, or a size."""

    value: float


@dataclass(frozen=True)
class Constant:
    """A named constant."""

    name: str


@dataclass(frozen=True)
class Element:
    """An element of an array, or a temporary (no indices)."""

    array: str
    indices: tuple[Affine, ...]


@dataclass(frozen=True)
class Operation:
    """An operator or a function and its operands; `?` selects: left, compared with, yes, no.

    Attributes:
        name: `+ - * /`, `neg`, a function, or one of `?<= ?< ?==`.
        operands: Its operands.
    """

    name: str
    operands: tuple["Value", ...]


Value = Number | Constant | Element | Operation


@dataclass(frozen=True)
class Declaration:
    """A temporary of the element type."""

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Assignment:
    """`target := value`."""

    target: Element
    value: Value


@dataclass(frozen=True)
class Loop:
    """Counts from `low` to `high`, both included, up or down."""

    counter: str
    low: Affine
    high: Affine
    is_downward: bool
    body: tuple["Statement", ...]


@dataclass(frozen=True)
class Branch:
    """Runs `then` where all of `conditions` are at least zero, else `otherwise`."""

    conditions: tuple[Affine, ...]
    then: tuple["Statement", ...]
    otherwise: tuple["Statement", ...]


Statement = Declaration | Assignment | Loop | Branch


@dataclass(frozen=True)
class Array:
    """A parameter.

    Attributes:
        name: Its name.
        shape: Extents; the array lies in memory in row-major order.
        is_integer: Whether its elements are `int`, whatever the element type of the kernel.
        is_constant: Whether the kernel only reads it.
    """

    name: str
    shape: tuple[int, ...]
    is_integer: bool
    is_constant: bool


@dataclass(frozen=True)
class Function:
    """A kernel.

    Attributes:
        title: The comment at the head of the file.
        name: Symbol of the function.
        arrays: Its parameters.
        constants: Named constants and their values, in order.
        body: Its statements.
    """

    title: str
    name: str
    arrays: tuple[Array, ...]
    constants: tuple[tuple[str, Value], ...]
    body: tuple[Statement, ...]


def parse(source: str, sizes: Mapping[str, int]) -> Function:
    """Returns the kernel in a C file, for the given values of its macros.

    Raises:
        ValueError: The text is not in the subset.
    """
    return _Parser(source, sizes).function()


class _Parser:
    """Recursive descent over the tokens of a file."""

    def __init__(self, source: str, sizes: Mapping[str, int]) -> None:
        lines = source.splitlines()
        self._title = lines[0].removeprefix("// ")
        code = "\n".join(line for line in lines if not line.startswith(("//", "#")))
        self._tokens = list(_tokens(code))
        self._sizes = sizes
        self._constants: dict[str, Value] = {}

    def _next(self) -> str:
        return self._tokens.pop(0)

    def _peek(self) -> str:
        return self._tokens[0]

    def _take(self, *tokens: str) -> None:
        for token in tokens:
            found = self._next()
            if found != token:
                raise ValueError(f"expected {token}, found {found}")

    def _accept(self, token: str) -> bool:
        if self._peek() != token:
            return False
        self._next()
        return True

    def function(self) -> Function:
        self._take("void")
        name = self._next()
        self._take("(")
        arrays = [self._parameter()]
        while self._accept(","):
            arrays.append(self._parameter())
        self._take(")")
        body = self._block()
        constants = tuple(self._constants.items())
        return Function(self._title, name, tuple(arrays), constants, body)

    def _parameter(self) -> Array:
        is_constant = self._accept("const")
        is_integer = self._next() == "int"
        return Array(self._next(), self._shape(), is_integer, is_constant)

    def _shape(self) -> tuple[int, ...]:
        shape = []
        while self._accept("["):
            self._accept("restrict")
            shape.append(self._affine().constant)
            self._take("]")
        return tuple(shape)

    def _block(self) -> tuple[Statement, ...]:
        if not self._accept("{"):
            return self._statement()
        statements: list[Statement] = []
        while not self._accept("}"):
            statements += self._statement()
        return tuple(statements)

    def _statement(self) -> tuple[Statement, ...]:
        if self._accept("const"):
            self._constant_declarations()
            return ()
        if self._accept("T"):
            return self._declarations()
        if self._accept("for"):
            return (self._loop(),)
        if self._accept("if"):
            return (self._branch(),)
        return (self._assignment(),)

    def _constant_declarations(self) -> None:
        self._take("T")
        while True:
            name = self._next()
            self._take("=")
            self._constants[name] = self._value()
            if self._next() == ";":
                return

    def _declarations(self) -> tuple[Statement, ...]:
        declarations = []
        while True:
            declarations.append(Declaration(self._next(), self._shape()))
            if self._next() == ";":
                return tuple(declarations)

    def _loop(self) -> Loop:
        self._take("(", "int")
        counter = self._next()
        self._take("=")
        start = self._affine()
        self._take(";", counter)
        comparison = self._next()
        end = self._affine()
        if comparison == "<":
            end += Affine((), -1)
        is_downward = comparison == ">="
        self._take(";", counter, "--" if is_downward else "++", ")")
        low, high = (end, start) if is_downward else (start, end)
        return Loop(counter, low, high, is_downward, self._block())

    def _branch(self) -> Branch:
        self._take("(")
        conditions = [self._condition()]
        while self._accept("&&"):
            conditions.append(self._condition())
        self._take(")")
        then = self._block()
        otherwise = self._block() if self._accept("else") else ()
        return Branch(tuple(conditions), then, otherwise)

    def _condition(self) -> Affine:
        left = self._affine()
        comparison = self._next()
        right = self._affine()
        if comparison == "<":
            return right - left + Affine((), -1)
        if comparison == ">=":
            return left - right
        raise ValueError(f"cannot compare with {comparison}")

    def _affine(self) -> Affine:
        """A sum of counters, sizes and literals."""
        total = Affine((), 0)
        sign = 1
        while True:
            token = self._next()
            if token.isdigit() or token in self._sizes:
                part = Affine((), int(self._sizes.get(token, token)))
            else:
                part = Affine(((token, 1),), 0)
            total += part.scaled(sign)
            if self._peek() not in ("+", "-"):
                return total
            sign = 1 if self._next() == "+" else -1

    def _assignment(self) -> Assignment:
        target = self._element(self._next())
        operator = self._next()
        value = self._value()
        self._take(";")
        if operator != "=":
            value = Operation(operator[0], (target, value))
        return Assignment(target, value)

    def _element(self, name: str) -> Element:
        indices = []
        while self._accept("["):
            indices.append(self._affine())
            self._take("]")
        return Element(name, tuple(indices))

    def _value(self) -> Value:
        left = self._sum()
        if self._peek() not in ("<=", "<", "=="):
            return left
        comparison = self._next()
        right = self._sum()
        self._take("?")
        yes = self._sum()
        self._take(":")
        return Operation("?" + comparison, (left, right, yes, self._sum()))

    def _sum(self) -> Value:
        left = self._product()
        while self._peek() in ("+", "-"):
            left = Operation(self._next(), (left, self._product()))
        return left

    def _product(self) -> Value:
        left = self._factor()
        while self._peek() in ("*", "/"):
            left = Operation(self._next(), (left, self._factor()))
        return left

    def _factor(self) -> Value:
        token = self._next()
        if token == "-":
            return Operation("neg", (self._factor(),))
        if token == "(":
            return self._closed(self._value())
        if token[0].isdigit():
            return Number(float(token))
        if token in self._sizes:
            return Number(self._sizes[token])
        if token in self._constants:
            return Constant(token)
        if not self._accept("("):
            return self._element(token)
        operands = [self._value()]
        while self._accept(","):
            operands.append(self._value())
        self._take(")")
        return operands[0] if token == "REAL" else Operation(token, tuple(operands))

    def _closed(self, value: Value) -> Value:
        self._take(")")
        return value


def _tokens(code: str) -> Iterator[str]:
    position = 0
    while position < len(code.rstrip()):
        match = _TOKEN.match(code, position)
        if match is None:
            raise ValueError(f"cannot read {code[position : position + 20]!r}")
        yield match[match.lastgroup or 0]
        position = match.end()

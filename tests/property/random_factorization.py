"""Random factorizations in place, and the triangular products and solutions that are made of them.

Elements become sums over what has been summed up elsewhere in the same matrix.
"""

import random
from collections.abc import Iterator

from tests.property.affine_program import (
    Access,
    Expression,
    Form,
    Loop,
    Node,
    Program,
    Statement,
)

_I, _J, _K = (Expression(((name, 1),)) for name in ("i", "j", "k"))
_START = Expression()


def random_factorization(rng: random.Random, least: int, most: int) -> Program:
    """Draws a program over matrices of `least` to `most` rows and columns."""
    draw = rng.choice([_by_rows, _by_rows, _symmetric, _by_pivots, _product, _solution])
    rows, columns = rng.randint(least, most), rng.randint(least, most)
    return draw(_Parts(rng), rows, columns)


class _Parts:
    """Draws what differs between programs of one kind."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.element = rng.choice(["f64", "f64", "i32"])
        forms = [Form.DIFFERENCE, Form.DIFFERENCE, Form.ACCUMULATE, Form.SCALED_ACCUMULATE]
        self._form = rng.choice([*forms, Form.LARGER_SUM])
        self._names: Iterator[str] = (f"S{number}" for number in range(9))

    def update(self, target: Access, *factors: Access) -> Statement:
        """One step of a sum."""
        factors = tuple(self.rng.sample(factors, len(factors)))
        return Statement(next(self._names), target, (target, *factors), self._form)

    def finish(self, target: Access, by: Access) -> tuple[Statement, ...]:
        """What becomes of a sum: a quotient, a multiple, or nothing."""
        kinds = [Form.SCALE, None] + [Form.QUOTIENT] * 2 * (self.element != "i32")
        form = self.rng.choice(kinds)
        if form is None:
            return ()
        reads = (target, by) if form is Form.QUOTIENT else (target,)
        return (Statement(next(self._names), target, reads, form),)

    def sum_over(self, iterator: str, low: Expression, high: Expression, body: Statement) -> Loop:
        return Loop(iterator, (low,), (high,), 1, (body,))

    def program(self, body: tuple[Node, ...], **shapes: tuple[int, int]) -> Program:
        return Program(tuple(shapes.items()), self.element, body)


def _by_rows(parts: _Parts, rows: int, columns: int) -> Program:
    """LU: left of the diagonal, and from it on, sums of different lengths."""
    columns = max(rows, columns)
    target = Access("A", (_I, _J))
    body: list[Node] = []
    if parts.rng.random() < 0.9:
        end = _I if parts.rng.random() < 0.7 else _I.shifted(1)
        left = parts.sum_over("k", _START, _J, parts.update(target, *_factors()))
        by = Access("A", (_J, _J))
        body.append(Loop("j", (_START,), (end,), 1, (left, *parts.finish(target, by))))
    if parts.rng.random() < 0.8 or not body:
        start = _I if parts.rng.random() < 0.7 else _I.shifted(1)
        right = parts.sum_over("k", _START, _I, parts.update(target, *_factors()))
        body.append(Loop("j", (start,), (Expression(constant=columns),), 1, (right,)))
    return parts.program((_loop("i", rows, *body),), A=(rows, columns))


def _symmetric(parts: _Parts, rows: int, columns: int) -> Program:
    """Cholesky: both factors are rows."""
    target, diagonal = Access("A", (_I, _J)), Access("A", (_I, _I))
    factors = Access("A", (_I, _K)), Access("A", (_J, _K))
    left = parts.sum_over("k", _START, _J, parts.update(target, *factors))
    end = _I if parts.rng.random() < 0.6 else _I.shifted(1)
    finished = parts.finish(target, Access("A", (_J, _J)))
    body: list[Node] = [Loop("j", (_START,), (end,), 1, (left, *finished))]
    if end == _I:
        element = Access("A", (_I, _K))
        body.append(parts.sum_over("k", _START, _I, parts.update(diagonal, element, element)))
        body += parts.finish(diagonal, Access("A", (_I, _START)))
    return parts.program((_loop("i", rows, *body),), A=(rows, rows))


def _by_pivots(parts: _Parts, rows: int, columns: int) -> Program:
    """LU, a pivot at a time: what is right of it and below it changes at once."""
    column = Access("A", (_I, _K))
    after = _K.shifted(1)
    finished = parts.finish(column, Access("A", (_K, _K)))
    update = parts.update(Access("A", (_I, _J)), *_factors())
    row = Loop("j", (after,), (Expression(constant=columns),), 1, (update,))
    body: tuple[Node, ...] = (*finished, row)
    rows_below = (Loop("i", (after,), (Expression(constant=rows),), 1, body),)
    return parts.program((_loop("k", min(rows, columns), *rows_below),), A=(rows, columns))


def _product(parts: _Parts, rows: int, columns: int) -> Program:
    """A triangular matrix times another, which the product replaces."""
    target, other = Access("B", (_I, _J)), Access("B", (_K, _J))
    is_transposed = parts.rng.random() < 0.5
    factor = Access("A", (_K, _I) if is_transposed else (_I, _K))
    start = _I.shifted(1) if parts.rng.random() < 0.7 else _I
    update = parts.update(target, factor, other)
    total = parts.sum_over("k", start, Expression(constant=rows), update)
    finished = parts.finish(target, Access("A", (_I, _I)))
    inner = _loop("j", columns, total, *finished)
    return parts.program((_loop("i", rows, inner),), A=(rows, rows), B=(rows, columns))


def _solution(parts: _Parts, rows: int, columns: int) -> Program:
    """Rows of unknowns, each from those before."""
    target, other = Access("B", (_I, _J)), Access("B", (_K, _J))
    update = parts.update(target, Access("A", (_I, _K)), other)
    total = parts.sum_over("k", _START, _I, update)
    finished = parts.finish(target, Access("A", (_I, _I)))
    if parts.rng.random() < 0.5:
        body = (_loop("i", rows, _loop("j", columns, total, *finished)),)
    else:
        body = (_loop("j", columns, _loop("i", rows, total, *finished)),)
    return parts.program(body, A=(rows, rows), B=(rows, columns))


def _factors() -> tuple[Access, Access]:
    return Access("A", (_I, _K)), Access("A", (_K, _J))


def _loop(iterator: str, high: int, *body: Node) -> Loop:
    return Loop(iterator, (_START,), (Expression(constant=high),), 1, body)

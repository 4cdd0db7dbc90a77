"""Random eliminations: every row of a matrix takes something from the pivot row, row after row."""

import random

from tests.property.affine_program import (
    NUM_READS,
    Access,
    Expression,
    Form,
    Loop,
    Node,
    Program,
    Statement,
)

_PIVOT, _ROW, _COLUMN = (Expression(((name, 1),)) for name in ("k", "i", "j"))


def random_elimination(rng: random.Random, most: int) -> Program:
    """Draws a program over a matrix of at most `most` rows and columns."""
    num_rows, num_columns = rng.randint(4, most), rng.randint(4, most)
    num_pivots = rng.randint(3, min(num_rows, num_columns))
    target = Access("A", (_ROW, _COLUMN))
    form = rng.choice([Form.ACCUMULATE, Form.ACCUMULATE, Form.DIFFERENCE, Form.MAXIMUM])
    others = [_element(_ROW, _PIVOT), _element(_PIVOT, _COLUMN)]
    reads = (target, *rng.sample(others, NUM_READS[form] - 1))
    names = iter(f"S{number}" for number in range(9))
    body: tuple[Node, ...] = ()
    if rng.random() < 0.3:
        pivot = _element(_PIVOT, _COLUMN)
        scaled = Statement(next(names), pivot, (pivot,), Form.SCALE)
        body = (_loop("j", 0, num_columns, scaled),)
    parts = [(Expression(), Expression(constant=num_columns))]
    if rng.random() < 0.5:
        pivot_column, after = _PIVOT, _PIVOT.shifted(1)
        parts = [(parts[0][0], pivot_column), (pivot_column, after), (after, parts[0][1])]
    columns = tuple(
        Loop("j", (low,), (high,), 1, (Statement(next(names), target, reads, form),))
        for low, high in parts
    )
    low = rng.choice([Expression(), Expression(), Expression(), _PIVOT.shifted(1)])
    rows = Loop("i", (low,), (Expression(constant=num_rows),), 1, columns)
    shape = (max(num_rows, num_pivots), max(num_columns, num_pivots))
    return Program(
        (("A", shape),), rng.choice(["f32", "f64"]), (_loop("k", 0, num_pivots, *body, rows),)
    )


def _element(row: Expression, column: Expression) -> Access:
    return Access("A", (row, column))


def _loop(iterator: str, low: int, high: int, *body: Node) -> Loop:
    return Loop(iterator, (Expression(constant=low),), (Expression(constant=high),), 1, body)

"""How much arithmetic a kernel does, counted exactly from its loop nests."""

from collections.abc import Mapping, Sequence, Set

import numpy as np

from benchmarks.polybench.loop_nests import (
    Affine,
    Assignment,
    Branch,
    Constant,
    Declaration,
    Element,
    Function,
    Loop,
    Number,
    Operation,
    Statement,
    Value,
)
from benchmarks.program import Array


def operation_count(function: Function) -> int:
    """Returns the executed additions, multiplications, comparisons and so on.

    Operations on constants alone, and those of subscripts, do not count; what every iteration of
    a loop computes from the same operands counts once.
    """
    return _count(function.body, {}, np.ones(1, np.int64))


def footprint_bytes(function: Function, element_bytes: int) -> int:
    """Returns the size of all arrays together."""
    return sum(
        int(np.prod(array.shape)) * (4 if array.is_integer else element_bytes)
        for array in function.arrays
    )


def _count(statements: Sequence[Statement], counters: Mapping[str, Array], weights: Array) -> int:
    """Counts over points of the counters, each of which stands for `weights` iterations."""
    return sum(_count_one(statement, counters, weights) for statement in statements)


def _count_one(statement: Statement, counters: Mapping[str, Array], weights: Array) -> int:
    match statement:
        case Declaration():
            return 0
        case Assignment():
            return _operations(statement.value) * int(weights.sum())
        case Branch():
            holds = np.ones(len(weights), bool)
            for condition in statement.conditions:
                holds &= _values(condition, counters, len(weights)) >= 0
            then = _count(statement.then, counters, weights * holds)
            return then + _count(statement.otherwise, counters, weights * ~holds)
        case Loop():
            return _count_loop(statement, counters, weights)


def _count_loop(loop: Loop, counters: Mapping[str, Array], weights: Array) -> int:
    extents = _values(loop.high, counters, len(weights)) + 1
    trips = np.maximum(extents - _values(loop.low, counters, len(weights)), 0)
    repeated = int((weights * np.maximum(trips - 1, 0)).sum())
    return _count_iterations(loop, counters, weights, trips) - repeated * _num_invariant(loop)


def _count_iterations(
    loop: Loop, counters: Mapping[str, Array], weights: Array, trips: Array
) -> int:
    if not _uses(loop.body, loop.counter):
        return _count(loop.body, counters, weights * trips)
    low = _values(loop.low, counters, len(weights))
    points = np.repeat(np.arange(len(weights)), trips)
    first = np.repeat(np.cumsum(trips) - trips, trips)
    inner = {name: values[points] for name, values in counters.items() if _uses(loop.body, name)}
    inner[loop.counter] = low[points] + np.arange(len(points)) - first
    return _count(loop.body, inner, weights[points])


def _num_invariant(loop: Loop) -> int:
    """Operations right in the loop whose operands the loop does not change."""
    assignments = [each for each in loop.body if isinstance(each, Assignment)]
    if len(assignments) < len(loop.body):
        return 0
    written = {each.target.array for each in assignments}
    return sum(_num_invariant_in(each.value, loop.counter, written) for each in assignments)


def _num_invariant_in(value: Value, counter: str, written: Set[str]) -> int:
    if not isinstance(value, Operation):
        return 0
    if _is_invariant(value, counter, written):
        return _operations(value)
    return sum(_num_invariant_in(operand, counter, written) for operand in value.operands)


def _is_invariant(value: Value, counter: str, written: Set[str]) -> bool:
    match value:
        case Element():
            names = {name for index in value.indices for name, _ in index.terms}
            return counter not in names and value.array not in written
        case Operation():
            return all(_is_invariant(operand, counter, written) for operand in value.operands)
    return True


def _values(expression: Affine, counters: Mapping[str, Array], num_points: int) -> Array:
    total = np.full(num_points, expression.constant, np.int64)
    for name, factor in expression.terms:
        total += factor * counters[name]
    return total


def _uses(statements: Sequence[Statement], counter: str) -> bool:
    """Whether bounds or conditions depend on the counter."""
    for statement in statements:
        match statement:
            case Loop():
                bounds: tuple[Affine, ...] = (statement.low, statement.high)
                bodies = statement.body
            case Branch():
                bounds = statement.conditions
                bodies = statement.then + statement.otherwise
            case _:
                continue
        if any(name == counter for bound in bounds for name, _ in bound.terms):
            return True
        if _uses(bodies, counter):
            return True
    return False


def _operations(value: Value) -> int:
    if not isinstance(value, Operation) or _is_constant(value):
        return 0
    own = 2 if value.name.startswith("?") else 1
    return own + sum(_operations(operand) for operand in value.operands)


def _is_constant(value: Value) -> bool:
    if isinstance(value, Operation):
        return all(_is_constant(operand) for operand in value.operands)
    return isinstance(value, Number | Constant)

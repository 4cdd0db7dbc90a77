"""How much work the iterations of an affine loop do. Runs in a compile worker: it imports MLIR."""

import math
from collections.abc import Mapping

from mlir import ir

_FOR = "affine.for"
_FEW_ITERATIONS = 4
# Gauss's points: exact where the work of a loop is a polynomial of its counter up to degree 5.
_OFFSET = 0.5 * math.sqrt(0.6)
_POINTS = ((0.5 - _OFFSET, 5 / 18), (0.5, 8 / 18), (0.5 + _OFFSET, 5 / 18))

Counters = Mapping[ir.Value, float]


def work_at(loop: ir.Operation, value: float) -> float:
    """Returns how many stores run in one iteration of an outermost loop.

    Conditions are taken to hold.

    Args:
        loop: An `affine.for` without others around it.
        value: Of its counter.

    Raises:
        KeyError: The bounds of a loop inside depend on something else than counters.
    """
    return _work(loop.regions[0].blocks[0], {loop.regions[0].blocks[0].arguments[0]: value})


def constant_bounds(loop: ir.Operation) -> tuple[int, int] | None:
    """Returns first value and end of a loop's counter; None where they are not constant."""
    maps = (ir.AffineMapAttr(loop.attributes[f"{side}BoundMap"]) for side in ("lower", "upper"))
    results = [each.value.results for each in maps]
    if any(len(each) != 1 or not isinstance(each[0], ir.AffineConstantExpr) for each in results):
        return None
    return results[0][0].value, results[1][0].value


def step_of(loop: ir.Operation) -> int:
    """Returns by how much a loop's counter grows."""
    value: int = ir.IntegerAttr(loop.attributes["step"]).value
    return value


def _work(block: ir.Block, counters: Counters) -> float:
    total = 0.0
    for view in block.operations:
        operation = view.operation
        if operation.name == _FOR:
            total += _loop_work(operation, counters)
        elif len(operation.regions) > 0:
            total += sum(_work(each, counters) for region in operation.regions for each in region)
        elif operation.name.endswith(".store"):
            total += 1.0
    return total


def _loop_work(loop: ir.Operation, counters: Counters) -> float:
    lower, upper = max(_bounds(loop, "lower", counters)), min(_bounds(loop, "upper", counters))
    count = max(0.0, (upper - lower) / step_of(loop))
    body = loop.regions[0].blocks[0]
    counter = body.arguments[0]

    def work(place: float) -> float:
        return _work(body, {**counters, counter: lower + place * (upper - lower)})

    if count == 0.0 or not any(True for _ in counter.uses):
        return count * work(0.0)
    if count <= _FEW_ITERATIONS:
        return sum(work(index / count) for index in range(math.ceil(count)))
    return count * sum(weight * work(place) for place, weight in _POINTS)


def _bounds(loop: ir.Operation, side: str, counters: Counters) -> list[float]:
    sizes = list(ir.DenseI32ArrayAttr(loop.attributes["operandSegmentSizes"]))
    start = 0 if side == "lower" else sizes[0]
    operands = list(loop.operands)[start : start + sizes[side == "upper"]]
    values = [counters[operand] for operand in operands]
    bound = ir.AffineMapAttr(loop.attributes[f"{side}BoundMap"]).value
    return [_value(each, values[: bound.n_dims], values[bound.n_dims :]) for each in bound.results]


def _value(expression: ir.AffineExpr, dims: list[float], symbols: list[float]) -> float:
    if isinstance(expression, ir.AffineConstantExpr):
        return float(expression.value)
    if isinstance(expression, ir.AffineDimExpr | ir.AffineSymbolExpr):
        values = dims if isinstance(expression, ir.AffineDimExpr) else symbols
        return values[int(expression.position)]
    left, right = (_value(each, dims, symbols) for each in (expression.lhs, expression.rhs))
    if isinstance(expression, ir.AffineAddExpr):
        return left + right
    if isinstance(expression, ir.AffineMulExpr):
        return left * right
    return left % right if isinstance(expression, ir.AffineModExpr) else left / right

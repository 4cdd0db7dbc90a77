"""Operators that memory and elementary functions decide: chains, reductions, normalisations."""

import math
from typing import Any

import numpy as np

from benchmarks.nn.graph import Graph, Operand, Scalars, Tensor, every
from benchmarks.nn.operator import Array, Operator

_erf = np.vectorize(math.erf, otypes=[np.float64])


def softmax_rows(x: Array) -> Array:
    """Softmax along the last axis."""
    powers = np.exp(x - x.max(-1, keepdims=True))
    return np.asarray(powers / powers.sum(-1, keepdims=True))


def softmax_of(graph: Graph, x: Tensor) -> Tensor:
    """Adds softmax along the last axis, as its named operation."""
    dimension = f"dimension({len(x.shape) - 1})"
    empty = graph.empty(x.shape)
    text = f"linalg.softmax {dimension} ins({x.name} : {x.type})"
    text += f" outs({empty.name} : {empty.type}) -> {x.type}"
    return Tensor(graph.define(text), x.shape, x.element)


def softmax(rows: int, columns: int) -> Operator:
    """exp(x - max) over its sum, a row at a time."""
    graph = Graph("softmax")
    result = softmax_of(graph, graph.argument(rows, columns))
    return Operator(graph, result, lambda torch: lambda x: torch.softmax(x, -1), softmax_rows)


def _row(tensor: Tensor) -> Operand:
    """One number for each row of a matrix."""
    return Operand(tensor, (0,))


def _column(tensor: Tensor) -> Operand:
    return Operand(tensor, (1,))


def _mean_of_squares(graph: Graph, x: Tensor, mean: Tensor | None) -> Tensor:
    rows, columns = x.shape
    start = Operand(graph.filled("0.0", [rows]), (0,))

    def add_square(s: Scalars, value: str, *rest: str) -> str:
        centred = s("arith.subf", value, rest[0]) if mean else value
        return s("arith.addf", rest[-1], s("arith.mulf", centred, centred))

    inputs = [every(x), _row(mean)] if mean else [every(x)]
    total = graph.generic(inputs, start, add_square)
    return _divided(graph, total, columns)


def _divided(graph: Graph, x: Tensor, divisor: int) -> Tensor:
    return graph.elementwise(
        [every(x)], lambda s, value: s("arith.divf", value, s.constant(float(divisor)))
    )


def layernorm(rows: int, columns: int) -> Operator:
    """Rows of mean 0 and variance 1, scaled and shifted."""
    graph = Graph("layernorm")
    x = graph.argument(rows, columns)
    weight, bias = graph.argument(columns), graph.argument(columns)
    mean = _divided(graph, graph.reduce(x, 1, "arith.addf", "0.0"), columns)
    variance = _mean_of_squares(graph, x, mean)

    def normalise(s: Scalars, value: str, m: str, v: str, w: str, b: str) -> str:
        root = s("math.rsqrt", s("arith.addf", v, s.constant(1e-5)))
        scaled = s("arith.mulf", s("arith.mulf", s("arith.subf", value, m), root), w)
        return s("arith.addf", scaled, b)

    operands = [every(x), _row(mean), _row(variance), _column(weight), _column(bias)]
    result = graph.elementwise(operands, normalise)

    def numpy(x: Array, weight: Array, bias: Array) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        return np.asarray(centred / scale * weight + bias)

    def torch(torch: Any) -> Any:
        return lambda x, w, b: torch.nn.functional.layer_norm(x, (columns,), w, b, 1e-5)

    return Operator(graph, result, torch, numpy)


def rmsnorm(rows: int, columns: int) -> Operator:
    """Rows over the root of their mean square, scaled."""
    graph = Graph("rmsnorm")
    x, weight = graph.argument(rows, columns), graph.argument(columns)
    square = _mean_of_squares(graph, x, None)

    def normalise(s: Scalars, value: str, q: str, w: str) -> str:
        root = s("math.rsqrt", s("arith.addf", q, s.constant(1e-6)))
        return s("arith.mulf", s("arith.mulf", value, root), w)

    result = graph.elementwise([every(x), _row(square), _column(weight)], normalise)
    return Operator(
        graph,
        result,
        lambda torch: lambda x, w: torch.nn.functional.rms_norm(x, (columns,), w, 1e-6),
        lambda x, w: x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * w,
    )


def gelu_erf_body(s: Scalars, x: str) -> str:
    """X (1 + erf(x / sqrt 2)) / 2."""
    error = s("math.erf", s("arith.mulf", x, s.constant(math.sqrt(0.5))))
    half = s("arith.mulf", x, s.constant(0.5))
    return s("arith.mulf", half, s("arith.addf", error, s.constant(1.0)))


def _gelu_tanh_body(s: Scalars, x: str) -> str:
    cube = s("arith.mulf", s("arith.mulf", x, x), x)
    inner = s("arith.addf", x, s("arith.mulf", cube, s.constant(0.044715)))
    angle = s("math.tanh", s("arith.mulf", inner, s.constant(math.sqrt(2 / math.pi))))
    half = s("arith.mulf", x, s.constant(0.5))
    return s("arith.mulf", half, s("arith.addf", angle, s.constant(1.0)))


def gelu_erf_rows(x: Array) -> Array:
    """GELU of every element."""
    return np.asarray(x * (1 + _erf(x * math.sqrt(0.5))) / 2)


def gelu_erf(rows: int, columns: int) -> Operator:
    """GELU, exact."""
    graph = Graph("gelu_erf")
    result = graph.elementwise([every(graph.argument(rows, columns))], gelu_erf_body)
    return Operator(graph, result, lambda torch: torch.nn.functional.gelu, gelu_erf_rows)


def gelu_tanh(rows: int, columns: int) -> Operator:
    """GELU, in its approximation by tanh."""
    graph = Graph("gelu_tanh")
    result = graph.elementwise([every(graph.argument(rows, columns))], _gelu_tanh_body)
    factor = math.sqrt(2 / math.pi)
    return Operator(
        graph,
        result,
        lambda torch: lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
        lambda x: x * (1 + np.tanh(factor * (x + 0.044715 * x**3))) / 2,
    )


def bias_gelu(rows: int, columns: int) -> Operator:
    """GELU of rows plus a bias."""
    graph = Graph("bias_gelu")
    x, bias = graph.argument(rows, columns), graph.argument(columns)
    total = graph.elementwise(
        [every(x), _column(bias)], lambda s, value, b: s("arith.addf", value, b)
    )
    result = graph.elementwise([every(total)], gelu_erf_body)
    return Operator(
        graph,
        result,
        lambda torch: lambda x, b: torch.nn.functional.gelu(x + b),
        lambda x, b: gelu_erf_rows(x + b),
    )


def chain(rows: int, columns: int) -> Operator:
    """sigmoid((x + column) * row) * x: four operations with broadcasting."""
    graph = Graph("chain")
    x = graph.argument(rows, columns)
    row, column = graph.argument(columns), graph.argument(rows)
    total = graph.elementwise([every(x), _row(column)], lambda s, a, b: s("arith.addf", a, b))
    scaled = graph.elementwise([every(total), _column(row)], lambda s, a, b: s("arith.mulf", a, b))

    def sigmoid(s: Scalars, value: str) -> str:
        power = s("math.exp", s("arith.negf", value))
        return s("arith.divf", s.constant(1.0), s("arith.addf", power, s.constant(1.0)))

    gate = graph.elementwise([every(scaled)], sigmoid)
    result = graph.elementwise([every(gate), every(x)], lambda s, a, b: s("arith.mulf", a, b))
    return Operator(
        graph,
        result,
        lambda torch: lambda x, row, column: torch.sigmoid((x + column[:, None]) * row) * x,
        lambda x, row, column: x / (1 + np.exp(-(x + column[:, None]) * row)),
    )


def transpose(rows: int, columns: int) -> Operator:
    """Rows become columns."""
    graph = Graph("transpose")
    x = graph.argument(rows, columns)
    output = every(graph.empty((columns, rows)))
    result = graph.generic([Operand(x, (1, 0))], output, lambda s, value: value)
    return Operator(
        graph, result, lambda torch: lambda x: x.t().contiguous(), lambda x: x.T, tolerance=0.0
    )


def reduction(axis: int, rows: int, columns: int) -> Operator:
    """Sums along one axis."""
    graph = Graph(f"sum_axis{axis}")
    result = graph.reduce(graph.argument(rows, columns), axis, "arith.addf", "0.0")
    return Operator(
        graph, result, lambda torch: lambda x: x.sum(axis), lambda x: x.sum(axis), tolerance=1e-4
    )


def maximum(rows: int, columns: int) -> Operator:
    """The largest element of each row."""
    graph = Graph("max_axis1")
    x = graph.argument(rows, columns)
    result = graph.reduce(x, 1, "arith.maximumf", "0xFF800000")
    return Operator(
        graph, result, lambda torch: lambda x: x.amax(1), lambda x: x.max(1), tolerance=0.0
    )


def embedding(words: int, columns: int, tokens: int) -> Operator:
    """Rows of a table, by their numbers."""
    graph = Graph("embedding")
    table, numbers = graph.argument(words, columns), graph.argument(tokens, element="i64")

    def look_up(s: Scalars, number: str) -> str:
        word = graph.define(f"arith.index_cast {number} : i64 to index")
        column = graph.define("linalg.index 1 : index")
        return graph.define(f"tensor.extract {table.name}[{word}, {column}] : {table.type}")

    output = every(graph.empty((tokens, columns)))
    result = graph.generic([Operand(numbers, (0,))], output, look_up)
    return Operator(
        graph,
        result,
        lambda torch: lambda table, numbers: torch.nn.functional.embedding(numbers, table),
        lambda table, numbers: table[numbers],
        index_limit=words,
        tolerance=0.0,
    )

"""Operators of the catalogue as pipelines of Halide, for any extents.

Halide's first dimension is the innermost; here indices come in the order of the operators', the
innermost last. tanh is made of exp, which Halide has for vectors: its tanh calls the C library,
once an element.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.nn.operator import Operator

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Values:
    """An argument, or what a stage computes.

    Attributes:
        source: Halide's `ImageParam` or `Func`.
        shape: Extents, the innermost last.
        is_folded: Whether it is computed by an update of an initial value.
    """

    source: Any
    shape: Shape
    is_folded: bool = False

    def __call__(self, *at: Any) -> Any:
        """Returns the element at an index."""
        return self.source[tuple(reversed(at))]


class Pipeline:
    """A pipeline in the making.

    Attributes:
        hl: Module `halide`.
    """

    def __init__(self) -> None:
        self.hl: Any = importlib.import_module("halide")

    def argument(self, shape: Shape, element: str) -> Values:
        """Adds an argument whose elements lie without gaps, as arrays of NumPy do."""
        types = {"f32": self.hl.Float(32), "bf16": self.hl.BFloat(16), "i64": self.hl.Int(64)}
        parameter = self.hl.ImageParam(types[element], len(shape))
        fix_shape(parameter, shape)
        for dimension, extent in enumerate(reversed(shape)):
            parameter.dim(dimension).set_estimate(0, extent)
        return Values(parameter, shape)

    def computed(self, shape: Shape, body: Callable[..., Any]) -> Values:
        """Adds a stage that computes each element from its index."""
        at = self._index(shape)
        stage = self.hl.Func()
        stage[tuple(reversed(at))] = body(*at)
        return Values(stage, shape)

    def elementwise(self, body: Callable[..., Any], *inputs: Values) -> Values:
        """Adds a stage that computes each element from those at its place in the inputs."""
        shape = inputs[0].shape
        return self.computed(shape, lambda *at: body(*(values(*at) for values in inputs)))

    def sums(self, shape: Shape, over: Shape, term: Callable[..., Any]) -> Values:
        """Adds sums.

        Args:
            shape: Of the result.
            over: Extents of what is summed over.
            term: From an index of the result, and one of what is summed over, to a summand.
        """
        return self._folded(shape, over, 0.0, lambda partial, new: partial + new, term)

    def largest(self, shape: Shape, over: Shape, term: Callable[..., Any]) -> Values:
        """Adds the largest of several terms each; see `sums`."""
        return self._folded(shape, over, -math.inf, self.hl.max, term)

    def padded(self, x: Values, amount: int, axes: Sequence[int]) -> Values:
        """Adds a border of zeros along some axes."""
        if amount == 0:
            return x
        bounds = [self.hl.Range(0, extent) for extent in reversed(x.shape)]
        framed = self.hl.BoundaryConditions.constant_exterior(x.source, self.number(0.0), bounds)
        inner = Values(framed, x.shape)
        widths = [amount if axis in axes else 0 for axis in range(len(x.shape))]
        shape = tuple(n + 2 * width for n, width in zip(x.shape, widths, strict=True))

        def shifted(*at: Any) -> Any:
            return inner(*(i - width if width else i for i, width in zip(at, widths, strict=True)))

        return self.computed(shape, shifted)

    def number(self, value: float) -> Any:
        """Returns a constant."""
        return self.hl.f32(value)

    def _folded(
        self,
        shape: Shape,
        over: Shape,
        start: float,
        combine: Callable[[Any, Any], Any],
        term: Callable[..., Any],
    ) -> Values:
        at = self._index(shape)
        domain = self.hl.RDom([(0, extent) for extent in over])
        steps = [domain[axis] for axis in range(len(over))]
        stage = self.hl.Func()
        place = tuple(reversed(at))
        stage[place] = self.number(start)
        stage[place] = combine(stage[place], term(*at, *steps))
        return Values(stage, shape, is_folded=True)

    def _index(self, shape: Shape) -> list[Any]:
        return [self.hl.Var() for _ in shape]


def fix_shape(buffer: Any, shape: Shape) -> None:
    """Tells Halide the extents and strides of a buffer."""
    stride = 1
    for dimension, extent in enumerate(reversed(shape)):
        buffer.dim(dimension).set_bounds(0, extent)
        buffer.dim(dimension).set_stride(stride)
        stride *= extent


def _matmul(p: Pipeline, a: Values, b: Values, transposed: str = "") -> Values:
    rows = a.shape[1 if "a" in transposed else 0]
    columns = b.shape[0 if "b" in transposed else 1]

    def term(i: Any, j: Any, x: Any) -> Any:
        left = a(x, i) if "a" in transposed else a(i, x)
        right = b(j, x) if "b" in transposed else b(x, j)
        return p.hl.f32(left) * p.hl.f32(right)

    return p.sums((rows, columns), (a.shape[0 if "a" in transposed else 1],), term)


def _batch_matmul(p: Pipeline, a: Values, b: Values) -> Values:
    shape = (*a.shape[:2], b.shape[2])
    return p.sums(shape, a.shape[2:], lambda h, i, j, x: a(h, i, x) * b(h, x, j))


def _linear_relu(p: Pipeline, x: Values, weight: Values, bias: Values) -> Values:
    product = _matmul(p, x, weight)
    zero = p.number(0.0)
    return p.computed(product.shape, lambda i, j: p.hl.max(product(i, j) + bias(j), zero))


def _conv_nchw(p: Pipeline, x: Values, weight: Values, stride: int = 1) -> Values:
    filters, _, size, _ = weight.shape
    image = p.padded(x, size // 2, (2, 3))
    extents = tuple((n - size) // stride + 1 for n in image.shape[2:])

    def term(b: Any, f: Any, i: Any, j: Any, *window: Any) -> Any:
        c, u, v = window
        return image(b, c, i * stride + u, j * stride + v) * weight(f, c, u, v)

    return p.sums((x.shape[0], filters, *extents), weight.shape[1:], term)


def _conv_nhwc(p: Pipeline, x: Values, weight: Values) -> Values:
    image = p.padded(x, weight.shape[0] // 2, (1, 2))

    def term(b: Any, i: Any, j: Any, f: Any, *window: Any) -> Any:
        u, v, c = window
        return image(b, i + u, j + v, c) * weight(u, v, c, f)

    return p.sums((*x.shape[:3], weight.shape[3]), weight.shape[:3], term)


def _depthwise_nchw(p: Pipeline, x: Values, weight: Values) -> Values:
    image = p.padded(x, 1, (2, 3))

    def term(b: Any, c: Any, i: Any, j: Any, *window: Any) -> Any:
        u, v = window
        return image(b, c, i + u, j + v) * weight(c, u, v)

    return p.sums(x.shape, weight.shape[1:], term)


def _depthwise_nhwc(p: Pipeline, x: Values, weight: Values) -> Values:
    image = p.padded(x, 1, (1, 2))

    def term(b: Any, i: Any, j: Any, c: Any, *window: Any) -> Any:
        u, v = window
        return image(b, i + u, j + v, c) * weight(u, v, c)

    return p.sums(x.shape, weight.shape[:2], term)


def _pool(p: Pipeline, x: Values, kind: str) -> Values:
    shape = (*x.shape[:2], *((extent - 3) // 2 + 1 for extent in x.shape[2:]))

    def term(b: Any, c: Any, i: Any, j: Any, *window: Any) -> Any:
        u, v = window
        return x(b, c, i * 2 + u, j * 2 + v)

    if kind == "max":
        return p.largest(shape, (3, 3), term)
    return p.elementwise(lambda total: total / p.number(9.0), p.sums(shape, (3, 3), term))


def _softmax(p: Pipeline, x: Values) -> Values:
    *outer, columns = x.shape
    rows = tuple(outer)
    top = p.largest(rows, (columns,), x)
    powers = p.computed(x.shape, lambda *at: p.hl.exp(x(*at) - top(*at[:-1])))
    totals = p.sums(rows, (columns,), powers)
    return p.computed(x.shape, lambda *at: powers(*at) / totals(*at[:-1]))


def _layernorm(p: Pipeline, x: Values, weight: Values, bias: Values) -> Values:
    rows, columns = x.shape
    count = p.number(columns)
    totals = p.sums((rows,), (columns,), x)
    means = p.elementwise(lambda total: total / count, totals)

    def square(i: Any, j: Any) -> Any:
        return (x(i, j) - means(i)) * (x(i, j) - means(i))

    squares = p.sums((rows,), (columns,), square)
    scales = p.elementwise(lambda q: 1 / p.hl.sqrt(q / count + p.number(1e-5)), squares)

    def normalised(i: Any, j: Any) -> Any:
        return (x(i, j) - means(i)) * scales(i) * weight(j) + bias(j)

    return p.computed(x.shape, normalised)


def _rmsnorm(p: Pipeline, x: Values, weight: Values) -> Values:
    rows, columns = x.shape
    squares = p.sums((rows,), (columns,), lambda i, j: x(i, j) * x(i, j))
    count = p.number(columns)
    scales = p.elementwise(lambda q: 1 / p.hl.sqrt(q / count + p.number(1e-6)), squares)
    return p.computed(x.shape, lambda i, j: x(i, j) * scales(i) * weight(j))


def _gelu_erf_of(p: Pipeline, x: Any) -> Any:
    return x * p.number(0.5) * (p.hl.erf(x * p.number(math.sqrt(0.5))) + p.number(1.0))


def _gelu_erf(p: Pipeline, x: Values) -> Values:
    return p.elementwise(partial(_gelu_erf_of, p), x)


def _gelu_tanh(p: Pipeline, x: Values) -> Values:
    factor = p.number(2 * math.sqrt(2 / math.pi))

    def gelu(value: Any) -> Any:
        twice = (value + value * value * value * p.number(0.044715)) * factor
        # (1 + tanh y) / 2 = 1 - 1 / (exp 2y + 1)
        return value * (p.number(1.0) - p.number(1.0) / (p.hl.exp(twice) + p.number(1.0)))

    return p.elementwise(gelu, x)


def _bias_gelu(p: Pipeline, x: Values, bias: Values) -> Values:
    return p.computed(x.shape, lambda i, j: _gelu_erf_of(p, x(i, j) + bias(j)))


def _chain(p: Pipeline, x: Values, row: Values, column: Values) -> Values:
    def gated(i: Any, j: Any) -> Any:
        power = p.hl.exp(-((x(i, j) + column(i)) * row(j)))
        return p.number(1.0) / (power + p.number(1.0)) * x(i, j)

    return p.computed(x.shape, gated)


def _transpose(p: Pipeline, x: Values) -> Values:
    rows, columns = x.shape
    return p.computed((columns, rows), lambda i, j: x(j, i))


def _sum(p: Pipeline, x: Values, axis: int) -> Values:
    return p.sums(
        (x.shape[1 - axis],), (x.shape[axis],), lambda i, k: x(*((k, i) if axis == 0 else (i, k)))
    )


def _maximum(p: Pipeline, x: Values) -> Values:
    return p.largest(x.shape[:1], x.shape[1:], x)


def _embedding(p: Pipeline, table: Values, numbers: Values) -> Values:
    words, columns = table.shape

    def look_up(token: Any, column: Any) -> Any:
        word = p.hl.clamp(p.hl.i32(numbers(token)), 0, words - 1)
        return table(word, column)

    return p.computed((*numbers.shape, columns), look_up)


def _attention(p: Pipeline, q: Values, k: Values, v: Values) -> Values:
    heads, tokens, size = q.shape
    square = (heads, tokens, tokens)
    factor = p.number(1 / math.sqrt(size))
    scores = p.sums(square, (size,), lambda h, i, j, x: q(h, i, x) * k(h, j, x))
    weights = _softmax(p, p.elementwise(lambda score: score * factor, scores))
    return p.sums(q.shape, (tokens,), lambda h, i, j, x: weights(h, i, x) * v(h, x, j))


_MAKERS: dict[str, Callable[..., Values]] = {
    "matmul": _matmul,
    "matmul_tn": partial(_matmul, transposed="a"),
    "matmul_nt": partial(_matmul, transposed="b"),
    "matmul_bf16": _matmul,
    "batch_matmul": _batch_matmul,
    "linear_relu": _linear_relu,
    "conv3x3_nchw": _conv_nchw,
    "conv1x1_nchw": _conv_nchw,
    "conv3x3_nchw_stride2": partial(_conv_nchw, stride=2),
    "conv3x3_nhwc": _conv_nhwc,
    "conv1x1_nhwc": _conv_nhwc,
    "depthwise_nchw": _depthwise_nchw,
    "depthwise_nhwc": _depthwise_nhwc,
    "max_pool": partial(_pool, kind="max"),
    "average_pool": partial(_pool, kind="average"),
    "softmax": _softmax,
    "layernorm": _layernorm,
    "rmsnorm": _rmsnorm,
    "gelu_erf": _gelu_erf,
    "gelu_tanh": _gelu_tanh,
    "bias_gelu": _bias_gelu,
    "chain": _chain,
    "transpose": _transpose,
    "sum_axis0": partial(_sum, axis=0),
    "sum_axis1": partial(_sum, axis=1),
    "max_axis1": _maximum,
    "embedding": _embedding,
    "attention": _attention,
}

NAMES = tuple(_MAKERS)


def pipeline_of(operator: Operator) -> tuple[Any, list[Any]]:
    """Returns an operator as a pipeline of Halide, and its parameters in order."""
    pipeline = Pipeline()
    arguments = [pipeline.argument(x.shape, x.element) for x in operator.graph.arguments]
    result = _MAKERS[operator.name](pipeline, *arguments)
    if result.is_folded:
        # Only below a stage that is not updated can the scheduler keep sums in registers.
        result = pipeline.elementwise(lambda value: value, result)
    assert result.shape == operator.result.shape
    fix_shape(result.source.output_buffer(), result.shape)
    extents = [pipeline.hl.Range(0, extent) for extent in reversed(result.shape)]
    result.source.set_estimates(extents)
    return pipeline.hl.Pipeline(result.source), [argument.source for argument in arguments]

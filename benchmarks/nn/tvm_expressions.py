"""Operators of the catalogue as tensor expressions of TVM.

Elementary functions are TVM's fast ones, which vectors run, and which are exact enough here: the
others are calls of the C library, one for each element.
"""

import importlib
import math
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks.nn.catalogue import CATALOGUE


class Expression:
    """A tensor expression in the making: its arguments, and TVM's modules.

    Attributes:
        te: Module `tvm.te`.
        topi: Module `tvm.topi`.
        arguments: Tensors in the order of the operator's arguments.
    """

    def __init__(self) -> None:
        self.te: Any = importlib.import_module("tvm.te")
        self.topi: Any = importlib.import_module("tvm.topi")
        self.arguments: list[Any] = []

    def argument(self, *shape: int) -> Any:
        """Adds an argument."""
        self.arguments.append(self.te.placeholder(shape, name=f"x{len(self.arguments)}"))
        return self.arguments[-1]

    def sums(self, shape: tuple[int, ...], over: tuple[int, ...], term: Callable[..., Any]) -> Any:
        """Adds sums of products.

        Args:
            shape: Of the result.
            over: Extents of what is summed over.
            term: From an index of the result and one of what is summed over to a summand.
        """
        axes = [self.te.reduce_axis((0, extent), name=f"k{at}") for at, extent in enumerate(over)]
        return self.te.compute(shape, lambda *at: self.te.sum(term(*at, *axes), axis=axes))

    def gelu_erf(self, x: Any) -> Any:
        """Adds x (1 + erf(x / sqrt 2)) / 2."""
        return x * 0.5 * (self.topi.fast_erf(x * math.sqrt(0.5)) + 1.0)


def _matmul(e: Expression, m: int, n: int, k: int, transposed: str = "") -> Any:
    a = e.argument(*((k, m) if "a" in transposed else (m, k)))
    b = e.argument(*((n, k) if "b" in transposed else (k, n)))

    def term(i: Any, j: Any, x: Any) -> Any:
        left = a[x, i] if "a" in transposed else a[i, x]
        return left * (b[j, x] if "b" in transposed else b[x, j])

    return e.sums((m, n), (k,), term)


def _batch_matmul(e: Expression, b: int, m: int, n: int, k: int) -> Any:
    left, right = e.argument(b, m, k), e.argument(b, k, n)
    return e.sums((b, m, n), (k,), lambda h, i, j, x: left[h, i, x] * right[h, x, j])


def _linear_relu(e: Expression, m: int, n: int, k: int) -> Any:
    x, weight, bias = e.argument(m, k), e.argument(k, n), e.argument(n)
    product = e.sums((m, n), (k,), lambda i, j, p: x[i, p] * weight[p, j])
    return e.topi.nn.relu(product + bias)


def _conv_nchw(
    e: Expression, channels: int, filters: int, image: int, size: int, stride: int = 1
) -> Any:
    pad = (0, 0, size // 2, size // 2)
    x, w = e.argument(1, channels, image, image), e.argument(filters, channels, size, size)
    padded = e.topi.nn.pad(x, pad) if size > 1 else x
    extent = (image + 2 * (size // 2) - size) // stride + 1

    def term(b: Any, f: Any, i: Any, j: Any, *window: Any) -> Any:
        c, u, v = window
        return padded[b, c, i * stride + u, j * stride + v] * w[f, c, u, v]

    return e.sums((1, filters, extent, extent), (channels, size, size), term)


def _conv_nhwc(e: Expression, channels: int, filters: int, image: int, size: int) -> Any:
    x, w = e.argument(1, image, image, channels), e.argument(size, size, channels, filters)
    padded = e.topi.nn.pad(x, (0, size // 2, size // 2, 0)) if size > 1 else x

    def term(b: Any, i: Any, j: Any, f: Any, *window: Any) -> Any:
        u, v, c = window
        return padded[b, i + u, j + v, c] * w[u, v, c, f]

    return e.sums((1, image, image, filters), (size, size, channels), term)


def _depthwise_nchw(e: Expression, channels: int, image: int) -> Any:
    x, w = e.argument(1, channels, image, image), e.argument(channels, 3, 3)
    padded = e.topi.nn.pad(x, (0, 0, 1, 1))
    return e.sums(
        (1, channels, image, image),
        (3, 3),
        lambda b, c, i, j, u, v: padded[b, c, i + u, j + v] * w[c, u, v],
    )


def _depthwise_nhwc(e: Expression, channels: int, image: int) -> Any:
    x, w = e.argument(1, image, image, channels), e.argument(3, 3, channels)
    padded = e.topi.nn.pad(x, (0, 1, 1, 0))
    return e.sums(
        (1, image, image, channels),
        (3, 3),
        lambda b, i, j, c, u, v: padded[b, i + u, j + v, c] * w[u, v, c],
    )


def _pool(e: Expression, channels: int, image: int, kind: str) -> Any:
    x = e.argument(1, channels, image, image)
    return e.topi.nn.pool2d(x, (3, 3), (2, 2), (1, 1), (0, 0, 0, 0), kind)


def _softmax(e: Expression, rows: int, columns: int) -> Any:
    return e.topi.nn.fast_softmax(e.argument(rows, columns), axis=-1)


def _layernorm(e: Expression, rows: int, columns: int) -> Any:
    x, weight, bias = e.argument(rows, columns), e.argument(columns), e.argument(columns)
    return e.topi.nn.layer_norm(x, weight, bias, [1], 1e-5)


def _rmsnorm(e: Expression, rows: int, columns: int) -> Any:
    x, weight = e.argument(rows, columns), e.argument(columns)
    return e.topi.nn.rms_norm(x, weight, [1], 1e-6)


def _gelu_erf(e: Expression, rows: int, columns: int) -> Any:
    return e.gelu_erf(e.argument(rows, columns))


def _gelu_tanh(e: Expression, rows: int, columns: int) -> Any:
    x = e.argument(rows, columns)
    inner = (x + x * x * x * 0.044715) * math.sqrt(2 / math.pi)
    return x * 0.5 * (e.topi.fast_tanh(inner) + 1.0)


def _bias_gelu(e: Expression, rows: int, columns: int) -> Any:
    return e.gelu_erf(e.argument(rows, columns) + e.argument(columns))


def _chain(e: Expression, rows: int, columns: int) -> Any:
    x, row, column = e.argument(rows, columns), e.argument(columns), e.argument(rows)
    scaled = (x + e.topi.expand_dims(column, 1)) * row
    return x * (1.0 / (e.topi.fast_exp(e.topi.negative(scaled)) + 1.0))


def _transpose(e: Expression, rows: int, columns: int) -> Any:
    return e.topi.transpose(e.argument(rows, columns))


def _sum(e: Expression, rows: int, columns: int, axis: int) -> Any:
    return e.topi.sum(e.argument(rows, columns), axis)


def _maximum(e: Expression, rows: int, columns: int) -> Any:
    return e.topi.max(e.argument(rows, columns), 1)


def _attention(e: Expression, heads: int, tokens: int, size: int) -> Any:
    q, k, v = (e.argument(heads, tokens, size) for _ in range(3))
    square = (heads, tokens, tokens)
    scores = e.sums(square, (size,), lambda h, i, j, x: q[h, i, x] * k[h, j, x])
    weights = e.topi.nn.fast_softmax(scores * (1 / math.sqrt(size)), axis=-1)
    return e.sums(
        (heads, tokens, size), (tokens,), lambda h, i, j, x: weights[h, i, x] * v[h, x, j]
    )


_MAKERS: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "matmul_tn": partial(_matmul, transposed="a"),
    "matmul_nt": partial(_matmul, transposed="b"),
    "batch_matmul": _batch_matmul,
    "linear_relu": _linear_relu,
    "conv3x3_nchw": partial(_conv_nchw, size=3),
    "conv1x1_nchw": partial(_conv_nchw, size=1),
    "conv3x3_nchw_stride2": partial(_conv_nchw, size=3, stride=2),
    "conv3x3_nhwc": partial(_conv_nhwc, size=3),
    "conv1x1_nhwc": partial(_conv_nhwc, size=1),
    "depthwise_nchw": _depthwise_nchw,
    "depthwise_nhwc": _depthwise_nhwc,
    "max_pool": partial(_pool, kind="max"),
    "average_pool": partial(_pool, kind="avg"),
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
    "attention": _attention,
}

NAMES = tuple(_MAKERS)


def function_of(name: str) -> Any:
    """Returns an operator at the extents of the benchmark as a function of TVM's, `main`."""
    expression = Expression()
    result = _MAKERS[name](expression, *CATALOGUE[name].extents)
    return expression.te.create_prim_func([*expression.arguments, result])

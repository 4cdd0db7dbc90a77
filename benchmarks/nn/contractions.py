"""Operators of multiply-adds: products of matrices, convolutions, pooling, attention."""

import math
from typing import Any

import numpy as np

from benchmarks.nn.elementwise import softmax_of, softmax_rows
from benchmarks.nn.graph import Graph, Operand, Tensor, every
from benchmarks.nn.operator import Array, Operator


def _maps(*axes: str) -> str:
    """The indexing maps of a contraction over loops b, m, n, k, as an attribute."""
    loops = "".join(loop for loop in "bmnk" if any(loop in each for each in axes))
    texts = [f"affine_map<({', '.join(loops)}) -> ({', '.join(each)})>" for each in axes]
    return f"indexing_maps = [{', '.join(texts)}]"


def matmul(m: int, n: int, k: int, transposed: str = "", element: str = "f32") -> Operator:
    """A product of matrices; `transposed` names operands that are stored transposed."""
    suffix = "".join("t" if name in transposed else "n" for name in "ab") if transposed else ""
    graph = Graph("_".join(["matmul", *filter(None, [suffix, element.replace("f32", "")])]))
    a = graph.argument(*((k, m) if "a" in transposed else (m, k)), element=element)
    b = graph.argument(*((n, k) if "b" in transposed else (k, n)), element=element)
    maps = _maps("km" if "a" in transposed else "mk", "nk" if "b" in transposed else "kn", "mn")
    result = graph.named("linalg.matmul", [a, b], graph.filled("0.0", (m, n)), maps)

    def torch(torch: Any) -> Any:
        def multiply(a: Any, b: Any) -> Any:
            product = (a.t() if "a" in transposed else a) @ (b.t() if "b" in transposed else b)
            return product.float()

        return multiply

    def numpy(a: Array, b: Array) -> Array:
        return (a.T if "a" in transposed else a) @ (b.T if "b" in transposed else b)

    # PyTorch rounds the sums to the type of the operands.
    tolerance = 1e-5 if element == "f32" else 1e-2
    return Operator(graph, result, torch, numpy, 2 * m * n * k, tolerance=tolerance)


def batch_matmul(b: int, m: int, n: int, k: int) -> Operator:
    """Products of many small matrices."""
    graph = Graph("batch_matmul")
    left, right = graph.argument(b, m, k), graph.argument(b, k, n)
    output = graph.filled("0.0", (b, m, n))
    result = graph.named("linalg.batch_matmul", [left, right], output)
    return Operator(
        graph, result, lambda torch: torch.bmm, lambda a, b: a @ b, num_flops=2 * b * m * n * k
    )


def linear_relu(m: int, n: int, k: int) -> Operator:
    """max(x W + bias, 0)."""
    graph = Graph("linear_relu")
    x, weight, bias = graph.argument(m, k), graph.argument(k, n), graph.argument(n)
    product = graph.named("linalg.matmul", [x, weight], graph.filled("0.0", (m, n)))
    total = graph.elementwise(
        [every(product), Operand(bias, (1,))], lambda s, value, b: s("arith.addf", value, b)
    )
    result = graph.elementwise(
        [every(total)], lambda s, value: s("arith.maximumf", value, s.constant(0.0))
    )
    return Operator(
        graph,
        result,
        lambda torch: lambda x, w, b: torch.relu(torch.addmm(b, x, w)),
        lambda x, w, b: np.maximum(x @ w + b, 0),
        num_flops=2 * m * n * k,
    )


def attention(heads: int, tokens: int, size: int) -> Operator:
    """softmax(q k' / sqrt(size)) v for each head."""
    graph = Graph("attention")
    q, k, v = (graph.argument(heads, tokens, size) for _ in range(3))
    square = (heads, tokens, tokens)
    scores = graph.named(
        "linalg.batch_matmul", [q, k], graph.filled("0.0", square), _maps("bmk", "bnk", "bmn")
    )
    factor = 1 / math.sqrt(size)
    scaled = graph.elementwise(
        [every(scores)], lambda s, value: s("arith.mulf", value, s.constant(factor))
    )
    weights = softmax_of(graph, scaled)
    result = graph.named("linalg.batch_matmul", [weights, v], graph.filled("0.0", q.shape))

    def numpy(q: Array, k: Array, v: Array) -> Array:
        return softmax_rows(q @ k.transpose(0, 2, 1) * factor) @ v

    def torch(torch: Any) -> Any:
        return torch.nn.functional.scaled_dot_product_attention

    num_flops = 4 * heads * tokens * tokens * size
    return Operator(graph, result, torch, numpy, num_flops, tolerance=1e-4)


def _windows(x: Array, size: int, stride: int, axes: tuple[int, int]) -> Array:
    """Views of all windows of an image; two last dimensions are those of a window."""
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=axes)
    steps = [slice(None, None, stride if a in axes else None) for a in range(x.ndim)]
    return windows[tuple(steps)]


def _attributes(stride: int) -> str:
    return f"{{dilations = dense<1> : tensor<2xi64>, strides = dense<{stride}> : tensor<2xi64>}}"


def _padded_input(graph: Graph, shape: tuple[int, ...], size: int, axes: tuple[int, int]) -> Tensor:
    x = graph.argument(*shape)
    return graph.padded(x, size // 2, axes) if size > 1 else x


def conv_nchw(
    channels: int, filters: int, image: int, size: int, stride: int = 1, batch: int = 1
) -> Operator:
    """A convolution, channels first, that keeps the size of the image over the stride."""
    graph = Graph(f"conv{size}x{size}_nchw" + (f"_stride{stride}" if stride > 1 else ""))
    x = _padded_input(graph, (batch, channels, image, image), size, (2, 3))
    weight = graph.argument(filters, channels, size, size)
    extent = (x.shape[2] - size) // stride + 1
    output = graph.filled("0.0", (batch, filters, extent, extent))
    result = graph.named("linalg.conv_2d_nchw_fchw", [x, weight], output, _attributes(stride))

    def torch(torch: Any) -> Any:
        return lambda x, w: torch.nn.functional.conv2d(x, w, stride=stride, padding=size // 2)

    def numpy(x: Array, w: Array) -> Array:
        pad = size // 2
        padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        windows = _windows(padded, size, stride, (2, 3))
        return np.asarray(np.einsum("bchwyx,fcyx->bfhw", windows, w, optimize=True))

    num_flops = 2 * batch * filters * extent**2 * channels * size**2
    return Operator(graph, result, torch, numpy, num_flops)


def conv_nhwc(channels: int, filters: int, image: int, size: int) -> Operator:
    """A convolution, channels last."""
    graph = Graph(f"conv{size}x{size}_nhwc")
    x = _padded_input(graph, (1, image, image, channels), size, (1, 2))
    weight = graph.argument(size, size, channels, filters)
    output = graph.filled("0.0", (1, image, image, filters))
    result = graph.named("linalg.conv_2d_nhwc_hwcf", [x, weight], output, _attributes(1))

    def torch(torch: Any) -> Any:
        def convolve(x: Any, w: Any) -> Any:
            y = torch.nn.functional.conv2d(
                x.permute(0, 3, 1, 2), w.permute(3, 2, 0, 1), padding=size // 2
            )
            return y.permute(0, 2, 3, 1)

        return convolve

    def numpy(x: Array, w: Array) -> Array:
        pad = size // 2
        windows = _windows(np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0))), size, 1, (1, 2))
        return np.asarray(np.einsum("bhwcyx,yxcf->bhwf", windows, w, optimize=True))

    num_flops = 2 * filters * image**2 * channels * size**2
    return Operator(graph, result, torch, numpy, num_flops)


def depthwise_nchw(channels: int, image: int) -> Operator:
    """A 3 x 3 convolution of each channel by itself, channels first."""
    graph = Graph("depthwise_nchw")
    x = _padded_input(graph, (1, channels, image, image), 3, (2, 3))
    weight = graph.argument(channels, 3, 3)
    output = graph.filled("0.0", (1, channels, image, image))
    result = graph.named("linalg.depthwise_conv_2d_nchw_chw", [x, weight], output, _attributes(1))

    def torch(torch: Any) -> Any:
        conv2d = torch.nn.functional.conv2d
        return lambda x, w: conv2d(x, w[:, None], padding=1, groups=channels)

    def numpy(x: Array, w: Array) -> Array:
        windows = _windows(np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1))), 3, 1, (2, 3))
        return np.asarray(np.einsum("bchwyx,cyx->bchw", windows, w))

    return Operator(graph, result, torch, numpy, num_flops=18 * channels * image**2)


def depthwise_nhwc(channels: int, image: int) -> Operator:
    """A 3 x 3 convolution of each channel by itself, channels last."""
    graph = Graph("depthwise_nhwc")
    x = _padded_input(graph, (1, image, image, channels), 3, (1, 2))
    weight = graph.argument(3, 3, channels)
    output = graph.filled("0.0", (1, image, image, channels))
    result = graph.named("linalg.depthwise_conv_2d_nhwc_hwc", [x, weight], output, _attributes(1))

    def torch(torch: Any) -> Any:
        def convolve(x: Any, w: Any) -> Any:
            filters = w.permute(2, 0, 1)[:, None]
            y = torch.nn.functional.conv2d(
                x.permute(0, 3, 1, 2), filters, padding=1, groups=channels
            )
            return y.permute(0, 2, 3, 1)

        return convolve

    def numpy(x: Array, w: Array) -> Array:
        windows = _windows(np.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0))), 3, 1, (1, 2))
        return np.asarray(np.einsum("bhwcyx,yxc->bhwc", windows, w))

    return Operator(graph, result, torch, numpy, num_flops=18 * channels * image**2)


def _pool(graph: Graph, kind: str, channels: int, image: int, initial: str) -> Tensor:
    x = graph.argument(1, channels, image, image)
    extent = (image - 3) // 2 + 1
    window = graph.empty((3, 3))
    output = graph.filled(initial, (1, channels, extent, extent))
    return graph.named(f"linalg.pooling_nchw_{kind}", [x, window], output, _attributes(2))


def max_pool(channels: int, image: int) -> Operator:
    """The largest of each 3 x 3 window, at every second place."""
    graph = Graph("max_pool")
    result = _pool(graph, "max", channels, image, "0xFF800000")
    return Operator(
        graph,
        result,
        lambda torch: lambda x: torch.nn.functional.max_pool2d(x, 3, 2),
        lambda x: _windows(x, 3, 2, (2, 3)).max((-2, -1)),
        tolerance=0.0,
    )


def average_pool(channels: int, image: int) -> Operator:
    """The mean of each 3 x 3 window, at every second place."""
    graph = Graph("average_pool")
    total = _pool(graph, "sum", channels, image, "0.0")
    result = graph.elementwise(
        [every(total)], lambda s, value: s("arith.divf", value, s.constant(9.0))
    )
    return Operator(
        graph,
        result,
        lambda torch: lambda x: torch.nn.functional.avg_pool2d(x, 3, 2),
        lambda x: _windows(x, 3, 2, (2, 3)).mean((-2, -1)),
    )

"""The operators of the benchmark, at its shapes and at small ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.nn import contractions as c
from benchmarks.nn import elementwise as e
from benchmarks.nn.operator import Operator


@dataclass(frozen=True)
class Entry:
    """An operator at two sizes.

    Attributes:
        make: From extents to the operator.
        extents: Of the benchmark.
        small: Odd ones, for tests.
    """

    make: Callable[..., Operator]
    extents: tuple[int, ...]
    small: tuple[int, ...]

    def full_size(self) -> Operator:
        """The operator that is timed."""
        return self.make(*self.extents)

    def small_size(self) -> Operator:
        """The operator at extents that no vector divides."""
        return self.make(*self.small)


_ENTRIES = (
    Entry(c.matmul, (512, 512, 512), (7, 19, 13)),
    Entry(partial(c.matmul, transposed="a"), (512, 512, 512), (7, 19, 13)),
    Entry(partial(c.matmul, transposed="b"), (512, 512, 512), (7, 19, 13)),
    Entry(partial(c.matmul, element="bf16"), (512, 512, 512), (7, 19, 13)),
    Entry(c.batch_matmul, (16, 128, 128, 64), (3, 5, 18, 7)),
    Entry(c.linear_relu, (256, 1024, 256), (5, 19, 7)),
    Entry(partial(c.conv_nchw, size=3), (64, 64, 56), (3, 5, 9)),
    Entry(partial(c.conv_nchw, size=1), (64, 256, 56), (3, 5, 9)),
    Entry(partial(c.conv_nchw, size=3, stride=2), (64, 128, 56), (3, 5, 9)),
    Entry(partial(c.conv_nhwc, size=3), (64, 64, 56), (3, 5, 9)),
    Entry(partial(c.conv_nhwc, size=1), (64, 256, 56), (3, 5, 9)),
    Entry(c.depthwise_nchw, (128, 56), (3, 9)),
    Entry(c.depthwise_nhwc, (128, 56), (3, 9)),
    Entry(c.max_pool, (64, 113), (3, 9)),
    Entry(c.average_pool, (64, 113), (3, 9)),
    Entry(e.softmax, (1024, 1024), (5, 37)),
    Entry(e.layernorm, (512, 1024), (5, 37)),
    Entry(e.rmsnorm, (512, 1024), (5, 37)),
    Entry(e.gelu_erf, (512, 1024), (5, 37)),
    Entry(e.gelu_tanh, (512, 1024), (5, 37)),
    Entry(e.bias_gelu, (512, 1024), (5, 37)),
    Entry(e.chain, (1024, 1024), (5, 37)),
    Entry(e.transpose, (1024, 1024), (5, 37)),
    Entry(partial(e.reduction, 0), (1024, 1024), (5, 37)),
    Entry(partial(e.reduction, 1), (1024, 1024), (5, 37)),
    Entry(e.maximum, (1024, 1024), (5, 37)),
    Entry(e.embedding, (10000, 256, 512), (11, 37, 6)),
    Entry(c.attention, (8, 128, 64), (2, 9, 5)),
)

CATALOGUE = {entry.small_size().name: entry for entry in _ENTRIES}

"""What an operator is: a graph, what computes the same in PyTorch and NumPy, and its work."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.nn.graph import Graph, Tensor

Array = np.ndarray[Any, Any]

DTYPES = {"f32": "float32", "f64": "float64", "i64": "int64"}


@dataclass(frozen=True)
class Operator:
    """An operator at certain shapes.

    Attributes:
        graph: Its function.
        result: What the function returns.
        torch: From the module `torch` to a function of tensors.
        numpy: A function of arrays, in double precision.
        num_flops: Floating-point operations, for figures of speed; 0 where memory decides.
        index_limit: Integer inputs are below.
        tolerance: Largest error relative to the largest magnitude.
    """

    graph: Graph
    result: Tensor
    torch: Callable[[Any], Callable[..., Any]]
    numpy: Callable[..., Array]
    num_flops: int = 0
    index_limit: int = 1
    tolerance: float = 1e-5
    text: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", self.graph.text(self.result))

    @property
    def name(self) -> str:
        """The symbol of the function."""
        return self.graph.name

    @property
    def num_bytes(self) -> int:
        """Bytes that inputs and result take."""
        return sum(
            int(np.prod(x.shape)) * (int(x.element[1:].removeprefix("f")) // 8)
            for x in (*self.graph.arguments, self.result)
        )

    def inputs(self, seed: int) -> list[Array]:
        """Random arguments; bf16 as its bits in uint16."""
        generator = np.random.default_rng(seed)
        return [self._random(generator, argument) for argument in self.graph.arguments]

    def expected(self, inputs: Sequence[Array]) -> Array:
        """Returns the result in double precision."""
        return self.numpy(*[_double(x) for x in inputs])

    def _random(self, generator: np.random.Generator, argument: Tensor) -> Array:
        if argument.element == "i64":
            return generator.integers(0, self.index_limit, argument.shape)
        values = generator.standard_normal(argument.shape)
        if argument.element == "bf16":
            return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        return values.astype(DTYPES[argument.element])


def _double(array: Array) -> Array:
    if array.dtype == np.uint16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array if array.dtype == np.int64 else array.astype(np.float64)

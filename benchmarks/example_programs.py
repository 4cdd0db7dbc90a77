"""The programs in `examples/` with inputs, and with what computes the same in NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.program import Array, Call

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@dataclass(frozen=True)
class Example:
    """An example, the arrays of its C interface, and its NumPy counterpart.

    Attributes:
        name: Path in `examples/` without the suffix.
        entry: Symbol of its function.
        element: Type of all elements.
        shapes: One for each pointer that the function takes, results last.
        prepare: Returns a call that computes, from the arrays and in place, what the program does;
            None where NumPy has nothing of its speed. Scratch memory is allocated beforehand.
        is_timed: Whether the call is a fair competitor, built on BLAS or LAPACK.
    """

    name: str
    entry: str
    element: str
    shapes: tuple[tuple[int, ...], ...]
    prepare: Callable[[Sequence[Array]], Call] | None
    is_timed: bool

    @property
    def path(self) -> Path:
        """The MLIR file."""
        return EXAMPLES / f"{self.name}.mlir"

    def inputs(self, seed: int) -> list[Array]:
        """Random arrays; square ones get a dominant diagonal, which cholesky needs."""
        generator = np.random.default_rng(seed)
        arrays = []
        for shape in self.shapes:
            values = generator.random(shape).astype(self.element)
            if len(shape) == 2 and shape[0] == shape[1]:
                values[np.diag_indices(shape[0])] += shape[0]
            arrays.append(values)
        return arrays


def _matmul(arrays: Sequence[Array]) -> Call:
    a, b, c = arrays

    def call() -> None:
        np.matmul(a, b, out=c)

    return call


def _conv2d(arrays: Sequence[Array]) -> Call:
    image, weights, bias, result = arrays
    _, channels, height, width = image.shape
    padded = np.zeros((channels, height + 2, width + 2), image.dtype)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    columns = np.empty((channels, 3, 3, height, width), image.dtype)
    flat_weights = weights.reshape(len(weights), -1)
    flat_result = result.reshape(len(weights), -1)

    def call() -> None:
        padded[:, 1:-1, 1:-1] = image[0]
        np.copyto(columns, windows.transpose(0, 3, 4, 1, 2))
        np.matmul(flat_weights, columns.reshape(-1, height * width), out=flat_result)
        np.add(flat_result, bias[:, None], out=flat_result)
        np.maximum(flat_result, 0, out=flat_result)

    return call


def _gemm(arrays: Sequence[Array]) -> Call:
    c, a, b = arrays
    scaled, product = np.empty_like(a), np.empty_like(c)

    def call() -> None:
        np.multiply(a, 1.5, out=scaled)
        np.matmul(scaled, b, out=product)
        np.multiply(c, 1.2, out=c)
        np.add(c, product, out=c)

    return call


def _two_mm(arrays: Sequence[Array]) -> Call:
    tmp, a, b, c, d = arrays
    scaled, product = np.empty_like(a), np.empty_like(d)

    def call() -> None:
        np.multiply(a, 1.5, out=scaled)
        np.matmul(scaled, b, out=tmp)
        np.matmul(tmp, c, out=product)
        np.multiply(d, 1.2, out=d)
        np.add(d, product, out=d)

    return call


def _trmm(arrays: Sequence[Array]) -> Call:
    a, b = arrays

    def call() -> None:
        unit_lower = np.tril(a, -1) + np.eye(len(a))
        b[...] = 1.5 * (unit_lower.T @ b)

    return call


def _cholesky(arrays: Sequence[Array]) -> Call:
    (a,) = arrays
    lower = np.tril_indices(len(a))

    def call() -> None:
        a[lower] = np.linalg.cholesky(a)[lower]

    return call


def _jacobi_2d(arrays: Sequence[Array]) -> Call:
    a, b = arrays

    def call() -> None:
        for _ in range(500):
            for source, target in ((a, b), (b, a)):
                cross = source[:-2, 1:-1] + source[2:, 1:-1]
                cross += source[1:-1, :-2]
                cross += source[1:-1, 2:]
                cross += source[1:-1, 1:-1]
                np.multiply(cross, 0.2, out=target[1:-1, 1:-1])

    return call


def _polybench(
    name: str,
    shapes: tuple[tuple[int, ...], ...],
    prepare: Callable[[Sequence[Array]], Call] | None,
    is_timed: bool,
) -> Example:
    entry = "kernel_" + name.replace("-", "_")
    return Example(f"polybench/{name}", entry, "float64", shapes, prepare, is_timed)


_SQUARE = (1024, 1024)
_IMAGE = (1, 64, 56, 56)

PROGRAMS = (
    Example("matmul", "matmul", "float32", (_SQUARE, _SQUARE, _SQUARE), _matmul, True),
    Example("conv2d", "conv2d", "float32", (_IMAGE, (64, 64, 3, 3), (64,), _IMAGE), _conv2d, True),
    _polybench("gemm", ((1000, 1100), (1000, 1200), (1200, 1100)), _gemm, True),
    _polybench(
        "2mm",
        ((800, 900), (800, 1100), (1100, 900), (900, 1200), (800, 1200)),
        _two_mm,
        True,
    ),
    _polybench("jacobi-2d", ((1300, 1300), (1300, 1300)), _jacobi_2d, False),
    _polybench("trmm", ((1000, 1000), (1000, 1200)), _trmm, False),
    _polybench("seidel-2d", ((2000, 2000),), None, False),
    _polybench("cholesky", ((2000, 2000),), _cholesky, False),
)

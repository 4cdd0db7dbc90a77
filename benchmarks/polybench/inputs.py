"""Inputs of the PolyBench kernels on which nothing overflows, vanishes or is ill-conditioned."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.polybench.definitions import Kernel
from benchmarks.polybench.loop_nests import Array as Parameter

Array = np.ndarray[Any, Any]
_Filler = Callable[[np.random.Generator, tuple[int, ...]], Array]


def inputs(kernel: Kernel, sizes: Mapping[str, int], element: str, seed: int) -> list[Array]:
    """Returns an array for each argument of the kernel."""
    generator = np.random.default_rng(seed)
    return [
        _filler(kernel, parameter)(generator, parameter.shape).astype(
            np.int32 if parameter.is_integer else {"f64": np.float64, "f32": np.float32}[element]
        )
        for parameter in kernel.arrays(sizes)
    ]


def _filler(kernel: Kernel, parameter: Parameter) -> _Filler:
    fillers: dict[tuple[str, str], _Filler] = {
        ("cholesky", "A"): _dominant_symmetric,
        ("lu", "A"): _dominant,
        ("ludcmp", "A"): _dominant,
        ("trisolv", "L"): _dominant,
        ("gramschmidt", "A"): _dominant,
        ("durbin", "r"): _autocorrelation,
        ("floyd-warshall", "path"): _lengths,
        ("nussinov", "seq"): _bases,
        ("nussinov", "table"): lambda _, shape: np.zeros(shape),
    }
    return fillers.get((kernel.name, parameter.name), _uniform)


def _uniform(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return generator.random(shape)


def _dominant(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """The diagonal exceeds the sum of the row: well-conditioned, and needs no pivoting."""
    rows, columns = shape
    return generator.random(shape) + max(shape) * np.eye(rows, columns)


def _dominant_symmetric(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    half = generator.random(shape) / 2
    return half + half.T + len(half) * np.eye(len(half))


def _autocorrelation(_: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Decays so fast that the Toeplitz matrix with a unit diagonal is dominated by it."""
    return 0.15 * (1.0 + np.arange(shape[0])) ** -1.5


def _lengths(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return generator.integers(1, 1000, shape)


def _bases(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return generator.integers(0, 4, shape)

"""The PolyBench examples compute what the published definitions say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.polybench.definitions import KERNELS, Kernel
from tests.sandbox import Sandbox

Array = np.ndarray[Any, np.dtype[np.float64]]

EXAMPLES = Path(__file__).parents[2] / "examples" / "polybench"


def gemm(c: Array, a: Array, b: Array) -> tuple[Array, ...]:
    return 1.5 * a @ b + 1.2 * c, a, b


def two_mm(tmp: Array, a: Array, b: Array, c: Array, d: Array) -> tuple[Array, ...]:
    tmp = 1.5 * a @ b
    return tmp, a, b, c, tmp @ c + 1.2 * d


def jacobi_2d(a: Array, b: Array) -> tuple[Array, ...]:
    a, b = a.copy(), b.copy()
    for _ in range(SMALL["jacobi-2d"]["TSTEPS"]):
        for source, target in ((a, b), (b, a)):
            cross = source[:-2, 1:-1] + source[2:, 1:-1] + source[1:-1, :-2] + source[1:-1, 2:]
            target[1:-1, 1:-1] = 0.2 * (source[1:-1, 1:-1] + cross)
    return a, b


def trmm(a: Array, b: Array) -> tuple[Array, ...]:
    unit_lower = np.tril(a, -1) + np.eye(len(a))
    return a, 1.5 * unit_lower.T @ b


def seidel_2d(a: Array) -> tuple[Array, ...]:
    a = a.copy()
    extent = len(a) - 1
    for _ in range(SMALL["seidel-2d"]["TSTEPS"]):
        for i in range(1, extent):
            for j in range(1, extent):
                a[i, j] = a[i - 1 : i + 2, j - 1 : j + 2].sum() / 9.0
    return (a,)


def cholesky(a: Array) -> tuple[Array, ...]:
    return (np.linalg.cholesky(np.tril(a) + np.tril(a, -1).T) + np.triu(a, 1),)


REFERENCES: dict[str, Callable[..., tuple[Array, ...]]] = {
    "gemm": gemm,
    "2mm": two_mm,
    "jacobi-2d": jacobi_2d,
    "trmm": trmm,
    "seidel-2d": seidel_2d,
    "cholesky": cholesky,
}

SMALL = {
    "gemm": {"NI": 13, "NJ": 17, "NK": 19},
    "2mm": {"NI": 13, "NJ": 17, "NK": 19, "NL": 11},
    "jacobi-2d": {"TSTEPS": 5, "N": 21},
    "trmm": {"M": 17, "N": 13},
    "seidel-2d": {"TSTEPS": 4, "N": 15},
    "cholesky": {"N": 23},
}

SHAPES = {
    "gemm": ("NI NJ", "NI NK", "NK NJ"),
    "2mm": ("NI NJ", "NI NK", "NK NJ", "NJ NL", "NI NL"),
    "jacobi-2d": ("N N", "N N"),
    "trmm": ("M M", "M N"),
    "seidel-2d": ("N N",),
    "cholesky": ("N N",),
}


def random_inputs(kernel: Kernel) -> list[Array]:
    """Uniform values; square matrices get a dominant diagonal, so that cholesky is defined."""
    generator = np.random.default_rng(7)
    inputs = []
    for names in SHAPES[kernel.name]:
        shape = tuple(SMALL[kernel.name][name] for name in names.split())
        values = generator.random(shape)
        if shape[0] == shape[1]:
            values += shape[0] * np.eye(shape[0])
        inputs.append(values)
    return inputs


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_kernel_matches_its_reference(kernel: Kernel, sandbox: Sandbox) -> None:
    inputs = random_inputs(kernel)
    expected = REFERENCES[kernel.name](*inputs)
    outputs = sandbox.run_upstream(kernel.text(SMALL[kernel.name]), kernel.entry, inputs)
    for actual, wanted in zip(outputs, expected, strict=True):
        np.testing.assert_allclose(actual, wanted, rtol=1e-12)


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_example_is_the_definition_at_large_size(kernel: Kernel) -> None:
    assert (EXAMPLES / f"{kernel.name}.mlir").read_text(encoding="utf-8") == kernel.text()

"""What the tests of the front end share: running what it makes of a program."""

from typing import Any

import numpy as np

from autotune.workload import ModuleParts, Role
from tests.sandbox import Sandbox

Array = np.ndarray[Any, Any]

DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "i1": np.bool_}


def random_array(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def take_in(sandbox: Sandbox, text: str | bytes, **options: Any) -> ModuleParts:
    source = text.encode() if isinstance(text, str) else text
    return sandbox.front_end(source, "program.mlir", **options)


def run_parts(sandbox: Sandbox, parts: ModuleParts, inputs: tuple[Array, ...]) -> list[Array]:
    """The buffers and results, in order, after a call of the entry function."""
    arrays = [np.array(each) for each in inputs]
    for argument in parts.arguments[len(inputs) :]:
        assert argument.role is Role.RESULT
        # Garbage: out-parameters have no defined contents.
        arrays.append(np.full(argument.shape, 77, DTYPES[argument.element]))
    for argument, array in zip(parts.arguments, arrays, strict=True):
        assert array.shape == argument.shape
        assert array.dtype == DTYPES[argument.element]
    after = sandbox.run_upstream(parts.text, parts.entry, arrays)
    for argument, array, given in zip(parts.arguments, after, inputs, strict=False):
        if argument.role is Role.TENSOR:
            np.testing.assert_array_equal(array, given)
    return [
        array
        for argument, array in zip(parts.arguments, after, strict=True)
        if argument.role is not Role.TENSOR
    ]


def run(sandbox: Sandbox, text: str, *inputs: Array) -> list[Array]:
    parts = take_in(sandbox, text)
    assert_normal_form(parts)
    return run_parts(sandbox, parts, inputs)


def assert_normal_form(parts: ModuleParts) -> None:
    for workload in parts.workloads:
        for line in workload.text.splitlines():
            assert "iter_args" not in line or "scf." in line
            assert not any(view in line for view in ("memref.subview", "memref.copy", "_shape "))
            assert "linalg." not in line
            assert "xi1>" not in line


def assert_close(actual: Array, expected: Array) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)

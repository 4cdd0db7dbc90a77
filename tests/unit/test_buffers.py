"""Inputs and comparison of outputs."""

import ctypes

import numpy as np
import pytest

from autotune.buffers import GuardedBuffer, is_finite, mismatch, random_inputs
from autotune.element_types import element_type
from autotune.errors import AutotuneError
from tests.unit.kernels import buffer, scalar

_F32 = element_type("f32")
_NAN = np.array(0x7FC00001, np.uint32).view(np.float32)
_OTHER_NAN = np.array(0xFFC00000, np.uint32).view(np.float32)


def _floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(
    ("actual", "expected", "tolerance", "is_equal"),
    [
        (_floats(1, 2), _floats(1, 2), None, True),
        (_floats(1, 2), _floats(1, 2.0000002), None, False),
        (_floats(0.0), _floats(-0.0), None, False),
        (_floats(0.0), _floats(-0.0), 1e-6, True),
        (_floats(_NAN), _floats(_OTHER_NAN), None, True),
        (_floats(np.nan, 1), _floats(1, np.nan), None, False),
        (_floats(np.nan), _floats(1), 1.0, False),
        (_floats(np.inf), _floats(np.inf), 1e-6, True),
        (_floats(np.inf), _floats(-np.inf), 1e-6, False),
        (_floats(np.inf, 1), _floats(1e30, 1), 1e-6, False),
        (_floats(1000, 1.0005), _floats(1000, 1), 1e-6, True),
        (_floats(1000, 1.002), _floats(1000, 1), 1e-6, False),
    ],
)
def test_float_comparison(
    actual: np.ndarray, expected: np.ndarray, tolerance: float | None, is_equal: bool
) -> None:
    assert (mismatch(actual, expected, _F32, tolerance) is None) == is_equal


def test_integers_are_never_tolerated() -> None:
    one, other = np.array([[1, 2], [3, 4]]), np.array([[1, 2], [3, 5]])
    found = mismatch(one, other, element_type("i64"), 1.0)
    assert found == "1 of 4 elements differ; at [1, 1]: 4 instead of 5"


def test_bfloat16_is_compared_as_numbers() -> None:
    element = element_type("bf16")
    one, nearly = (np.array([bits], np.uint16) for bits in (0x3F80, 0x3F81))
    assert "1.0078125 instead of 1.0" in str(mismatch(nearly, one, element, None))
    assert mismatch(nearly, one, element, 0.01) is None


def test_subnormals_and_infinities_are_not_finite() -> None:
    assert is_finite(_floats(0, -1, 1e30), _F32)
    for value in (np.inf, np.nan, 1e-40):
        assert not is_finite(_floats(1, value), _F32)


def test_inputs_are_reproducible_and_differ() -> None:
    arguments = (buffer("f32", 5, 7), buffer("f32", 5, 7), scalar("f64"))
    first, again = (random_inputs(arguments, 3, 1.0) for _ in range(2))
    other = random_inputs(arguments, 4, 1.0)
    assert all(np.array_equal(x, y) for x, y in zip(first, again, strict=True))
    assert not np.array_equal(first[0], first[1])
    assert not np.array_equal(first[0], other[0])
    assert first[2].shape == ()


def test_square_inputs_have_a_cholesky_factor() -> None:
    for size in (3, 100, 500):
        (matrix,) = random_inputs((buffer("f64", size, size),), 0, 1.0)
        lower = np.tril(matrix)
        assert np.isfinite(np.linalg.cholesky(lower + np.tril(matrix, -1).T)).all()


def test_integer_inputs_are_valid_indices() -> None:
    arguments = (buffer("f32", 1000, 12), buffer("index", 64), buffer("i1", 64), scalar("i32"))
    _, indices, flags, number = random_inputs(arguments, 0, 1.0)
    assert set(indices.tolist()) == set(range(12))
    assert flags.dtype == bool
    assert 1 <= number <= 12


@pytest.mark.parametrize("size", [1, 15, 16, 17, 1024, 1500])
def test_guarded_buffer_sees_writes_beside_it(size: int) -> None:
    guarded = GuardedBuffer(buffer("f32", size))
    guarded.reset(np.zeros(size, np.float32))
    assert guarded.array.ctypes.data % 64 == 0
    assert guarded.is_intact
    padding = -4 * size % 64
    for offset in [-1, -4096] + ([4 * size] if padding else []):
        beside = np.ctypeslib.as_array(
            (ctypes.c_uint8 * 1).from_address(guarded.array.ctypes.data + offset)
        )
        old = beside[0]
        beside[0] = 0
        assert not guarded.is_intact
        beside[0] = old
        assert guarded.is_intact


def test_unknown_element_type_is_named() -> None:
    with pytest.raises(AutotuneError, match="element type complex<f32>"):
        element_type("complex<f32>")

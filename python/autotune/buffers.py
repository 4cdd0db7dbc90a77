"""Buffers for timed code: guarded memory, reproducible inputs, comparison of outputs."""

import ctypes
import math
import mmap

import numpy as np
import numpy.typing as npt

from autotune.element_types import ElementType, element_type
from autotune.workload import Argument, Role

Array = npt.NDArray[np.generic]
Numbers = npt.NDArray[np.floating]

_ALIGNMENT = 64
_PATTERN = 0xA5
_GUARD_BYTES = 4 << 20
_LARGE_PAGE_BYTES = 2 << 20
_MAX_INTEGER = 100


class GuardedBuffer:
    """Memory that starts on a cache line and ends, but for padding to one, before forbidden memory.

    Accesses beyond the padding, or more than a page before the start, end the process; writes to
    the padding and to the page before the start are found by `is_intact`. Memory starts in the
    first page of a large page, so that times do not depend on where it happens to lie.
    """

    def __init__(self, argument: Argument) -> None:
        element = element_type(argument.element)
        size = math.prod(argument.shape) * element.dtype.itemsize
        page = mmap.PAGESIZE
        padded_size = _round_up(size, _ALIGNMENT)
        open_size = _round_up(padded_size, page)
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        mapping = mmap.mmap(-1, open_size + 2 * _GUARD_BYTES + _LARGE_PAGE_BYTES, flags=flags)
        mapping.madvise(mmap.MADV_HUGEPAGE)
        raw = np.frombuffer(mapping, np.uint8)
        address = raw.ctypes.data
        first = _round_up(address + _GUARD_BYTES, _LARGE_PAGE_BYTES) - address
        start = first + open_size - padded_size
        _forbid(address, first - page)
        _forbid(address + first + open_size, len(raw) - first - open_size)
        self._before = raw[first - page : start]
        self._after = raw[start + size : start + padded_size]
        self.array: Array = raw[start : start + size].view(element.dtype).reshape(argument.shape)
        """The values, of the argument's shape."""

    def reset(self, values: Array) -> None:
        """Writes the values, and the pattern around them."""
        self.array[...] = values
        self._before[...] = _PATTERN
        self._after[...] = _PATTERN

    @property
    def is_intact(self) -> bool:
        """Whether nothing was written beside the values."""
        return bool(np.all(self._before == _PATTERN) and np.all(self._after == _PATTERN))


def random_inputs(arguments: tuple[Argument, ...], seed: int, scale: float) -> list[Array]:
    """Returns values for every argument, the same ones for the same seed.

    Floating-point values are uniform in [0, scale); square matrices get `scale * (1 + sqrt(n))`
    added on the diagonal, which makes their lower triangle that of a positive definite matrix, so
    that factorisations stay finite. Integers lie below the smallest extent of any argument, so
    that they can serve as indices.
    """
    extents = [extent for argument in arguments for extent in argument.shape]
    bound = max(1, min([_MAX_INTEGER, *extents]))
    return [
        np.asarray(_random(argument, np.random.default_rng([seed, position]), scale, bound))
        for position, argument in enumerate(arguments)
    ]


def _random(argument: Argument, rng: np.random.Generator, scale: float, bound: int) -> Array:
    element = element_type(argument.element)
    if not element.is_float:
        if argument.role is Role.SCALAR:
            return np.array(rng.integers(1, bound, endpoint=True), element.dtype)
        top = 2 if element.name == "i1" else bound
        return np.asarray(rng.integers(0, top, argument.shape)).astype(element.dtype)
    values = np.asarray(rng.random(argument.shape, np.float32), element_dtype(element)) * scale
    if len(argument.shape) == 2 and argument.shape[0] == argument.shape[1]:
        np.fill_diagonal(values, values.diagonal() + scale * (1 + math.sqrt(argument.shape[0])))
    return _from_numbers(values, element)


def element_dtype(element: ElementType) -> np.dtype[np.generic]:
    """The NumPy type to compute in for a floating-point element type."""
    return np.dtype(np.float64) if element.name == "f64" else np.dtype(np.float32)


def as_numbers(array: Array, element: ElementType) -> Numbers:
    """Returns floating-point elements as numbers; bfloat16 is kept as the upper half of a float."""
    if element.name == "bf16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(element_dtype(element), copy=False)


def _from_numbers(values: Array, element: ElementType) -> Array:
    if element.name == "bf16":
        return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return values.astype(element.dtype)


def is_finite(array: Array, element: ElementType) -> bool:
    """Whether a floating-point array has neither NaN, infinities nor subnormal numbers."""
    numbers = np.abs(as_numbers(array, element))
    tiny = np.finfo(numbers.dtype).tiny
    return bool(np.all(np.isfinite(numbers) & ((numbers == 0) | (numbers >= tiny))))


def mismatch(
    actual: Array, expected: Array, element: ElementType, tolerance: float | None
) -> str | None:
    """Returns how `actual` differs from `expected`; None where it does not.

    Args:
        actual: What the candidate computed.
        expected: What the untransformed program computed, of the same shape; both contiguous.
        element: Type of both.
        tolerance: Largest difference relative to the largest expected magnitude; None asks for
            equal bits. Integers must always be equal, NaNs only in position.
    """
    if have_equal_bits(actual, expected):
        return None
    if not element.is_float:
        return _first(actual != expected, actual, expected)
    got, wanted = as_numbers(actual, element), as_numbers(expected, element)
    are_nan = np.isnan(got) & np.isnan(wanted)
    if tolerance is None:
        are_equal = (got == wanted) & (np.signbit(got) == np.signbit(wanted))
    else:
        limit = tolerance * float(np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0))
        with np.errstate(invalid="ignore"):
            are_equal = (got == wanted) | (np.abs(got - wanted) <= limit)
    return _first(~(are_equal | are_nan), got, wanted)


def have_equal_bits(one: Array, other: Array) -> bool:
    """Whether two contiguous arrays of one size hold the same bytes."""
    libc = ctypes.CDLL(None)
    addresses = (ctypes.c_void_p(one.ctypes.data), ctypes.c_void_p(other.ctypes.data))
    return bool(libc.memcmp(*addresses, ctypes.c_size_t(one.nbytes)) == 0)


def reassociation_tolerance(arguments: tuple[Argument, ...], element: ElementType) -> float:
    """How far reordered reductions may drift, relative to the largest magnitude of the output.

    Rounding errors of a sum of n terms grow like sqrt(n) units in the last place (Higham, Accuracy
    and Stability of Numerical Algorithms, 4.2); n is taken to be the number of elements of the
    largest argument, and the constant is 4.
    """
    num_terms = max(math.prod(argument.shape) for argument in arguments)
    return float(4.0 * 2.0**-element.mantissa_bits * math.sqrt(num_terms))


def _first(differs: npt.NDArray[np.bool_], actual: Array, expected: Array) -> str | None:
    count = int(np.count_nonzero(differs))
    if count == 0:
        return None
    position = tuple(int(x) for x in np.argwhere(differs)[0])
    values = f"{actual[position]} instead of {expected[position]}"
    return f"{count} of {differs.size} elements differ; at {list(position)}: {values}"


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _forbid(address: int, size: int) -> None:
    """Makes pages inaccessible."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(address), ctypes.c_size_t(size), 0) != 0:
        raise OSError(ctypes.get_errno(), "mprotect failed")

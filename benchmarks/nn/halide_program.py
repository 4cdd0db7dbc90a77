"""Operators in libraries that Halide has compiled; the process that calls them needs no Halide."""

import ctypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.nn.program import OperatorProgram
from benchmarks.program import Array, Call

# Halide's codes of types, by NumPy's; bf16 comes as its bits.
_CODES = {"i": 0, "f": 2, "u": 4}


class _Type(ctypes.Structure):
    """What Halide calls `halide_type_t`."""

    _fields_ = (("code", ctypes.c_uint8), ("bits", ctypes.c_uint8), ("lanes", ctypes.c_uint16))


class _Dimension(ctypes.Structure):
    """What Halide calls `halide_dimension_t`; strides are in elements."""

    _fields_ = (
        ("min", ctypes.c_int32),
        ("extent", ctypes.c_int32),
        ("stride", ctypes.c_int32),
        ("flags", ctypes.c_uint32),
    )


class _Buffer(ctypes.Structure):
    """What Halide calls `halide_buffer_t`."""

    _fields_ = (
        ("device", ctypes.c_uint64),
        ("device_interface", ctypes.c_void_p),
        ("host", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("type", _Type),
        ("num_dimensions", ctypes.c_int32),
        ("dimensions", ctypes.POINTER(_Dimension)),
        ("padding", ctypes.c_void_p),
    )


def buffer_of(array: Array) -> _Buffer:
    """Describes an array to Halide, whose first dimension is the innermost."""
    dimensions = [
        _Dimension(0, extent, stride // array.itemsize, 0)
        for extent, stride in zip(reversed(array.shape), reversed(array.strides), strict=True)
    ]
    kind = _Type(_CODES[array.dtype.kind], 8 * array.itemsize, 1)
    listed = (_Dimension * len(dimensions))(*dimensions)
    return _Buffer(0, None, array.ctypes.data, 0, kind, len(dimensions), listed, None)


@dataclass(frozen=True)
class HalideProgram(OperatorProgram):
    """An operator that `benchmarks.nn.halide_scheduler` has compiled.

    Attributes:
        shared: The shared library, with Halide's runtime in it.
    """

    shared: Path

    @property
    def prepare(self) -> Callable[[list[Array]], Call]:
        """Makes a call of the function on the arrays where they are."""
        return self._prepare

    def _prepare(self, arrays: list[Array]) -> Call:
        function = ctypes.CDLL(str(self.shared.resolve()))[self.entry]
        buffers = [buffer_of(array) for array in arrays]
        pointers = [ctypes.byref(buffer) for buffer in buffers]

        def call() -> None:
            status = function(*pointers)
            if status != 0:
                raise RuntimeError(f"{self.name} ended with Halide's error {status}")

        call()
        return call

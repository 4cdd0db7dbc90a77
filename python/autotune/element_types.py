"""Element types of arguments: MLIR's names and what NumPy, LLVM and C call them."""

from dataclasses import dataclass

import numpy as np

from autotune.errors import AutotuneError


@dataclass(frozen=True)
class ElementType:
    """An element type as it lies in memory.

    Attributes:
        name: MLIR's name.
        dtype: NumPy's type; unsigned bits where NumPy has none.
        llvm: LLVM's name.
        c: C's name, with the header <stdint.h>.
        mantissa_bits: Precision of a floating-point type; 0 for integers.
    """

    name: str
    dtype: np.dtype[np.generic]
    llvm: str
    c: str
    mantissa_bits: int

    @property
    def is_float(self) -> bool:
        """Whether the values are floating-point numbers."""
        return self.mantissa_bits > 0


def element_type(name: str) -> ElementType:
    """Returns the element type that MLIR calls `name`.

    Raises:
        AutotuneError: Arguments of this type cannot be passed.
    """
    rows = {
        "f64": ("float64", "double", "double", 53),
        "f32": ("float32", "float", "float", 24),
        "f16": ("float16", "half", "_Float16", 11),
        "bf16": ("uint16", "bfloat", "uint16_t", 8),
        "i1": ("bool", "i1", "bool", 0),
        "i8": ("int8", "i8", "int8_t", 0),
        "i16": ("int16", "i16", "int16_t", 0),
        "i32": ("int32", "i32", "int32_t", 0),
        "i64": ("int64", "i64", "int64_t", 0),
        "index": ("int64", "i64", "int64_t", 0),
    }
    if name not in rows:
        raise AutotuneError(f"arguments of element type {name} cannot be passed")
    dtype, llvm, c, mantissa_bits = rows[name]
    return ElementType(name, np.dtype(dtype), llvm, c, mantissa_bits)

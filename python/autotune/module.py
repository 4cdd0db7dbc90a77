"""Compiled programs: writing them as shared libraries, loading and calling them.

A library carries its own description, so `load` needs nothing but the file. Its C interface is the
entry function with bare pointers; see `c_header`.
"""

import ctypes
import json
import math
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np

from autotune.buffers import Array
from autotune.element_types import element_type
from autotune.errors import AutotuneError
from autotune.object_code import NativeCompiler, calling_stub, link_library
from autotune.workload import Argument, Role, Target

_SCHEMA = 1
_SIGNATURE = "autotune_signature"
_STUB = "autotune_call"
_ALIGNMENT = 64
# NumPy asks the system for pages of this size where memory spans them whole.
_LARGE_PAGE_BYTES = 2 << 20
_CODE_FEATURES = ("avx", "sse", "fma", "bmi", "amx", "f16c", "lzcnt", "popcnt", "movbe")


class LibraryError(AutotuneError):
    """A file that cannot be loaded as a compiled module."""


class ArgumentError(AutotuneError, ValueError):
    """An argument that does not fit the compiled function; nothing was run."""


@dataclass(frozen=True)
class Signature:
    """What a compiled module needs and takes.

    Attributes:
        entry: Symbol of the function.
        arguments: What it takes, in order; results last.
        cpu: LLVM's name of the CPU that the code is for.
        features: LLVM's feature string of it.
    """

    entry: str
    arguments: tuple[Argument, ...]
    cpu: str
    features: str

    def to_json(self) -> str:
        """Returns the text that libraries carry."""
        arguments = [{**asdict(x), "role": x.role.value} for x in self.arguments]
        return json.dumps({**asdict(self), "arguments": arguments, "schema": _SCHEMA})

    @staticmethod
    def from_json(text: str) -> "Signature":
        """Reads what `to_json` wrote.

        Raises:
            LibraryError: Another version of this package wrote it.
        """
        value = json.loads(text)
        if value.get("schema") != _SCHEMA:
            raise LibraryError(f"its description has version {value.get('schema')}, not {_SCHEMA}")
        arguments = tuple(
            Argument(Role(x["role"]), x["element"], tuple(x["shape"])) for x in value["arguments"]
        )
        return Signature(value["entry"], arguments, value["cpu"], value["features"])


class CompiledModule:
    """A compiled program, callable on NumPy arrays and objects that speak DLPack.

    Calls take every argument but the results: buffers (memrefs) are updated in place, tensors are
    only read, scalars are numbers. They return the results: None, one array, or a tuple.

    Args:
        library: Path of the shared library.

    Raises:
        LibraryError: The file is no such library, or not for this CPU.
    """

    def __init__(self, library: Path) -> None:
        try:
            self._library = ctypes.CDLL(str(library))
        except OSError as error:
            raise LibraryError(f"{library}: cannot be loaded: {error}") from None
        try:
            text = ctypes.string_at(
                ctypes.addressof(ctypes.c_char.in_dll(self._library, _SIGNATURE))
            )
        except ValueError:
            raise LibraryError(f"{library}: not a library written by autotune") from None
        self.signature = Signature.from_json(text.decode())
        _check_features(library, self.signature)
        self._entry = ctypes.cast(self._library[self.signature.entry], ctypes.c_void_p)
        self._stub = self._library[_STUB]
        self._stub.restype = None
        self._stub.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)

    def __call__(self, *arguments: object) -> Array | tuple[Array, ...] | None:
        """Runs the program.

        Raises:
            ArgumentError: A wrong number of arguments, shape, element type or stride, or writable
                buffers that overlap others.
        """
        expected = self.signature.arguments
        given = [x for x in expected if x.role is not Role.RESULT]
        if len(arguments) != len(given):
            raise ArgumentError(
                f"{self.signature.entry} takes {len(given)} arguments; got {len(arguments)}"
            )
        arrays = [_checked(n, *pair) for n, pair in enumerate(zip(given, arguments, strict=True))]
        _refuse_overlaps(given, arrays)
        results = [_aligned(x) for x in expected if x.role is Role.RESULT]
        arrays += results
        values = (ctypes.c_void_p * len(arrays))(*(array.ctypes.data for array in arrays))
        self._stub(self._entry, values, 1)
        if not results:
            return None
        return results[0] if len(results) == 1 else tuple(results)


def load(path: str | os.PathLike[str]) -> CompiledModule:
    """Loads a library that `autotune compile` wrote.

    Raises:
        LibraryError: The file is no such library, or not for this CPU.
    """
    library = Path(path).absolute()
    if not library.is_file():
        raise LibraryError(f"{path}: no such file")
    return CompiledModule(library)


def write_library(
    library: Path, object_code: bytes, entry: str, arguments: Sequence[Argument], target: Target
) -> None:
    """Links a program to a shared library that `load` takes.

    Args:
        library: File to write; it appears whole or not at all.
        object_code: A relocatable object that defines the entry function.
        entry: Symbol of the entry function.
        arguments: What it takes, in order.
        target: What the code is for.

    Raises:
        ObjectCodeError: No linker is installed, or it fails.
    """
    signature = Signature(entry, tuple(arguments), target.cpu, target.features)
    text = signature.to_json().encode() + b"\0"
    data = "".join(f"\\{byte:02X}" for byte in text)
    description = f'@{_SIGNATURE} = constant [{len(text)} x i8] c"{data}"\n'
    native = NativeCompiler(target.cpu, target.features)
    companion = native.compile(description + calling_stub(_STUB, arguments))
    with tempfile.TemporaryDirectory(dir=library.parent, prefix=".link-") as folder:
        objects = [Path(folder, "program.o"), Path(folder, "companion.o")]
        objects[0].write_bytes(object_code)
        objects[1].write_bytes(companion.object_code)
        linked = Path(folder, library.name)
        link_library(objects, linked)
        linked.replace(library)


def c_header(entry: str, arguments: Sequence[Argument]) -> str:
    """Returns a C header for the entry function."""
    names = _c_names(arguments)
    parameters = [_c_parameter(*pair) for pair in zip(names, arguments, strict=True)]
    notes = [f" *   {name}: {_c_note(x)}" for name, x in zip(names, arguments, strict=True)]
    return "\n".join(
        [
            "#pragma once",
            "#include <stdbool.h>",
            "#include <stdint.h>",
            "#ifdef __cplusplus",
            'extern "C" {',
            "#endif",
            "/* Arrays are contiguous and row-major, and must not overlap. They are fastest when",
            f" * they start on a multiple of {_ALIGNMENT} bytes.",
            *notes,
            " */",
            f"void {entry}({', '.join(parameters) or 'void'});",
            "#ifdef __cplusplus",
            "}",
            "#endif",
            "",
        ]
    )


def _c_names(arguments: Sequence[Argument]) -> list[str]:
    num_given = sum(x.role is not Role.RESULT for x in arguments)
    return [f"arg{n}" if n < num_given else f"result{n - num_given}" for n in range(len(arguments))]


def _c_parameter(name: str, argument: Argument) -> str:
    c_type = element_type(argument.element).c
    if argument.role is Role.SCALAR:
        return f"{c_type} {name}"
    const = "const " if argument.role is Role.TENSOR else ""
    return f"{const}{c_type} *{name}"


def _c_note(argument: Argument) -> str:
    meanings = {
        Role.BUFFER: "updated in place",
        Role.TENSOR: "only read",
        Role.RESULT: "written",
        Role.SCALAR: "passed by value",
    }
    extents = "".join(f"[{extent}]" for extent in argument.shape)
    return f"{argument.element}{extents}, {meanings[argument.role]}"


def _check_features(library: Path, signature: Signature) -> None:
    host: dict[str, bool] = dict(llvm.get_host_cpu_features())
    needed = [x[1:] for x in signature.features.split(",") if x.startswith("+")]
    missing = [x for x in needed if x.startswith(_CODE_FEATURES) and not host.get(x)]
    if missing:
        raise LibraryError(
            f"{library}: built for {signature.cpu}; this CPU lacks {', '.join(missing)}"
        )


def _checked(position: int, argument: Argument, value: object) -> Array:
    """Returns the memory of one argument, or says why it does not fit."""
    element = element_type(argument.element)
    if argument.role is Role.SCALAR:
        return _scalar(position, argument, value)
    array = _as_array(position, value)
    wanted = f"{list(argument.shape)} of {element.dtype}"
    if array.shape != argument.shape or array.dtype != element.dtype:
        got = f"{list(array.shape)} of {array.dtype}"
        raise ArgumentError(f"argument {position} must be {wanted}; got {got}")
    if not array.flags.c_contiguous or not array.flags.aligned:
        raise ArgumentError(
            f"argument {position} must be contiguous and row-major; its strides are "
            f"{list(array.strides)} bytes"
        )
    if argument.role is Role.BUFFER and not array.flags.writeable:
        raise ArgumentError(f"argument {position} is updated in place, but it is read-only")
    return array


def _as_array(position: int, value: object) -> Array:
    if isinstance(value, np.ndarray):
        return value
    if not hasattr(value, "__dlpack__"):
        kind = type(value).__name__
        raise ArgumentError(f"argument {position} is a {kind}, not an array with DLPack")
    try:
        return np.from_dlpack(value)
    except (BufferError, RuntimeError, TypeError, ValueError) as error:
        raise ArgumentError(f"argument {position} is not in this CPU's memory: {error}") from None


def _scalar(position: int, argument: Argument, value: object) -> Array:
    element = element_type(argument.element)
    if not isinstance(value, bool | int | float | np.generic) or element.name == "bf16":
        kind = type(value).__name__
        raise ArgumentError(
            f"argument {position} must be a number of type {element.name}; got {kind}"
        )
    if not element.is_float and not isinstance(value, int | np.integer | np.bool):
        raise ArgumentError(f"argument {position} must be of type {element.name}; got {value}")
    try:
        return np.array(value, element.dtype)
    except OverflowError:
        raise ArgumentError(f"argument {position}: {value} does not fit {element.name}") from None


def _refuse_overlaps(arguments: Sequence[Argument], arrays: Sequence[Array]) -> None:
    buffers = [
        (position, argument, array.ctypes.data, array.ctypes.data + array.nbytes)
        for position, (argument, array) in enumerate(zip(arguments, arrays, strict=True))
        if argument.role is not Role.SCALAR
    ]
    for (one, first, begin, end), (other, second, other_begin, other_end) in combinations(
        buffers, 2
    ):
        is_written = Role.BUFFER in (first.role, second.role)
        if is_written and begin < other_end and other_begin < end:
            raise ArgumentError(f"arguments {one} and {other} overlap in memory; copy one of them")


def _aligned(argument: Argument) -> Array:
    """Returns new memory for a result; large results take few page faults when written."""
    element = element_type(argument.element)
    size = math.prod(argument.shape) * element.dtype.itemsize
    alignment = _ALIGNMENT if size < _LARGE_PAGE_BYTES else _LARGE_PAGE_BYTES
    raw = np.empty(size + alignment, np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start : start + size].view(element.dtype).reshape(argument.shape)

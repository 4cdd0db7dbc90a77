"""Functions of the math dialect that have no formula here: accepted, and computed as by NumPy."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import ModuleBuild
from autotune.schedule import Schedule
from autotune.workload import Modes, ModuleParts
from tests.sandbox import Sandbox

Array = np.ndarray[Any, Any]

LENGTH = 37
TYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32}
VECTORISED = Schedule.parse("autotune-vectorize{band=0 member=0 width=8}")

# What the C library computes; the functions of two arguments take the second from another array.
UNARY: dict[str, Callable[..., Any]] = {
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "cbrt": np.cbrt,
    "cos": np.cos,
    "cosh": np.cosh,
    "erfc": np.vectorize(math.erfc),
    "log2": np.log2,
    "log10": np.log10,
    "sin": np.sin,
    "sinh": np.sinh,
    "tan": np.tan,
}
BINARY: dict[str, Callable[..., Any]] = {"atan2": np.arctan2, "powf": np.power}
# What is exact.
EXACT: dict[str, Callable[..., Any]] = {
    "absf": np.abs,
    "ceil": np.ceil,
    "floor": np.floor,
    "round": lambda x: np.copysign(np.floor(np.abs(x) + 0.5), x),
    "roundeven": np.round,
    "sqrt": np.sqrt,
    "trunc": np.trunc,
    "copysign": np.copysign,
}
INTEGER: dict[str, Callable[..., Any]] = {
    "absi": np.abs,
    "ctlz": np.vectorize(lambda x: 32 - (int(x) & 0xFFFFFFFF).bit_length()),
    "cttz": np.vectorize(lambda x: (int(x) & -int(x)).bit_length() - 1 if x else 32),
    "ctpop": np.vectorize(lambda x: (int(x) & 0xFFFFFFFF).bit_count()),
}
PREDICATES: dict[str, Callable[..., Any]] = {
    "isfinite": np.isfinite,
    "isinf": np.isinf,
    "isnan": np.isnan,
    "isnormal": lambda x: np.isfinite(x) & (np.abs(x) >= np.finfo(x.dtype).smallest_normal),
}


def _program(lines: str, element: str, result: str) -> str:
    source, target = f"memref<{LENGTH}x{element}>", f"memref<{LENGTH}x{result}>"
    return f"""
func.func @f(%a: {source}, %b: {source}, %c: {target}) {{
  affine.for %i = 0 to {LENGTH} {{
    %x = affine.load %a[%i] : {source}
    %y = affine.load %b[%i] : {source}
    {lines}
    affine.store %r, %c[%i] : {target}
  }}
  return
}}"""


def _take_in(pool: CompilerPool, text: str, mode: str) -> ModuleParts:
    return pool.front_end(text.encode(), "f.mlir", None, Modes("strict", mode))


def _check(
    sandbox: Sandbox,
    pool: CompilerPool,
    program: tuple[str, Array, Array, Array],
    max_units: float,
    mode: str = "inline",
) -> None:
    """Compares scalars and vectors with what is expected, in units in the last place."""
    text, x, y, expected = program
    parts = _take_in(pool, text, mode)
    outputs = []
    for schedule in (Schedule(), VECTORISED):
        build = pool.build_module(parts.text, {each.name: schedule for each in parts.workloads})
        assert isinstance(build, ModuleBuild), build
        garbage = np.full(LENGTH, 77, expected.dtype)
        outputs.append(sandbox.run_object(build.object_code, parts.entry, [x, y, garbage])[-1])
    np.testing.assert_array_equal(*outputs)
    if max_units == 0:
        np.testing.assert_array_equal(outputs[0], expected)
        return
    np.testing.assert_array_equal(np.isnan(outputs[0]), np.isnan(expected))
    known = np.isfinite(expected)
    errors = np.abs(outputs[0][known] - expected[known].astype(np.float64))
    assert np.max(errors / np.spacing(np.abs(expected[known]))) <= max_units


def _numbers(element: str) -> tuple[Array, Array]:
    generator = np.random.default_rng(0)
    x, y = (3 * generator.standard_normal(LENGTH) for _ in range(2))
    x[:8] = [0.0, -0.0, 0.5, -0.5, 2.5, 1.0, -1.0, 0.999]
    return x.astype(TYPES[element]), y.astype(TYPES[element])


def _reference(function: Callable[..., Any], *arguments: Array) -> Array:
    with np.errstate(all="ignore"):
        exact = function(*(argument.astype(np.float64) for argument in arguments))
        return np.asarray(exact, arguments[0].dtype)


@pytest.mark.parametrize("mode", ["inline", "libm"])
@pytest.mark.parametrize("element", ["f32", "f64"])
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_calls_of_the_c_library(
    sandbox: Sandbox, pool: CompilerPool, name: str, element: str, mode: str
) -> None:
    x, y = _numbers(element)
    if name == "powf":
        x[:20] = np.abs(x[:20])
    operands, arguments = ("%x, %y", (x, y)) if name in BINARY else ("%x", (x,))
    text = _program(f"%r = math.{name} {operands} : {element}", element, element)
    expected = _reference({**UNARY, **BINARY}[name], *arguments)
    _check(sandbox, pool, (text, x, y, expected), 4.0, mode)


@pytest.mark.parametrize("element", ["f32", "f64"])
@pytest.mark.parametrize("name", EXACT)
def test_exact_functions(sandbox: Sandbox, pool: CompilerPool, name: str, element: str) -> None:
    x, y = _numbers(element)
    operands, arguments = ("%x, %y", (x, y)) if name == "copysign" else ("%x", (x,))
    text = _program(f"%r = math.{name} {operands} : {element}", element, element)
    with np.errstate(all="ignore"):
        expected = EXACT[name](*arguments)
    _check(sandbox, pool, (text, x, y, expected), 0)


@pytest.mark.parametrize("name", INTEGER)
def test_functions_of_integers(sandbox: Sandbox, pool: CompilerPool, name: str) -> None:
    x = np.random.default_rng(0).integers(-(2**31), 2**31, LENGTH).astype(np.int32)
    x[:5] = [0, 1, -1, 2**31 - 1, 8]
    text = _program(f"%r = math.{name} %x : i32", "i32", "i32")
    _check(sandbox, pool, (text, x, x, INTEGER[name](x).astype(np.int32)), 0)


@pytest.mark.parametrize("element", ["f32", "f64"])
@pytest.mark.parametrize("name", PREDICATES)
def test_predicates(sandbox: Sandbox, pool: CompilerPool, name: str, element: str) -> None:
    x, y = _numbers(element)
    x[:4] = [np.nan, np.inf, -np.inf, np.finfo(x.dtype).smallest_subnormal]
    lines = f"%t = math.{name} %x : {element}\n    %r = arith.extui %t : i1 to i32"
    expected = PREDICATES[name](x).astype(np.int32)
    _check(sandbox, pool, (_program(lines, element, "i32"), x, y, expected), 0)


def _constants(element: str, **values: float) -> str:
    lines = (f"%{name} = arith.constant {value} : {element}" for name, value in values.items())
    return "\n".join(lines)


@pytest.mark.parametrize("element", ["f32", "f64"])
def test_multiply_add(sandbox: Sandbox, pool: CompilerPool, element: str) -> None:
    x, y = _numbers(element)
    exact = x.astype(np.longdouble) * y + x
    program = _program(f"%r = math.fma %x, %y, %x : {element}", element, element)
    _check(sandbox, pool, (program, x, y, exact.astype(x.dtype)), 0)


@pytest.mark.parametrize("element", ["f32", "f64"])
@pytest.mark.parametrize("exponent", [3, 0, -2, 2**31 - 1])
def test_powers_of_integer_exponents(
    sandbox: Sandbox, pool: CompilerPool, element: str, exponent: int
) -> None:
    x, y = _numbers(element)
    # An odd exponent beyond 2^24 has no other sign in fp32.
    x[8:11] = [-1.0000001, np.nan, np.inf]
    lines = _constants("i32", n=exponent)
    program = _program(f"{lines}\n%r = math.fpowi %x, %n : {element}, i32", element, element)
    expected = _reference(lambda values: np.power(values, float(exponent)), x)
    _check(sandbox, pool, (program, x, y, expected), 1.0)


@pytest.mark.parametrize("element", ["f32", "f64"])
def test_sine_and_cosine_at_once(sandbox: Sandbox, pool: CompilerPool, element: str) -> None:
    x, y = _numbers(element)
    lines = f"%s, %t = math.sincos %x : {element}\n%r = arith.subf %s, %t : {element}"
    expected = _reference(lambda values: np.sin(values), x) - _reference(np.cos, x)
    _check(sandbox, pool, (_program(lines, element, element), x, y, expected), 4.0)

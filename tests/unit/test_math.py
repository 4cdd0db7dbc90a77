"""Elementary functions as arithmetic: their errors, their limits, and vectors that agree."""

import math
import re
from typing import Any

import numpy as np
import pytest

from autotune.compilation import MATH_MODES
from autotune.compiler import CompilerPool
from autotune.measurement import Artefact, Candidate, MeasureConfig, ModuleBuild
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.workload import Modes, Target, Workload
from tests.sandbox import Sandbox
from tests.unit.front_end_runs import Array, run_parts, take_in

# Reference in extended precision, and the largest error in units in the last place.
FUNCTIONS: dict[str, tuple[Any, dict[str, float]]] = {
    "exp": (np.exp, {"f32": 1.1, "f64": 1.1}),
    "exp2": (np.exp2, {"f32": 1.0, "f64": 1.3}),
    "expm1": (np.expm1, {"f32": 1.7, "f64": 2.3}),
    "log": (np.log, {"f32": 0.9, "f64": 0.9}),
    "log1p": (np.log1p, {"f32": 0.9, "f64": 0.9}),
    "tanh": (np.tanh, {"f32": 2.5, "f64": 2.5}),
    # The reference for f64 is itself rounded.
    "erf": (np.vectorize(math.erf), {"f32": 1.1, "f64": 2.0}),
    "rsqrt": (lambda x: 1 / np.sqrt(x), {"f32": 1.5, "f64": 1.5}),
}
TYPES = {"f32": np.float32, "f64": np.float64}
LENGTH = 9000
# What LLVM makes machine instructions of, for vectors as well.
INSTRUCTIONS = ("fma", "masked", "fabs", "copysign", "sqrt")


def program(name: str, element: str, length: int = LENGTH) -> str:
    buffer = f"memref<{length}x{element}>"
    return f"""
func.func @f(%a: {buffer}, %b: {buffer}) {{
  affine.for %i = 0 to {length} {{
    %x = affine.load %a[%i] : {buffer}
    %y = math.{name} %x : {element}
    affine.store %y, %b[%i] : {buffer}
  }}
  return
}}"""


def arguments(element: str) -> Array:
    """All magnitudes, and more of those where the functions bend."""
    generator = np.random.default_rng(0)
    limits = np.finfo(TYPES[element])
    range_ = (np.log(limits.smallest_subnormal), np.log(limits.max))
    magnitudes = np.exp(generator.uniform(*range_, LENGTH // 3))
    wide = generator.uniform(-750, 750, LENGTH // 3)
    near = generator.standard_normal(LENGTH // 3)
    specials = [0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1.0, limits.smallest_subnormal, -3.0]
    values = np.concatenate([magnitudes * generator.choice([-1, 1], LENGTH // 3), wide, near])
    values[: len(specials)] = specials
    return np.asarray(values, TYPES[element])


def compute(sandbox: Sandbox, name: str, element: str, mode: str) -> tuple[Array, Array]:
    x = arguments(element)
    parts = take_in(sandbox, program(name, element), math=mode)
    return x, run_parts(sandbox, parts, (x, np.zeros_like(x)))[1]


@pytest.mark.parametrize("element", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_errors_and_limits(sandbox: Sandbox, name: str, element: str) -> None:
    reference, bounds = FUNCTIONS[name]
    x, y = compute(sandbox, name, element, "inline")
    with np.errstate(all="ignore"):
        exact = np.asarray(reference(x.astype(np.longdouble)), np.longdouble)
        expected = exact.astype(x.dtype)
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(y[~finite], expected[~finite])
    np.testing.assert_array_equal(np.signbit(y[expected == 0]), np.signbit(expected[expected == 0]))
    errors = np.abs(y[finite] - exact[finite]) / np.spacing(np.abs(expected[finite]))
    assert errors.max() <= bounds[element]


def test_the_c_library_is_called_on_request(sandbox: Sandbox) -> None:
    assert "math.log" in take_in(sandbox, program("log", "f32"), math="libm").text
    assert "math.log" not in take_in(sandbox, program("log", "f32")).text
    # MLIR would compute it as exp(x) - 1; the C library has no function for the other.
    for name in ("expm1", "rsqrt"):
        assert f"math.{name}" not in take_in(sandbox, program(name, "f32"), math="libm").text


@pytest.mark.parametrize("mode", MATH_MODES)
def test_reciprocal_roots_of_all_fp32_numbers(sandbox: Sandbox, mode: str) -> None:
    # Times 4^k, a number has the same root times 2^-k, to the bit: two exponents stand for all.
    bits = np.arange(1 << 24, dtype=np.uint32) + np.uint32(127 << 23)
    x = bits.view(np.float32)
    parts = take_in(sandbox, program("rsqrt", "f32", len(x)), math=mode)
    y = run_parts(sandbox, parts, (x, np.zeros_like(x)))[1]
    exact = 1 / np.sqrt(x.astype(np.float64))
    errors = np.abs(y - exact) / np.spacing(exact.astype(np.float32))
    assert errors.max() <= FUNCTIONS["rsqrt"][1]["f32"]


def test_errors_of_erf_in_fp32_where_its_formulas_meet_and_end(sandbox: Sandbox) -> None:
    bounds = np.array([0.25, 4.25], np.float32).view(np.uint32)
    x = np.arange(*bounds, 41, dtype=np.uint32).view(np.float32)
    parts = take_in(sandbox, program("erf", "f32", len(x)))
    y = run_parts(sandbox, parts, (x, np.zeros_like(x)))[1]
    exact = np.vectorize(math.erf)(x.astype(np.float64))
    errors = np.abs(y - exact) / np.spacing(exact.astype(np.float32))
    assert errors.max() <= FUNCTIONS["erf"][1]["f32"]


@pytest.mark.parametrize("element", TYPES)
@pytest.mark.parametrize("mode", MATH_MODES)
def test_limits_of_reciprocal_roots(sandbox: Sandbox, mode: str, element: str) -> None:
    limits = np.finfo(TYPES[element])
    tiny = limits.smallest_subnormal
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, -tiny, tiny, 4 * tiny, 4.0], tiny.dtype)
    parts = take_in(sandbox, program("rsqrt", element, len(x)), math=mode)
    y = run_parts(sandbox, parts, (x, np.zeros_like(x)))[1]
    of_tiny = TYPES[element](1 / np.sqrt(np.longdouble(tiny)))
    nan = np.nan
    expected = [np.inf, -np.inf, 0.0, nan, nan, nan, nan, of_tiny, of_tiny / 2, 0.5]
    np.testing.assert_allclose(y, np.array(expected, y.dtype), rtol=2 * limits.eps, atol=0)
    assert np.signbit(y[1])
    assert not np.signbit(y[2])


@pytest.mark.parametrize("element", TYPES)
@pytest.mark.parametrize("name", FUNCTIONS)
def test_vectors_and_scalars_agree(
    pool: CompilerPool, target: Target, name: str, element: str
) -> None:
    parts = pool.front_end(program(name, element, 39).encode(), "f.mlir", None, Modes("strict"))
    (workload,) = parts.workloads
    vector = Schedule.parse("autotune-vectorize{band=0 member=0 width=8}")
    with LocalRunner(target, MeasureConfig(budget_secs=0.01, slack_secs=2.0)) as runner:
        scalars, vectors = (build(pool, workload, each) for each in (Schedule(), vector))
        assert runner.run(workload, scalars, vectors).failure is None
    module = pool.build_module(parts.text, {workload.name: vector})
    assert isinstance(module, ModuleBuild)
    assert "@llvm.masked.load.v8" in module.llvm_ir
    declared = re.findall(r"declare [^@]*@([\w.]+)\(", module.llvm_ir)
    for called in declared:
        assert called.removeprefix("llvm.").partition(".")[0] in INSTRUCTIONS


def build(pool: CompilerPool, workload: Workload, schedule: Schedule) -> Artefact:
    artefact = pool.build(Candidate(workload, schedule)).result().artefact
    assert artefact is not None
    return artefact

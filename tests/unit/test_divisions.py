"""Divisions of rows by one value in `reassoc` mode: nearly exact, for all values that there are."""

from collections.abc import Iterator

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Candidate
from autotune.schedule import Schedule
from autotune.target import detect
from autotune.workload import Modes
from tests.sandbox import Sandbox

_ROWS, _COLUMNS = 64, 48
_DTYPES = {"f32": np.float32, "f64": np.float64}
_SCHEDULES = ("", "autotune-vectorize{band=0 member=1 width=16}")
_MOST_UNITS = 1.5 + 1e-3


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(), num_workers=1, timeout_secs=60.0) as workers:
        yield workers


def _text(element: str) -> str:
    matrix, column = f"memref<{_ROWS}x{_COLUMNS}x{element}>", f"memref<{_ROWS}x{element}>"
    return f"""
func.func @divide(%x: {matrix}, %s: {column}, %y: {matrix}) {{
  affine.for %i = 0 to {_ROWS} {{
    affine.for %j = 0 to {_COLUMNS} {{
      %a = affine.load %x[%i, %j] : {matrix}
      %b = affine.load %s[%i] : {column}
      %q = arith.divf %a, %b : {element}
      affine.store %q, %y[%i, %j] : {matrix}
    }}
  }}
  return
}}"""


def _values(generator: np.random.Generator, element: str, count: int) -> np.ndarray:
    """Numbers of all magnitudes, and those that are none."""
    dtype = _DTYPES[element]
    info = np.finfo(dtype)
    exponents = generator.uniform(info.minexp - info.nmant, info.maxexp, count)
    with np.errstate(over="ignore", under="ignore"):
        values = (np.exp2(exponents.astype(np.longdouble))).astype(dtype)
    values *= generator.choice([-1, 1], count).astype(dtype)
    special = [0.0, -0.0, np.inf, -np.inf, np.nan, info.max, info.tiny, info.smallest_subnormal, 1]
    values[: len(special)] = np.array(special, dtype)
    return values


@pytest.mark.parametrize("schedule", _SCHEDULES)
@pytest.mark.parametrize("element", sorted(_DTYPES))
def test_quotients_are_within_their_bound(
    element: str, schedule: str, pool: CompilerPool, sandbox: Sandbox
) -> None:
    parts = pool.front_end(_text(element).encode(), "divide.mlir", None, Modes("reassoc", "inline"))
    (workload,) = parts.workloads
    built = pool.build(Candidate(workload, Schedule.parse(schedule))).result()
    assert built.artefact is not None, built.failure
    generator = np.random.default_rng(5)
    x = _values(generator, element, _ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS)
    s = generator.permutation(_values(generator, element, _ROWS))
    _, _, y = sandbox.run_object(
        built.artefact.object_code, workload.name, [x, s, np.zeros_like(x)]
    )
    with np.errstate(all="ignore"):
        rounded = x / s[:, None]
        exact = x.astype(np.longdouble) / s[:, None].astype(np.longdouble)
        finite = np.isfinite(rounded) & np.isfinite(y)
        unit = np.spacing(np.abs(np.where(finite, rounded, 1)))
        units = np.abs(y.astype(np.longdouble) - exact) / unit
    assert units[finite].max() <= _MOST_UNITS
    # Only what is within rounding of the largest number may be infinite in one of the two.
    differs = ~finite & ~(np.isnan(rounded) & np.isnan(y)) & (rounded != y)
    assert (np.abs(exact[differs]) >= np.finfo(_DTYPES[element]).max * (1 - 1e-6)).all()
    assert (np.signbit(rounded) == np.signbit(y))[~np.isnan(rounded)].all()
    assert finite.sum() > 0.4 * y.size

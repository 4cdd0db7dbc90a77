"""Reductions in partial results compute what NumPy computes, whatever the values and the shape."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Candidate
from autotune.schedule import Schedule
from autotune.target import detect
from autotune.workload import Argument, Role, Workload
from tests.sandbox import Sandbox

Array = np.ndarray[Any, Any]

ROW_LENGTHS = (1, 2, 15, 16, 17, 64, 100, 257)
PRIVATIZE = "autotune-privatize{{band=0 member=1 array=1 lanes={lanes}}}"
SCHEDULES = {
    "scalar": PRIVATIZE,
    "vector": f"{PRIVATIZE},autotune-vectorize{{{{band=1 member=0 width={{lanes}}}}}}",
    "rows": f"{PRIVATIZE},autotune-vectorize{{{{band=1 member=0 width={{lanes}}}}}},"
    "autotune-unroll-and-jam{{band=0 factors=3}}",
    "threads": f"{PRIVATIZE},autotune-vectorize{{{{band=1 member=0 width={{lanes}}}}}},"
    "autotune-parallelize{{band=0 member=0}}",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(2), num_workers=1, timeout_secs=120.0) as workers:
        yield workers


def row_reduction(operation: str, num_rows: int, length: int) -> str:
    return f"""
    func.func @rows(%X: memref<{num_rows}x{length}xf32>, %s: memref<{num_rows}xf32>) {{
      affine.for %i = 0 to {num_rows} {{
        affine.for %j = 0 to {length} {{
          %x = affine.load %X[%i, %j] : memref<{num_rows}x{length}xf32>
          %old = affine.load %s[%i] : memref<{num_rows}xf32>
          %new = {operation} : f32
          affine.store %new, %s[%i] : memref<{num_rows}xf32>
        }}
      }}
      return
    }}
    """


def run(
    text: str, schedule: str, arrays: list[Array], sandbox: Sandbox, pool: CompilerPool
) -> list[Array]:
    arguments = tuple(Argument(Role.BUFFER, "f32", array.shape) for array in arrays)
    workload = Workload("rows", text, hashlib.sha256(text.encode()).hexdigest(), arguments)
    result = pool.build(Candidate(workload, Schedule.parse(schedule))).result()
    assert result.artefact is not None, f"{result.failure}: {schedule}\n{text}"
    return sandbox.run_object(result.artefact.object_code, "rows", arrays)


@pytest.mark.parametrize("name", SCHEDULES)
def test_sums_agree_but_for_rounding(name: str, sandbox: Sandbox, pool: CompilerPool) -> None:
    for length in ROW_LENGTHS:
        lanes = min(16, length)
        if lanes < 2:
            continue
        text = row_reduction("arith.addf %old, %x fastmath<reassoc>", 7, length)
        rows = np.random.default_rng(length).uniform(-1, 1, (7, length)).astype(np.float32)
        start = np.arange(7, dtype=np.float32)
        schedule = SCHEDULES[name].format(lanes=lanes)
        _, sums = run(text, schedule, [rows, start.copy()], sandbox, pool)
        expected = start + rows.sum(axis=1, dtype=np.float64)
        np.testing.assert_allclose(sums, expected, atol=2e-6 * length)


@pytest.mark.parametrize("operation", ["maximumf", "minimumf"])
@pytest.mark.parametrize("name", SCHEDULES)
def test_extremes_agree_bit_for_bit(
    name: str, operation: str, sandbox: Sandbox, pool: CompilerPool
) -> None:
    text = row_reduction(f"arith.{operation} %old, %x", 8, 37)
    rows = np.random.default_rng(3).uniform(-1, 1, (8, 37)).astype(np.float32)
    start = np.zeros(8, np.float32)
    worst = np.float32(-np.inf if operation == "maximumf" else np.inf)
    rows[1, 30] = np.nan
    rows[2, :], start[2] = worst, worst
    rows[3, :], start[3] = -0.0, -0.0
    rows[4, :], start[4] = -0.0, 0.0
    rows[5, :], start[5], rows[5, 36] = -0.0, -0.0, 0.0
    start[6] = np.nan
    rows[7, 36] = -worst
    schedule = SCHEDULES[name].format(lanes=16)
    _, found = run(text, schedule, [rows, start.copy()], sandbox, pool)
    expected = sandbox.run_upstream(text, "rows", [rows, start.copy()])[1]
    are_nan = np.isnan(found) & np.isnan(expected)
    assert np.all(are_nan | (found.view(np.uint32) == expected.view(np.uint32)))
    assert list(np.flatnonzero(are_nan)) == [1, 6]


def test_sums_keep_negative_zero(sandbox: Sandbox, pool: CompilerPool) -> None:
    text = row_reduction("arith.addf %old, %x fastmath<reassoc>", 2, 40)
    rows = np.full((2, 40), -0.0, np.float32)
    start = np.array([-0.0, 0.0], np.float32)
    schedule = SCHEDULES["vector"].format(lanes=16)
    _, sums = run(text, schedule, [rows, start], sandbox, pool)
    assert list(np.signbit(sums)) == [True, False]


def test_tiles_on_threads_in_vectors(sandbox: Sandbox, pool: CompilerPool) -> None:
    """One long row: partial sums for every tile, and for every lane inside."""
    text = row_reduction("arith.addf %old, %x fastmath<reassoc>", 1, 5000)
    row = np.random.default_rng(5).uniform(-1, 1, (1, 5000)).astype(np.float32)
    schedule = (
        "autotune-tile{band=0 sizes=0,512},"
        "autotune-privatize{band=0 member=0 array=1 lanes=10},"
        "autotune-privatize{band=1 member=1 array=2 lanes=64},"
        "autotune-vectorize{band=3 member=0 width=16},"
        "autotune-parallelize{band=0 member=0}"
    )
    _, sums = run(text, schedule, [row, np.ones(1, np.float32)], sandbox, pool)
    np.testing.assert_allclose(sums, 1 + row.sum(dtype=np.float64), atol=1e-3)

"""Expert schedules of eliminations in place: sums are separated, and packed for register tiles."""

from dataclasses import replace

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.measurement import Artefact, Candidate
from autotune.proposer import UniformProposer
from autotune.register_tile import is_elimination
from autotune.schedule import PackRead, Reschedule, Schedule, Separate, Tile, UnrollAndJam
from autotune.search import Explorer
from autotune.target import detect
from autotune.tune import WorkloadSpace
from autotune.workload import Workload
from tests.sandbox import Sandbox
from tests.unit.kernels import buffer, workload

_SIZE = 150
"""Tiles of 128 are complete, and not."""

_MATRIX = f"memref<{_SIZE}x{_SIZE}xf64>"


def _sum_before(end: str, row: str, column: str) -> str:
    """A[i, j] loses the products of two rows or columns, up to `end`."""
    return f"""
        affine.for %k = 0 to affine_map<(d0) -> (d0)>({end}) {{
          %a = affine.load %0[%i, %j] : {_MATRIX}
          %b = affine.load %0[{row}] : {_MATRIX}
          %c = affine.load %0[{column}] : {_MATRIX}
          %d = arith.negf %b : f64
          %e = math.fma %d, %c, %a : f64
          affine.store %e, %0[%i, %j] : {_MATRIX}
        }}"""


_QUOTIENT = f"""
        %x = affine.load %0[%i, %j] : {_MATRIX}
        %y = affine.load %0[%j, %j] : {_MATRIX}
        %z = arith.divf %x, %y : f64
        affine.store %z, %0[%i, %j] : {_MATRIX}"""

_LU = workload(
    f"""
    affine.for %i = 0 to {_SIZE} {{
      affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {{
        {_sum_before("%j", "%i, %k", "%k, %j")} {_QUOTIENT}
      }}
      affine.for %j = affine_map<(d0) -> (d0)>(%i) to {_SIZE} {{
        {_sum_before("%i", "%i, %k", "%k, %j")}
      }}
    }}""",
    buffer("f64", _SIZE, _SIZE),
)

_CHOLESKY = workload(
    f"""
    affine.for %i = 0 to {_SIZE} {{
      affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {{
        {_sum_before("%j", "%i, %k", "%j, %k")} {_QUOTIENT}
      }}
      affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {{
        %a = affine.load %0[%i, %i] : {_MATRIX}
        %b = affine.load %0[%i, %j] : {_MATRIX}
        %c = arith.negf %b : f64
        %d = math.fma %c, %b, %a : f64
        affine.store %d, %0[%i, %i] : {_MATRIX}
      }}
      %a = affine.load %0[%i, %i] : {_MATRIX}
      %b = math.sqrt %a : f64
      affine.store %b, %0[%i, %i] : {_MATRIX}
    }}""",
    buffer("f64", _SIZE, _SIZE),
)


def _separated(pool: CompilerPool, of: Workload) -> Schedule:
    """The expert schedule that separates what isl's scheduler has put into tiles."""
    target = replace(detect(), num_threads=1)
    explorer = Explorer(WorkloadSpace(of, pool), UniformProposer(), target)
    start = (Reschedule(0, 0), Tile(0, (128, 128, 0)))
    for schedule in expert_schedules(explorer, target):
        steps = schedule.transformations
        if steps[:2] == start and any(isinstance(step, Separate) for step in steps):
            return schedule
    raise AssertionError("no expert schedule separates sums")


@pytest.mark.parametrize(("of", "num_sums"), [(_LU, 2), (_CHOLESKY, 1)], ids=["lu", "cholesky"])
def test_sums_are_separated_packed_and_exact(
    pool: CompilerPool, sandbox: Sandbox, of: Workload, num_sums: int
) -> None:
    schedule = _separated(pool, of)
    steps = schedule.transformations
    assert sum(isinstance(step, Separate) for step in steps) == num_sums
    assert sum(isinstance(step, PackRead) for step in steps) == num_sums
    assert sum(isinstance(step, UnrollAndJam) for step in steps) > num_sums
    half = np.random.default_rng(1).uniform(-1, 1, (_SIZE, _SIZE))
    matrix = half @ half.T + _SIZE * np.eye(_SIZE)
    artefact = pool.build(Candidate(of, schedule)).result().artefact
    assert isinstance(artefact, Artefact)
    (expected,) = sandbox.run_upstream(of.text, of.name, [matrix])
    (actual,) = sandbox.run_object(artefact.object_code, of.name, [matrix])
    assert np.isfinite(expected).all()
    np.testing.assert_array_equal(actual, expected)


def _access(array: int, strides: dict[str, int], *, write: bool = False) -> dict[str, object]:
    return {"array": array, "strides": list(strides.values()), "write": write}


def test_sums_over_other_arrays_are_no_eliminations() -> None:
    target = _access(0, {"i": 8, "j": 1, "k": 0})
    store = {**target, "write": True}
    row, column = ({"i": 8, "j": 0, "k": 1}, {"i": 0, "j": 1, "k": 8})
    assert is_elimination([target, _access(0, row), _access(0, column), store])
    assert is_elimination([target, _access(1, row), _access(0, column), store])
    assert not is_elimination([target, _access(1, row), _access(2, column), store])
    several = {**_access(1, row), "write": True}
    assert not is_elimination([target, _access(0, row), store, several])

"""A program with time steps, tuned on fewer of them."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autotune.compilation import Compilation, Program, open_workshop
from autotune.database import Database
from autotune.module import CompiledModule, load
from autotune.progress import SilentProgress
from autotune.tune import TuneConfig

_STEPS, _SIZE = 512, 512
_PROGRAM = f"""
func.func @relax(%a: memref<{_SIZE}xf64>, %b: memref<{_SIZE}xf64>) {{
  %third = arith.constant 0.25 : f64
  affine.for %t = 0 to {_STEPS} {{
    affine.for %i = 1 to {_SIZE - 1} {{
      %x = affine.load %a[%i - 1] : memref<{_SIZE}xf64>
      %y = affine.load %a[%i + 1] : memref<{_SIZE}xf64>
      %s = arith.addf %x, %y : f64
      %m = arith.mulf %s, %third : f64
      affine.store %m, %b[%i] : memref<{_SIZE}xf64>
    }}
    affine.for %i = 1 to {_SIZE - 1} {{
      %x = affine.load %b[%i] : memref<{_SIZE}xf64>
      affine.store %x, %a[%i] : memref<{_SIZE}xf64>
    }}
  }}
  return
}}
"""
_CONFIG = TuneConfig(trials=6, proxy_threshold_secs=20e-6, proxy_secs=20e-6)


def relaxed(a: np.ndarray) -> np.ndarray:
    a = a.copy()
    for _ in range(_STEPS):
        a[1:-1] = (a[:-2] + a[2:]) * 0.25
    return a


def loaded(compilation: Compilation, folder: Path) -> CompiledModule:
    (folder / "model.so").write_bytes(compilation.shared_library())
    return load(folder / "model.so")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("proxy")


def tuned(folder: Path, config: TuneConfig) -> Compilation:
    program = Program(_PROGRAM.encode(), "relax.mlir")
    with (
        open_workshop(program, folder / "failures", time.monotonic) as workshop,
        Database(str(folder / "tuning.db")) as database,
    ):
        return workshop.tune(database, config, SilentProgress())


@pytest.fixture(scope="module")
def compilation(folder):
    return tuned(folder, _CONFIG)


def test_the_tuned_program_takes_all_steps(compilation, folder):
    (report,) = compilation.report.workloads
    (loop,) = report.to_json()["proxy"]["loops"]
    assert loop == {"nest": 0, "iterations": _STEPS, "kept": loop["kept"]}
    assert 64 <= loop["kept"] < _STEPS
    assert report.ranking.num_candidates + report.ranking.num_failed > 0
    assert f"{loop['kept']} of {_STEPS} iterations" in compilation.report.to_text()
    a, b = np.random.default_rng(0).standard_normal((2, _SIZE))
    expected = relaxed(a)
    loaded(compilation, folder)(a, b)
    np.testing.assert_allclose(a, expected, rtol=1e-12, atol=1e-300)


def test_a_longer_run_goes_on_with_the_same_steps(compilation, folder):
    with Database(str(folder / "tuning.db")) as database:
        (run,) = database.runs()
        before = database.records(run)
    longer = tuned(folder, replace(_CONFIG, trials=9, resume=True))
    with Database(str(folder / "tuning.db")) as database:
        (again,) = database.runs()
        records = database.records(again)
    assert again.proxy == run.proxy
    assert records[: len(before)] == before
    assert len(longer.report.workloads[0].records) == 9
    assert {r.measurement.proxy for r in records} <= {"", run.proxy.proxy.workload.hash}

"""Vectors of elements at a stride: the right ones, and none outside the array."""

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import ModuleBuild
from autotune.schedule import Schedule
from autotune.target import detect
from autotune.workload import Modes
from tests.sandbox import Sandbox


@pytest.mark.parametrize("length", [8, 10, 13, 15, 29])
@pytest.mark.parametrize("stride", [2, 3, 4, 5])
def test_every_nth_element(sandbox: Sandbox, pool: CompilerPool, stride: int, length: int) -> None:
    # The last lane is the last element: guarded memory follows.
    size = (length - 1) * stride + 1
    text = f"""
func.func @f(%a: memref<{size}xf32>, %b: memref<{length}xf32>) {{
  affine.for %i = 0 to {length} {{
    %x = affine.load %a[%i * {stride}] : memref<{size}xf32>
    affine.store %x, %b[%i] : memref<{length}xf32>
  }}
  return
}}"""
    parts = pool.front_end(text.encode(), "f.mlir", None, Modes())
    vector = Schedule.parse("autotune-vectorize{band=0 member=0 width=8}")
    build = pool.build_module(parts.text, {parts.workloads[0].name: vector})
    assert isinstance(build, ModuleBuild)
    has_two_under_mask = length == 10 and detect(1).has_mask_registers
    assert ("llvm.masked.gather" in build.llvm_ir) == (stride > 4 or has_two_under_mask)
    a = np.arange(size, dtype=np.float32)
    _, b = sandbox.run_object(build.object_code, "f", [a, np.zeros(length, np.float32)])
    np.testing.assert_array_equal(b, a[::stride])

"""Stores past the caches: what they become, and buffers of the caller that begin anywhere."""

import re

import llvmlite.binding as llvm
import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import ModuleBuild
from autotune.module import CompiledModule, load, write_library
from autotune.object_code import NativeCompiler
from autotune.schedule import Schedule
from autotune.workload import Argument, Role, Target

_SIZE = 64
_KIND = f"memref<{_SIZE}x{_SIZE}xf32>"
_TEXT = f"""
  func.func @program(%a: {_KIND}, %b: {_KIND}) attributes {{autotune.entry}} {{
    call @transpose(%a, %b) : ({_KIND}, {_KIND}) -> ()
    return
  }}
  func.func @transpose(%a: {_KIND}, %b: {_KIND}) attributes {{autotune.workload}} {{
    affine.for %i = 0 to {_SIZE} {{
      affine.for %j = 0 to {_SIZE} {{
        %x = affine.load %a[%j, %i] : {_KIND}
        %y = arith.addf %x, %x : f32
        affine.store %y, %b[%i, %j] : {_KIND}
      }}
    }}
    return
  }}"""
_ARGUMENTS = (Argument(Role.BUFFER, "f32", (_SIZE, _SIZE)),) * 2
_SHAPED = "autotune-unroll-and-jam{band=0 factors=8,1},autotune-vectorize{band=0 member=1 width=8}"
_FETCHED = "autotune-prefetch{band=0 member=1 array=0 distance=2}"


def _built(pool: CompilerPool, schedule: str) -> ModuleBuild:
    build = pool.build_module(_TEXT, {"transpose": Schedule.parse(schedule)})
    assert isinstance(build, ModuleBuild), build
    return build


def _assembly(build: ModuleBuild, target: Target) -> str:
    machine = NativeCompiler(target.cpu, target.features).new_machine()
    module = llvm.parse_assembly(build.llvm_ir)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(3))
    builder.getModulePassManager().run(module, builder)
    text: str = machine.emit_assembly(module)
    return text


@pytest.fixture(scope="module")
def streamed(pool: CompilerPool) -> ModuleBuild:
    return _built(pool, f"{_SHAPED},autotune-stream{{statement=0}},{_FETCHED}")


@pytest.fixture(scope="module")
def module(
    streamed: ModuleBuild, target: Target, tmp_path_factory: pytest.TempPathFactory
) -> CompiledModule:
    path = tmp_path_factory.mktemp("library") / "model.so"
    write_library(path, streamed.object_code, "program", _ARGUMENTS, target)
    return load(path)


def test_whole_vectors_become_non_temporal_stores(
    streamed: ModuleBuild, pool: CompilerPool, target: Target
) -> None:
    stores = re.compile(r"\tv?movntp[sd]\t")
    assembly = _assembly(streamed, target)
    assert stores.search(assembly)
    assert "\tsfence" in assembly
    assert "movnti" not in assembly, "a store was cut into scalars: it is not aligned"
    assert "\tprefetcht0\t" in assembly
    ordinary = _assembly(_built(pool, _SHAPED), target)
    assert not stores.search(ordinary)
    assert "\tsfence" not in ordinary
    assert "\tprefetch" not in ordinary


@pytest.mark.parametrize("offset_bytes", [0, 4, 8, 16, 32])
def test_buffers_may_begin_anywhere(module: CompiledModule, offset_bytes: int) -> None:
    values = np.random.default_rng(0).random((_SIZE, _SIZE), np.float32)
    memory = np.zeros(values.nbytes + 192, np.uint8)
    begin = -memory.ctypes.data % 64 + offset_bytes
    result = memory[begin : begin + values.nbytes].view(np.float32).reshape(values.shape)
    assert result.ctypes.data % 64 == offset_bytes
    module(values, result)
    np.testing.assert_array_equal(result, values.T + values.T)
    assert not memory[:begin].any()
    assert not memory[begin + values.nbytes :].any()

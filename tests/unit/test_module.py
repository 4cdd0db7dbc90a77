"""Compiled modules: what travels with the library, calls, and arguments that do not fit."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import ModuleBuild
from autotune.module import (
    ArgumentError,
    CompiledModule,
    LibraryError,
    Signature,
    c_header,
    load,
    write_library,
)
from autotune.object_code import ObjectCodeError
from autotune.workload import Argument, Role, Target

_ARGUMENTS = (
    Argument(Role.BUFFER, "f32", (4, 8)),
    Argument(Role.TENSOR, "f32", (4, 8)),
    Argument(Role.SCALAR, "f32", ()),
    Argument(Role.SCALAR, "i64", ()),
    Argument(Role.RESULT, "f64", ()),
    Argument(Role.RESULT, "i64", (2,)),
)
_TEXT = """
  func.func @update(%a: memref<4x8xf32>, %b: memref<4x8xf32>, %s: f32, %n: i64,
                    %sum: memref<f64>, %ns: memref<2xi64>) attributes {autotune.entry} {
    call @add(%a, %b, %s) : (memref<4x8xf32>, memref<4x8xf32>, f32) -> ()
    %wide = arith.extf %s : f32 to f64
    memref.store %wide, %sum[] : memref<f64>
    affine.for %i = 0 to 2 {
      affine.store %n, %ns[%i] : memref<2xi64>
    }
    return
  }
  func.func @add(%a: memref<4x8xf32>, %b: memref<4x8xf32>, %s: f32)
      attributes {autotune.workload} {
    affine.for %i = 0 to 4 {
      affine.for %j = 0 to 8 {
        %x = affine.load %a[%i, %j] : memref<4x8xf32>
        %y = affine.load %b[%i, %j] : memref<4x8xf32>
        %z = math.fma %y, %s, %x : f32
        %e = math.exp %z : f32
        affine.store %e, %a[%i, %j] : memref<4x8xf32>
      }
    }
    return
  }"""


@pytest.fixture(scope="module")
def library(pool: CompilerPool, target: Target, tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = pool.build_module(_TEXT, {})
    assert isinstance(build, ModuleBuild)
    path = tmp_path_factory.mktemp("library") / "model.so"
    write_library(path, build.object_code, "update", _ARGUMENTS, target)
    return path


@pytest.fixture(scope="module")
def module(library: Path) -> CompiledModule:
    return load(library)


def _inputs() -> tuple[np.ndarray, np.ndarray]:
    a, b = np.random.default_rng(0).random((2, 4, 8), np.float32)
    return a.copy(), b.copy()


class _Exporter:
    """An array of another library: nothing but DLPack."""

    def __init__(self, array: np.ndarray) -> None:
        self._array = array

    def __dlpack__(self, **options: object) -> object:
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._array.__dlpack_device__()


def test_calls_update_buffers_and_return_results(module: CompiledModule) -> None:
    a, b = _inputs()
    expected = np.exp(a + np.float32(0.5) * b)
    results = module(a, b, 0.5, 7)
    np.testing.assert_allclose(a, expected, rtol=1e-6)
    assert isinstance(results, tuple)
    assert results[0].shape == ()
    assert results[0] == 0.5
    assert results[1].tolist() == [7, 7]


def test_large_results_start_on_large_pages(
    pool: CompilerPool, target: Target, tmp_path: Path
) -> None:
    arguments = (Argument(Role.RESULT, "f32", (1024, 512)), Argument(Role.RESULT, "f32", (1024,)))
    text = """
      func.func @fill(%a: memref<1024x512xf32>, %b: memref<1024xf32>)
          attributes {autotune.entry} {
        %two = arith.constant 2.0 : f32
        affine.for %i = 0 to 1024 {
          affine.store %two, %b[%i] : memref<1024xf32>
          affine.for %j = 0 to 512 {
            affine.store %two, %a[%i, %j] : memref<1024x512xf32>
          }
        }
        return
      }"""
    build = pool.build_module(text, {})
    assert isinstance(build, ModuleBuild)
    write_library(tmp_path / "model.so", build.object_code, "fill", arguments, target)
    large, small = load(tmp_path / "model.so")()
    assert (large.ctypes.data % (2 << 20), small.ctypes.data % 64) == (0, 0)
    assert np.all(large == 2)
    assert np.all(small == 2)


def test_takes_dlpack(module: CompiledModule) -> None:
    arrays, exported = _inputs(), _inputs()
    module(*arrays, 0.5, 7)
    module(*map(_Exporter, exported), 0.5, 7)
    assert np.array_equal(arrays[0], exported[0])


def _read_only() -> np.ndarray:
    array = np.zeros((4, 8), np.float32)
    array.setflags(write=False)
    return array


_GOOD = np.zeros((4, 8), np.float32)
_SHARED = np.zeros((6, 8), np.float32)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((_GOOD,), "takes 4 arguments; got 1"),
        ((_GOOD.T.copy(), _GOOD, 1.0, 1), r"argument 0 must be \[4, 8\] of float32; got \[8, 4\]"),
        ((_GOOD, _GOOD.astype(np.float64), 1.0, 1), "argument 1 must be .* got .* of float64"),
        ((_GOOD, _GOOD.astype(">f4"), 1.0, 1), "argument 1 must be .* got .* of >f4"),
        ((np.zeros((8, 4), np.float32).T, _GOOD, 1.0, 1), r"argument 0 .* strides are \[4, 16\]"),
        ((np.zeros((4, 16), np.float32)[:, ::2], _GOOD, 1.0, 1), "argument 0 must be contiguous"),
        ((_read_only(), _GOOD, 1.0, 1), "argument 0 is updated in place, but it is read-only"),
        (([[0.0]], _GOOD, 1.0, 1), "argument 0 is a list, not an array with DLPack"),
        ((_GOOD, np.ones((4, 8), np.float32), "1", 1), "argument 2 must be a number of type f32"),
        ((_GOOD, np.ones((4, 8), np.float32), 1.0, 1.5), "argument 3 must be of type i64; got 1.5"),
        ((_GOOD, np.ones((4, 8), np.float32), 1.0, 2**63), "argument 3: .* does not fit i64"),
        ((_SHARED[:4], _SHARED[2:], 1.0, 1), "arguments 0 and 1 overlap"),
        ((_GOOD, _GOOD, 1.0, 1), "arguments 0 and 1 overlap"),
    ],
)
def test_bad_arguments_are_refused(
    module: CompiledModule, arguments: tuple[object, ...], reason: str
) -> None:
    with pytest.raises(ArgumentError, match=reason):
        module(*arguments)
    assert not _GOOD.any()


def test_read_only_tensors_are_fine(module: CompiledModule) -> None:
    a, _ = _inputs()
    b = _read_only()
    expected = np.exp(a + b)
    module(a, b, 1.0, 1)
    np.testing.assert_allclose(a, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "no such file"), (b"", "cannot be loaded"), (b"\x7fELF junk", "cannot be loaded")],
)
def test_files_that_are_no_library(tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "model.so"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LibraryError, match=reason):
        load(path)


def test_foreign_library(tmp_path: Path) -> None:
    path = tmp_path / "foreign.so"
    subprocess.run(["cc", "-shared", "-o", path, "-x", "c", "/dev/null"], check=True)
    with pytest.raises(LibraryError, match="not a library written by autotune"):
        load(path)


def test_library_for_another_cpu(library: Path, tmp_path: Path) -> None:
    signature = load(library).signature
    missing = next(x for x in signature.features.split(",") if x.startswith("-avx"))
    content = library.read_bytes().replace(missing.encode(), b"+" + missing[1:].encode())
    (tmp_path / "other.so").write_bytes(content)
    with pytest.raises(LibraryError, match=f"this CPU lacks {missing[1:]}"):
        load(tmp_path / "other.so")


def test_failed_link_leaves_nothing(tmp_path: Path, target: Target) -> None:
    with pytest.raises(ObjectCodeError, match=r"linking model\.so failed"):
        write_library(tmp_path / "model.so", b"no object", "update", _ARGUMENTS, target)
    assert list(tmp_path.iterdir()) == []


def test_missing_linker_is_named(
    tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ObjectCodeError, match=r"no linker found .* install gcc"):
        write_library(tmp_path / "model.so", b"", "update", _ARGUMENTS, target)


def test_signature_round_trip() -> None:
    signature = Signature("update", _ARGUMENTS, "some-cpu", "+avx,-amx")
    assert Signature.from_json(signature.to_json()) == signature
    with pytest.raises(LibraryError, match="version 2"):
        Signature.from_json(signature.to_json().replace('"schema": 1', '"schema": 2'))


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_c_program_calls_the_library(library: Path, tmp_path: Path) -> None:
    (tmp_path / "model.h").write_text(c_header("update", _ARGUMENTS))
    (tmp_path / "main.c").write_text(
        """
        #include "model.h"
        #include <stdio.h>
        int main(void) {
          float a[4][8] = {{0}}, b[4][8] = {{0}};
          double sum;
          int64_t ns[2];
          update(&a[0][0], &b[0][0], 2.5f, 7, &sum, ns);
          printf("%g %g %d %d", a[3][7], sum, (int)ns[0], (int)ns[1]);
        }"""
    )
    program = tmp_path / "main"
    subprocess.run(
        ["cc", "-Wall", "-Werror", "-o", program, tmp_path / "main.c", library], check=True
    )
    assert subprocess.run([program], capture_output=True, check=True).stdout == b"1 2.5 7 7"

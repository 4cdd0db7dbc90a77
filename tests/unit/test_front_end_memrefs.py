"""The front end on memrefs, opaque statements and several workloads."""

from pathlib import Path

import numpy as np

from tests.sandbox import Sandbox
from tests.unit.front_end_runs import (
    assert_close,
    random_array,
    run,
    take_in,
)


def test_swap_of_two_arrays(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<9xf32>, %b: memref<9xf32>) {
  affine.for %i = 0 to 9 {
    %t = affine.load %a[%i] : memref<9xf32>
    %u = affine.load %b[%i] : memref<9xf32>
    affine.store %u, %a[%i] : memref<9xf32>
    affine.store %t, %b[%i] : memref<9xf32>
  }
  return
}"""
    a, b = random_array(9), random_array(9, seed=1)
    after = run(sandbox, text, a, b)
    np.testing.assert_array_equal(after[0], b)
    np.testing.assert_array_equal(after[1], a)


def test_subviews_of_memrefs(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<8x8xf32>, %b: memref<4x4xf32>) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %c4 step %c1 {
    %row = memref.subview %a[%i, 1] [1, 4] [1, 2]
        : memref<8x8xf32> to memref<4xf32, strided<[2], offset: ?>>
    %to = memref.subview %b[0, %i] [4, 1] [1, 1]
        : memref<4x4xf32> to memref<4xf32, strided<[4], offset: ?>>
    memref.copy %row, %to
        : memref<4xf32, strided<[2], offset: ?>> to memref<4xf32, strided<[4], offset: ?>>
  }
  return
}"""
    a = random_array(8, 8)
    after = run(sandbox, text, a, random_array(4, 4))
    np.testing.assert_array_equal(after[1], a[:4, 1::2].T)


def test_index_arithmetic_with_division(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<4x6xi32>, %b: memref<24xi32>) {
  %c0 = arith.constant 0 : i32
  %c1 = arith.constant 1 : i32
  %c24 = arith.constant 24 : i32
  %c6 = arith.constant 6 : i32
  scf.for %i = %c0 to %c24 step %c1 : i32 {
    %q = arith.divsi %i, %c6 : i32
    %r = arith.remsi %i, %c6 : i32
    %x = arith.index_cast %q : i32 to index
    %y = arith.index_cast %r : i32 to index
    %z = arith.index_cast %i : i32 to index
    %v = memref.load %a[%x, %y] : memref<4x6xi32>
    memref.store %v, %b[%z] : memref<24xi32>
  }
  return
}"""
    a = np.arange(24, dtype=np.int32).reshape(4, 6)
    np.testing.assert_array_equal(run(sandbox, text, a, np.zeros(24, np.int32))[1], a.ravel())
    assert "memref.load" not in take_in(sandbox, text).text


def test_buffers_of_booleans(sandbox: Sandbox) -> None:
    text = """
#id = affine_map<(i) -> (i)>
func.func @f(%x: tensor<7xf32>, %m: tensor<7xi1>) -> (tensor<7xi1>, tensor<7xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<7xi1>
  %e2 = tensor.empty() : tensor<7xf32>
  %r:2 = linalg.generic {indexing_maps = [#id, #id, #id, #id], iterator_types = ["parallel"]}
      ins(%x, %m : tensor<7xf32>, tensor<7xi1>) outs(%e, %e2 : tensor<7xi1>, tensor<7xf32>) {
  ^bb0(%v: f32, %k: i1, %o: i1, %p: f32):
    %0 = arith.cmpf ogt, %v, %zero : f32
    %1 = arith.andi %0, %k : i1
    %2 = arith.select %1, %v, %zero : f32
    linalg.yield %1, %2 : i1, f32
  } -> (tensor<7xi1>, tensor<7xf32>)
  return %r#0, %r#1 : tensor<7xi1>, tensor<7xf32>
}"""
    x, m = random_array(7), np.array([1, 0, 1, 1, 0, 1, 1], np.bool_)
    flags, values = run(sandbox, text, x, m)
    np.testing.assert_array_equal(flags, (x > 0) & m)
    np.testing.assert_array_equal(values, np.where((x > 0) & m, x, 0))


def test_calls_are_inlined(sandbox: Sandbox) -> None:
    text = """
func.func private @double(%x: tensor<5xf32>) -> tensor<5xf32> {
  %e = tensor.empty() : tensor<5xf32>
  %y = linalg.add ins(%x, %x : tensor<5xf32>, tensor<5xf32>) outs(%e : tensor<5xf32>)
      -> tensor<5xf32>
  return %y : tensor<5xf32>
}
func.func @f(%x: tensor<5xf32>) -> tensor<5xf32> {
  %y = call @double(%x) : (tensor<5xf32>) -> tensor<5xf32>
  %z = call @double(%y) : (tensor<5xf32>) -> tensor<5xf32>
  return %z : tensor<5xf32>
}"""
    x = random_array(5)
    assert_close(run(sandbox, text, x)[0], 4 * x)


def test_a_data_dependent_condition_stays_opaque(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<8xf32>, %b: memref<8xf32>) {
  %zero = arith.constant 0.0 : f32
  affine.for %i = 0 to 8 {
    %v = affine.load %a[%i] : memref<8xf32>
    %positive = arith.cmpf ogt, %v, %zero : f32
    %w = scf.if %positive -> f32 {
      memref.store %zero, %a[%i] : memref<8xf32>
      scf.yield %v : f32
    } else {
      %o = affine.load %b[7 - %i] : memref<8xf32>
      scf.yield %o : f32
    }
    affine.store %w, %b[%i] : memref<8xf32>
  }
  return
}"""
    a, b = random_array(8), random_array(8, seed=1)
    want_a, want_b = a.copy(), b.copy()
    for i in range(8):
        want_a[i], want_b[i] = (0, a[i]) if a[i] > 0 else (a[i], want_b[7 - i])
    after = run(sandbox, text, a, b)
    np.testing.assert_array_equal(after[0], want_a)
    np.testing.assert_array_equal(after[1], want_b)
    assert any("opaque" in note for note in take_in(sandbox, text).notes)


def test_buffers_allocated_inside_loops(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<5x4xf32>, %b: memref<5xf32>) {
  affine.for %i = 0 to 5 {
    %t = memref.alloc() : memref<4xf32>
    affine.for %j = 0 to 4 {
      %v = affine.load %a[%i, %j] : memref<5x4xf32>
      %w = arith.mulf %v, %v : f32
      affine.store %w, %t[%j] : memref<4xf32>
    }
    %x = affine.load %t[1] : memref<4xf32>
    %y = affine.load %t[3] : memref<4xf32>
    %z = arith.addf %x, %y : f32
    affine.store %z, %b[%i] : memref<5xf32>
    memref.dealloc %t : memref<4xf32>
  }
  return
}"""
    a = random_array(5, 4)
    assert_close(run(sandbox, text, a, random_array(5))[1], a[:, 1] ** 2 + a[:, 3] ** 2)


def test_scalar_results(sandbox: Sandbox) -> None:
    text = """
func.func @f(%x: tensor<6xf32>) -> (f32, tensor<6xf32>) {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<f32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<f32>) -> tensor<f32>
  %s = linalg.reduce {arith.addf} ins(%x : tensor<6xf32>) outs(%i : tensor<f32>) dimensions = [0]
  %v = tensor.extract %s[] : tensor<f32>
  return %v, %x : f32, tensor<6xf32>
}"""
    x = random_array(6)
    total, same = run(sandbox, text, x)
    assert_close(total, x.sum())
    np.testing.assert_array_equal(same, x)


def test_constant_tables_go_with_their_workload(sandbox: Sandbox) -> None:
    text = """
func.func @f(%x: tensor<4xf32>) -> tensor<4xf32> {
  %table = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
  %e = tensor.empty() : tensor<4xf32>
  %y = linalg.mul ins(%x, %table : tensor<4xf32>, tensor<4xf32>) outs(%e : tensor<4xf32>)
      -> tensor<4xf32>
  return %y : tensor<4xf32>
}"""
    x = random_array(4)
    assert_close(run(sandbox, text, x)[0], x * np.arange(1, 5, dtype=np.float32))
    (workload,) = take_in(sandbox, text).workloads
    assert "memref.global" in workload.text


def test_equal_workloads_have_one_hash(sandbox: Sandbox) -> None:
    layer = """
    affine.for %i = 0 to 8 {{
      %v = affine.load %{source}[%i] : memref<8xf32>
      affine.store %v, %{target}[%i] : memref<8xf32>
    }}"""
    body = layer.format(source="a", target="b") + layer.format(source="c", target="d")
    text = f"""
func.func @f(%a: memref<8xf32>, %b: memref<8xf32>, %c: memref<8xf32>, %d: memref<8xf32>) {{
  {body}
  return
}}"""
    first, second = take_in(sandbox, text).workloads
    assert first.hash == second.hash
    assert first.name != second.name


def test_an_inner_product_accumulates_in_its_destination(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<5x6xf32>, %b: memref<6x7xf32>, %c: memref<5x7xf32>) {
  affine.for %i = 0 to 5 {
    affine.for %j = 0 to 7 {
      %init = affine.load %c[%i, %j] : memref<5x7xf32>
      %r = affine.for %k = 0 to 6 iter_args(%acc = %init) -> f32 {
        %x = affine.load %a[%i, %k] : memref<5x6xf32>
        %y = affine.load %b[%k, %j] : memref<6x7xf32>
        %p = arith.mulf %x, %y : f32
        %s = arith.addf %acc, %p : f32
        affine.yield %s : f32
      }
      affine.store %r, %c[%i, %j] : memref<5x7xf32>
    }
  }
  return
}"""
    a, b, c = random_array(5, 6), random_array(6, 7, seed=1), random_array(5, 7, seed=2)
    assert_close(run(sandbox, text, a, b, c)[2], c + a @ b)
    assert take_in(sandbox, text).text.count("affine.store") == 1


def test_floating_point_modes(sandbox: Sandbox) -> None:
    source = Path("examples/matmul.mlir").read_text()
    assert "math.fma" not in take_in(sandbox, source, fp="strict").text
    assert "math.fma" in take_in(sandbox, source, fp="contract").text


def test_sums_that_wait_for_themselves_are_not_contracted(sandbox: Sandbox) -> None:
    text = """
func.func @dot(%x: memref<50xf64>, %s: memref<1xf64>) {
  affine.for %i = 0 to 50 {
    %a = affine.load %x[%i] : memref<50xf64>
    %p = arith.mulf %a, %a : f64
    %c = affine.load %s[0] : memref<1xf64>
    %r = arith.addf %c, %p : f64
    affine.store %r, %s[0] : memref<1xf64>
  }
  return
}"""
    x = random_array(50).astype("float64")
    assert_close(run(sandbox, text, x, np.zeros(1))[1], np.array([x @ x]))
    assert "math.fma" not in take_in(sandbox, text, fp="contract").text
    assert "math.fma" in take_in(sandbox, text, fp="reassoc").text
    for fp in ("contract", "reassoc"):
        assert "autotune.contracted" not in take_in(sandbox, text, fp=fp).text

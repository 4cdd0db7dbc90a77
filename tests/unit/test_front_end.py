"""The front end's normal form computes what the user's program says, compared with NumPy."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autotune.workload import ModuleParts, Role
from tests.sandbox import Sandbox

Array = np.ndarray[Any, Any]

DTYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i64": np.int64, "i1": np.bool_}


def random_array(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def take_in(sandbox: Sandbox, text: str | bytes, **options: Any) -> ModuleParts:
    source = text.encode() if isinstance(text, str) else text
    return sandbox.front_end(source, "program.mlir", **options)


def run_parts(sandbox: Sandbox, parts: ModuleParts, inputs: tuple[Array, ...]) -> list[Array]:
    """The buffers and results, in order, after a call of the entry function."""
    arrays = [np.array(each) for each in inputs]
    for argument in parts.arguments[len(inputs) :]:
        assert argument.role is Role.RESULT
        # Garbage: out-parameters have no defined contents.
        arrays.append(np.full(argument.shape, 77, DTYPES[argument.element]))
    for argument, array in zip(parts.arguments, arrays, strict=True):
        assert array.shape == argument.shape
        assert array.dtype == DTYPES[argument.element]
    after = sandbox.run_upstream(parts.text, parts.entry, arrays)
    for argument, array, given in zip(parts.arguments, after, inputs, strict=False):
        if argument.role is Role.TENSOR:
            np.testing.assert_array_equal(array, given)
    return [
        array
        for argument, array in zip(parts.arguments, after, strict=True)
        if argument.role is not Role.TENSOR
    ]


def run(sandbox: Sandbox, text: str, *inputs: Array) -> list[Array]:
    parts = take_in(sandbox, text)
    assert_normal_form(parts)
    return run_parts(sandbox, parts, inputs)


def assert_normal_form(parts: ModuleParts) -> None:
    for workload in parts.workloads:
        for line in workload.text.splitlines():
            assert "iter_args" not in line or "scf." in line
            assert not any(view in line for view in ("memref.subview", "memref.copy", "_shape "))
            assert "linalg." not in line
            assert "xi1>" not in line


def close(actual: Array, expected: Array) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


def test_matmul(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: tensor<5x7xf32>, %b: tensor<7x6xf32>) -> tensor<5x6xf32> {
  %zero = arith.constant 0.0 : f32
  %e = tensor.empty() : tensor<5x6xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<5x6xf32>) -> tensor<5x6xf32>
  %c = linalg.matmul ins(%a, %b : tensor<5x7xf32>, tensor<7x6xf32>)
      outs(%i : tensor<5x6xf32>) -> tensor<5x6xf32>
  return %c : tensor<5x6xf32>
}"""
    a, b = random_array(5, 7), random_array(7, 6, seed=1)
    close(run(sandbox, text, a, b)[0], a @ b)


def test_the_result_of_a_matmul_is_computed_in_place(sandbox: Sandbox) -> None:
    parts = sandbox.front_end(Path("examples/matmul.mlir").read_bytes(), "matmul.mlir")
    assert "memref.alloc" not in parts.text
    assert [argument.role for argument in parts.arguments] == [Role.TENSOR] * 2 + [Role.RESULT]
    assert len(parts.workloads) == 1


def test_inputs_of_an_accumulating_matmul_stay(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>, %c: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %d = linalg.matmul ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%c : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %d : tensor<4x4xf32>
}"""
    a, b, c = (random_array(4, 4, seed=seed) for seed in range(3))
    close(run(sandbox, text, a, b, c)[0], a @ b + c)


def test_matmul_on_memrefs(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<4x5xf32>, %b: memref<5x3xf32>, %c: memref<4x3xf32>) {
  linalg.matmul ins(%a, %b : memref<4x5xf32>, memref<5x3xf32>) outs(%c : memref<4x3xf32>)
  return
}"""
    a, b, c = random_array(4, 5), random_array(5, 3, seed=1), random_array(4, 3, seed=2)
    close(run(sandbox, text, a, b, c)[2], a @ b + c)


def test_batch_matmul_of_a_transposed_operand(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: tensor<2x4x5xf32>, %b: tensor<2x3x5xf32>) -> tensor<2x4x3xf32> {
  %zero = arith.constant 0.0 : f32
  %t = tensor.empty() : tensor<2x5x3xf32>
  %bt = linalg.transpose ins(%b : tensor<2x3x5xf32>) outs(%t : tensor<2x5x3xf32>)
      permutation = [0, 2, 1]
  %e = tensor.empty() : tensor<2x4x3xf32>
  %i = linalg.fill ins(%zero : f32) outs(%e : tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  %c = linalg.batch_matmul ins(%a, %bt : tensor<2x4x5xf32>, tensor<2x5x3xf32>)
      outs(%i : tensor<2x4x3xf32>) -> tensor<2x4x3xf32>
  return %c : tensor<2x4x3xf32>
}"""
    a, b = random_array(2, 4, 5), random_array(2, 3, 5, seed=1)
    close(run(sandbox, text, a, b)[0], a @ b.transpose(0, 2, 1))


def test_padded_convolution_with_bias_and_relu(sandbox: Sandbox) -> None:
    text = Path("examples/conv2d.mlir").read_text()
    text = text.replace("56", "6").replace("58", "8").replace("64", "3")
    image, weights = random_array(1, 3, 6, 6), random_array(3, 3, 3, 3, seed=1)
    bias = random_array(3, seed=2)
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    conv = np.einsum("nchwij,fcij->nfhw", windows, weights) + bias[:, None, None]
    close(run(sandbox, text, image, weights, bias)[0], np.maximum(conv, 0))


def test_the_padded_convolution_is_one_workload(sandbox: Sandbox) -> None:
    parts = sandbox.front_end(Path("examples/conv2d.mlir").read_bytes(), "conv2d.mlir")
    assert len(parts.workloads) == 1


def test_max_pooling(sandbox: Sandbox) -> None:
    text = """
func.func @f(%x: tensor<1x2x6x6xf32>) -> tensor<1x2x3x3xf32> {
  %low = arith.constant 0xFF800000 : f32
  %window = tensor.empty() : tensor<2x2xf32>
  %e = tensor.empty() : tensor<1x2x3x3xf32>
  %i = linalg.fill ins(%low : f32) outs(%e : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  %p = linalg.pooling_nchw_max {strides = dense<2> : tensor<2xi64>}
      ins(%x, %window : tensor<1x2x6x6xf32>, tensor<2x2xf32>)
      outs(%i : tensor<1x2x3x3xf32>) -> tensor<1x2x3x3xf32>
  return %p : tensor<1x2x3x3xf32>
}"""
    x = random_array(1, 2, 6, 6)
    close(run(sandbox, text, x)[0], x.reshape(1, 2, 3, 2, 3, 2).max(axis=(3, 5)))


SOFTMAX = """
func.func @f(%x: tensor<4x9xf32>) -> tensor<4x9xf32> {
  %e = tensor.empty() : tensor<4x9xf32>
  %s = linalg.softmax dimension(1) ins(%x : tensor<4x9xf32>) outs(%e : tensor<4x9xf32>)
      -> tensor<4x9xf32>
  return %s : tensor<4x9xf32>
}"""


def test_softmax(sandbox: Sandbox) -> None:
    x = random_array(4, 9)
    exp = np.exp(x - x.max(axis=1, keepdims=True))
    close(run(sandbox, SOFTMAX, x)[0], exp / exp.sum(axis=1, keepdims=True))


def test_layer_norm(sandbox: Sandbox) -> None:
    text = """
#row = affine_map<(i, j) -> (i)>
#all = affine_map<(i, j) -> (i, j)>
func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
  %zero = arith.constant 0.0 : f32
  %count = arith.constant 8.0 : f32
  %e1 = tensor.empty() : tensor<4xf32>
  %i1 = linalg.fill ins(%zero : f32) outs(%e1 : tensor<4xf32>) -> tensor<4xf32>
  %sum, %squares = linalg.generic {indexing_maps = [#all, #row, #row],
      iterator_types = ["parallel", "reduction"]}
      ins(%x : tensor<4x8xf32>) outs(%i1, %i1 : tensor<4xf32>, tensor<4xf32>) {
  ^bb0(%v: f32, %a: f32, %b: f32):
    %0 = arith.addf %a, %v : f32
    %1 = arith.mulf %v, %v : f32
    %2 = arith.addf %b, %1 : f32
    linalg.yield %0, %2 : f32, f32
  } -> (tensor<4xf32>, tensor<4xf32>)
  %e2 = tensor.empty() : tensor<4x8xf32>
  %y = linalg.generic {indexing_maps = [#all, #row, #row, #all],
      iterator_types = ["parallel", "parallel"]}
      ins(%x, %sum, %squares : tensor<4x8xf32>, tensor<4xf32>, tensor<4xf32>)
      outs(%e2 : tensor<4x8xf32>) {
  ^bb0(%v: f32, %a: f32, %b: f32, %o: f32):
    %mean = arith.divf %a, %count : f32
    %meansq = arith.divf %b, %count : f32
    %0 = arith.mulf %mean, %mean : f32
    %1 = arith.subf %meansq, %0 : f32
    %2 = math.rsqrt %1 : f32
    %3 = arith.subf %v, %mean : f32
    %4 = arith.mulf %3, %2 : f32
    linalg.yield %4 : f32
  } -> tensor<4x8xf32>
  return %y : tensor<4x8xf32>
}"""
    x = random_array(4, 8)
    expected = (x - x.mean(1, keepdims=True)) / x.std(1, keepdims=True)
    close(run(sandbox, text, x)[0], expected)


def test_gather_keeps_its_indirect_load(sandbox: Sandbox) -> None:
    text = """
func.func @f(%table: tensor<10x4xf32>, %ids: tensor<6xi64>) -> tensor<6x4xf32> {
  %e = tensor.empty() : tensor<6x4xf32>
  %r = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i)>, affine_map<(i, j) -> (i, j)>],
      iterator_types = ["parallel", "parallel"]}
      ins(%ids : tensor<6xi64>) outs(%e : tensor<6x4xf32>) {
  ^bb0(%id: i64, %o: f32):
    %row = arith.index_cast %id : i64 to index
    %column = linalg.index 1 : index
    %v = tensor.extract %table[%row, %column] : tensor<10x4xf32>
    linalg.yield %v : f32
  } -> tensor<6x4xf32>
  return %r : tensor<6x4xf32>
}"""
    table, ids = random_array(10, 4), np.array([3, 0, 9, 9, 1, 5])
    np.testing.assert_array_equal(run(sandbox, text, table, ids)[0], table[ids])
    notes = take_in(sandbox, text).notes
    assert any("program.mlir:" in note and "not affine" in note for note in notes)


def test_slices_and_reshapes_of_tensors(sandbox: Sandbox) -> None:
    text = """
func.func @f(%x: tensor<4x6xf32>, %y: tensor<2x3xf32>) -> tensor<4x2x3xf32> {
  %part = tensor.extract_slice %x[1, 2] [2, 3] [1, 1] : tensor<4x6xf32> to tensor<2x3xf32>
  %e = tensor.empty() : tensor<2x3xf32>
  %sum = linalg.add ins(%part, %y : tensor<2x3xf32>, tensor<2x3xf32>)
      outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  %z = tensor.insert_slice %sum into %x[0, 1] [2, 3] [2, 1] : tensor<2x3xf32> into tensor<4x6xf32>
  %flat = tensor.collapse_shape %z [[0, 1]] : tensor<4x6xf32> into tensor<24xf32>
  %r = tensor.expand_shape %flat [[0, 1, 2]] output_shape [4, 2, 3]
      : tensor<24xf32> into tensor<4x2x3xf32>
  return %r : tensor<4x2x3xf32>
}"""
    x, y = random_array(4, 6), random_array(2, 3, seed=1)
    expected = x.copy()
    expected[0:4:2, 1:4] = x[1:3, 2:5] + y
    close(run(sandbox, text, x, y)[0], expected.reshape(4, 2, 3))


@pytest.mark.parametrize("dialect", ["affine", "scf"])
def test_reductions_with_loop_carried_values(sandbox: Sandbox, dialect: str) -> None:
    bounds = {"affine": "0 to 6", "scf": "%c0 to %c6 step %c1"}[dialect]
    text = f"""
func.func @f(%a: memref<6x6xf32>, %s: memref<6xf32>, %m: memref<6xf32>) {{
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c6 = arith.constant 6 : index
  %zero = arith.constant 0.0 : f32
  {dialect}.for %i = {bounds} {{
    %first = memref.load %a[%i, %c0] : memref<6x6xf32>
    %r:2 = {dialect}.for %j = {bounds} iter_args(%x = %zero, %y = %first) -> (f32, f32) {{
      %v = memref.load %a[%i, %j] : memref<6x6xf32>
      %0 = arith.addf %x, %v : f32
      %1 = arith.maximumf %y, %v : f32
      {dialect}.yield %0, %1 : f32, f32
    }}
    memref.store %r#0, %s[%i] : memref<6xf32>
    %d = arith.subf %r#1, %r#0 : f32
    memref.store %d, %m[%i] : memref<6xf32>
  }}
  return
}}"""
    a = random_array(6, 6)
    _, sums, rest = run(sandbox, text, a, random_array(6), random_array(6))
    close(sums, a.sum(axis=1))
    close(rest, a.max(axis=1) - a.sum(axis=1))


def test_values_that_swap_around_a_loop(sandbox: Sandbox) -> None:
    text = """
func.func @f(%out: memref<2xf32>) {
  %zero = arith.constant 0.0 : f32
  %one = arith.constant 1.0 : f32
  %r:2 = affine.for %i = 0 to 10 iter_args(%a = %zero, %b = %one) -> (f32, f32) {
    %s = arith.addf %a, %b : f32
    affine.yield %b, %s : f32, f32
  }
  affine.store %r#1, %out[1] : memref<2xf32>
  affine.store %r#0, %out[0] : memref<2xf32>
  return
}"""
    close(run(sandbox, text, random_array(2))[0], np.array([55.0, 89.0]))


def test_conditions_with_results(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<8x8xf32>, %b: memref<8x8xf32>) {
  %c3 = arith.constant 3 : index
  affine.for %i = 0 to 8 {
    affine.for %j = 0 to 8 {
      %v = affine.load %a[%i, %j] : memref<8x8xf32>
      %w = affine.if affine_set<(i, j) : (i - j - 1 >= 0)>(%i, %j) -> f32 {
        %n = arith.negf %v : f32
        affine.yield %n : f32
      } else {
        %d = arith.addf %v, %v : f32
        affine.yield %d : f32
      }
      %is_three = arith.cmpi ne, %j, %c3 : index
      scf.if %is_three {
        memref.store %w, %b[%i, %j] : memref<8x8xf32>
      } else {
        memref.store %v, %b[%i, %j] : memref<8x8xf32>
      }
    }
  }
  return
}"""
    a = random_array(8, 8)
    expected = np.where(np.tri(8, 8, -1) > 0, -a, 2 * a)
    expected[:, 3] = a[:, 3]
    close(run(sandbox, text, a, random_array(8, 8))[1], expected)


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
    close(run(sandbox, text, x)[0], 4 * x)


def test_bytecode(sandbox: Sandbox) -> None:
    assert take_in(sandbox, sandbox.to_bytecode(SOFTMAX)) == take_in(sandbox, SOFTMAX)


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
    close(run(sandbox, text, a, random_array(5))[1], a[:, 1] ** 2 + a[:, 3] ** 2)


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
    close(total, x.sum())
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
    close(run(sandbox, text, x)[0], x * np.arange(1, 5, dtype=np.float32))
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
    close(run(sandbox, text, a, b, c)[2], c + a @ b)
    assert take_in(sandbox, text).text.count("affine.store") == 1


def test_floating_point_modes(sandbox: Sandbox) -> None:
    source = Path("examples/matmul.mlir").read_text()
    assert "math.fma" not in take_in(sandbox, source, fp="strict").text
    assert "math.fma" in take_in(sandbox, source, fp="contract").text

"""The front end's normal form computes what the user's program says, compared with NumPy."""

from pathlib import Path

import numpy as np
import pytest

from autotune.workload import Role
from benchmarks.nn.contractions import conv_nchw
from tests.sandbox import Sandbox
from tests.unit.front_end_runs import (
    assert_close,
    random_array,
    run,
    take_in,
)


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
    assert_close(run(sandbox, text, a, b)[0], a @ b)


def test_the_result_of_a_matmul_is_computed_in_place(sandbox: Sandbox) -> None:
    parts = sandbox.front_end(Path("examples/matmul.mlir").read_bytes(), "matmul.mlir")
    assert "memref.alloc" not in parts.text
    assert [argument.role for argument in parts.arguments] == [Role.TENSOR] * 2 + [Role.RESULT]
    assert len(parts.workloads) == 1


@pytest.mark.parametrize(("fp", "is_marked"), [("contract", False), ("reassoc", True)])
def test_only_reassoc_marks_reductions(sandbox: Sandbox, fp: str, is_marked: bool) -> None:
    parts = sandbox.front_end(Path("examples/matmul.mlir").read_bytes(), "matmul.mlir", fp=fp)
    marked = [line for line in parts.text.splitlines() if "fastmath<reassoc>" in line]
    assert bool(marked) == is_marked
    assert all("math.fma" in line for line in marked)


def test_inputs_of_an_accumulating_matmul_stay(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: tensor<4x4xf32>, %b: tensor<4x4xf32>, %c: tensor<4x4xf32>) -> tensor<4x4xf32> {
  %d = linalg.matmul ins(%a, %b : tensor<4x4xf32>, tensor<4x4xf32>)
      outs(%c : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %d : tensor<4x4xf32>
}"""
    a, b, c = (random_array(4, 4, seed=seed) for seed in range(3))
    assert_close(run(sandbox, text, a, b, c)[0], a @ b + c)


def test_matmul_on_memrefs(sandbox: Sandbox) -> None:
    text = """
func.func @f(%a: memref<4x5xf32>, %b: memref<5x3xf32>, %c: memref<4x3xf32>) {
  linalg.matmul ins(%a, %b : memref<4x5xf32>, memref<5x3xf32>) outs(%c : memref<4x3xf32>)
  return
}"""
    a, b, c = random_array(4, 5), random_array(5, 3, seed=1), random_array(4, 3, seed=2)
    assert_close(run(sandbox, text, a, b, c)[2], a @ b + c)


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
    assert_close(run(sandbox, text, a, b)[0], a @ b.transpose(0, 2, 1))


def test_padded_convolution_with_bias_and_relu(sandbox: Sandbox) -> None:
    text = Path("examples/conv2d.mlir").read_text()
    text = text.replace("56", "6").replace("58", "8").replace("64", "3")
    image, weights = random_array(1, 3, 6, 6), random_array(3, 3, 3, 3, seed=1)
    bias = random_array(3, seed=2)
    padded = np.pad(image, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    conv = np.einsum("nchwij,fcij->nfhw", windows, weights) + bias[:, None, None]
    assert_close(run(sandbox, text, image, weights, bias)[0], np.maximum(conv, 0))


def test_the_padded_convolution_is_one_workload(sandbox: Sandbox) -> None:
    parts = sandbox.front_end(Path("examples/conv2d.mlir").read_bytes(), "conv2d.mlir")
    assert len(parts.workloads) == 1


def test_a_convolution_of_one_pixel_is_a_product(sandbox: Sandbox) -> None:
    operator = conv_nchw(4, 6, 5, size=1)
    parts = take_in(sandbox, operator.text)
    (workload,) = parts.workloads
    # The result is filled in two loops, and summed up in three.
    assert workload.text.count("affine.for") == 5


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
    assert_close(run(sandbox, text, x)[0], x.reshape(1, 2, 3, 2, 3, 2).max(axis=(3, 5)))


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
    assert_close(run(sandbox, SOFTMAX, x)[0], exp / exp.sum(axis=1, keepdims=True))


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
    assert_close(run(sandbox, text, x)[0], expected)


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
    assert_close(run(sandbox, text, x, y)[0], expected.reshape(4, 2, 3))


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
    assert_close(sums, a.sum(axis=1))
    assert_close(rest, a.max(axis=1) - a.sum(axis=1))


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
    assert_close(run(sandbox, text, random_array(2))[0], np.array([55.0, 89.0]))


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
    assert_close(run(sandbox, text, a, random_array(8, 8))[1], expected)


def test_bytecode(sandbox: Sandbox) -> None:
    assert take_in(sandbox, sandbox.to_bytecode(SOFTMAX)) == take_in(sandbox, SOFTMAX)

"""Arrays that vectors run across: squares are transposed in registers, and nothing is lost."""

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Candidate
from autotune.schedule import Schedule
from autotune.workload import Workload
from tests.sandbox import Sandbox
from tests.unit.kernels import buffer, workload


def _rows_times_vector(rows: int, columns: int, element: str) -> Workload:
    matrix = f"memref<{rows}x{columns}x{element}>"
    body = f"""
      affine.for %i = 0 to {rows} {{
        affine.for %j = 0 to {columns} {{
          %a = affine.load %0[%i, %j] : {matrix}
          %x = affine.load %1[%j] : memref<{columns}x{element}>
          %y = affine.load %2[%i] : memref<{rows}x{element}>
          %s = math.fma %a, %x, %y : {element}
          affine.store %s, %2[%i] : memref<{rows}x{element}>
        }}
      }}"""
    arguments = buffer(element, rows, columns), buffer(element, columns), buffer(element, rows)
    return workload(body, *arguments)


def _product_with_transposed(rows: int, depth: int, element: str) -> Workload:
    """C[i, j] += (2 A[i, k]) (2 A[j, k]) below the diagonal."""
    matrix, square = f"memref<{rows}x{depth}x{element}>", f"memref<{rows}x{rows}x{element}>"
    body = f"""
      %two = arith.constant 2.0 : {element}
      affine.for %i = 0 to {rows} {{
        affine.for %j = 0 to affine_map<(d0) -> (d0 + 1)>(%i) {{
          affine.for %k = 0 to {depth} {{
            %a = affine.load %0[%i, %k] : {matrix}
            %b = affine.load %0[%j, %k] : {matrix}
            %x = arith.mulf %two, %a : {element}
            %y = arith.mulf %b, %two : {element}
            %c = affine.load %1[%i, %j] : {square}
            %d = math.fma %x, %y, %c : {element}
            affine.store %d, %1[%i, %j] : {square}
          }}
        }}
      }}"""
    return workload(body, buffer(element, rows, depth), buffer(element, rows, rows))


def _recurrence(rows: int, columns: int, distance: int) -> Workload:
    """P[i, j] = 1 / (3 - P[i, j - 1]) + P[i, j - distance] P[i, j] + P[i, j + 1]."""
    matrix = f"memref<{rows}x{columns}xf64>"
    body = f"""
      %one = arith.constant 1.0 : f64
      %three = arith.constant 3.0 : f64
      affine.for %i = 0 to {rows} {{
        affine.for %j = {distance} to {columns - 1} {{
          %a = affine.load %0[%i, %j - 1] : {matrix}
          %b = affine.load %0[%i, %j - {distance}] : {matrix}
          %c = affine.load %0[%i, %j] : {matrix}
          %d = affine.load %0[%i, %j + 1] : {matrix}
          %e = arith.subf %three, %a : f64
          %f = arith.divf %one, %e : f64
          %g = math.fma %b, %c, %f : f64
          %h = arith.addf %g, %d : f64
          affine.store %h, %0[%i, %j] : {matrix}
        }}
      }}"""
    return workload(body, buffer("f64", rows, columns))


def _run(pool: CompilerPool, sandbox: Sandbox, of: Workload, schedule: str) -> list[np.ndarray]:
    built = pool.build(Candidate(of, Schedule.parse(schedule))).result()
    assert built.artefact is not None, built.failure
    generator = np.random.default_rng(1)
    dtype = {"f64": np.float64, "f32": np.float32, "i32": np.int32}[of.arguments[0].element]
    inputs = [generator.random(each.shape).astype(dtype) for each in of.arguments]
    return sandbox.run_object(built.artefact.object_code, of.name, inputs)


def _agrees(pool: CompilerPool, sandbox: Sandbox, of: Workload, schedule: str) -> bool:
    expected = _run(pool, sandbox, of, "")
    results = _run(pool, sandbox, of, schedule)
    return all(a.tobytes() == b.tobytes() for a, b in zip(results, expected, strict=True))


@pytest.mark.parametrize(("rows", "columns"), [(32, 32), (37, 41), (16, 7), (8, 8), (19, 64)])
@pytest.mark.parametrize(("element", "lanes"), [("f64", 8), ("f32", 16), ("f32", 4)])
def test_columns_of_vectors(
    pool: CompilerPool, sandbox: Sandbox, rows: int, columns: int, element: str, lanes: int
) -> None:
    of = _rows_times_vector(rows, columns, element)
    steps = f"autotune-vectorize{{band=1 member=0 width={lanes}}}"
    if min(rows, columns) > lanes:
        steps = f"autotune-unroll-and-jam{{band=0 factors={lanes},{lanes}}},{steps}"
    else:
        steps = f"autotune-vectorize{{band=0 member=0 width={min(lanes, 4)}}}"
    assert _agrees(pool, sandbox, of, steps)


@pytest.mark.parametrize(("rows", "depth"), [(32, 32), (45, 27), (20, 100), (33, 3)])
@pytest.mark.parametrize(("element", "panel"), [("f64", 8), ("f64", 24), ("f32", 16), ("f32", 6)])
def test_packed_columns(
    pool: CompilerPool, sandbox: Sandbox, rows: int, depth: int, element: str, panel: int
) -> None:
    of = _product_with_transposed(rows, depth, element)
    tile = f"autotune-tile{{band=0 sizes=0,0,{depth - depth // 3}}},"
    for band, steps in enumerate(("", tile)):
        pack = f"autotune-pack{{band={band} array=0 panel-dim=0 panel={panel}}}"
        assert _agrees(pool, sandbox, of, steps + pack)


@pytest.mark.parametrize(("rows", "columns"), [(32, 33), (37, 41), (17, 18)])
@pytest.mark.parametrize("distance", [1, 2, 3, 7, 8, 9])
@pytest.mark.parametrize("jam", ["8,8", "8,3", "16,4"])
def test_columns_that_depend_on_columns(
    pool: CompilerPool, sandbox: Sandbox, rows: int, columns: int, distance: int, jam: str
) -> None:
    of = _recurrence(rows, columns, distance)
    steps = f"autotune-unroll-and-jam{{band=0 factors={jam}}}"
    assert _agrees(pool, sandbox, of, f"{steps},autotune-vectorize{{band=1 member=0 width=8}}")


@pytest.mark.parametrize("member", [0, 1])
def test_a_transposition(pool: CompilerPool, sandbox: Sandbox, member: int) -> None:
    body = """
      affine.for %i = 0 to 45 {
        affine.for %j = 0 to 37 {
          %a = affine.load %0[%j, %i] : memref<37x45xf32>
          affine.store %a, %1[%i, %j] : memref<45x37xf32>
        }
      }"""
    of = workload(body, buffer("f32", 37, 45), buffer("f32", 45, 37))
    steps = "autotune-unroll-and-jam{band=0 factors=8,8}"
    vector = f"autotune-vectorize{{band=1 member={member} width=8}}"
    assert _agrees(pool, sandbox, of, f"{steps},{vector}")


@pytest.mark.parametrize("columns", [4, 5, 8, 14])
@pytest.mark.parametrize(("element", "lanes"), [("f32", 16), ("f32", 8), ("f64", 8)])
def test_fewer_columns_than_lanes(
    pool: CompilerPool, sandbox: Sandbox, element: str, lanes: int, columns: int
) -> None:
    matrix = f"memref<45x43x{element}>"
    body = f"""
      affine.for %i = 0 to 45 {{
        affine.for %j = 0 to 43 {{
          affine.for %k = 0 to 3 {{
            %a = affine.load %0[%k, %i] : memref<3x45x{element}>
            %b = affine.load %1[%j, %k] : memref<43x3x{element}>
            %c = affine.load %2[%i, %j] : {matrix}
            %d = math.fma %a, %b, %c : {element}
            affine.store %d, %2[%i, %j] : {matrix}
          }}
        }}
      }}"""
    of = workload(body, buffer(element, 3, 45), buffer(element, 43, 3), buffer(element, 45, 43))
    steps = f"autotune-unroll-and-jam{{band=0 factors={2 * lanes},{columns},1}}"
    vector = f"autotune-vectorize{{band=1 member=0 width={lanes}}}"
    assert _agrees(pool, sandbox, of, f"{steps},{vector}")

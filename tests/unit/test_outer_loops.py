"""Smaller problems: which loops are cut, by how much, and when there is none."""

import re

import pytest

from autotune.measurement import Candidate, FailureKind, MeasureConfig
from autotune.problem import start_build
from autotune.proxy import Proxy, ProxyChoice
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.workload import Workload
from tests.unit.kernels import buffer, matmul, workload

_N = 1024
_GRID = f"memref<{_N}x{_N}xf32>"


def shortened(pool, of: Workload, share: float = 0.01) -> ProxyChoice:
    return pool.shorten(of, share).result()


def proxy_of(pool, of: Workload, share: float = 0.01) -> Proxy:
    choice = shortened(pool, of, share)
    assert choice.proxy is not None, choice.reason
    assert choice.reason == ""
    return choice.proxy


def kept(proxy: Proxy) -> list[int]:
    return [cut.kept for cut in proxy.cuts]


def bounds(text: str) -> list[tuple[int, int]]:
    """The constant bounds of all loops, in order."""
    return [(int(a), int(b)) for a, b in re.findall(r"affine.for %\w+ = (\d+) to (\d+)", text)]


def time_loop(steps: int, subscript: str = "") -> Workload:
    body = f"""
      affine.for %t = 3 to {steps + 3} {{
        affine.for %i = 0 to 63 {{
          %a = affine.load %0[%i] : memref<64xf32>
          %b = affine.load %1[{subscript or "0"}] : memref<2048xf32>
          %c = arith.addf %a, %b : f32
          affine.store %c, %0[%i + 1] : memref<64xf32>
        }}
      }}"""
    return workload(body, buffer("f32", 64), buffer("f32", 2048))


def nest(body: str, outer: str = "%i = 0 to 1024", inner: str = "%j = 0 to 1024") -> str:
    return f"affine.for {outer} {{ affine.for {inner} {{\n{body}\n}} }}"


def on_grids(body: str) -> Workload:
    return workload(body, *[buffer("f32", _N, _N)] * 3)


def test_a_time_loop_has_fewer_steps_and_nothing_else_changes(pool):
    whole = time_loop(1000)
    proxy = proxy_of(pool, whole, 0.1)
    assert bounds(proxy.workload.text) == [(3, 107), (0, 63)], "8 steps beside multiples of 16"
    assert proxy.workload.arguments == whole.arguments
    assert proxy.workload.name == whole.name
    assert proxy.workload.hash != whole.hash
    least = proxy_of(pool, whole)
    words = zip(proxy.workload.text.split(), least.workload.text.split(), strict=True)
    assert [pair for pair in words if pair[0] != pair[1]] == [("107", "75")], "64 steps at least"


def test_a_value_for_every_time_step_makes_it_no_loop_through_memory(pool):
    assert kept(proxy_of(pool, time_loop(1024, "%t"))) == [64]
    assert kept(proxy_of(pool, time_loop(1024, "%t + %i"))) == [256]


def test_a_parallel_loop_is_cut_to_a_slice_with_work_for_every_thread(pool, target):
    assert bounds(matmul(1000).text)[0] == (0, 1000)
    proxy = proxy_of(pool, matmul(1000))
    assert bounds(proxy.workload.text) == [(0, 296), (0, 1000), (0, 1000)], "1000 is 40 modulo 64"
    assert bounds(proxy_of(pool, matmul(1000), 0.5).workload.text)[0] == (0, 552)
    assert str(proxy) == "296 of 1000 iterations of the outermost loop"


def test_a_reduction_is_cut_like_any_other_loop(pool):
    body = f"""
      %a = affine.load %0[%k, %j] : {_GRID}
      %b = affine.load %1[0, %j] : {_GRID}
      %c = arith.addf %a, %b : f32
      affine.store %c, %1[0, %j] : {_GRID}"""
    proxy = proxy_of(pool, on_grids(nest(body, outer="%k = 0 to 1024")))
    assert kept(proxy) == [256]


_SET = f"""
      %zero{{0}} = arith.constant 0.0 : f32
      affine.store %zero{{0}}, %{{1}}[%i, %j] : {_GRID}"""


def test_several_nests_are_cut_to_the_same_share(pool):
    body = nest(_SET.format(1, 0)) + nest(_SET.format(2, 1), outer="%i = 0 to 512")
    proxy = proxy_of(pool, on_grids(body))
    assert bounds(proxy.workload.text) == [(0, 512), (0, 1024), (0, 256), (0, 1024)]


def test_a_small_nest_stays_and_a_large_one_prevents_a_proxy(pool):
    small = nest(_SET.format(1, 0)) + nest(_SET.format(2, 1), outer="%i = 0 to 9")
    assert bounds(proxy_of(pool, on_grids(small)).workload.text)[2] == (0, 9)
    large = nest(_SET.format(1, 0)) + nest(_SET.format(2, 1), outer="%i = 0 to 200")
    choice = shortened(pool, on_grids(large))
    assert choice.proxy is None
    assert choice.reason == "an outermost loop has only 200 iterations"


@pytest.mark.parametrize("bounds", ["0 to ROW", "ROW to 1024"])
def test_a_triangle_is_not_cut(pool, bounds):
    """No part of it has rows like those of the whole."""
    inner = f"%j = {bounds}".replace("ROW", "affine_map<(d0) -> (d0)>(%i)")
    body = f"%a = affine.load %1[%i, %j] : {_GRID}\naffine.store %a, %0[%i, %j] : {_GRID}"
    choice = shortened(pool, on_grids(nest(body, inner=inner)))
    assert choice.proxy is None
    assert "as in a triangle" in choice.reason


def test_a_triangle_below_the_outermost_loop_is_no_matter(pool):
    body = f"%a = affine.load %1[%j, %k] : {_GRID}\naffine.store %a, %0[%i, %k] : {_GRID}"
    inner = f"affine.for %k = 0 to affine_map<(d0) -> (d0)>(%j) {{ {body} }}"
    assert kept(proxy_of(pool, on_grids(nest(inner)))) == [256]


def test_loops_that_share_a_constant_number_of_iterations_are_no_triangle(pool):
    """As in the shortest paths of a graph, split where a row is its own neighbour."""
    row = f"%x = affine.load %1[%i, %j] : {_GRID}\naffine.store %x, %0[%i, %j] : {_GRID}"
    before = f"affine.for %j = 0 to affine_map<(d0) -> (d0)>(%i) {{ {row} }}"
    after = f"affine.for %j = affine_map<(d0) -> (d0)>(%i) to 1024 {{ {row} }}"
    body = f"affine.for %i = 0 to 1024 {{ {before} {after} }}"
    assert kept(proxy_of(pool, on_grids(body))) == [256]


_TO_TEMPORARY = nest(
    f"%a = affine.load %0[%i, %j] : {_GRID}\naffine.store %a, %t[%i, %j] : {_GRID}"
)


def with_temporary(*nests: str) -> Workload:
    alloc, dealloc = f"%t = memref.alloc() : {_GRID}", f"memref.dealloc %t : {_GRID}"
    return on_grids("\n".join([alloc, *nests, dealloc]))


def from_temporary(row: str, column: str = "%j") -> str:
    load = f"%b = affine.load %t[{row}, {column}] : {_GRID}"
    return nest(f"{load}\naffine.store %b, %1[%i, %j] : {_GRID}")


@pytest.mark.parametrize("row", ["%i", "%j", "%i - %j + %j", "1023"])
def test_no_temporary_is_read_where_it_is_not_written(pool, row):
    column = "%i" if row == "%j" else "%j"
    choice = shortened(pool, with_temporary(_TO_TEMPORARY, from_temporary(row, column)))
    assert (choice.proxy is not None) == (row == "%i")
    assert row == "%i" or "temporary buffer" in choice.reason


def test_what_is_written_in_every_iteration_may_be_read_anywhere(pool):
    write = nest(f"%a = affine.load %0[%i, %j] : {_GRID}\naffine.store %a, %t[3, %j] : {_GRID}")
    proxy = proxy_of(pool, with_temporary(write, from_temporary("%i - %i + 3")))
    assert kept(proxy) == [256, 256]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("affine.for %i = 0 to 200 { affine.store %c, %0[%i, 0] : GRID }", "only 200 iterations"),
        ("affine.for %i = 0 to 300 { affine.store %c, %0[%i, 0] : GRID }", "too few iterations"),
        ("affine.for %i = 0 to %n { affine.store %c, %0[%i, 0] : GRID }", "not constant"),
        (
            "affine.for %i = 0 to 1024 { affine.if affine_set<(d0) : (d0 - 9 >= 0)>(%i) "
            "{ affine.store %c, %0[%i, 0] : GRID } }",
            "conditions inside depend",
        ),
        ("affine.store %c, %0[0, 0] : GRID", "no loops"),
        ("memref.copy %0, %1 : GRID to GRID", "memref.copy outside of loops"),
        ("nonsense", "custom op 'nonsense' is unknown"),
    ],
)
def test_without_a_smaller_problem_there_is_a_reason(pool, body, reason):
    constants = "%c = arith.constant 0.0 : f32\n%n = arith.constant 1024 : index\n"
    choice = shortened(pool, on_grids((constants + body).replace("GRID", _GRID)))
    assert choice.proxy is None
    assert reason in choice.reason


_FAR = workload(
    """
    affine.for %i = 0 to 1024 {
      affine.for %j = 0 to 16 {
        %a = affine.load %0[%i, %j] : memref<2048x16xf32>
        affine.store %a, %0[%i + 512, %j] : memref<2048x16xf32>
      }
    }""",
    buffer("f32", 2048, 16),
)
_PARALLEL = Schedule.parse("autotune-parallelize{band=0 member=0}")


def test_what_is_legal_on_the_smaller_problem_alone_is_refused(pool):
    """Rows 512 apart depend on each other; the smaller problem has 256."""
    proxy = proxy_of(pool, _FAR)
    assert pool.build(Candidate(proxy.workload, _PARALLEL)).result().artefact is not None
    built = start_build(pool, _FAR, proxy, _PARALLEL)()
    assert built.artefact is None
    assert built.failure.kind is FailureKind.ILLEGAL


def test_what_has_no_place_in_the_smaller_problem_is_built_for_the_whole(pool):
    proxy = proxy_of(pool, matmul(1000))
    for size, timed in ((128, proxy.workload), (512, matmul(1000))):
        tile = Schedule.parse(f"autotune-tile{{band=0 sizes={size},0,0}}")
        built = start_build(pool, matmul(1000), proxy, tile)()
        assert built.artefact is not None
        assert built.candidate.workload == timed


def test_the_smaller_problem_computes_the_first_part(pool, target):
    """Candidates are checked on it."""
    whole = matmul(512)
    proxy = proxy_of(pool, whole)
    tile = Schedule.parse("autotune-tile{band=0 sizes=32,32,32}")
    baseline = start_build(pool, whole, proxy, Schedule())().artefact
    built = start_build(pool, whole, proxy, tile)()
    assert built.candidate.workload == proxy.workload
    again = pool.build(Candidate(whole, Schedule())).result().artefact
    with LocalRunner(target, MeasureConfig(budget_secs=0.02)) as runner:
        small = runner.run(proxy.workload, baseline, built.artefact)
        assert small.failure is None
        wrong = runner.run(proxy.workload, baseline, again)
        assert wrong.failure.kind is FailureKind.WRONG_RESULT, "the whole computes more"

"""Vectors that overlap and tiles on a diagonal: code that small random programs seldom lead to.

Stencils and triangular reductions with rows of several vectors, at random places, under random
schedules; results are compared bit for bit with what upstream's passes alone make of the program.
"""

import hashlib
import random

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Candidate
from autotune.schedule import Schedule
from autotune.workload import Argument, Role, Workload
from tests.property.test_differential import pipeline, pool, run, same_bits
from tests.sandbox import Sandbox

__all__ = ["pool"]

SCHEDULES_PER_PROGRAM = 4
_LOWERING = "autotune-codegen,cse,autotune-unroll-short-loops,autotune-carry-vectors"


def stencil(rng: random.Random) -> tuple[str, tuple[int, ...]]:
    """Returns sweeps from one array to the other and back, as text, and the arrays' shape."""
    rows, columns = rng.randint(8, 14), rng.randint(40, 90)
    kind = f"memref<{rows}x{columns}xf64>"
    arrays = ("%A", "%B") if rng.random() < 0.7 else ("%A", "%A")
    sweeps = "".join(
        f"""
    affine.for %i{number} = 2 to {rows - 2} {{
      affine.for %j{number} = 3 to {columns - 3} {{
        {_sum_of_neighbours(rng, source, kind, number)}
        affine.store %sum{number}, {target}[%i{number}, %j{number}] : {kind}
      }}
    }}"""
        for number, (source, target) in enumerate([arrays, arrays[::-1]])
    )
    text = f"func.func @program(%A: {kind}, %B: {kind}) {{"
    text += f"\n  affine.for %t = 0 to {rng.randint(1, 4)} {{{sweeps}\n  }}\n  return\n}}\n"
    return text, (rows, columns)


def _sum_of_neighbours(rng: random.Random, array: str, kind: str, number: int) -> str:
    """Returns ops that add up elements near (i, j), most of them in its row."""
    places = {(0, 0)} | {
        (rng.choice([-1, 0, 0, 0, 0, 1]), rng.randint(-3, 3)) for _ in range(rng.randint(1, 4))
    }
    lines, previous = [], ""
    for index, (row, column) in enumerate(sorted(places, key=lambda _: rng.random())):
        name = f"%x{number}_{index}"
        at = f"[%i{number} + {row}, %j{number} + {column}]"
        lines.append(f"{name} = affine.load {array}{at} : {kind}")
        if previous:
            lines.append(f"%s{number}_{index} = arith.addf {previous}, {name} : f64")
            name = f"%s{number}_{index}"
        previous = name
    lines.append(f"%third{number} = arith.constant 0.3 : f64")
    lines.append(f"%sum{number} = arith.mulf {previous}, %third{number} : f64")
    return "\n        ".join(lines)


def triangle(rng: random.Random) -> tuple[str, tuple[int, ...]]:
    """Returns a product in part of the plane that a diagonal bounds, and the arrays' shape."""
    size = rng.choice([24, 32, 40, 48, rng.randint(20, 50)])
    kind = f"memref<{size}x{size}xf64>"
    shift = rng.randint(-2, 3)
    lower, upper = "0", str(size)
    if rng.random() < 0.6:
        upper = f"min affine_map<(d0) -> (d0 + {shift + 3}, {size})>(%i)"
    else:
        lower = f"max affine_map<(d0) -> (d0 + {shift}, 0)>(%i)"
    second = rng.choice(["%B[%k, %j]", "%B[%j, %k]", "%A[%j, %k]"])
    text = f"""func.func @program(%A: {kind}, %B: {kind}, %C: {kind}) {{
  affine.for %i = 0 to {size} {{
    affine.for %k = 0 to {rng.randint(3, size)} {{
      affine.for %j = {lower} to {upper} {{
        %c = affine.load %C[%i, %j] : {kind}
        %a = affine.load %A[%i, %k] : {kind}
        %two = arith.constant 2.0 : f64
        %scaled = arith.mulf %a, %two : f64
        %b = affine.load {second} : {kind}
        %sum = math.fma %scaled, %b, %c : f64
        affine.store %sum, %C[%i, %j] : {kind}
      }}
    }}
  }}
  return
}}
"""
    return text, (size, size)


def stencil_steps(rng: random.Random) -> list[str]:
    """Returns steps to try: rows in time or as they are, jammed, and vectors along the rows."""
    width, rows, vectors = rng.choice([4, 8]), rng.choice([1, 2, 4]), rng.choice([1, 1, 2, 3])
    steps = []
    if rng.random() < 0.6:
        steps.append(f"autotune-reschedule{{fusion={rng.randint(0, 1)} outer-coincidence=0}}")
        steps += [f"autotune-skew{{band=0 member=2 outer=2 factor={-n}}}" for n in (1, 2)]
        steps.append(f"autotune-tile{{band=0 sizes={rng.choice([2, 4])},{rng.choice([4, 8])},0}}")
    for band in (1, 0, 2, 3):
        if vectors > 1:
            factors = f"{rows},{vectors * width}"
            steps.append(f"autotune-unroll-and-jam{{band={band} factors=1,{factors}}}")
            steps.append(f"autotune-unroll-and-jam{{band={band} factors={factors}}}")
            steps.append(f"autotune-vectorize{{band={band + 1} member=1 width={width}}}")
        elif rows > 1:
            steps.append(f"autotune-unroll-and-jam{{band={band} factors=1,{rows},1}}")
            steps.append(f"autotune-unroll-and-jam{{band={band} factors={rows},1}}")
    for band in (1, 2, 3, 4, 5):
        for member in (2, 1, 0):
            steps.append(f"autotune-vectorize{{band={band} member={member} width={width}}}")
    return steps


def triangle_steps(rng: random.Random) -> list[str]:
    """Returns steps to try: a register tile along rows and columns, the reduction innermost."""
    width, rows, vectors = rng.choice([4, 8]), rng.choice([2, 4, 6, 8]), rng.choice([1, 2, 3])
    steps = []
    point = 0
    if rng.random() < 0.5:
        steps.append(f"autotune-tile{{band=0 sizes=0,{rng.choice([4, 8])},0}}")
        point = 1
    steps.append(f"autotune-interchange{{band={point} permutation=0,2,1}}")
    factors = f"{rows},{vectors * width if vectors > 1 else 1},1"
    steps.append(f"autotune-unroll-and-jam{{band={point} factors={factors}}}")
    band = point + (vectors > 1)
    steps.append(f"autotune-vectorize{{band={band} member=1 width={width}}}")
    if rng.random() < 0.5:
        array, dimension = rng.choice([(0, 0), (1, 0), (1, 1)])
        panel = vectors * width
        steps.append(
            f"autotune-pack{{band={point} array={array} panel-dim={dimension} panel={panel}}}"
        )
    return steps


@pytest.mark.parametrize("family", ["stencil", "triangle"])
def test_rows_of_vectors_preserve_every_bit(
    family: str, sandbox: Sandbox, pool: CompilerPool
) -> None:
    check_programs(family, range(5), sandbox, pool)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["stencil", "triangle"])
def test_200_rows_of_vectors_preserve_every_bit(
    family: str, sandbox: Sandbox, pool: CompilerPool
) -> None:
    check_programs(family, range(1000, 1050), sandbox, pool)


def check_programs(family: str, seeds: range, sandbox: Sandbox, pool: CompilerPool) -> None:
    """Checks random schedules of the seeds' programs."""
    program, steps = {
        "stencil": (stencil, stencil_steps),
        "triangle": (triangle, triangle_steps),
    }[family]
    num_special = 0
    for seed in seeds:
        rng = random.Random(seed)
        text, shape = program(rng)
        num_arrays = text.splitlines()[0].count("memref")
        generator = np.random.default_rng(seed)
        inputs = [generator.uniform(-1, 1, shape) for _ in range(num_arrays)]
        arguments = (Argument(Role.BUFFER, "f64", shape),) * num_arrays
        workload = Workload("program", text, hashlib.sha256(text.encode()).hexdigest(), arguments)
        expected = sandbox.run_upstream(text, "program", inputs)
        for _ in range(SCHEDULES_PER_PROGRAM):
            schedule, code = _legal_steps(text, steps(rng), sandbox)
            num_special += "vector.shuffle" in code or "vector.maskedstore" in code
            actual = run(Candidate(workload, schedule), inputs, sandbox, pool)
            assert actual is not None
            for left, right in zip(actual, expected, strict=True):
                assert same_bits(left, right), f"seed {seed}: [{schedule}]\n{text}"
    assert num_special > len(seeds) * SCHEDULES_PER_PROGRAM // 4


def _legal_steps(text: str, steps: list[str], sandbox: Sandbox) -> tuple[Schedule, str]:
    """Takes the steps that are legal one after the other; returns the loops that they lead to."""
    state = sandbox.transform(text, pipeline("autotune-extract"))
    assert state.text is not None
    taken: list[str] = []
    for step in steps:
        after = sandbox.transform(state.text, pipeline(step))
        if after.text is not None:
            state, taken = after, [*taken, step]
    assert state.text is not None
    code = sandbox.transform(state.text, pipeline(_LOWERING))
    assert code.text is not None, f"{code.diagnostics}: {taken}\n{text}"
    return Schedule.parse(",".join(taken)), code.text

"""Stores past the caches and fetches ahead of them change no bit, wherever buffers begin.

Chains of elementwise statements, copies and transpositions under random schedules that stream and
prefetch, on buffers that are aligned and on others; results are compared bit for bit with what
upstream's passes alone make of the program.
"""

import hashlib
import random
from collections import Counter
from typing import Any

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Artefact, Candidate
from autotune.schedule import Schedule
from autotune.workload import Argument, Role, Workload
from tests.property.test_differential import pipeline, pool, same_bits
from tests.sandbox import Sandbox

__all__ = ["pool"]

SCHEDULES_PER_PROGRAM = 3
ELEMENTS = {"f32": np.float32, "f64": np.float64}

Array = np.ndarray[Any, Any]


def chain(rng: random.Random, element: str) -> tuple[str, tuple[int, ...]]:
    """Returns one to three loop nests, each of which writes an array of its own, and the shape."""
    size = rng.choice([24, 32, 40, 48])
    kind = f"memref<{size}x{size}x{element}>"
    num_nests = rng.randint(1, 3)
    nests = "".join(
        f"""
  affine.for %i{n} = {rng.randint(0, 3)} to {size - rng.randint(0, 3)} {{
    affine.for %j{n} = {rng.choice([0, 0, 0, 3, 8])} to {size - rng.choice([0, 0, 0, 2, 8])} {{
      %x{n} = affine.load %A{n}[{rng.choice([f"%i{n}, %j{n}", f"%j{n}, %i{n}"])}] : {kind}
      %y{n} = affine.load %A{rng.randint(0, n)}[%i{n}, {size - 1} - %j{n}] : {kind}
      %s{n} = arith.{rng.choice(["addf", "mulf", "subf"])} %x{n}, %y{n} : {element}
      affine.store %s{n}, %A{n + 1}[%i{n}, %j{n}] : {kind}
    }}
  }}"""
        for n in range(num_nests)
    )
    arguments = ", ".join(f"%A{n}: {kind}" for n in range(num_nests + 1))
    return f"func.func @program({arguments}) {{{nests}\n  return\n}}\n", (size, size)


def random_steps(rng: random.Random, num_nests: int) -> list[str]:
    """Returns steps to try one after the other; those that stream and fetch come last."""
    width = rng.choice([4, 8, 16])
    steps = []
    if rng.random() < 0.3:
        steps.append("autotune-fuse{sequence=0 child=0 depth=1}")
    if rng.random() < 0.4:
        steps.append(f"autotune-tile{{band=0 sizes={rng.choice([0, 4])},{rng.choice([8, 16])}}}")
    if rng.random() < 0.5:
        steps.append(f"autotune-parallelize{{band={rng.randint(0, 1)} member=0}}")
    if rng.random() < 0.4:
        factors = f"{rng.choice([1, 2, 3])},{rng.choice([1, 2 * width])}"
        steps.append(f"autotune-unroll-and-jam{{band={rng.randint(0, 2)} factors={factors}}}")
    bands = range(3 * num_nests)
    steps += [
        f"autotune-vectorize{{band={band} member={member} width={width}}}"
        for band in bands
        for member in (1, 0)
    ]
    steps += [f"autotune-stream{{statement={number}}}" for number in range(num_nests)]
    for band in bands:
        array, distance = rng.randrange(num_nests), rng.choice([1, 2, 5])
        step = f"band={band} member={rng.choice([1, 1, 0])} array={array} distance={distance}"
        steps.append(f"autotune-prefetch{{{step}}}")
    if rng.random() < 0.3:
        steps.append("autotune-unroll-and-jam{band=0 factors=2,1}")
    return steps


def legal_steps(text: str, steps: list[str], sandbox: Sandbox) -> Schedule:
    """Takes the steps that are legal one after the other."""
    state = sandbox.transform(text, pipeline("autotune-extract"))
    taken: list[str] = []
    for step in steps:
        assert state.text is not None
        after = sandbox.transform(state.text, pipeline(step))
        if after.text is not None:
            state, taken = after, [*taken, step]
    return Schedule.parse(",".join(taken))


def compiled(
    text: str, arguments: tuple[Argument, ...], schedule: Schedule, pool: CompilerPool
) -> Artefact:
    workload = Workload("program", text, hashlib.sha256(text.encode()).hexdigest(), arguments)
    result = pool.build(Candidate(workload, schedule)).result()
    assert result.artefact is not None, f"{result.failure}: [{schedule}]\n{text}"
    return result.artefact


def check_programs(seeds: range, sandbox: Sandbox, pool: CompilerPool) -> None:
    """Checks random schedules of the seeds' programs on buffers that begin anywhere."""
    outcomes = Counter[str]()
    for seed in seeds:
        rng = random.Random(seed)
        element = rng.choice(sorted(ELEMENTS))
        text, shape = chain(rng, element)
        num_arrays = text.splitlines()[0].count("memref")
        generator = np.random.default_rng(seed)
        inputs = [generator.uniform(-1, 1, shape).astype(ELEMENTS[element])] * num_arrays
        arguments = (Argument(Role.BUFFER, element, shape),) * num_arrays
        expected = sandbox.run_upstream(text, "program", inputs)
        for _ in range(SCHEDULES_PER_PROGRAM):
            schedule = legal_steps(text, random_steps(rng, num_arrays - 1), sandbox)
            code = compiled(text, arguments, schedule, pool).object_code
            for step in schedule.transformations:
                outcomes[step.name] += 1
            for gap_bytes in (0, rng.choice([4, 12]) if element == "f32" else 8, 16):
                actual = sandbox.run_object(code, "program", inputs, gap_bytes)
                for left, right in zip(actual, expected, strict=True):
                    assert same_bits(left, right), (
                        f"seed {seed}, gap {gap_bytes}: [{schedule}]\n{text}"
                    )
    num_schedules = len(seeds) * SCHEDULES_PER_PROGRAM
    assert outcomes["autotune-stream"] > num_schedules / 2, outcomes
    assert outcomes["autotune-prefetch"] > num_schedules / 4, outcomes


def test_streams_and_fetches_preserve_every_bit(sandbox: Sandbox, pool: CompilerPool) -> None:
    check_programs(range(8), sandbox, pool)


@pytest.mark.slow
def test_300_schedules_with_streams_preserve_every_bit(
    sandbox: Sandbox, pool: CompilerPool
) -> None:
    check_programs(range(1000, 1100), sandbox, pool)

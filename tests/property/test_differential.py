"""Random programs under random legal schedules compute, bit for bit, what they compute untuned.

Programs that allow it may add up sums in another order; they compute the same but for rounding.

The schedules are compiled as candidates of a search are; the untransformed programs are lowered by
upstream passes alone.
"""

import hashlib
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.draft import Draft
from autotune.expert_pivots import PivotRecipe, pivot_schedule
from autotune.measurement import Candidate, Menu
from autotune.proposer import UniformProposer
from autotune.schedule import Schedule
from autotune.search import Explorer
from autotune.target import detect
from autotune.transformation import Transformation
from autotune.tune import WorkloadSpace
from autotune.workload import Argument, Role, Workload
from tests.property.affine_program import Program
from tests.property.random_elimination import random_elimination
from tests.property.random_program import random_program
from tests.property.random_schedule import draw_freely, draw_from_menus
from tests.property.schedule_tree import parse_tree
from tests.sandbox import Sandbox, Transformed, WorkerError

Array = np.ndarray[Any, Any]

NUM_THREADS = 2
SCHEDULES_PER_PROGRAM = 5
MAX_STEPS = 6


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(NUM_THREADS), num_workers=1, timeout_secs=120.0) as workers:
        yield workers


def workload_of(program: Program) -> Workload:
    text = program.text()
    arguments = tuple(
        Argument(Role.BUFFER, program.element, shape) for _, shape in program.arguments
    )
    return Workload("program", text, hashlib.sha256(text.encode()).hexdigest(), arguments)


def random_inputs(program: Program, rng: random.Random) -> list[Array]:
    generator = np.random.default_rng(rng.randrange(2**32))
    if program.element == "i32":
        return [generator.integers(-99, 99, x, np.int32) for _, x in program.arguments]
    element = np.float32 if program.element == "f32" else np.float64
    return [generator.uniform(-1, 1, shape).astype(element) for _, shape in program.arguments]


def same_bits(left: Array, right: Array) -> bool:
    """Whether two arrays agree bit for bit; any NaN equals any NaN."""
    both_nan = np.isnan(left) & np.isnan(right)
    integers = f"u{left.itemsize}"
    return bool(np.all(both_nan | (left.view(integers) == right.view(integers))))


def are_close(left: Array, right: Array) -> bool:
    """Whether two arrays agree but for rounding; where sums overflow, anything goes."""
    scale = np.abs(right).max(initial=0.0)
    return not np.isfinite(scale) or bool(np.all(np.abs(left - right) <= 1e-9 * scale))


def random_schedule(text: str, rng: random.Random, sandbox: Sandbox) -> Schedule:
    """Walks to a legal schedule; whatever the enumerator lists must be accepted."""
    state = sandbox.transform(text, pipeline("autotune-extract"))
    assert state.text is not None, f"{state.diagnostics}\n{text}"
    schedule = Schedule()
    for _ in range(rng.randint(1, MAX_STEPS)):
        from_menus = rng.random() < 0.5
        step = (draw_listed if from_menus else draw_unlisted)(rng, state, sandbox)
        if step is None:
            continue
        after = sandbox.transform(state.text, pipeline(str(step)))
        if after.text is not None:
            state, schedule = after, schedule.then(step)
        assert after.text is not None or not from_menus, (
            f"the menus list {step} after [{schedule}], but: {after.diagnostics}\n{text}"
        )
    return schedule


def draw_listed(rng: random.Random, state: Transformed, sandbox: Sandbox) -> Transformation | None:
    options = f"threads={NUM_THREADS} vector-bits=512"
    listed = sandbox.transform(state.text, pipeline(f"autotune-enumerate{{{options}}}"))
    assert listed.text is not None, f"{listed.diagnostics}\n{state.text}"
    return draw_from_menus(rng, [Menu.parse(menu) for menu in listed.attributes["menus"]])


def draw_unlisted(rng: random.Random, state: Transformed, _: Sandbox) -> Transformation | None:
    return draw_freely(rng, parse_tree(state.attributes["schedule"]))


def pipeline(passes: str) -> str:
    return f"builtin.module(func.func({passes}))"


def run(
    candidate: Candidate, inputs: list[Array], sandbox: Sandbox, pool: CompilerPool
) -> list[Array] | None:
    """Compiles and runs one candidate; None where the code generator says that it cannot.

    A crash of the compiler or of the code is an assertion that names the candidate.
    """
    name, text = candidate.workload.name, candidate.workload.text
    result = pool.build(candidate).result()
    if result.failure is not None and "cannot generate loops" in result.failure.message:
        return None
    assert result.artefact is not None, f"{result.failure}: [{candidate.schedule}]\n{text}"
    try:
        return sandbox.run_object(result.artefact.object_code, name, inputs)
    except WorkerError as error:
        raise AssertionError(f"{error}: [{candidate.schedule}]\n{text}") from error


def check_program(seed: int, sandbox: Sandbox, pool: CompilerPool) -> Counter[str]:
    """Checks random schedules of the seed's program; returns how many there were of each kind."""
    rng = random.Random(seed)
    workload = workload_of(program := random_program(rng))
    inputs = random_inputs(program, rng)
    expected = sandbox.run_upstream(workload.text, workload.name, inputs)
    outcomes: Counter[str] = Counter()
    for _ in range(SCHEDULES_PER_PROGRAM):
        schedule = random_schedule(workload.text, rng, sandbox)
        actual = run(Candidate(workload, schedule), inputs, sandbox, pool)
        if actual is None:
            outcomes["refused by the code generator"] += 1
            continue
        for (name, _), left, right in zip(program.arguments, actual, expected, strict=True):
            is_same = are_close if program.is_reassociable else same_bits
            assert is_same(left, right), (
                f"seed {seed}: {name} differs: [{schedule}]\n{workload.text}"
            )
        outcomes["transformed" if schedule.transformations else "as they are"] += 1
    return outcomes


def blocked_schedule(workload: Workload, rng: random.Random, pool: CompilerPool) -> Schedule | None:
    """Blocks the pivots of an elimination, where that is possible."""
    target = detect(rng.choice([1, NUM_THREADS]))
    explorer = Explorer(WorkloadSpace(workload, pool), UniformProposer(), target)
    root = explorer.visit(Schedule())
    assert root is not None, workload.text
    recipe = PivotRecipe(block=rng.randint(2, 5), rows=rng.randint(1, 3))
    state = pivot_schedule(Draft(explorer, root), target, recipe)
    return state.schedule if state else None


def check_elimination(seed: int, sandbox: Sandbox, pool: CompilerPool) -> Counter[str]:
    """Checks schedules of the seed's elimination: blocked ones, and random ones."""
    rng = random.Random(seed)
    workload = workload_of(program := random_elimination(rng, most=24))
    inputs = random_inputs(program, rng)
    expected = sandbox.run_upstream(workload.text, workload.name, inputs)
    blocked = blocked_schedule(workload, rng, pool)
    schedules = [random_schedule(workload.text, rng, sandbox), *([blocked] if blocked else [])]
    outcomes = Counter(blocked=blocked is not None)
    for schedule in schedules:
        actual = run(Candidate(workload, schedule), inputs, sandbox, pool)
        outcomes["refused by the code generator"] += actual is None
        for left, right in zip(actual or expected, expected, strict=True):
            assert same_bits(left, right), f"seed {seed}: [{schedule}]\n{workload.text}"
    outcomes["schedules"] += len(schedules)
    return outcomes


def check_eliminations(seeds: range, sandbox: Sandbox, pool: CompilerPool) -> None:
    outcomes = sum((check_elimination(seed, sandbox, pool) for seed in seeds), Counter[str]())
    assert outcomes["blocked"] > len(seeds) / 8, outcomes
    assert outcomes["refused by the code generator"] < 0.1 * outcomes["schedules"], outcomes


def test_eliminations_preserve_every_bit(sandbox: Sandbox, pool: CompilerPool) -> None:
    check_eliminations(range(8), sandbox, pool)


@pytest.mark.slow
def test_many_eliminations_preserve_every_bit(sandbox: Sandbox, pool: CompilerPool) -> None:
    check_eliminations(range(1000, 1120), sandbox, pool)


def check_programs(
    seeds: range, sandbox: Sandbox, pool: CompilerPool, capsys: pytest.CaptureFixture[str]
) -> Counter[str]:
    outcomes = sum((check_program(seed, sandbox, pool) for seed in seeds), Counter[str]())
    with capsys.disabled():
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        print(f"\npairs of program and schedule, bit-identical unless refused: {counts}")
    assert outcomes["transformed"] > 0.7 * outcomes.total()
    assert outcomes["refused by the code generator"] < 0.02 * outcomes.total()
    return outcomes


def test_schedules_preserve_every_bit(
    sandbox: Sandbox, pool: CompilerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    check_programs(range(8), sandbox, pool, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 1424, 106))
def test_2000_schedules_preserve_every_bit(
    first: int, sandbox: Sandbox, pool: CompilerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = check_programs(range(first, first + 106), sandbox, pool, capsys)
    assert outcomes["transformed"] + outcomes["as they are"] >= 500

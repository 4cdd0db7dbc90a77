"""Factorizations with separated, tiled, packed and jammed sums compute what they do untuned."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from autotune.compiler import CompilerPool
from autotune.measurement import Candidate
from autotune.schedule import (
    PackRead,
    Reschedule,
    Schedule,
    Separate,
    Tile,
    UnrollAndJam,
    Vectorize,
)
from autotune.target import detect
from autotune.transformation import Transformation
from tests.property.affine_program import Program
from tests.property.random_factorization import random_factorization
from tests.property.schedule_tree import Band, Tree, parse_tree, pre_order
from tests.property.test_differential import (
    Array,
    pipeline,
    random_inputs,
    run,
    same_bits,
    workload_of,
)
from tests.sandbox import Sandbox, Transformed

LEAST, MOST = 5, 19
SCHEDULES_PER_PROGRAM = 2
TILES = (2, 3, 4, 5, 8)
PANELS = (1, 2, 4, 8)


@pytest.fixture(scope="module")
def pool() -> Iterator[CompilerPool]:
    with CompilerPool(detect(1), num_workers=1, timeout_secs=120.0) as workers:
        yield workers


class Walk:
    """A schedule in the making: keeps the steps that the passes accept."""

    def __init__(self, program: Program, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._state = sandbox.transform(program.text(), pipeline("autotune-extract"))
        assert self._state.text is not None, f"{self._state.diagnostics}\n{program.text()}"
        self.steps: list[Transformation] = []

    @property
    def bands(self) -> list[Band]:
        return [node for node in pre_order(self._tree) if isinstance(node, Band)]

    @property
    def num_statements(self) -> int:
        return len(self._tree.statements)

    @property
    def _tree(self) -> Tree:
        return parse_tree(self._state.attributes["schedule"])

    def take(self, step: Transformation) -> bool:
        """Appends a step where it is legal; returns whether it is."""
        assert self._state.text is not None
        after: Transformed = self._sandbox.transform(self._state.text, pipeline(str(step)))
        if after.text is None:
            return False
        self._state = after
        self.steps.append(step)
        return True

    def bands_around(self, statement: int) -> list[int]:
        """Numbers of the bands around a statement, outermost first."""
        name = f"S{statement}"
        return [number for number, band in enumerate(self.bands) if name in band.statements]


def random_schedule(program: Program, rng: random.Random, sandbox: Sandbox) -> Schedule:
    """Draws a schedule like those of an expert, with other sizes and in other orders."""
    walk = Walk(program, sandbox)
    num_original = walk.num_statements
    if rng.random() < 0.9:
        walk.take(Reschedule(0, 0))
    for number in reversed(range(len(walk.bands))):
        if rng.random() < 0.9:
            walk.take(Tile(number, draw_sizes(rng, len(walk.bands[number].members))))
            for statement in rng.sample(range(num_original), num_original):
                walk.take(Separate(number, statement))
    separated = list(range(num_original, walk.num_statements))
    for statement in separated:
        shape(walk, statement, rng)
    for statement in range(num_original):
        if rng.random() < 0.7:
            shape(walk, statement, rng)
    return Schedule(tuple(walk.steps))


def draw_sizes(rng: random.Random, num_members: int) -> tuple[int, ...]:
    if rng.random() < 0.4:
        size = rng.choice(TILES)
        return tuple([size] * min(2, num_members) + [0] * (num_members - 2))
    sizes = [rng.choice([0, *TILES]) for _ in range(num_members)]
    return tuple(sizes) if any(sizes) else (rng.choice(TILES), *sizes[1:])


def shape(walk: Walk, statement: int, rng: random.Random) -> None:
    """Tiles, jams, vectorizes and packs, in some order."""
    actions = [tile, jam, vectorize, jam, vectorize, pack_reads]
    if rng.random() < 0.4:
        rng.shuffle(actions)
    for action in actions:
        if rng.random() < 0.75:
            action(walk, statement, rng)


def tile(walk: Walk, statement: int, rng: random.Random) -> None:
    number = walk.bands_around(statement)[-1]
    walk.take(Tile(number, draw_sizes(rng, len(walk.bands[number].members))))


def jam(walk: Walk, statement: int, rng: random.Random) -> None:
    number = rng.choice(walk.bands_around(statement)[-2:])
    factors = tuple(rng.choice([1, 1, 2, 3, 4]) for _ in walk.bands[number].members)
    walk.take(UnrollAndJam(number, factors))


def vectorize(walk: Walk, statement: int, rng: random.Random) -> None:
    number = rng.choice(walk.bands_around(statement)[-2:])
    member = rng.randrange(len(walk.bands[number].members))
    walk.take(Vectorize(number, member, rng.choice([2, 4, 8])))


def pack_reads(walk: Walk, statement: int, rng: random.Random) -> None:
    """Packs every access that can be, below the innermost band where that is possible or others."""
    for access in range(3):
        numbers = walk.bands_around(statement)
        for number in rng.sample(numbers, len(numbers)):
            panel = rng.choice(PANELS)
            if walk.take(PackRead(number, statement, access, rng.randrange(2), panel)):
                break


def check_factorization(seed: int, sandbox: Sandbox, pool: CompilerPool) -> Counter[str]:
    """Checks schedules of the seed's program; returns what steps they had."""
    rng = random.Random(seed)
    workload = workload_of(program := random_factorization(rng, LEAST, MOST))
    inputs = random_inputs(program, rng)
    expected = sandbox.run_upstream(workload.text, workload.name, inputs)
    outcomes: Counter[str] = Counter()
    for _ in range(SCHEDULES_PER_PROGRAM):
        schedule = random_schedule(program, rng, sandbox)
        actual = run(Candidate(workload, schedule), inputs, sandbox, pool)
        outcomes["refused by the code generator"] += actual is None
        other = run_for_others(Candidate(workload, schedule), inputs, sandbox) if actual else None
        for results in (actual, other):
            for left, right in zip(results or expected, expected, strict=True):
                assert same_bits(left, right), f"seed {seed}: [{schedule}]\n{workload.text}"
        outcomes.update({step.name for step in schedule.transformations})
    return outcomes


def run_for_others(candidate: Candidate, inputs: list[Array], sandbox: Sandbox) -> list[Array]:
    """Runs, lowered by upstream passes, the loops for targets with masks where this has none."""
    text = candidate.workload.text
    masks = "false" if detect(1).has_mask_registers else "true"
    steps = map(str, candidate.schedule.transformations)
    passes = ["autotune-extract", *steps, f"autotune-codegen{{masks={masks}}}"]
    loops = sandbox.transform(text, pipeline(",".join(passes)))
    assert loops.text is not None, f"{loops.diagnostics}: [{candidate.schedule}]\n{text}"
    return sandbox.run_upstream(loops.text, candidate.workload.name, inputs)


def check_factorizations(
    seeds: range, sandbox: Sandbox, pool: CompilerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = sum((check_factorization(seed, sandbox, pool) for seed in seeds), Counter[str]())
    num_schedules = SCHEDULES_PER_PROGRAM * len(seeds)
    with capsys.disabled():
        counts = ", ".join(f"{count} {name}" for name, count in sorted(outcomes.items()))
        print(f"\n{num_schedules} schedules of factorizations, bit-identical: {counts}")
    assert outcomes["refused by the code generator"] < 0.1 * num_schedules
    for kind in (Separate, PackRead, UnrollAndJam, Vectorize):
        assert outcomes[kind.name] > 0.2 * num_schedules


def test_factorizations_preserve_every_bit(
    sandbox: Sandbox, pool: CompilerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    check_factorizations(range(8), sandbox, pool, capsys)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1000, 1200, 50))
def test_many_factorizations_preserve_every_bit(
    first: int, sandbox: Sandbox, pool: CompilerPool, capsys: pytest.CaptureFixture[str]
) -> None:
    check_factorizations(range(first, first + 50), sandbox, pool, capsys)

"""The passes accept what brute force over every instance proves legal, and refuse the rest."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from autotune.schedule import (
    Contract,
    Expand,
    Interchange,
    PackRead,
    Parallelize,
    Privatize,
    Reschedule,
    Separate,
    Snapshot,
    Split,
    Tile,
    UnrollAndJam,
    Vectorize,
    Wavefront,
)
from autotune.transformation import Transformation
from tests.property.affine_program import Program, instances
from tests.property.legality_model import (
    find_overwritten_copy,
    find_reordered_pair,
    sequenced_like,
    sorted_instances,
    transformed,
)
from tests.property.memory_model import Memory, contents, moved, private_shapes, separated
from tests.property.random_elimination import random_elimination
from tests.property.random_factorization import random_factorization
from tests.property.random_program import random_program
from tests.property.random_schedule import draw_freely, draw_memory_change
from tests.property.schedule_tree import Band, Mark, Tree, parse_domain, parse_tree, pre_order
from tests.sandbox import Sandbox, Transformed

MemoryChange = Contract | Expand | Privatize | Separate | Snapshot | Split

DrawProgram = Callable[[random.Random], Program]
DrawStep = Callable[[random.Random, Tree, Memory], Transformation | None]

MAX_INSTANCES = 250
NUM_STEPS = 8


def small_program(rng: random.Random) -> Program:
    while True:
        program = random_program(rng)
        if sum(1 for _ in instances(program)) <= MAX_INSTANCES:
            return program


def deep_program(rng: random.Random) -> Program:
    """Draws one with three loops around some statement."""
    while True:
        program = small_program(rng)
        if any(len(instance.iteration) > 2 for instance in instances(program)):
            return program


def small_elimination(rng: random.Random) -> Program:
    return random_elimination(rng, most=6)


def small_program_in_place(rng: random.Random) -> Program:
    if rng.random() < 0.5:
        return random_factorization(rng, least=3, most=5)
    return deep_program(rng)


def pipeline(passes: str) -> str:
    return f"builtin.module(func.func({passes}))"


def check_walk(
    seed: int, sandbox: Sandbox, draw_program: DrawProgram, draw_step: DrawStep
) -> Counter[str]:
    """Tries transformations one after the other, keeping the accepted ones; counts the outcomes."""
    rng = random.Random(seed)
    program = draw_program(rng)
    memory = Memory.of(program)
    extracted = sandbox.transform(program.text(), pipeline("autotune-extract"))
    assert extracted.text is not None, f"{extracted.diagnostics}\n{program.text()}"
    text, tree = extracted.text, parse_tree(extracted.attributes["schedule"])
    assert sorted_instances(memory.instances, tree) == list(memory.instances), program.text()
    outcomes: Counter[str] = Counter()
    applied: list[Transformation] = []
    for _ in range(NUM_STEPS):
        step = draw_step(rng, tree, memory)
        if step is None or is_of_combination(step, memory):
            continue
        # isl chooses a new order, and strides decide diagonals: what comes out can be judged.
        has_model = not isinstance(step, Reschedule | Wavefront | MemoryChange)
        naive = transformed(step, tree) if has_model else None
        reordered = find_reordered_pair(memory.instances, naive) if naive else None
        after = sandbox.transform(text, pipeline(str(step)))
        report = f"seed {seed}: {applied} then {step}\n{after.diagnostics}\n{program.text()}"
        if after.text is None:
            reason = after.diagnostics.splitlines()[0]
            outcomes[kind_of(reason)] += 1
            outcomes["copies outgrown"] += "copy" in reason and not isinstance(step, PackRead)
            is_proven = {
                "illegal": reordered is not None or naive is None,
                "copies overwritten": naive and find_overwritten_copy(memory.instances, naive),
            }
            assert is_proven.get(kind_of(reason), True), f"refused, but legal: {report}"
            continue
        outcomes["accepted"] += 1
        before, tree = tree, parse_tree(after.attributes["schedule"])
        if naive is not None and reordered and isinstance(step, UnrollAndJam | Vectorize):
            naive = sequenced_like(naive, tree)
            reordered = find_reordered_pair(memory.instances, naive)
            outcomes["accepted in another sequence"] += 1
        assert reordered is None, f"accepted, but reorders {reordered}: {report}"
        text = after.text
        applied.append(step)
        if isinstance(step, MemoryChange):
            memory = check_values(memory, step, before, after, report)
            outcomes[f"values moved by {step.name}"] += 1
        if isinstance(step, Wavefront | PackRead):
            outcomes["diagonals" if isinstance(step, Wavefront) else "reads packed"] += 1
        assert find_reordered_pair(memory.instances, tree) is None, report
        assert find_overwritten_copy(memory.instances, tree) is None, report
        expected = sorted_instances(memory.instances, naive or tree)
        assert sorted_instances(memory.instances, tree) == expected, f"another order: {report}"
    return outcomes


def kind_of(reason: str) -> str:
    """What a refusal is about."""
    if "dependence" in reason:
        return "illegal"
    return "copies overwritten" if "written below" in reason else "refused for its form"


def is_of_combination(step: Transformation, memory: Memory) -> bool:
    """Whether a step packs what has no number in the model: partial results, read as a row."""
    return isinstance(step, PackRead) and f"S{step.statement}" in memory.combining


def draw_any(rng: random.Random, tree: Tree, memory: Memory) -> Transformation | None:
    has_loops = any(isinstance(node, Band) for node in pre_order(tree))
    if has_loops and rng.random() < 0.4:
        return draw_memory_change(rng, tree, memory.num_visible, len(memory.arrays))
    return draw_freely(rng, tree)


def draw_for_diagonals(rng: random.Random, tree: Tree, _: Memory) -> Transformation | None:
    """Draws mostly what tiles that wait for each other are run in parallel with."""
    bands = [node for node in pre_order(tree) if isinstance(node, Band)]
    if not bands:
        return None
    wide = [number for number, band in enumerate(bands) if len(band.members) > 1]
    number = rng.choice(wide or range(len(bands)))
    num_members = len(bands[number].members)
    kinds = [Tile, Wavefront, Interchange, UnrollAndJam, Parallelize, Reschedule, None]
    kind = rng.choices(kinds, weights=[25, 35, 15, 5, 15, 10, 5])[0]
    if kind is Tile:
        return Tile(number, tuple(rng.choice([0, 2, 3, 4]) for _ in range(num_members)))
    if kind is Wavefront and num_members > 1:
        return Wavefront(number)
    if kind is Interchange and num_members > 1:
        return Interchange(number, tuple(rng.sample(range(num_members), num_members)))
    if kind is UnrollAndJam:
        return UnrollAndJam(number, tuple(rng.choice([1, 2]) for _ in range(num_members)))
    if kind is Parallelize:
        return Parallelize(number, rng.randrange(num_members))
    if kind is Reschedule:
        return Reschedule(rng.randint(0, 1), rng.randint(0, 1))
    return draw_freely(rng, tree)


def has_copies(band: Band) -> bool:
    return any(isinstance(node, Mark) and node.kind == "pack" for node in pre_order(band))


def draw_for_copies(rng: random.Random, tree: Tree, memory: Memory) -> Transformation | None:
    """Draws mostly copies for one read, and what brings more iterations below them."""
    bands = [node for node in pre_order(tree) if isinstance(node, Band)]
    if not bands:
        return None
    around = [n for n, band in enumerate(bands) if has_copies(band)]
    number = rng.choice(around or range(len(bands)))
    num_members = len(bands[number].members)
    statement = int(rng.choice(sorted(bands[number].statements))[1:])
    kinds = [PackRead, UnrollAndJam, Vectorize, Tile, Separate, Reschedule, None]
    weights = [20, 40, 40, 0, 0, 0, 10] if around else [50, 10, 10, 10, 10, 5, 10]
    kind = rng.choices(kinds, weights)[0]
    if kind is PackRead:
        return PackRead(number, statement, rng.randrange(3), rng.randrange(2), rng.choice([1, 2]))
    if kind is Tile:
        return Tile(number, tuple(rng.choice([0, 1, 2, 3]) for _ in range(num_members)))
    if kind is UnrollAndJam:
        return UnrollAndJam(number, tuple(rng.choice([1, 2]) for _ in range(num_members)))
    if kind is Vectorize:
        return Vectorize(number, rng.randrange(num_members), rng.choice([2, 4]))
    if kind is Separate:
        return Separate(number, statement)
    if kind is Reschedule:
        return Reschedule(rng.randint(0, 1), rng.randint(0, 1))
    return draw_any(rng, tree, memory)


def check_values(
    memory: Memory, step: Transformation, before: Tree, done: Transformed, report: str
) -> Memory:
    """Checks that every value still gets where it is read; returns the memory from then on."""
    assert done.text is not None
    tree = parse_tree(done.attributes["schedule"])
    if isinstance(step, Separate):
        name = f"S{len({x.statement for x in memory.instances})}"
        is_chosen = parse_domain(done.attributes["schedule"], name)
        after = separated(step, memory, before, is_chosen)
        assert find_reordered_pair(after.instances, tree) is None, report
    else:
        after = moved(step, memory, before, private_shapes(done.text))
    order = sorted_instances(after.instances, tree)
    if isinstance(step, Split):
        memory = renamed_in_order(memory, after, before)
        assert order == list(memory.instances), f"another order: {report}"
        return memory
    same_sums = replace(memory, accumulating=after.accumulating, origins=after.origins)
    expected = contents(same_sums, sorted_instances(memory.instances, before))
    assert contents(after, order) == expected, f"a value is lost: {report}"
    return replace(after, instances=tuple(order))


def renamed_in_order(memory: Memory, renamed: Memory, tree: Tree) -> Memory:
    """Returns the renamed instances in the order that they had in the tree under other names."""
    names = dict(zip(memory.instances, renamed.instances, strict=True))
    return replace(
        renamed, instances=tuple(names[x] for x in sorted_instances(memory.instances, tree))
    )


def check_walks(
    seeds: range,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
    draw_program: DrawProgram = small_program,
    draw_step: DrawStep = draw_any,
) -> Counter[str]:
    walks = (check_walk(seed, sandbox, draw_program, draw_step) for seed in seeds)
    outcomes = sum(walks, Counter[str]())
    with capsys.disabled():
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        print(f"\nbrute force agrees with the passes: {counts}")
    assert outcomes["accepted"] > len(seeds) / 4
    assert outcomes["illegal"] > len(seeds) / 4
    return outcomes


def check_walks_of_values(
    seeds: range,
    sandbox: Sandbox,
    capsys: pytest.CaptureFixture[str],
    draw_program: DrawProgram = small_program,
) -> Counter[str]:
    outcomes = check_walks(seeds, sandbox, capsys, draw_program)
    moved_values = [n for name, n in outcomes.items() if name.startswith("values moved")]
    assert sum(moved_values) > len(seeds) / 50
    return outcomes


def test_oracle_agrees_with_brute_force(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = check_walks_of_values(range(70), sandbox, capsys)
    assert outcomes["accepted in another sequence"] > 0


def test_oracle_agrees_on_eliminations(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = check_walks_of_values(range(40), sandbox, capsys, small_elimination)
    for change in (Snapshot, Split):
        assert outcomes[f"values moved by {change.name}"] > 0
    assert outcomes["reads packed"] > 0
    assert outcomes["copies overwritten"] > 0


@pytest.mark.parametrize(
    "seeds",
    [range(12), pytest.param(range(3000, 3400), marks=pytest.mark.slow)],
    ids=["few", "many"],
)
def test_oracle_agrees_on_diagonals(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], seeds: range
) -> None:
    outcomes = check_walks(seeds, sandbox, capsys, deep_program, draw_for_diagonals)
    assert outcomes["diagonals"] > len(seeds) / 4


@pytest.mark.parametrize(
    "seeds",
    [range(60, 110), pytest.param(range(4000, 4600), marks=pytest.mark.slow)],
    ids=["few", "many"],
)
def test_oracle_agrees_on_copies_for_one_read(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], seeds: range
) -> None:
    outcomes = check_walks(seeds, sandbox, capsys, small_program_in_place, draw_for_copies)
    assert outcomes["reads packed"] > len(seeds) / 4
    assert outcomes["copies overwritten"] > len(seeds) / 4
    assert outcomes["copies outgrown"] > 0


@pytest.mark.slow
def test_oracle_agrees_on_many_eliminations(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    check_walks_of_values(range(1000, 1400), sandbox, capsys, small_elimination)


@pytest.mark.slow
def test_oracle_agrees_with_brute_force_on_many(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    outcomes = check_walks_of_values(range(1000, 2000), sandbox, capsys)
    assert outcomes["accepted in another sequence"] > 0

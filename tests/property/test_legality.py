"""The passes accept what brute force over every instance proves legal, and refuse the rest."""

import random
from collections import Counter

import pytest

from autotune.schedule import Reschedule, Transformation, Wavefront
from tests.property.affine_program import Program, instances
from tests.property.legality_model import find_reordered_pair, sorted_instances, transformed
from tests.property.random_program import random_program
from tests.property.random_schedule import draw_freely
from tests.property.schedule_tree import parse_tree
from tests.sandbox import Sandbox

MAX_INSTANCES = 250
NUM_STEPS = 8


def small_program(rng: random.Random) -> Program:
    while True:
        program = random_program(rng)
        if sum(1 for _ in instances(program)) <= MAX_INSTANCES:
            return program


def pipeline(passes: str) -> str:
    return f"builtin.module(func.func({passes}))"


def check_walk(seed: int, sandbox: Sandbox) -> Counter[str]:
    """Tries transformations one after the other, keeping the accepted ones; counts the outcomes."""
    rng = random.Random(seed)
    program = small_program(rng)
    original = list(instances(program))
    extracted = sandbox.transform(program.text(), pipeline("autotune-extract"))
    assert extracted.text is not None, f"{extracted.diagnostics}\n{program.text()}"
    text, tree = extracted.text, parse_tree(extracted.attributes["schedule"])
    assert sorted_instances(original, tree) == original, program.text()
    outcomes: Counter[str] = Counter()
    applied: list[Transformation] = []
    for _ in range(NUM_STEPS):
        step = draw_freely(rng, tree)
        if step is None:
            continue
        # isl chooses a new order, and strides decide diagonals: what comes out can be judged.
        has_model = not isinstance(step, Reschedule | Wavefront)
        naive = transformed(step, tree) if has_model else None
        reordered = find_reordered_pair(original, naive) if naive else None
        after = sandbox.transform(text, pipeline(str(step)))
        report = f"seed {seed}: {applied} then {step}\n{after.diagnostics}\n{program.text()}"
        if after.text is None:
            reason = after.diagnostics.splitlines()[0]
            is_about_order = "dependence" in reason
            outcomes["illegal" if is_about_order else "refused for its form"] += 1
            is_proven = reordered is not None or naive is None
            assert not is_about_order or is_proven, f"refused, but legal: {report}"
            continue
        outcomes["accepted"] += 1
        assert reordered is None, f"accepted, but reorders {reordered}: {report}"
        text, tree = after.text, parse_tree(after.attributes["schedule"])
        applied.append(step)
        assert find_reordered_pair(original, tree) is None, report
        expected = sorted_instances(original, naive or tree)
        assert sorted_instances(original, tree) == expected, f"another order: {report}"
    return outcomes


def check_walks(seeds: range, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = sum((check_walk(seed, sandbox) for seed in seeds), Counter[str]())
    with capsys.disabled():
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        print(f"\nbrute force agrees with the passes: {counts}")
    assert outcomes["accepted"] > len(seeds) / 4
    assert outcomes["illegal"] > len(seeds) / 4


def test_oracle_agrees_with_brute_force(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    check_walks(range(50), sandbox, capsys)


@pytest.mark.slow
def test_oracle_agrees_with_brute_force_on_many(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    check_walks(range(1000, 2000), sandbox, capsys)

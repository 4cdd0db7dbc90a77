"""The operators of the benchmark compute what NumPy computes, untuned and by expert schedules."""

from itertools import islice

import numpy as np
import pytest

from autotune.compiler import CompilerPool
from autotune.expert import expert_schedules
from autotune.measurement import ModuleBuild
from autotune.proposer import UniformProposer
from autotune.schedule import Schedule
from autotune.search import Explorer
from autotune.tune import WorkloadSpace
from autotune.workload import Modes, ModuleParts, Target
from benchmarks.nn.catalogue import CATALOGUE
from benchmarks.nn.elementwise import softmax
from benchmarks.nn.operator import Operator
from tests.sandbox import Sandbox


@pytest.mark.parametrize("name", CATALOGUE)
def test_untuned_and_expert_builds_agree_with_numpy(
    sandbox: Sandbox, pool: CompilerPool, target: Target, name: str
) -> None:
    operator = CATALOGUE[name].small_size()
    parts = pool.front_end(operator.text.encode(), name, None, Modes("reassoc"))
    check(sandbox, pool, operator, parts, {})
    for workload in parts.workloads:
        explorer = Explorer(WorkloadSpace(workload, pool), UniformProposer(), target)
        for schedule in islice(expert_schedules(explorer, target), 2):
            check(sandbox, pool, operator, parts, {workload.name: schedule})


def test_softmax_of_long_rows_compiles_untuned(sandbox: Sandbox, pool: CompilerPool) -> None:
    """LLVM's strength reduction, as a pass by itself, fails on what it makes of these loops."""
    operator = softmax(64, 640)
    parts = pool.front_end(operator.text.encode(), "softmax", None, Modes("reassoc"))
    check(sandbox, pool, operator, parts, {})


def check(
    sandbox: Sandbox,
    pool: CompilerPool,
    operator: Operator,
    parts: ModuleParts,
    schedules: dict[str, Schedule],
) -> None:
    build = pool.build_module(parts.text, schedules)
    assert isinstance(build, ModuleBuild)
    inputs = operator.inputs(seed=0)
    garbage = np.full(operator.result.shape, 77, np.float32)
    result = sandbox.run_object(build.object_code, parts.entry, [*inputs, garbage])[-1]
    expected = operator.expected(inputs)
    bound = max(operator.tolerance, 1e-5) * np.max(np.abs(expected))
    np.testing.assert_allclose(result, expected, rtol=0, atol=bound)


def test_every_operator_has_a_name_of_its_own() -> None:
    names = {entry.full_size().name for entry in CATALOGUE.values()}
    assert names == set(CATALOGUE)

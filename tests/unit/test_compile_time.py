"""The benchmark of compile times builds what a run builds, and says what became of it."""

import pytest

from autotune.build_stages import Stage
from autotune.compiler import CompilerPool
from autotune.measurement import Candidate
from autotune.schedule import Schedule
from autotune.workload import Modes, Target
from benchmarks.compile_time import Source, builds, markdown, measure
from benchmarks.polybench.definitions import KERNELS


@pytest.fixture(scope="module")
def kernel() -> Source:
    (found,) = (kernel for kernel in KERNELS if kernel.name == "trisolv")
    return Source(found.name, found.text(found.sizes["MINI"]), "contract")


def test_builds_are_those_of_the_pool(kernel: Source, target: Target) -> None:
    with CompilerPool(target, num_workers=1, timeout_secs=120.0) as pool:
        results = measure(kernel, pool, target)
        parts = pool.front_end(kernel.text.encode(), "trisolv", None, Modes("contract", "inline"))
        (workload,) = parts.workloads
        assert len({each["schedule"] for each in results}) == len(results) > 3
        for each in results:
            schedule = Schedule.parse(each["schedule"])
            artefact = pool.build(Candidate(workload, schedule)).result().artefact
            assert artefact is not None
            assert each["object_hash"] == artefact.object_hash
            assert set(each["stage_secs"]) == {stage.value for stage in Stage}
            assert 0.5 < sum(each["stage_secs"].values()) / each["total_secs"] <= 1.0


def test_refusals_have_a_reason_and_a_time(kernel: Source, target: Target) -> None:
    with CompilerPool(target, num_workers=1, timeout_secs=120.0) as pool:
        parts = pool.front_end(kernel.text.encode(), "trisolv", None, Modes("contract", "inline"))
    (workload,) = parts.workloads
    illegal = Schedule.parse("autotune-parallelize{band=0 member=0}")
    (refused,) = builds(workload, [illegal], target)
    assert refused["failure"].startswith("illegal: ")
    assert refused["total_secs"] > 0


def test_table_counts_and_summarises() -> None:
    def build(program: str, secs: float, **others: str) -> dict[str, object]:
        stages = {"codegen": secs / 4, "optimisation": secs / 2}
        return {"program": program, "total_secs": secs, "stage_secs": stages, **others}

    document = {
        "machine": {"cpu": "CPU", "system": "system"},
        "settings": {"size": "MINI", "dtype": "f64", "threads": "1"},
        "calibration_secs": 0.05,
        "results": [
            *(build("a", secs, object_hash="x") for secs in (0.1, 0.2, 0.6)),
            build("b", 0.4, failure="compile_error: too long"),
            {"program": "b", "failure": "compile_crash: gone"},
        ],
    }
    table = markdown(document)
    assert "3 candidates built, 1 refused, 1 broke the worker" in table
    assert "| **whole** | 200.0 | 520.0 | 600.0 | 100% | 4.00 |" in table
    assert "| optimisation | 100.0 | 260.0 | 300.0 | 50% | 2.00 |" in table
    assert "| a | 3 | 200.0 | 600.0 | 0 |  |" in table
    assert "| b | 0 |  | 0.0 | 1 | 400.0 |" in table

"""Tuning on many machines that fail, simulated; the interfaces are those that Ray is used by."""

from dataclasses import replace

import pytest

from autotune.cluster import ClusterError
from autotune.database import Database
from autotune.measurement import Artefact, Candidate, FailureKind, Measurement
from autotune.progress import SilentProgress
from autotune.schedule import Schedule
from autotune.search_loop import Session
from autotune.tune import TuneConfig, tune
from autotune.workload import Workload
from tests.unit.fakes import FakeCompiler, FakeRunner
from tests.unit.simulated_cluster import SimulatedCluster, SimulatedCompiler, SimulatedRunner
from tests.unit.toy_space import TARGET

FOREVER = float("inf")
WORKLOADS = [Workload(f"w{n}", f"module {n}", f"{n:064x}", ()) for n in range(3)]
# Timing on every core keeps the search in one thread, and the simulation repeatable.
EXCLUSIVE = replace(TARGET, num_cores=TARGET.num_threads)


def session(compiler, runner, database) -> Session:
    return Session(
        compiler, runner, database, EXCLUSIVE, SilentProgress(), lambda: 0.0, lambda _: "again"
    )


def on_cluster(cluster: SimulatedCluster, config: TuneConfig):
    """Returns the records by workload and schedule."""
    with Database("sqlite://") as database:
        compiler = SimulatedCompiler(cluster, FakeCompiler())
        tune(WORKLOADS, config, session(compiler, SimulatedRunner(cluster), database))
        return records(database)


def on_one_machine(config: TuneConfig):
    with Database("sqlite://") as database:
        tune(WORKLOADS, config, session(FakeCompiler(), FakeRunner(), database))
        return records(database)


def records(database: Database) -> dict[tuple[str, Schedule], Measurement]:
    found = [(run, record) for run in database.runs() for record in database.records(run)]
    named = {(run.workload_name, record.schedule): record.measurement for run, record in found}
    assert len(named) == len(found)
    return named


def test_a_cluster_that_never_fails_gives_the_records_of_one_machine():
    config = TuneConfig(trials=120, batch=8, proposer="uniform", seed=3)
    assert on_cluster(SimulatedCluster(20, FOREVER, seed=1), config) == on_one_machine(config)


def test_a_thousand_machines_that_fail_lose_nothing():
    """Whatever ends on the way is done again, or recorded as lost with two machines."""
    config = TuneConfig(trials=2000, batch=500, search="random", proposer="uniform", seed=3)
    cluster = SimulatedCluster(1000, 20.0, seed=1)
    found, expected = on_cluster(cluster, config), on_one_machine(config)
    assert found.keys() == expected.keys()
    assert len(found) == config.trials
    lost = {key for key, each in found.items() if is_lost(each)}
    assert sum(cluster.num_losses.values()) > 100
    assert 0 < len(lost) < 0.05 * config.trials
    for name, schedule in lost:
        assert cluster.num_losses[str(schedule)] >= 2
        assert "lost with its machine 2 times" in found[name, schedule].failure.message
    kept = found.keys() - lost
    assert {key: found[key] for key in kept} == {key: expected[key] for key in kept}


def test_the_simulation_repeats_itself():
    config = TuneConfig(trials=400, batch=100, search="random", proposer="uniform")
    first, second = (SimulatedCluster(100, 30.0, seed=5) for _ in range(2))
    assert on_cluster(first, config) == on_cluster(second, config)
    assert (first.now, first.num_losses) == (second.now, second.num_losses)


def test_a_thousand_machines_are_used():
    """Three thousand candidates of 0.5 to 3 s each take minutes, not hours."""
    config = TuneConfig(trials=3000, batch=800, search="random", proposer="uniform", seed=3)
    cluster = SimulatedCluster(1000, FOREVER, seed=1)
    on_cluster(cluster, config)
    assert cluster.now < 60.0


def submitted(cluster: SimulatedCluster):
    code = b"autotune-vectorize{band=0 member=1 width=16}"
    artefacts = Artefact(b"", "0", 0.0, 0), Artefact(code, "1", 0.0, 0)
    return SimulatedRunner(cluster).submit(WORKLOADS[0], *artefacts)


def is_lost(measurement: Measurement) -> bool:
    return measurement.failure is not None and measurement.failure.kind is FailureKind.LOST


def test_one_lost_machine_costs_nothing():
    cluster = SimulatedCluster(2, FOREVER, seed=1)
    future = submitted(cluster)
    (busy,) = (machine for machine in cluster.machines if machine.num_timing)
    cluster.fail(busy)
    assert future.result().failure is None


def test_losing_two_machines_is_a_failure():
    cluster = SimulatedCluster(3, FOREVER, seed=1)
    future = submitted(cluster)
    for _ in range(2):
        (busy,) = (machine for machine in cluster.machines if machine.num_timing)
        cluster.fail(busy)
        while not future.done() and not any(m.num_timing for m in cluster.machines):
            cluster.step()
    assert is_lost(future.result())


def test_a_candidate_waits_for_its_machine_to_come_back():
    cluster = SimulatedCluster(1, FOREVER, seed=1)
    future = submitted(cluster)
    cluster.fail(cluster.machines[0])
    cluster.at(60.0, lambda: cluster.repair(cluster.machines[0]))
    assert future.result().failure is None
    assert cluster.now > 60.0


def test_without_a_matching_machine_the_run_ends_with_a_reason():
    cluster = SimulatedCluster(4, FOREVER, seed=1)
    for machine in cluster.machines[:3]:
        cluster.fail(machine)
    for minute in range(4):
        cluster.at(60.0 * minute, cluster.tell)
    reason = f"no machine that is the target {TARGET.key} .*; it has 1 of .*other, 2 cores"
    with pytest.raises(ClusterError, match=reason):
        submitted(cluster).result()


def test_machines_with_other_tools_do_not_build():
    cluster = SimulatedCluster(8, FOREVER, seed=1)
    for machine in cluster.machines[:7]:
        cluster.fail(machine)
    for minute in range(4):
        cluster.at(60.0 * minute, cluster.tell)
    candidate = Candidate(WORKLOADS[0], Schedule())
    with pytest.raises(ClusterError, match="no machine that builds with toy"):
        SimulatedCompiler(cluster, FakeCompiler()).build(candidate).result()

"""Tuning on a Ray cluster of two nodes, both on this machine; actors and nodes that are killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import ray
from ray.cluster_utils import Cluster as LocalRay

from autotune.cluster import Cluster, ClusterCompiler, ClusterError, ClusterRunner, Node
from autotune.compiler import CompilerPool
from autotune.database import Database
from autotune.measurement import (
    Artefact,
    Candidate,
    FailureKind,
    MeasureConfig,
    Measurement,
    TuningRecord,
)
from autotune.progress import SilentProgress
from autotune.ray_cluster import RayCluster, WorkerConfig
from autotune.runner import LocalRunner
from autotune.schedule import Schedule
from autotune.search_loop import Compiler, Runner, Session
from autotune.tune import TuneConfig, tune
from autotune.workload import Target, Workload
from tests.unit.kernels import buffer, matmul, workload

_LENGTH = 100
_VECTOR = f"memref<{_LENGTH}xf32>"
_DOUBLE = f"""
  affine.for %i = 0 to {_LENGTH} {{
    %a = affine.load %0[%i] : {_VECTOR}
    %b = arith.addf %a, %a : f32
    affine.store %b, %0[%i] : {_VECTOR}
  }}"""
_MEASURING = MeasureConfig(budget_secs=0.02, slack_secs=20.0)


@pytest.fixture(scope="module")
def client_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def machines(client_port: int) -> Iterator[LocalRay]:
    """A head without slots for builds, and whatever nodes the tests add."""
    cluster = LocalRay()
    # On a busy machine it takes longer than 30 s until a client has its server.
    os.environ["RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S"] = "120"
    os.environ["TIMEOUT_FOR_SPECIFIC_SERVER_S"] = "120"
    _add_node(cluster, num_cpus=0, include_dashboard=False, ray_client_server_port=client_port)
    _add_node(cluster, num_cpus=2)
    ray.init(address=cluster.address, log_to_driver=False)
    yield cluster
    ray.shutdown()
    cluster.shutdown()


def _add_node(cluster: LocalRay, **settings: object) -> object:
    """Starts a node; Ray gives it 30 s for that, which may be too little on a busy machine."""
    for _ in range(2):
        with suppress(Exception):
            return cluster.add_node(**settings)
    return cluster.add_node(**settings)


@pytest.fixture
def cluster(machines: LocalRay, target: Target) -> Iterator[RayCluster]:
    with RayCluster("", WorkerConfig(target, _MEASURING, 60.0)) as opened:
        yield opened


def on_cluster(cluster: Cluster, target: Target, pool: CompilerPool) -> tuple[Compiler, Runner]:
    def reproduce(candidate: Candidate) -> str:
        return f"again {candidate.schedule}"

    compiler = ClusterCompiler(cluster, target, pool, reproduce, time.monotonic)
    return compiler, ClusterRunner(cluster, target, time.monotonic)


def search(
    work: list[Workload], database: Database, workers: tuple[Compiler, Runner], target: Target
) -> list[TuningRecord]:
    """Runs a search that does not depend on times; returns its records."""
    session = Session(
        *workers, database, target, SilentProgress(), time.monotonic, lambda _: "again"
    )
    tune(work, TuneConfig(trials=12, search="random", seed=4), session)
    return [record for run in database.runs() for record in database.records(run)]


def facts(records: list[TuningRecord]) -> list[tuple[object, ...]]:
    """What does not depend on times."""
    return [
        (r.workload_hash, r.target_key, r.schedule, r.tree_hash, r.object_hash, kind(r.measurement))
        for r in records
    ]


def kind(measurement: Measurement) -> FailureKind | None:
    return None if measurement.failure is None else measurement.failure.kind


def test_the_records_are_those_of_one_machine(
    cluster: RayCluster, target: Target, pool: CompilerPool
) -> None:
    work = [matmul(24), workload(_DOUBLE, buffer("f32", _LENGTH))]
    with Database("sqlite://") as database:
        remote = search(work, database, on_cluster(cluster, target, pool), target)
    with Database("sqlite://") as database, LocalRunner(target, _MEASURING) as runner:
        local = search(work, database, (pool, runner), target)
    assert len(remote) == 12
    assert sorted(facts(remote), key=str) == sorted(facts(local), key=str)
    assert all(record.measurement.run_secs for record in remote if kind(record.measurement) is None)


@pytest.mark.parametrize(
    "body",
    [
        _DOUBLE,
        _DOUBLE.replace("addf", "mulf"),
        _DOUBLE.replace("%0[%i]", "%0[%i + 1000000000]"),
    ],
)
def test_bad_candidates_fail_as_on_one_machine(
    cluster: RayCluster, target: Target, pool: CompilerPool, body: str
) -> None:
    compiler, runner = on_cluster(cluster, target, pool)
    reference, other = (workload(each, buffer("f32", _LENGTH)) for each in (_DOUBLE, body))
    baseline, artefact = (_build(compiler, each) for each in (reference, other))
    assert artefact == replace(_build(pool, other), compile_secs=artefact.compile_secs)
    remote = runner.submit(reference, baseline, artefact).result()
    with LocalRunner(target, _MEASURING) as local:
        expected = local.run(reference, baseline, artefact)
    assert remote.failure == expected.failure
    assert (remote.failure is None) == (body == _DOUBLE)


def test_a_build_that_fails_has_a_reproducer_for_this_machine(
    cluster: RayCluster, target: Target, pool: CompilerPool
) -> None:
    compiler, _ = on_cluster(cluster, target, pool)
    schedule = Schedule.parse("autotune-tile{band=7 sizes=2}")
    failure = compiler.build(Candidate(matmul(8), schedule)).result().failure
    assert failure is not None
    assert failure.kind is FailureKind.ILLEGAL
    assert failure.reproducer == f"again {schedule}"


def _build(compiler: Compiler, of: Workload) -> Artefact:
    artefact = compiler.build(Candidate(of, Schedule())).result().artefact
    assert artefact is not None
    return artefact


def _actors_of(ancestor: int) -> list[int]:
    """Processes of our actors that descend from a process."""
    found = []
    for name in os.listdir("/proc"):
        with suppress(OSError):  # It has ended.
            title = Path("/proc", name, "cmdline").read_bytes() if name.isdigit() else b""
            if title.startswith(b"ray::NodeWorker") and ancestor in _ancestors(int(name)):
                found.append(int(name))
    return found


def _ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


class Saboteur:
    """A runner that does something once, in the middle of a search."""

    def __init__(self, runner: Runner, after: int, action) -> None:
        self._runner = runner
        self._num_left = after
        self._action = action

    def submit(self, *arguments):
        future = self._runner.submit(*arguments)
        self._num_left -= 1
        if self._num_left == 0:
            self._action()
        return future

    def compare(self, *arguments):
        return self._runner.compare(*arguments)


def lost(records: list[TuningRecord]) -> int:
    return sum(kind(record.measurement) is FailureKind.LOST for record in records)


def test_killed_actors_cost_at_most_their_candidates(
    cluster: RayCluster, target: Target, pool: CompilerPool
) -> None:
    killed: list[int] = []

    def kill() -> None:
        killed.extend(_actors_of(os.getpid()))
        for pid in killed:
            os.kill(pid, signal.SIGKILL)

    compiler, runner = on_cluster(cluster, target, pool)
    with Database("sqlite://") as database:
        workers = compiler, Saboteur(runner, 4, kill)
        records = search([matmul(24)], database, workers, target)
    assert killed
    assert len(records) == 12
    assert lost(records) <= 1
    others = {kind(record.measurement) for record in records} - {None, FailureKind.LOST}
    assert others <= {FailureKind.COMPILE_ERROR}, "code that gets too long is the candidate's fault"


def test_a_node_that_is_removed_costs_at_most_its_candidate(
    machines: LocalRay, target: Target, pool: CompilerPool
) -> None:
    doomed = _add_node(machines, num_cpus=1)
    is_removed = threading.Event()

    def remove() -> None:
        machines.remove_node(doomed)
        is_removed.set()

    with RayCluster("", WorkerConfig(target, _MEASURING, 60.0)) as cluster:
        _wait_for_nodes(cluster, 3)
        compiler, runner = on_cluster(cluster, target, pool)
        with Database("sqlite://") as database:
            workers = compiler, Saboteur(runner, 4, remove)
            records = search([matmul(24)], database, workers, target)
        _wait_for_nodes(cluster, 2)
    assert is_removed.is_set()
    assert len(records) == 12
    assert lost(records) <= 1


def _wait_for_nodes(cluster: RayCluster, num_nodes: int) -> None:
    is_there = threading.Event()

    def listen(nodes) -> None:
        if len(nodes) == num_nodes:
            is_there.set()

    cluster.watch(listen)
    assert is_there.wait(60.0)


def test_nodes_say_what_they_are(cluster: RayCluster, target: Target) -> None:
    heard: list[Node] = []
    _wait_for_nodes(cluster, 2)
    cluster.watch(heard.extend)
    assert [node.target for node in heard[:2]] == [target, target]
    assert sorted(node.num_build_slots for node in heard[:2]) == [0, 2]


def test_only_nodes_of_the_target_time(
    cluster: RayCluster, target: Target, pool: CompilerPool
) -> None:
    """Builds for another target work everywhere, but no machine here may time them."""
    other = replace(target, l2_bytes=target.l2_bytes + 1)
    compiler, _ = on_cluster(cluster, other, pool)
    artefact = _build(compiler, matmul(8))
    minutes = iter(range(10**6))
    runner = ClusterRunner(cluster, other, lambda: 60.0 * next(minutes))
    with pytest.raises(ClusterError, match=f"no machine that is the target {other.key}"):
        runner.submit(matmul(8), artefact, artefact).result(timeout=60.0)


def test_the_command_line_tunes_on_a_cluster(
    machines: LocalRay, client_port: int, tmp_path: Path
) -> None:
    """As a client of the cluster, which is what `ray://` addresses are."""
    text = """func.func @double(%m: memref<64xf32>) {
      affine.for %i = 0 to 64 {
        %a = affine.load %m[%i] : memref<64xf32>
        %b = arith.addf %a, %a : f32
        affine.store %b, %m[%i] : memref<64xf32>
      }
      return
    }"""
    (tmp_path / "double.mlir").write_text(text)
    command = [sys.executable, "-m", "autotune", "compile", "double.mlir", "--trials", "2"]
    command += ["--runner", f"ray://127.0.0.1:{client_port}", "--json"]
    command += ["--db", "tuning.db", "-o", "out"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "model.so").exists()
    with Database(str(tmp_path / "tuning.db")) as database:
        assert [run.num_records for run in database.runs()] == [2]


@pytest.mark.parametrize(
    ("runner", "reason"),
    [
        ("slurm", "runner 'slurm' is none of local, ray, ray://HOST:PORT"),
        ("ray://127.0.0.1:1", "no Ray cluster at ray://127.0.0.1:1"),
    ],
)
def test_a_runner_that_is_not_there_is_refused(tmp_path: Path, runner: str, reason: str) -> None:
    (tmp_path / "x.mlir").write_text("module {}")
    command = [sys.executable, "-m", "autotune", "compile", "x.mlir", "--runner", runner]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment["RAY_CLIENT_INITIAL_CONNECTION_TIMEOUT_S"] = "1"
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode in (1, 2)
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_ray_is_imported_only_when_asked_for() -> None:
    code = "import sys, autotune.cli, autotune.compilation; sys.exit('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code])
    assert done.returncode == 0

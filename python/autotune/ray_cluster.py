"""A cluster whose machines Ray connects; nothing else imports Ray.

Hides actors and their deaths. Each machine has one actor with the pool of compile workers and the
timing worker that a single machine has too, so that candidates end no actor. A machine counts as
there when it has answered what target it is; an actor or machine that is lost has to answer again.
"""

import fcntl
import logging
import os
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from autotune.cluster import ClusterError, Listener, Node, NodeLostError
from autotune.compiler import CompilerPool
from autotune.measurement import Artefact, BuildResult, Candidate, MeasureConfig, Measurement
from autotune.runner import LocalRunner
from autotune.target import detect, timing_cores
from autotune.workload import Target, Workload

_POLL_SECS = 2.0
_NUM_JOINS = 3
_OBJECT_STORE_BYTES = 128 << 20

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerConfig:
    """What the worker on each machine is for.

    Attributes:
        target: What the code is for.
        measuring: How to time.
        compile_timeout_secs: Longest time for one build.
    """

    target: Target
    measuring: MeasureConfig
    compile_timeout_secs: float


class NodeWorker:
    """Builds and times on one machine; the class of the actors.

    Args:
        config: What for.
        num_builds: Builds at once.
    """

    def __init__(self, config: WorkerConfig, num_builds: int) -> None:
        allowed = frozenset(os.sched_getaffinity(0))
        own = timing_cores(config.target.num_threads)
        timeout_secs = config.compile_timeout_secs
        self._compiler = CompilerPool(config.target, num_builds, timeout_secs, allowed)
        self._runner = LocalRunner(config.target, config.measuring, own, self._compiler.paused)

    @ray.method(concurrency_group="build")
    def build(self, candidate: Candidate) -> BuildResult:
        """See `CompilerPool.build`."""
        return self._compiler.build(candidate).result()

    @ray.method(concurrency_group="measure")
    def measure(self, workload: Workload, baseline: Artefact, artefact: Artefact) -> Measurement:
        """See `LocalRunner.run`; waits while another run is timing on this machine."""
        with _only_timing():
            return self._runner.run(workload, baseline, artefact)

    @ray.method(concurrency_group="measure")
    def compare(
        self, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> list[Measurement]:
        """See `LocalRunner.compare`."""
        with _only_timing():
            return self._runner.compare(workload, baseline, artefacts)


class RayCluster:
    """Machines of a Ray cluster, as `autotune.cluster.Cluster`; a context manager.

    Args:
        address: What `ray.init` takes, such as `ray://HOST:10001`; empty for the cluster that this
            machine belongs to, or else a new one of this machine alone.
        config: What the machines are for.

    Raises:
        ClusterError: There is no cluster at this address.
    """

    def __init__(self, address: str, config: WorkerConfig) -> None:
        self._config = config
        self._is_owner = not ray.is_initialized()
        if self._is_owner:
            _connect(address)
        self._listeners: list[Listener] = []
        self._telling = threading.Lock()  # of the list, and held while it is told
        self._lock = threading.RLock()  # of the next four; nobody is told anything under it
        self._nodes: dict[str, Node] = {}  # by Ray's id
        self._asked: set[str] = set()
        self._actors: dict[str, Any] = {}  # by Node.id
        self._num_joined = 0
        self._is_open = True
        self._changed = threading.Event()
        # Ray calls back in threads of its own, which must not wait for Ray.
        self._deliverer = ThreadPoolExecutor(1)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the workers, and the connection unless somebody else made it."""
        self._is_open = False
        self._changed.set()
        self._watcher.join()
        with self._lock:
            for actor in self._actors.values():
                ray.kill(actor)
            self._actors.clear()
        self._deliverer.shutdown(cancel_futures=True)
        if self._is_owner:
            ray.shutdown()

    def watch(self, listener: Listener) -> None:
        """See `Cluster.watch`."""
        with self._telling:
            self._listeners.append(listener)
            listener(self._present())

    def build(self, node: Node, candidate: Candidate) -> Future[BuildResult]:
        """See `Cluster.build`."""
        return self._call(node, lambda actor: actor.build.remote(candidate))

    def measure(
        self, node: Node, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> Future[Measurement]:
        """See `Cluster.measure`."""
        return self._call(node, lambda actor: actor.measure.remote(workload, baseline, artefact))

    def compare(
        self, node: Node, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> Future[list[Measurement]]:
        """See `Cluster.compare`."""
        return self._call(node, lambda actor: actor.compare.remote(workload, baseline, artefacts))

    def _present(self) -> list[Node]:
        with self._lock:
            return list(self._nodes.values())

    def _call(self, node: Node, start: Callable[[Any], Any]) -> Future[Any]:
        result: Future[Any] = Future()
        try:
            reference = start(self._actor(node))
        except RayError as error:
            result.set_exception(self._lose(node, error))
            return result

        def deliver(done: Future[Any]) -> None:
            error = done.exception()
            if error is None:
                result.set_result(done.result())
            elif isinstance(error, RayActorError):
                result.set_exception(self._lose(node, error))
            else:
                result.set_exception(error)

        self._when_done(reference, deliver)
        return result

    def _when_done(self, reference: Any, deliver: Callable[[Future[Any]], None]) -> None:
        def hand_over(done: Future[Any]) -> None:
            with suppress(RuntimeError):  # Closed meanwhile.
                self._deliverer.submit(deliver, done)

        reference.future().add_done_callback(hand_over)

    def _actor(self, node: Node) -> Any:
        with self._lock:
            if node.id not in self._actors:
                num_builds = max(1, node.num_build_slots)
                groups = {"build": num_builds, "measure": 1}
                make = ray.remote(concurrency_groups=groups)(NodeWorker)
                placed = make.options(num_cpus=0, scheduling_strategy=_on(_ray_id(node)))
                self._actors[node.id] = placed.remote(self._config, num_builds)
            return self._actors[node.id]

    def _lose(self, node: Node, error: BaseException) -> Exception:
        """Forgets a node until it answers again; returns what to tell those who wait for it."""
        if getattr(error, "actor_init_failed", False):
            return ClusterError(f"the worker on {node.id} does not start: {_reason(error)}")
        with self._lock:
            actor = self._actors.pop(node.id, None)
            if self._nodes.get(_ray_id(node)) == node:
                del self._nodes[_ray_id(node)]
        if actor is not None:
            ray.kill(actor)
        self._changed.set()
        return NodeLostError(_reason(error))

    def _watch(self) -> None:
        """Finds out which machines there are, until the end."""
        while self._is_open:
            self._changed.clear()
            alive = {node["NodeID"]: node["Resources"] for node in ray.nodes() if node["Alive"]}
            with self._lock:
                for gone in self._nodes.keys() - alive.keys():
                    del self._nodes[gone]
                for new in alive.keys() - self._nodes.keys() - self._asked:
                    self._ask(new, int(alive[new].get("CPU", 0)))
            with self._telling:
                for listener in self._listeners:
                    listener(self._present())
            self._changed.wait(_POLL_SECS)

    def _ask(self, ray_id: str, num_build_slots: int) -> None:
        """Asks a machine what it is; it is listed once it has answered."""

        def deliver(done: Future[Any]) -> None:
            error = done.exception()
            with self._lock:
                # What cannot run this package stays asked: it will not be able to later on either.
                if isinstance(error, RayTaskError):
                    _LOGGER.warning("machine %s is left out: %s", ray_id, _reason(error))
                    return
                self._asked.discard(ray_id)
                if error is None:
                    name = f"{ray_id}/{self._num_joined}"
                    self._num_joined += 1
                    self._nodes[ray_id] = Node(name, done.result(), num_build_slots)
                    self._changed.set()

        self._asked.add(ray_id)
        ask = ray.remote(detect).options(num_cpus=0, max_retries=0, scheduling_strategy=_on(ray_id))
        target = self._config.target
        self._when_done(ask.remote(target.num_threads, target.cold_cache), deliver)


def _connect(address: str) -> None:
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # The error says it all.
            _join(address or "auto", quiet)
    except (ConnectionError, RayError, ValueError, TimeoutError) as error:
        if address:
            raise ClusterError(f"no Ray cluster at {address}: {_reason(error)}") from None
        ray.init(
            _node_ip_address="127.0.0.1",
            include_dashboard=False,
            object_store_memory=_OBJECT_STORE_BYTES,
            **quiet,
        )


def _join(address: str, settings: dict[str, Any]) -> None:
    """Tries again where the server that a cluster starts for each client was slow to start."""
    for _ in range(_NUM_JOINS - 1):
        with suppress(ConnectionAbortedError):
            ray.init(address=address, **settings)
            return
    ray.init(address=address, **settings)


@contextmanager
def _only_timing() -> Iterator[None]:
    """Keeps the runs of several users from timing on this machine at the same time."""
    path = Path(tempfile.gettempdir(), f"autotune-timing-{os.getuid()}.lock")
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _on(ray_id: str) -> NodeAffinitySchedulingStrategy:
    return NodeAffinitySchedulingStrategy(ray_id, soft=False)


def _ray_id(node: Node) -> str:
    return node.id.partition("/")[0]


def _reason(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    is_heading = len(lines) > 1 and lines[0].endswith(":")
    return f"{lines[0]} {lines[-1].strip()}" if is_heading else lines[0]

"""Tuning on many machines, whatever connects them.

Hides who works on what: builds go to any machine with a free slot, candidates are timed one at a
time on each machine whose target is the session's. A job whose machine is lost is tried once more,
elsewhere if possible; the second time it becomes a failure of its own kind, and the run goes on.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

from autotune.errors import AutotuneError
from autotune.measurement import (
    Artefact,
    BuildResult,
    Candidate,
    Description,
    Expansion,
    Failure,
    FailureKind,
    Measurement,
)
from autotune.proxy import ProxyChoice
from autotune.workload import Target, Workload

T = TypeVar("T")

_MAX_LOSSES = 2
_PATIENCE_SECS = 120.0


class ClusterError(AutotuneError):
    """The cluster cannot be used, or no machine of it can do the work."""


class NodeLostError(AutotuneError):
    """A machine, or the process that works there, ended with a job on it."""


@dataclass(frozen=True)
class Node:
    """One machine of a cluster, from when it joins to when it is lost.

    Attributes:
        id: Never used again, not even when the machine comes back.
        target: What it is; `num_threads` and `cold_cache` are the session's.
        num_build_slots: Builds that it does at once; 0 keeps builds away.
    """

    id: str
    target: Target
    num_build_slots: int


Listener = Callable[[Sequence[Node]], None]


class Cluster(Protocol):
    """Machines that work. The futures raise NodeLostError where the machine is lost."""

    def watch(self, listener: Listener) -> None:
        """Calls `listener` with the machines there are: now, when they change, and now and then.

        The calls may come from any thread, one at a time.
        """

    def build(self, node: Node, candidate: Candidate) -> Future[BuildResult]:
        """Compiles a candidate there."""

    def measure(
        self, node: Node, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> Future[Measurement]:
        """Checks and times a candidate there."""

    def compare(
        self, node: Node, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> Future[list[Measurement]]:
        """Checks and times candidates there, in turn."""


class Questions(Protocol):
    """Says what is legal, on this machine."""

    def describe(self, candidate: Candidate) -> Future[Description | Failure]:
        """Says what the candidate's schedule makes of the loops."""

    def expand(self, candidate: Candidate) -> Future[Expansion | Failure]:
        """Lists what can follow the candidate's schedule."""

    def shorten(self, workload: Workload, share: float) -> Future[ProxyChoice]:
        """Makes a smaller problem with about a share of the workload's time, or says why not."""


class ClusterCompiler:
    """Builds on the machines of a cluster with this tool chain.

    Args:
        cluster: The machines.
        target: What the code is for.
        questions: What this machine answers itself: a search waits for each answer.
        reproduce: Returns a command for this machine that compiles a candidate again.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        cluster: Cluster,
        target: Target,
        questions: Questions,
        reproduce: Callable[[Candidate], str],
        clock: Callable[[], float],
    ) -> None:
        def num_slots(node: Node) -> int:
            return node.num_build_slots if node.target.toolchain == target.toolchain else 0

        needed = f"builds with {target.toolchain}"
        self._cluster = cluster
        self._questions = questions
        self._reproduce = reproduce
        self._dispatcher = Dispatcher(num_slots, needed, clock)
        cluster.watch(self._dispatcher.update)

    def describe(self, candidate: Candidate) -> Future[Description | Failure]:
        """See `autotune.compiler.CompilerPool.describe`."""
        return self._questions.describe(candidate)

    def expand(self, candidate: Candidate) -> Future[Expansion | Failure]:
        """See `autotune.compiler.CompilerPool.expand`."""
        return self._questions.expand(candidate)

    def shorten(self, workload: Workload, share: float) -> Future[ProxyChoice]:
        """See `autotune.compiler.CompilerPool.shorten`."""
        return self._questions.shorten(workload, share)

    def build(self, candidate: Candidate) -> Future[BuildResult]:
        """See `autotune.compiler.CompilerPool.build`."""

        def send(node: Node) -> Future[BuildResult]:
            return self._cluster.build(node, candidate)

        def give_up(failure: Failure) -> BuildResult:
            return BuildResult(candidate, None, failure)

        def finish(done: Future[BuildResult]) -> None:
            if done.exception() is not None:
                finished.set_exception(done.exception())
                return
            built = done.result()
            if built.failure is not None:
                failure = replace(built.failure, reproducer=self._reproduce(candidate))
                built = replace(built, failure=failure)
            finished.set_result(built)

        finished: Future[BuildResult] = Future()
        self._dispatcher.submit(send, give_up).add_done_callback(finish)
        return finished


class ClusterRunner:
    """Times on the machines of a cluster whose target is the session's, all fields of it.

    Args:
        cluster: The machines.
        target: The session's.
        clock: Seconds, monotonic.
    """

    def __init__(self, cluster: Cluster, target: Target, clock: Callable[[], float]) -> None:
        def num_slots(node: Node) -> int:
            return int(node.target.key == target.key)

        needed = f"is the target {target.key} ({target.cpu}, {target.num_cores} cores)"
        self._cluster = cluster
        self._dispatcher = Dispatcher(num_slots, needed, clock)
        cluster.watch(self._dispatcher.update)

    def submit(
        self, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> Future[Measurement]:
        """See `autotune.runner.LocalRunner.submit`; the result comes later."""

        def send(node: Node) -> Future[Measurement]:
            return self._cluster.measure(node, workload, baseline, artefact)

        def give_up(failure: Failure) -> Measurement:
            return Measurement((), (), 0.0, failure)

        return self._dispatcher.submit(send, give_up)

    def compare(
        self, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> list[Measurement]:
        """See `autotune.runner.LocalRunner.compare`.

        Where that loses its machines, the artefacts are timed apart.
        """
        compared = self.submit_comparison(workload, baseline, artefacts).result()
        apart = [] if compared else [self.submit(workload, baseline, each) for each in artefacts]
        return compared or [future.result() for future in apart]

    def submit_comparison(
        self, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> Future[list[Measurement]]:
        """Like `compare`; the result comes later, and is empty where its machines were lost."""

        def send(node: Node) -> Future[list[Measurement]]:
            return self._cluster.compare(node, workload, baseline, artefacts)

        return self._dispatcher.submit(send, lambda failure: [])


@dataclass
class _Job(Generic[T]):
    """Work for one machine.

    Attributes:
        send: Starts it there.
        give_up: Makes the result where machines were lost.
        future: What the caller waits for.
        num_losses: Machines that were lost with it.
    """

    send: Callable[[Node], Future[T]]
    give_up: Callable[[Failure], T]
    future: Future[T] = field(default_factory=Future)
    num_losses: int = 0


class Dispatcher:
    """Hands jobs to machines with free slots, in order; calls may come from any thread.

    Args:
        num_slots: Jobs that a machine does at once; none where it is not suitable.
        needed: What a machine must be, for messages: "no machine that ...".
        clock: Seconds, monotonic. Where there is no suitable machine for two minutes, jobs end with
            ClusterError.
    """

    def __init__(
        self, num_slots: Callable[[Node], int], needed: str, clock: Callable[[], float]
    ) -> None:
        self._num_slots = num_slots
        self._needed = needed
        self._clock = clock
        self._nodes: dict[str, Node] = {}
        self._free: dict[str, int] = {}
        self._lost: set[str] = set()
        self._waiting = deque[_Job[Any]]()
        self._deserted_since: float | None = None
        self._lock = threading.RLock()  # of all of the above; re-entered by futures that are done

    def submit(
        self, send: Callable[[Node], Future[T]], give_up: Callable[[Failure], T]
    ) -> Future[T]:
        """Returns the result of a job on some machine.

        Args:
            send: Starts the job on a machine.
            give_up: Makes the result where the job's machine was lost, twice.
        """
        job = _Job(send, give_up)
        with self._lock:
            self._waiting.append(job)
            self._dispatch()
        return job.future

    def update(self, nodes: Sequence[Node]) -> None:
        """Takes the machines that there are now."""
        with self._lock:
            there = {node.id: node for node in nodes if node.id not in self._lost}
            for gone in self._nodes.keys() - there.keys():
                self._forget(gone)
            for new in [name for name in there if name not in self._nodes]:
                self._nodes[new] = there[new]
                num_slots = self._num_slots(there[new])
                if num_slots > 0:
                    self._free[new] = num_slots
            self._dispatch()
            desperate = self._desperate_jobs()
            inventory = self._inventory() if desperate else ""
        for job in desperate:
            message = f"the cluster has no machine that {self._needed}; {inventory}"
            job.future.set_exception(ClusterError(message))

    def _dispatch(self) -> None:
        """Starts waiting jobs; a machine with most free slots comes first."""
        while self._waiting and self._free:
            name = max(self._free, key=lambda each: self._free[each])
            if self._free[name] == 0:
                break
            job, node = self._waiting.popleft(), self._nodes[name]
            self._free[name] -= 1
            sent = job.send(node)
            sent.add_done_callback(partial(self._end, job, node))

    def _end(self, job: _Job[Any], node: Node, sent: Future[Any]) -> None:
        error = sent.exception()
        with self._lock:
            if node.id in self._free:
                self._free[node.id] += 1
            if isinstance(error, NodeLostError):
                # When the machine is back, it has another id.
                self._lost.add(node.id)
                self._forget(node.id)
                job.num_losses += 1
                if job.num_losses < _MAX_LOSSES:
                    self._waiting.appendleft(job)
            self._dispatch()
        if error is None:
            job.future.set_result(sent.result())
        elif not isinstance(error, NodeLostError):
            job.future.set_exception(error)
        elif job.num_losses == _MAX_LOSSES:
            message = f"lost with its machine {_MAX_LOSSES} times, the last time: {error}"
            job.future.set_result(job.give_up(Failure(FailureKind.LOST, message)))

    def _inventory(self) -> str:
        """Says which machines there are."""
        targets = [node.target for node in self._nodes.values()]
        kinds = Counter(f"{t.key} ({t.cpu}, {t.num_cores} cores, {t.toolchain})" for t in targets)
        found = [f"{count} of {kind}" for kind, count in kinds.most_common()]
        return f"it has {', '.join(found) or 'none at all'}"

    def _forget(self, name: str) -> None:
        self._nodes.pop(name, None)
        self._free.pop(name, None)

    def _desperate_jobs(self) -> list[_Job[Any]]:
        """Takes all waiting jobs out where there has been no machine for long."""
        if self._free or not self._waiting:
            self._deserted_since = None
            return []
        if self._deserted_since is None:
            self._deserted_since = self._clock()
        if self._clock() - self._deserted_since < _PATIENCE_SECS:
            return []
        desperate = list(self._waiting)
        self._waiting.clear()
        return desperate

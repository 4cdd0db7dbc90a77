"""A cluster in virtual time: machines that join, work, fail and come back, all in one thread."""

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from autotune.cluster import ClusterCompiler, ClusterRunner, Listener, Node, NodeLostError
from autotune.measurement import Artefact, BuildResult, Candidate, Measurement
from autotune.workload import Workload
from tests.unit.fakes import FakeCompiler, FakeRunner
from tests.unit.toy_space import TARGET

OTHER_CPU = replace(TARGET, cpu="other")
OTHER_TOOLS = replace(TARGET, toolchain="older")

_DETECTION_SECS = 5.0
_REPAIR_SECS = 40.0


@dataclass
class Machine:
    """One machine.

    Attributes:
        number: Which one; the same after a repair.
        node: What it is to the tuner; None while it is down.
        num_building: Builds that it is at.
        num_timing: Candidates that it is timing.
        jobs: What fails when it does.
    """

    number: int
    node: Node | None
    num_building: int
    num_timing: int
    jobs: list["Future"]


class SimulatedCluster:
    """Machines of which one in ten has another CPU and one in twenty other tools.

    Args:
        num_machines: How many.
        mean_secs_to_failure: Of one machine; infinite for machines that never fail.
        seed: Of everything random.
    """

    def __init__(self, num_machines: int, mean_secs_to_failure: float, seed: int) -> None:
        self.now = 0.0
        self.num_losses: Counter[str] = Counter()
        self.num_done = 0
        self._rng = random.Random(seed)
        self._mean_secs_to_failure = mean_secs_to_failure
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._listeners: list[Listener] = []
        self._ids = itertools.count()
        self._compiler, self._runner = FakeCompiler(), FakeRunner()
        self.machines = [Machine(n, None, 0, 0, []) for n in range(num_machines)]
        self._by_id: dict[str, Machine] = {}
        for machine in self.machines:
            self._join(machine)

    def step(self) -> None:
        """Lets the next thing happen."""
        self.now, _, action = heapq.heappop(self._events)
        action()

    def at(self, delay_secs: float, action: Callable[[], None]) -> None:
        """Has something happen later."""
        heapq.heappush(self._events, (self.now + delay_secs, next(self._order), action))

    def watch(self, listener: Listener) -> None:
        self._listeners.append(listener)
        listener(self._present())

    def tell(self) -> None:
        """Tells the listeners which machines are up."""
        for listener in self._listeners:
            listener(self._present())

    def build(self, node: Node, candidate: Candidate) -> "Future[BuildResult]":
        assert node.target.toolchain == TARGET.toolchain
        machine = self._machine(node)
        if machine is not None:
            machine.num_building += 1
            assert machine.num_building <= node.num_build_slots

        def finish() -> BuildResult:
            machine.num_building -= 1
            return self._compiler.build(candidate).result()

        return self._work(machine, str(candidate.schedule), 0.1, 2.0, finish)

    def measure(
        self, node: Node, workload: Workload, baseline: Artefact, artefact: Artefact
    ) -> "Future[Measurement]":
        name = artefact.object_code.decode()
        return self._time(node, name, lambda: self._runner.run(workload, baseline, artefact))

    def compare(
        self, node: Node, workload: Workload, baseline: Artefact, artefacts: Sequence[Artefact]
    ) -> "Future[list[Measurement]]":
        return self._time(
            node, "finalists", lambda: self._runner.compare(workload, baseline, artefacts)
        )

    def _time(self, node: Node, name: str, run: Callable[[], object]) -> "Future":
        assert node.target.key == TARGET.key, "timed on another target"
        machine = self._machine(node)
        if machine is not None:
            machine.num_timing += 1
            assert machine.num_timing == 1, "two candidates timed at once on one machine"

        def finish() -> object:
            machine.num_timing -= 1
            return run()

        return self._work(machine, name, 0.5, 3.0, finish)

    def fail(self, machine: Machine) -> None:
        """Takes a machine down, with everything that it is at."""
        if machine.node is None:
            return
        del self._by_id[machine.node.id]
        jobs, machine.jobs = machine.jobs, []
        machine.node, machine.num_building, machine.num_timing = None, 0, 0
        self.at(_DETECTION_SECS, lambda: self._detect(jobs))

    def repair(self, machine: Machine) -> None:
        """Brings a machine back."""
        self._join(machine)
        self.tell()

    def _detect(self, jobs: Sequence["Future"]) -> None:
        for job in jobs:
            self.num_losses[job.name] += 1
            job.set_exception(NodeLostError("no heartbeat"))
        self.tell()

    def _fail_and_repair(self, machine: Machine) -> None:
        self.fail(machine)
        self.at(_REPAIR_SECS, lambda: self.repair(machine))

    def _join(self, machine: Machine) -> None:
        target = TARGET
        if machine.number % 10 == 3:
            target = OTHER_CPU
        if machine.number % 20 == 7:
            target = OTHER_TOOLS
        machine.node = Node(f"node{next(self._ids)}", target, machine.number % 3)
        self._by_id[machine.node.id] = machine
        if self._mean_secs_to_failure != float("inf"):
            secs = self._rng.expovariate(1 / self._mean_secs_to_failure)
            self.at(secs, lambda: self._fail_and_repair(machine))

    def _present(self) -> list[Node]:
        return [machine.node for machine in self.machines if machine.node is not None]

    def _machine(self, node: Node) -> Machine | None:
        """None where the machine is down, and nobody has noticed yet."""
        return self._by_id.get(node.id)

    def _work(self, machine, name, shortest_secs, longest_secs, finish) -> "Future":
        job = Future()
        job.name = name
        if machine is None:
            self.at(_DETECTION_SECS, lambda: self._detect([job]))
            return job
        machine.jobs.append(job)

        def end() -> None:
            if job in machine.jobs:
                machine.jobs.remove(job)
                self.num_done += 1
                job.set_result(finish())

        self.at(self._rng.uniform(shortest_secs, longest_secs), end)
        return job


class WaitingFuture(Future):
    """A future whose result is waited for in virtual time."""

    def __init__(self, future: Future, cluster: SimulatedCluster) -> None:
        super().__init__()
        self._future = future
        self._cluster = cluster

    def done(self) -> bool:
        return self._future.done()

    def result(self, timeout=None):
        while not self._future.done():
            self._cluster.step()
        return self._future.result()


class SimulatedCompiler(ClusterCompiler):
    """The compiler of a cluster in virtual time."""

    def __init__(self, cluster: SimulatedCluster, questions: FakeCompiler) -> None:
        super().__init__(cluster, TARGET, questions, lambda each: "", lambda: cluster.now)
        self._simulation = cluster

    def build(self, candidate: Candidate) -> "Future[BuildResult]":
        return WaitingFuture(super().build(candidate), self._simulation)


class SimulatedRunner(ClusterRunner):
    """The runner of a cluster in virtual time."""

    def __init__(self, cluster: SimulatedCluster) -> None:
        super().__init__(cluster, TARGET, lambda: cluster.now)
        self._simulation = cluster

    def submit(self, *arguments) -> "Future[Measurement]":
        return WaitingFuture(super().submit(*arguments), self._simulation)

    def submit_comparison(self, *arguments) -> "Future[list[Measurement]]":
        return WaitingFuture(super().submit_comparison(*arguments), self._simulation)

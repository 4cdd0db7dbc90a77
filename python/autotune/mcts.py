"""Monte-Carlo tree search over schedules.

A node is a schedule tree (equal trees are one node), an edge a legal transformation. Selection
is PUCT (Silver et al., Mastering the game of Go without human knowledge, 2017, Methods) with the
proposer's priors; menus are opened by progressive widening (Coulom, Computing Elo ratings of move
patterns, 2007). A node is worth its best descendant. Every simulation ends in a complete schedule:
from the leaf a walk continues to where the proposer ends it, and its states become nodes. A share
of the simulations refines the best schedules instead (`autotune.refinement`).
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from autotune.refinement import refine
from autotune.schedule import Schedule
from autotune.search import MAX_STEPS, Explorer, Outcome, State, node_value
from autotune.transformation import Transformation

_MAX_ATTEMPTS = 48
_MAX_DRAWS = 8


@dataclass(frozen=True)
class MctsConfig:
    """Constants of the tree search.

    Attributes:
        exploration: Weight of the prior term against the value term.
        widening: Edges opened at a node after n visits: `widening * n ** widening_power`.
        widening_power: See `widening`.
        first_value: What an edge without outcomes is worth, less than its node.
        virtual_loss: What an edge loses whose simulations are all pending.
        num_starters: Walks from the root that follow the proposer closely, before any selection.
        starter_sharpness: Exponent on the priors in those walks; the first takes the heaviest.
        refine_share: Share of the later simulations that refine one of the best schedules.
        num_elites: Schedules that may be refined, the best ones so far.
    """

    exploration: float = 0.25
    widening: float = 2.0
    widening_power: float = 0.5
    first_value: float = 0.1
    virtual_loss: float = 0.3
    num_starters: int = 8
    starter_sharpness: float = 1.5
    refine_share: float = 0.6
    num_elites: int = 6


@dataclass
class Edge:
    """A transformation that was tried at a node.

    Attributes:
        step: The transformation.
        child: The node that it leads to.
        visits: Simulations that came through and ended.
        pending: Simulations that came through and whose outcome is not known: virtual losses.
        prior: The proposer's probability of the step; None until selection asks for it.
    """

    step: Transformation
    child: "Node"
    visits: int = 0
    pending: int = 0
    prior: float | None = None


@dataclass
class Node:
    """A schedule tree.

    Attributes:
        state: The first schedule that led here.
        value: Value of the best schedule at or below this node; None without any outcome.
        visits: Simulations that came through, the pending ones included.
        edges: The transformations tried so far.
    """

    state: State
    value: float | None = None
    visits: int = 0
    edges: dict[Transformation, Edge] = field(default_factory=dict)


@dataclass(frozen=True)
class Simulation:
    """A way through the tree.

    Attributes:
        nodes: The nodes from the root on; the last one is the schedule to measure.
        edges: The edges between them; none where the steps between two nodes were not looked at.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class MctsSearch:
    """Monte-Carlo tree search; see the module.

    Args:
        explorer: The search space, with priors.
        rng: Source of every random choice.
        config: Constants.
        starters: Legal schedules to try before anything else.
    """

    def __init__(
        self,
        explorer: Explorer,
        rng: random.Random,
        config: MctsConfig,
        starters: Iterator[Schedule],
    ) -> None:
        self._explorer = explorer
        self._rng = rng
        self._config = config
        self._nodes: dict[str, Node] = {}
        self._pending: dict[Schedule, Simulation] = {}
        self._seen: set[str] = set()
        self._elites: list[tuple[float, Schedule]] = []
        self._num_asked = 0
        self._starters = starters

    @property
    def root(self) -> Node | None:
        """The node of the empty schedule; None where it has no expansion."""
        state = self._explorer.visit(Schedule())
        return None if state is None else self._node(state)

    def ask(self, num_schedules: int) -> Iterator[Schedule]:
        """See `SearchStrategy.ask`. Pending schedules weigh on their edges as virtual losses."""
        root = self.root
        if root is None:
            return
        self._seen.add(root.state.tree_hash)
        num_found = 0
        for _ in range(_MAX_ATTEMPTS * num_schedules):
            if num_found == num_schedules:
                break
            schedule = self._take(self._simulate(root))
            if schedule is not None:
                num_found += 1
                yield schedule

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """See `SearchStrategy.tell`. Backs values up as maxima along the way that asked."""
        for outcome in outcomes:
            simulation = self._pending.pop(outcome.schedule)
            value = node_value(outcome.measurement)
            for node in simulation.nodes:
                node.value = value if node.value is None else max(node.value, value)
            for edge in simulation.edges:
                edge.pending -= 1
                edge.visits += 1
            if outcome.measurement.failure is None:
                self._elites.append((value, outcome.schedule))
        self._elites.sort(key=lambda elite: -elite[0])
        del self._elites[self._config.num_elites :]

    def _take(self, simulation: Simulation) -> Schedule | None:
        """Counts a simulation, and returns its schedule if no equal one was asked for before."""
        end = simulation.nodes[-1].state
        is_new = end.tree_hash not in self._seen
        for node in simulation.nodes:
            node.visits += 1
        for edge in simulation.edges:
            edge.pending += is_new
            edge.visits += not is_new
        if not is_new:
            return None
        self._seen.add(end.tree_hash)
        self._pending[end.schedule] = simulation
        self._num_asked += 1
        return end.schedule

    def _simulate(self, root: Node) -> Simulation:
        """Returns the way to one complete schedule."""
        config = self._config
        starter = next(self._starters, None)
        if starter is not None:
            self._explorer.visit(starter)
            return self._extend([root], [], self._explorer.visited(starter)[1:])
        if self._num_asked < config.num_starters:
            sharpness = config.starter_sharpness if root.visits else math.inf
            return self._grow([root], [], sharpness)
        if self._elites and self._rng.random() < config.refine_share:
            end = refine(self._elite().transformations, self._explorer, self._rng)
            visited = self._explorer.visited(Schedule() if end is None else end.schedule)
            return self._extend([root], [], visited[1:])
        nodes, edges, is_end = self._select(root)
        if is_end:
            return Simulation(tuple(nodes), tuple(edges))
        return self._grow(nodes, edges, 1.0)

    def _select(self, root: Node) -> tuple[list[Node], list[Edge], bool]:
        """Descends to a new edge or to the end of a schedule; the flag is true for an end."""
        nodes, edges = [root], list[Edge]()
        while len(edges) < MAX_STEPS:
            node = nodes[-1]
            if len(node.edges) < self._num_open(node):
                step = self._draw_new(node)
                if step is None and node.state.tree_hash not in self._seen:
                    return nodes, edges, True
                following = None if step is None else self._follow(node, step)
                if following is not None:
                    return [*nodes, following.child], [*edges, following], False
            if not node.edges:
                break
            edges.append(max(node.edges.values(), key=lambda edge: self._score(node, edge)))
            nodes.append(edges[-1].child)
        return nodes, edges, True

    def _num_open(self, node: Node) -> float:
        return self._config.widening * math.pow(node.visits + 1, self._config.widening_power)

    def _draw_new(self, node: Node) -> Transformation | None:
        """Returns a step that the node has no edge for; None for the end, or after many draws."""
        for _ in range(_MAX_DRAWS):
            step = self._explorer.priors(node.state).draw(self._rng)
            if step is None or step not in node.edges:
                return step
        return None

    def _score(self, node: Node, edge: Edge) -> float:
        """PUCT; pending simulations are visits, and each of them lowers the value."""
        visits = edge.visits + edge.pending
        value = edge.child.value
        if value is None:
            value = (node.value or 0.0) - self._config.first_value
        value -= self._config.virtual_loss * edge.pending / (1 + visits)
        if edge.prior is None:
            edge.prior = self._explorer.priors(node.state).probability(edge.step)
        return value + self._config.exploration * edge.prior * math.sqrt(node.visits) / (1 + visits)

    def _grow(self, nodes: list[Node], edges: list[Edge], sharpness: float) -> Simulation:
        states = self._explorer.walk(nodes[-1].state, self._rng, sharpness)
        return self._extend(nodes, edges, states[1:])

    def _extend(self, nodes: list[Node], edges: list[Edge], states: Sequence[State]) -> Simulation:
        """Puts states into the tree below `nodes`; where steps between them miss, without edge."""
        length = len(nodes[-1].state.schedule.transformations)
        for state in states:
            steps = state.schedule.transformations
            if len(steps) == length + 1:
                edges.append(self._edge(nodes[-1], steps[-1], state))
            nodes.append(self._node(state))
            length = len(steps)
        return Simulation(tuple(nodes), tuple(edges))

    def _follow(self, node: Node, step: Transformation) -> Edge | None:
        """Returns the edge of a step, made where it is new; None where the step is not legal."""
        if step in node.edges:
            return node.edges[step]
        state = self._explorer.visit(node.state.schedule.then(step))
        return None if state is None else self._edge(node, step, state)

    def _edge(self, node: Node, step: Transformation, state: State) -> Edge:
        """Returns the edge from a node by a step to a state."""
        if step not in node.edges:
            node.edges[step] = Edge(step, self._node(state))
        return node.edges[step]

    def _node(self, state: State) -> Node:
        return self._nodes.setdefault(state.tree_hash, Node(state))

    def _elite(self) -> Schedule:
        """Returns one of the best schedules; each is drawn half as often as the next better."""
        weights = [0.5**rank for rank in range(len(self._elites))]
        return self._rng.choices(self._elites, weights)[0][1]

"""Values that cross the boundaries between search, compile workers and timing workers."""

import json
import math
import operator
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from autotune.schedule import Schedule
from autotune.transformation import Transformation
from autotune.workload import Workload


class FailureKind(Enum):
    """Why a candidate has no time."""

    ILLEGAL = "illegal"
    COMPILE_ERROR = "compile_error"
    COMPILE_CRASH = "compile_crash"
    COMPILE_TIMEOUT = "compile_timeout"
    RUN_ERROR = "run_error"
    RUN_TIMEOUT = "run_timeout"
    OUT_OF_MEMORY = "out_of_memory"
    WRONG_RESULT = "wrong_result"
    LOST = "lost"
    NON_DETERMINISTIC = "non_deterministic"


@dataclass(frozen=True)
class Failure:
    """An expected failure as a value.

    Attributes:
        kind: What failed.
        message: The reason, one line first.
        reproducer: A shell command that shows the failure again; empty where there is none.
    """

    kind: FailureKind
    message: str
    reproducer: str = ""


@dataclass(frozen=True)
class Candidate:
    """A schedule to try on a workload."""

    workload: Workload
    schedule: Schedule


@dataclass(frozen=True)
class Menu:
    """A legal transformation with its parameters still open.

    Attributes:
        name: Name of the pass, such as `autotune-tile`.
        fixed: Options that are decided, as (name, text), in the pass's order.
        open: Options to choose: (name, one tuple of values for each element of the option). The
            product over the elements is the menu; every choice is legal.
    """

    name: str
    fixed: tuple[tuple[str, str], ...]
    open: tuple[tuple[str, tuple[tuple[int, ...], ...]], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Returns a menu from one JSON string of the attribute `autotune.menus`.

        Raises:
            ValueError: The text is no such JSON.
        """
        value = json.loads(text)
        return cls(
            value["name"],
            tuple((name, ",".join(map(str, x))) for name, x in value["fixed"].items()),
            tuple((name, tuple(map(tuple, x))) for name, x in value["open"].items()),
        )

    @property
    def num_choices(self) -> int:
        """Number of transformations on the menu."""
        return math.prod(len(values) for _, elements in self.open for values in elements)

    def choice(self, index: int) -> Transformation:
        """Returns the transformation at `index` in [0, num_choices), in mixed-radix order.

        The last element of the last option varies fastest.

        Raises:
            IndexError: The index is out of range.
        """
        if not 0 <= index < self.num_choices:
            raise IndexError(f"choice {index} of {self.num_choices} in the menu of {self.name}")
        options = {name: tuple(map(int, text.split(","))) for name, text in self.fixed}
        for name, elements in reversed(self.open):
            chosen = []
            for values in reversed(elements):
                index, digit = divmod(index, len(values))
                chosen.append(values[digit])
            options[name] = tuple(reversed(chosen))
        return Transformation.of(self.name, options)

    def __contains__(self, transformation: Transformation) -> bool:
        """Whether `transformation` is a choice of this menu."""
        if transformation.name != self.name:
            return False
        options = transformation.options
        if any(options[n] != text for n, text in self.fixed):
            return False
        return all(_is_choice(options[name], elements) for name, elements in self.open)


@dataclass(frozen=True)
class Description:
    """What a legal schedule makes of the loops.

    Attributes:
        tree_hash: Hash of the resulting schedule tree; equal trees are one search node.
        loops: The schedule tree in a readable form, JSON.
    """

    tree_hash: str
    loops: str


@dataclass(frozen=True)
class Expansion:
    """What can follow a schedule.

    Attributes:
        tree_hash: Hash of the resulting schedule tree; equal trees are one search node.
        menus: The legal transformations.
        loops: The schedule tree in a readable form, for proposers.
    """

    tree_hash: str
    menus: tuple[Menu, ...]
    loops: str


@dataclass(frozen=True)
class MeasureConfig:
    """How candidates are timed.

    Attributes:
        seed: Decides the inputs.
        fp: Floating-point mode: `strict` and `contract` ask for equal bits, `reassoc` for results
            within a tolerance.
        budget_secs: Time for the repeats of one candidate; a second repeat is made in any case,
            unless the first took ten times as long. Repeats that were disturbed are made up for,
            in at most as much time again.
        baseline_budget_secs: Time for the first repeats of the baseline, when it takes less.
        finalist_budget_secs: Time for the repeats of one finalist, side by side with the others.
        relative_interval: Repeats end early when half the 95 % interval of the median is within
            this share of it.
        min_repeats: Fewest repeats for such an early end.
        min_secs: Shortest time for such an early end: what slows code down a little comes and goes,
            and repeats of a moment agree about it. Two fifths of it for what is clearly slower than
            the best.
        max_repeats: Most repeats.
        patience_secs: Longest wait for one candidate, while something else slows the core.
        max_warmups: Most repeats dropped as warm-up: the first, while the next one is faster.
        hopeless_ratio: A candidate this many times slower than the best is not repeated.
        baseline_share: Time for repeats of the baseline, relative to the candidates' time.
        baseline_timeout_secs: Longest time for a first run of the untransformed program.
        timeout_ratio: A candidate is stopped after this many times the baseline's time,
        slack_secs: and this much more.
        memory_bytes: Most memory that timed code may take, its arguments included; None for three
            quarters of the machine's.
    """

    seed: int = 0
    fp: str = "contract"
    budget_secs: float = 0.15
    baseline_budget_secs: float = 2.0
    finalist_budget_secs: float = 0.5
    relative_interval: float = 0.01
    min_repeats: int = 6
    min_secs: float = 0.05
    max_repeats: int = 250
    patience_secs: float = 6.0
    max_warmups: int = 5
    hopeless_ratio: float = 4.0
    baseline_share: float = 0.2
    baseline_timeout_secs: float = 600.0
    timeout_ratio: float = 10.0
    slack_secs: float = 3.0
    memory_bytes: int | None = None


@dataclass(frozen=True)
class Artefact:
    """Object code of one candidate.

    Attributes:
        object_code: A relocatable ELF object that defines `Workload.name` with bare pointers.
        object_hash: sha256 of the code; equal code is never timed twice.
        compile_secs: Wall time from schedule to object.
        num_spills: Stack accesses in the hottest innermost loop, a static estimate.
    """

    object_code: bytes
    object_hash: str
    compile_secs: float
    num_spills: int


@dataclass(frozen=True)
class BuildResult:
    """Artefact XOR failure of one candidate."""

    candidate: Candidate
    artefact: Artefact | None
    failure: Failure | None


@dataclass(frozen=True)
class ModuleBuild:
    """A whole program, compiled.

    Attributes:
        tuned_text: The program after scheduling, as MLIR.
        llvm_ir: What it was lowered to, before LLVM's own optimisation.
        object_code: A relocatable ELF object that defines the entry function with bare pointers.
    """

    tuned_text: str
    llvm_ir: str
    object_code: bytes


@dataclass(frozen=True)
class Measurement:
    """Verified run times XOR failure of one candidate.

    Attributes:
        run_secs: Every repeat, in seconds of one call.
        baseline_secs: The latest repeats of the untransformed program; interleaved with the
            candidate's as far as a fixed share of the time allows, else remembered.
        elapsed_secs: Wall time that the measurement took.
        num_disturbed: Repeats in which something else had the core, or the core's clock another
            rate; they are not in `run_secs`, unless there are no others: then it is their CPU times
            that stand there.
        counters: Hardware counters of one call, as (name, mean); empty where there are none.
        host: Name and system of the machine that timed it; empty for the one that records it.
        proxy: Hash of the smaller problem that was timed, baseline and candidate; empty for the
            workload itself. Times with different hashes are not comparable.
        core_hz: Rate of the core's clock in the repeats of `run_secs`; None where that cannot be
            told.
    """

    run_secs: tuple[float, ...]
    baseline_secs: tuple[float, ...]
    elapsed_secs: float
    failure: Failure | None
    num_disturbed: int = 0
    counters: tuple[tuple[str, float], ...] = ()
    host: str = ""
    proxy: str = ""
    core_hz: float | None = None


@dataclass(frozen=True)
class Provenance:
    """Where a record comes from, beside what its run and target say.

    Attributes:
        recorded: When, in UTC, ISO 8601.
        host: Name and system of the machine.
        step: How many records the run and those of the same program had before; None where that
            is not known.
    """

    recorded: str
    host: str
    step: int | None


@dataclass(frozen=True)
class TuningRecord:
    """A candidate with its outcome, as the database keeps it.

    Attributes:
        is_copy: The object code equals that of an earlier record, whose measurement this one
            has; it counts as no trial.
        provenance: What the database adds; None where it was not read from there.
    """

    workload_hash: str
    target_key: str
    schedule: Schedule
    tree_hash: str
    object_hash: str
    measurement: Measurement
    is_copy: bool = False
    provenance: Provenance | None = field(default=None, compare=False)


def _is_choice(text: str, elements: tuple[tuple[int, ...], ...]) -> bool:
    chosen = tuple(map(int, text.split(",")))
    return len(chosen) == len(elements) and all(map(operator.contains, elements, chosen))

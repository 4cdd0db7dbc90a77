"""A compile worker with faults: one in three schedules breaks it, or compiles to bad code.

Which one does, and how, follows from the schedule and `FAULT_SEED` alone. The faults are real: the
compiler's own assertion, an endless loop, memory without end, and object code that misbehaves.
"""

import hashlib
import os

from autotune.compile_worker import Compiler, main
from autotune.compiler import BuildRequest
from autotune.measurement import BuildResult, Candidate, FailureKind
from autotune.schedule import Schedule
from tests.faults import CODE, assemble
from tests.unit.kernels import buffer, workload

FAULT_SEED = "AUTOTUNE_FAULT_SEED"
"""Environment variable: another value, other faults."""

# Of 1000 schedules, so many fail in each way.
SHARES = {
    FailureKind.RUN_ERROR: 55,
    FailureKind.WRONG_RESULT: 55,
    FailureKind.NON_DETERMINISTIC: 45,
    FailureKind.COMPILE_CRASH: 55,
    FailureKind.RUN_TIMEOUT: 40,
    FailureKind.OUT_OF_MEMORY: 60,
    FailureKind.COMPILE_TIMEOUT: 24,
}
_HUGE = workload(
    """
    %c = arith.constant dense<1.0> : vector<1000000xf32>
    %i = arith.constant 0 : index
    vector.store %c, %0[%i] : memref<4xf32>, vector<1000000xf32>""",
    buffer("f32", 4),
)


def fault(schedule: Schedule) -> FailureKind | None:
    """Returns how a schedule fails; None where it does not."""
    draw = _draw(schedule)
    if schedule.transformations:
        for kind, share in SHARES.items():
            if draw < share:
                return kind
            draw -= share
    return None


class FaultyCompiler(Compiler):
    """Builds faults."""

    def build(self, request: BuildRequest) -> BuildResult:
        """See `BuildRequest`."""
        candidate = request.candidate
        kind = fault(candidate.schedule)
        if kind is None:
            return super().build(request)
        if kind is FailureKind.COMPILE_CRASH:
            return super().build(BuildRequest(Candidate(_HUGE, Schedule()), request.target))
        if kind is FailureKind.COMPILE_TIMEOUT:
            while True:
                pass
        if kind is FailureKind.OUT_OF_MEMORY and _draw(candidate.schedule) % 3 == 0:
            hoard = []
            while True:
                hoard.append(bytearray(1 << 26))
        # Equal code is timed once, so every schedule gets code of its own.
        own = f'@schedule = constant [64 x i8] c"{_digest(candidate.schedule).hex()}"\n'
        artefact = assemble(own + CODE[kind], request.target)
        return BuildResult(candidate, artefact, None)


def _draw(schedule: Schedule) -> int:
    return int.from_bytes(_digest(schedule)[:8], "big") % 1000


def _digest(schedule: Schedule) -> bytes:
    seed = os.environ.get(FAULT_SEED, "")
    return hashlib.sha256(f"{seed}{schedule}".encode()).digest()


if __name__ == "__main__":
    main(FaultyCompiler())

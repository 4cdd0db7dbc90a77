"""The end of a search: the best candidates are checked and timed again at full size, in turn.

Where candidates were timed on a smaller problem, more of them are: the next best where all of the
best fail, and some others, to see how well that problem ranks.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autotune.measurement import Artefact, BuildResult, Candidate, Measurement, TuningRecord
from autotune.schedule import Schedule
from autotune.search import peak_speedup, speedup
from autotune.search_loop import Session
from autotune.workload import Workload

NUM_OTHERS = 6

_MAX_ROUNDS = 3
_LEAST_RATIO = 0.8  # What is slower than the baseline takes long, and matters little.

Finals = dict[Schedule, Measurement]


@dataclass(frozen=True)
class FinalComparison:
    """Times candidates of one workload at full size.

    Attributes:
        session: Compiler, runner.
        workload: The whole workload.
        baseline: Its code without any transformation.
    """

    session: Session
    workload: Workload
    baseline: Artefact

    def time_in_turn(self, schedules: Sequence[Schedule]) -> Finals:
        """Returns new measurements, side by side; of what cannot be built, why."""
        built = self._build(schedules)
        artefacts = [each.artefact for each in built if each.artefact is not None]
        timed = iter(self.session.runner.compare(self.workload, self.baseline, artefacts))
        return {
            each.candidate.schedule: Measurement((), (), 0.0, each.failure)
            if each.artefact is None
            else self._explained(each, next(timed))
            for each in built
        }

    def confirm(
        self, finalists: Sequence[Schedule], records: Sequence[TuningRecord], num_at_once: int
    ) -> Finals:
        """Returns measurements of finalists; of the next best ones, while none succeeds.

        Args:
            finalists: Timed first, in turn.
            records: The candidates of the search.
            num_at_once: How many come next.
        """
        finals = self.time_in_turn(finalists)
        waiting = [x for x in best_schedules(records, len(records)) if x not in finals]
        for _ in range(_MAX_ROUNDS):
            if not waiting or any(each.failure is None for each in finals.values()):
                break
            finals |= self.time_in_turn(waiting[:num_at_once])
            waiting = waiting[num_at_once:]
        return finals

    def check_ranking(
        self, finals: Finals, records: Sequence[TuningRecord], rng: random.Random
    ) -> Finals:
        """Returns measurements of finalists and of others, drawn from all that are no slower.

        What beats the finalists is timed side by side with the best of them.
        """
        known = [
            record.schedule
            for record in records
            if (speedup(record.measurement) or 0.0) > _LEAST_RATIO and record.schedule not in finals
        ]
        others: Finals = {}
        for built in self._build(rng.sample(known, min(len(known), NUM_OTHERS))):
            if built.artefact is None:
                continue
            submitted = self.session.runner.submit(self.workload, self.baseline, built.artefact)
            others[built.candidate.schedule] = self._explained(built, submitted.result())
        best, rival = fastest(finals), fastest(others)
        finals = finals | others
        if best is not None and rival is not None and _ratio(finals[rival]) > _ratio(finals[best]):
            finals |= self.time_in_turn([best, rival])
        return finals

    def _build(self, schedules: Sequence[Schedule]) -> list[BuildResult]:
        compiler = self.session.compiler
        builds = [compiler.build(Candidate(self.workload, schedule)) for schedule in schedules]
        return [build.result() for build in builds]

    def _explained(self, built: BuildResult, measurement: Measurement) -> Measurement:
        """Returns a measurement whose failure can be shown again."""
        if measurement.failure is None:
            return measurement
        command = self.session.reproduce(built)
        return replace(measurement, failure=replace(measurement.failure, reproducer=command))


def fastest(finals: Finals) -> Schedule | None:
    """Returns the schedule with the best median; None where all failed."""
    done = [schedule for schedule, measured in finals.items() if measured.failure is None]
    return max(done, key=lambda schedule: _ratio(finals[schedule]), default=None)


def best_schedules(records: Sequence[TuningRecord], num_schedules: int) -> list[Schedule]:
    """Returns the best of a search, the fastest first."""
    ranked = sorted(
        (record for record in records if record.measurement.failure is None),
        key=lambda record: -(peak_speedup(record.measurement) or 0.0),
    )
    return [record.schedule for record in ranked[:num_schedules]]


def _ratio(measurement: Measurement) -> float:
    return speedup(measurement) or 0.0

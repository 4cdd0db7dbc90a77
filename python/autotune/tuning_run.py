"""A run: one search of one workload, as the database keeps it."""

from dataclasses import dataclass
from typing import Any

from autotune.measurement import Measurement
from autotune.proxy import ProxyChoice, choice_of
from autotune.record_json import (
    Json,
    measurement_of,
    optional_measurement,
    optional_schedule,
)
from autotune.schedule import Schedule
from autotune.time_account import Spent


@dataclass(frozen=True)
class WarmStart:
    """A schedule that was the best on another target; on this one it is a candidate to measure."""

    schedule: Schedule
    target_key: str


@dataclass(frozen=True)
class Origin:
    """What a run started from, beside its settings.

    Attributes:
        session: Name that it shares with the runs of the same program at the same time; empty
            for a run of its own.
        warm_starts: What other targets' records gave it.
        known: The best schedule that its target had in the database; None where there was none.
    """

    session: str = ""
    warm_starts: tuple[WarmStart, ...] = ()
    known: Schedule | None = None


NO_ORIGIN = Origin()


@dataclass(frozen=True)
class Run:
    """One search of one workload on one target.

    Attributes:
        id: Number of the run in its database.
        uid: Name of the run in every database.
        workload_hash: What was tuned.
        workload_name: Its symbol.
        target_key: On which machine.
        settings: What decides the course of the search, as text; equal settings, origins and
            measurements mean equal searches.
        origin: What it started from.
        num_trials: Candidates that the run may measure; for a finished run, did measure.
        num_records: Candidates measured so far.
        started: When the run began, in UTC, ISO 8601.
        winner: The schedule that won the final comparison; None while the run is not finished.
        final: The winner's last measurement beside the baseline; None with `winner`.
        finalists: What was measured at full size in the end, in order.
        spent: Where the time of the whole session went, until its winners were known; None where
            the run never came so far.
        proxy: What candidates are timed on; None before that is decided.
    """

    id: int
    uid: str
    workload_hash: str
    workload_name: str
    target_key: str
    settings: str
    origin: Origin
    num_trials: int
    num_records: int
    started: str
    winner: Schedule | None
    final: Measurement | None
    finalists: tuple[tuple[Schedule, Measurement], ...]
    spent: Spent | None
    proxy: ProxyChoice | None


def origin_to_json(origin: Origin) -> Json:
    """Returns an origin for `origin_of`."""
    return {
        "warm_starts": [[str(each.schedule), each.target_key] for each in origin.warm_starts],
        "known": None if origin.known is None else str(origin.known),
    }


def origin_of(session: str, value: Json | None) -> Origin:
    """Returns the origin in what `origin_to_json` gave; runs of schema 1 have none.

    Raises:
        KeyError, ValueError, TypeError, ScheduleError: It is no such value.
    """
    if value is None:
        return Origin(session)
    starts = tuple(WarmStart(Schedule.parse(text), key) for text, key in value["warm_starts"])
    return Origin(session, starts, optional_schedule(value["known"]))


def run_of(row: Any) -> Run:
    """Returns the run in a row of the table, joined with its workload's name and its counts."""
    return Run(
        id=row.id,
        uid=row.uid or "",
        workload_hash=row.workload_hash,
        workload_name=row.name,
        target_key=row.target_key,
        settings=row.settings,
        origin=origin_of(row.session or "", row.origin),
        num_trials=row.num_trials,
        num_records=row.num_records,
        started=row.started.isoformat(sep=" "),
        winner=optional_schedule(row.winner),
        final=optional_measurement(row.final),
        finalists=tuple(
            (Schedule.parse(text), measurement_of(value)) for text, value in row.finalists or ()
        ),
        spent=None if row.spent is None else Spent(**row.spent),
        proxy=choice_of(row.proxy),
    )

"""The tuning database: every measurement, kept as it arrives.

Hides the SQL. One transaction a measurement, so what was recorded survives a kill of the process;
several processes may write to the same database. The default is an SQLite file; a URL of a
PostgreSQL server works too. `autotune.database_schema` has the tables.
"""

import platform
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from autotune.database_schema import (
    RECORDS,
    RUNS,
    TARGETS,
    WORKLOADS,
    make_engine,
    prepare,
)
from autotune.errors import DatabaseError, RecordingError
from autotune.measurement import Measurement, Provenance, TuningRecord
from autotune.record_json import (
    Json,
    measurement_of,
    measurement_to_json,
    optional_measurement,
    optional_schedule,
    record_of,
    record_to_json,
)
from autotune.schedule import Schedule
from autotune.search import speedup
from autotune.workload import Target, Workload

_STALE = timedelta(days=1)


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
        budget: Trials that all runs of the session share.
        warm_starts: What other targets' records gave it.
        known: The best schedule that its target had in the database; None where there was none.
    """

    session: str = ""
    budget: int = 0
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
        finalists: What the final comparison measured, in order.
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


def utc_now() -> datetime:
    """The time that records are stamped with."""
    return datetime.now(UTC).replace(tzinfo=None)


class Database:
    """Workloads, targets, runs and records.

    Args:
        url: SQLAlchemy's URL, or the path of an SQLite file, which is made where it is missing.
        now: The time in UTC.

    Attributes:
        name: What messages call it.

    Raises:
        DatabaseError: The database cannot be opened, or is of a newer schema. Every other method
            raises it too, where the database cannot be read or written.
    """

    def __init__(self, url: str, now: Callable[[], datetime] = utc_now) -> None:
        self.name = url
        self._now = now
        self._host = f"{platform.node()} ({platform.system()} {platform.release()})"
        with self._explained():
            self._engine = make_engine(url)
            self.name = self._engine.url.render_as_string(hide_password=True)
            prepare(self._engine, self.name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    def start_run(
        self,
        workload: Workload,
        target: Target,
        settings: str,
        num_trials: int,
        origin: Origin = NO_ORIGIN,
    ) -> Run:
        """Returns a new run without records."""
        uid = uuid.uuid4().hex
        values = {
            "workload_hash": workload.hash,
            "target_key": target.key,
            "settings": settings,
            "num_trials": num_trials,
            "started": self._now(),
            "uid": uid,
            "session": origin.session or uid,
            "origin": origin_to_json(origin),
        }
        with self.begin() as connection:
            for table, row in (
                (WORKLOADS, {"hash": workload.hash, "name": workload.name, "text": workload.text}),
                (TARGETS, {"key": target.key, "description": asdict(target)}),
            ):
                insert_missing(connection, table, row)
            connection.execute(sa.insert(RUNS), values)
            return _only_run(connection, RUNS.c.uid == uid)

    def finish_run(
        self,
        run: Run,
        num_trials: int,
        winner: Schedule,
        final: Measurement,
        finalists: Sequence[tuple[Schedule, Measurement]] = (),
    ) -> Run:
        """Marks a run as finished; `num_trials` is what it is worth as a hit."""
        values = {
            "num_trials": num_trials,
            "winner": str(winner),
            "final": measurement_to_json(final),
            "finalists": [[str(s), measurement_to_json(m)] for s, m in finalists],
        }
        return self._update_run(run, values)

    def add(self, run: Run, record: TuningRecord) -> None:
        """Commits one measurement. A second one of the same schedule in a run is ignored.

        Raises:
            RecordingError: It could not be committed.
        """
        values = {"run_id": run.id, "recorded": self._now(), "host": self._host}
        values |= record_to_json(record)
        with self._recording(), self.begin() as connection:
            insert_missing(connection, RECORDS, values)

    def records(self, run: Run) -> list[TuningRecord]:
        """Returns the measurements of a run's candidates in the order in which they arrived."""
        return [record for record in self._all_records(run) if record.schedule != Schedule()]

    def baseline(self, run: Run) -> Measurement | None:
        """Returns what was recorded for the empty schedule; None where nothing was."""
        records = self._all_records(run)
        return next((r.measurement for r in records if r.schedule == Schedule()), None)

    def run(self, number: int) -> Run:
        """Returns the run with a number.

        Raises:
            DatabaseError: There is none.
        """
        with self.begin() as connection:
            found = _select_runs(connection, RUNS.c.id == number)
        if not found:
            raise DatabaseError(f"there is no run {number}; autotune db list shows the runs")
        return found[0]

    def runs(self, workload_hash: str = "", target_key: str = "", session: str = "") -> list[Run]:
        """Returns runs, the oldest first: all, or those of a workload, target or session.

        Args:
            workload_hash: The beginning of a hash; empty for all.
            target_key: Exact key; empty for all.
            session: Exact name; empty for all.
        """
        conditions = [RUNS.c.workload_hash.startswith(workload_hash, autoescape=True)]
        conditions += [RUNS.c.target_key == target_key] if target_key else []
        conditions += [RUNS.c.session == session] if session else []
        with self.begin() as connection:
            return _select_runs(connection, *conditions)

    def target(self, key: str) -> Target:
        """Returns a target that runs are recorded for.

        Raises:
            DatabaseError: There is none with this key.
        """
        query = sa.select(TARGETS.c.description).where(TARGETS.c.key == key)
        with self.begin() as connection:
            description = connection.scalar(query)
        if description is None:
            raise DatabaseError(f"{self.name} has no target {key}")
        return Target(**description)

    def hit(self, workload_hash: str, target_key: str, num_trials: int) -> Run | None:
        """Returns the best finished run of a workload on this very target, or None.

        Args:
            workload_hash: Exact hash.
            target_key: Exact key; what was measured on another target is never returned.
            num_trials: The run measured at least so many candidates.
        """
        finished = [
            run
            for run in self.runs(workload_hash, target_key)
            if run.final is not None and run.num_trials >= num_trials
        ]
        return max(finished, key=lambda run: _rank(run.final), default=None)

    def latest(self, workload_hash: str, target_key: str, settings: str) -> Run | None:
        """Returns the newest run with exactly these settings, finished or not: one to resume."""
        runs = [r for r in self.runs(workload_hash, target_key) if r.settings == settings]
        return runs[-1] if runs else None

    def best(self, workload_hash: str, target_key: str) -> tuple[Schedule, Measurement] | None:
        """Returns the best schedule known, from a finished run where there is one."""
        run = self.hit(workload_hash, target_key, 0)
        if run is not None and run.winner is not None and run.final is not None:
            return run.winner, run.final
        found = [
            (record.schedule, record.measurement)
            for each in self.runs(workload_hash, target_key)
            for record in self.records(each)
            if record.measurement.failure is None
        ]
        return max(found, key=lambda pair: _rank(pair[1]), default=None)

    def warm_starts(self, workload_hash: str, target: Target, limit: int) -> list[WarmStart]:
        """Returns the best schedules of a workload on other targets; none is a hit.

        Targets that are likely to behave alike come first: the same CPU, then as many threads.
        """
        keys = {r.target_key: None for r in self.runs(workload_hash) if r.target_key != target.key}
        others = [(self.target(key), key) for key in keys]
        others.sort(key=lambda pair: _distance(pair[0], target))
        found: dict[Schedule, WarmStart] = {}
        for _, key in others:
            best = self.best(workload_hash, key)
            if best is not None and best[0].transformations:
                found.setdefault(best[0], WarmStart(best[0], key))
        return list(found.values())[:limit]

    def prune(self, only_target: str = "") -> int:
        """Deletes runs that a hit would never use; returns how many.

        These are all runs of a workload and target but the best finished one. Runs that got a
        measurement within a day and are not finished may be going on, and stay.

        Args:
            only_target: Where given, runs of every other target are deleted too.
        """
        runs = self.runs()
        kept: dict[tuple[str, str], Run] = {}
        for run in runs:
            place = run.workload_hash, run.target_key
            if _rank(run.final) >= _rank(kept[place].final if place in kept else None):
                kept[place] = run
        used = {r.id for r in kept.values() if only_target in ("", r.target_key)}
        with self.begin() as connection:
            used |= _going_on(connection, self._now() - _STALE)
            deleted = [run.id for run in runs if run.id not in used]
            connection.execute(sa.delete(RECORDS).where(RECORDS.c.run_id.in_(deleted)))
            connection.execute(sa.delete(RUNS).where(RUNS.c.id.in_(deleted)))
            for table, key, user in (
                (WORKLOADS, WORKLOADS.c.hash, RUNS.c.workload_hash),
                (TARGETS, TARGETS.c.key, RUNS.c.target_key),
            ):
                connection.execute(sa.delete(table).where(key.not_in(sa.select(user))))
        return len(deleted)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Enters a transaction, for this package's other readers and writers of the tables."""
        with self._explained(), self._engine.begin() as connection:
            yield connection

    def _all_records(self, run: Run) -> list[TuningRecord]:
        query = sa.select(RECORDS).where(RECORDS.c.run_id == run.id).order_by(RECORDS.c.id)
        with self.begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            replace(record_of(dict(row), run.workload_hash, run.target_key), provenance=_where(row))
            for row in rows
        ]

    def _update_run(self, run: Run, values: Json) -> Run:
        with self._recording(), self.begin() as connection:
            connection.execute(sa.update(RUNS).where(RUNS.c.id == run.id).values(values))
            return _only_run(connection, RUNS.c.id == run.id)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise DatabaseError(f"cannot use the database {self.name}: {reason}") from error

    @contextmanager
    def _recording(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            kept = "what was measured before is kept, and --resume goes on with it"
            raise RecordingError(f"{error}; {kept}") from error


def insert_missing(connection: sa.Connection, table: sa.Table, values: Json) -> bool:
    """Inserts a row, unless one with the same key is there; returns whether it did."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    (key,) = table.primary_key
    statement = insert(table).values(values).on_conflict_do_nothing().returning(key)
    return connection.execute(statement).first() is not None


def origin_to_json(origin: Origin) -> Json:
    """Returns an origin for `origin_of`."""
    return {
        "budget": origin.budget,
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
    return Origin(session, int(value["budget"]), starts, optional_schedule(value["known"]))


def _select_runs(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Run]:
    is_trial = (
        RECORDS.c.run_id == RUNS.c.id,
        RECORDS.c.schedule != "",
        RECORDS.c.is_copy.is_(False),
    )
    counted = sa.select(sa.func.count()).where(*is_trial).scalar_subquery()
    joined = sa.join(RUNS, WORKLOADS, RUNS.c.workload_hash == WORKLOADS.c.hash)
    query = sa.select(RUNS, WORKLOADS.c.name, counted.label("num_records")).select_from(joined)
    rows = connection.execute(query.where(*conditions).order_by(RUNS.c.id)).all()
    return [_run(row) for row in rows]


def _run(row: Any) -> Run:
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
    )


def _only_run(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Run:
    (run,) = _select_runs(connection, condition)
    return run


def _where(row: Any) -> Provenance | None:
    if row["recorded"] is None:
        return None
    return Provenance(row["recorded"].isoformat(sep=" ", timespec="seconds"), row["host"] or "")


def _going_on(connection: sa.Connection, since: datetime) -> set[int]:
    """Returns the numbers of the runs that are not finished and heard of after `since`."""
    active = sa.select(RECORDS.c.run_id).where(RECORDS.c.recorded >= since)
    query = sa.select(RUNS.c.id).where(
        RUNS.c.winner.is_(None), sa.or_(RUNS.c.started >= since, RUNS.c.id.in_(active))
    )
    return set(connection.scalars(query))


def _distance(other: Target, target: Target) -> tuple[bool, bool, bool]:
    """Orders targets by how much they differ from `target`, the most alike first."""
    return (
        other.cpu != target.cpu,
        other.num_threads != target.num_threads,
        other.vector_bits != target.vector_bits,
    )


def _rank(measurement: Measurement | None) -> float:
    """Orders measurements by speed-up; no measurement and failures come last."""
    return (speedup(measurement) if measurement is not None else None) or 0.0

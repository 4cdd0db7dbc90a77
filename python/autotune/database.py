"""The tuning database: every measurement, kept as it arrives.

Hides the SQL. One transaction a measurement, so what was recorded survives a kill of the process;
several processes may write to the same database. The default is an SQLite file; a URL of a
PostgreSQL server works too. `autotune.database_schema` has the tables.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from autotune.database_schema import (
    RECORDS,
    RUNS,
    TARGETS,
    WORKLOADS,
    explain,
    is_broken_disk,
    make_engine,
    prepare,
)
from autotune.errors import DatabaseError, RecordingError
from autotune.measurement import Measurement, Provenance, TuningRecord
from autotune.proxy import ProxyChoice, choice_to_json
from autotune.record_json import (
    Json,
    measurement_to_json,
    record_of,
    record_to_json,
)
from autotune.schedule import Schedule
from autotune.search import speedup
from autotune.target import host_name
from autotune.time_account import Spent
from autotune.tuning_run import NO_ORIGIN, Origin, Run, WarmStart, origin_to_json, run_of
from autotune.workload import Target, Workload

_STALE = timedelta(days=1)
_PAUSES_SECS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)


def utc_now() -> datetime:
    """The time that records are stamped with."""
    return datetime.now(UTC).replace(tzinfo=None)


class Database:
    """Workloads, targets, runs and records.

    Args:
        url: SQLAlchemy's URL, or the path of an SQLite file, which is made where it is missing.
        now: The time in UTC.
        sleep: Waits for some seconds, where a server is away.

    Attributes:
        name: What messages call it.

    Raises:
        DatabaseError: The database cannot be opened, or is of a newer schema. Every other method
            raises it too, where the database cannot be read or written.
    """

    def __init__(
        self,
        url: str,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.name = url
        self._now = now
        self._sleep = sleep
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
        description = asdict(target)
        is_cold = description.pop("cold_cache")
        target_row = {"key": target.key, "description": description, "cold_cache": is_cold}
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
                (TARGETS, target_row),
            ):
                insert_missing(connection, table, row)
            connection.execute(sa.insert(RUNS), values)
            return _only_run(connection, RUNS.c.uid == uid)

    def decide_proxy(self, run: Run, choice: ProxyChoice) -> Run:
        """Notes what the candidates of a run are timed on."""
        return self._update_run(run, {"proxy": choice_to_json(choice)})

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

    def add_spent(self, run: Run, spent: Spent) -> None:
        """Adds to where the time of a run went; `run` says what is there already."""
        total = spent if run.spent is None else run.spent + spent
        self._update_run(run, {"spent": total.to_json()})

    def add(self, run: Run, record: TuningRecord) -> None:
        """Commits one measurement. A second one of the same schedule in a run is ignored.

        Raises:
            RecordingError: It could not be committed.
        """
        in_session = sa.select(RUNS.c.id).where(RUNS.c.session == run.origin.session)
        so_far = sa.select(sa.func.count()).where(RECORDS.c.run_id.in_(in_session))
        host = record.measurement.host or host_name()
        values = {"run_id": run.id, "recorded": self._now(), "host": host}
        values |= {"step": so_far.scalar_subquery(), **record_to_json(record)}
        self._commit(lambda connection: insert_missing(connection, RECORDS, values))

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
        query = sa.select(TARGETS).where(TARGETS.c.key == key)
        with self.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise DatabaseError(f"{self.name} has no target {key}")
        return Target(**row.description, cold_cache=row.cold_cache)

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

    def latest(
        self, workload_hash: str, target_key: str, settings: str, session: str = ""
    ) -> Run | None:
        """Returns the newest run with exactly these settings, finished or not: one to resume.

        Args:
            workload_hash: Exact hash.
            target_key: Exact key.
            settings: Exact text.
            session: Runs of this session are preferred to newer ones.
        """
        runs = [r for r in self.runs(workload_hash, target_key) if r.settings == settings]
        return max(runs, key=lambda r: (r.origin.session == session, r.id), default=None)

    def latest_session(self, workload_hashes: Sequence[str], target_key: str, settings: str) -> str:
        """Returns the session with runs of the most of these workloads; the newest of several.

        The arguments are as in `latest`; empty where there is no such run.
        """
        newest = dict[str, int]()
        counts = Counter[str]()
        for each in set(workload_hashes):
            found = [r for r in self.runs(each, target_key) if r.settings == settings]
            counts.update({run.origin.session for run in found})
            for run in found:
                newest[run.origin.session] = max(run.id, newest.get(run.origin.session, 0))
        return max(newest, key=lambda name: (counts[name], newest[name]), default="")

    def best(self, workload_hash: str, target_key: str) -> tuple[Schedule, Measurement] | None:
        """Returns the best schedule known, from a finished run where there is one.

        What was timed on a smaller problem only does not count.
        """
        run = self.hit(workload_hash, target_key, 0)
        if run is not None and run.winner is not None and run.final is not None:
            return run.winner, run.final
        found = [
            (record.schedule, record.measurement)
            for each in self.runs(workload_hash, target_key)
            for record in self.records(each)
            if record.measurement.failure is None and not record.measurement.proxy
        ]
        return max(found, key=lambda pair: _rank(pair[1]), default=None)

    def warm_starts(self, workload_hash: str, target: Target, limit: int) -> list[WarmStart]:
        """Returns the best schedules of a workload on other targets; none is a hit.

        Targets that are likely to behave alike come first: the same CPU, then as many threads,
        then those whose caches are as full.
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
        statement = sa.update(RUNS).where(RUNS.c.id == run.id).values(values)
        self._commit(lambda connection: connection.execute(statement))
        return self.run(run.id)

    def _commit(self, write: Callable[[sa.Connection], object]) -> None:
        """Writes in a transaction, which may be repeated; waits for a server that is away."""
        is_server = self._engine.dialect.name == "postgresql"
        for pause_secs in (*_PAUSES_SECS, None) if is_server else (None,):
            try:
                with self._engine.begin() as connection:
                    write(connection)
                    return
            except sa.exc.SQLAlchemyError as error:
                is_lost = isinstance(error, sa.exc.OperationalError)
                if pause_secs is None or not is_lost:
                    raise RecordingError(explain(self.name, error)) from error
                self._sleep(pause_secs)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            kind = RecordingError if is_broken_disk(error) else DatabaseError
            raise kind(explain(self.name, error)) from error


def insert_missing(connection: sa.Connection, table: sa.Table, values: Json) -> bool:
    """Inserts a row, unless one with the same key is there; returns whether it did."""
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    (key,) = table.primary_key
    statement = insert(table).values(values).on_conflict_do_nothing().returning(key)
    return connection.execute(statement).first() is not None


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
    return [run_of(row) for row in rows]


def _only_run(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> Run:
    (run,) = _select_runs(connection, condition)
    return run


def _where(row: Any) -> Provenance | None:
    if row["recorded"] is None:
        return None
    recorded = row["recorded"].isoformat(sep=" ", timespec="seconds")
    return Provenance(recorded, row["host"] or "", row["step"])


def _going_on(connection: sa.Connection, since: datetime) -> set[int]:
    """Returns the numbers of the runs that are not finished and heard of after `since`."""
    active = sa.select(RECORDS.c.run_id).where(RECORDS.c.recorded >= since)
    query = sa.select(RUNS.c.id).where(
        RUNS.c.winner.is_(None), sa.or_(RUNS.c.started >= since, RUNS.c.id.in_(active))
    )
    return set(connection.scalars(query))


def _distance(other: Target, target: Target) -> tuple[bool, ...]:
    """Orders targets by how much they differ from `target`, the most alike first."""
    return (
        other.cpu != target.cpu,
        other.num_threads != target.num_threads,
        other.cold_cache != target.cold_cache,
        other.vector_bits != target.vector_bits,
    )


def _rank(measurement: Measurement | None) -> float:
    """Orders measurements by speed-up; no measurement and failures come last."""
    return (speedup(measurement) if measurement is not None else None) or 0.0

"""The tuning database: every measurement, kept as it arrives.

Hides the tables and the SQL. One transaction a measurement, so what was recorded survives a kill
of the process; several processes may write to the same database. The default is an SQLite file;
a URL of a PostgreSQL server works too.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from autotune.errors import AutotuneError
from autotune.measurement import Failure, FailureKind, Measurement, TuningRecord
from autotune.schedule import Schedule
from autotune.search import speedup
from autotune.workload import Target, Workload

SCHEMA_VERSION = 1

_BUSY_TIMEOUT_SECS = 60.0

_METADATA = sa.MetaData()
_INFO = sa.Table(
    "autotune_info",
    _METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(64), nullable=False),
)
_WORKLOADS = sa.Table(
    "workloads",
    _METADATA,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
_TARGETS = sa.Table(
    "targets",
    _METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("description", sa.JSON, nullable=False),
)
_RUNS = sa.Table(
    "runs",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("workload_hash", sa.ForeignKey("workloads.hash"), nullable=False, index=True),
    sa.Column("target_key", sa.ForeignKey("targets.key"), nullable=False, index=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("num_trials", sa.Integer, nullable=False),
    sa.Column("started", sa.DateTime, nullable=False, server_default=sa.func.now()),
    sa.Column("winner", sa.Text),
    sa.Column("final", sa.JSON),
)
_RECORDS = sa.Table(
    "records",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("schedule", sa.Text, nullable=False),
    sa.Column("tree_hash", sa.String(64), nullable=False),
    sa.Column("object_hash", sa.String(64), nullable=False),
    sa.Column("measurement", sa.JSON, nullable=False),
    sa.UniqueConstraint("run_id", "schedule"),
)


class DatabaseError(AutotuneError):
    """The database cannot be used, or what is imported is no export; the text says why."""


@dataclass(frozen=True)
class Run:
    """One search of one workload on one target.

    Attributes:
        id: Number of the run in its database.
        workload_hash: What was tuned.
        workload_name: Its symbol.
        target_key: On which machine.
        settings: What decides the course of the search, as text; equal settings and equal
            measurements mean equal searches.
        num_trials: Candidates that the run may measure; for a finished run, did measure.
        num_records: Candidates measured so far.
        started: When the run began, in UTC, ISO 8601.
        winner: The schedule that won the final comparison; None while the run is not finished.
        final: The winner's last measurement beside the baseline; None with `winner`.
    """

    id: int
    workload_hash: str
    workload_name: str
    target_key: str
    settings: str
    num_trials: int
    num_records: int
    started: str
    winner: Schedule | None
    final: Measurement | None


class Database:
    """Workloads, targets, runs and records.

    Args:
        url: SQLAlchemy's URL, or the path of an SQLite file, which is made where it is missing.

    Raises:
        DatabaseError: The database cannot be opened, or is of another schema version. Every
            other method raises it too, where the database cannot be read or written.
    """

    def __init__(self, url: str) -> None:
        self._name = url
        with self._explained():
            self._engine = _engine(url)
            self._name = self._engine.url.render_as_string(hide_password=True)
            self._prepare()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()

    def start_run(self, workload: Workload, target: Target, settings: str, num_trials: int) -> Run:
        """Returns a new run without records."""
        with self._begin() as connection:
            run_id = self._insert_run(
                connection,
                {"hash": workload.hash, "name": workload.name, "text": workload.text},
                {"key": target.key, "description": asdict(target)},
                {"settings": settings, "num_trials": num_trials},
            )
            return _only_run(connection, run_id)

    def finish_run(self, run: Run, num_trials: int, winner: Schedule, final: Measurement) -> Run:
        """Marks a run as finished; `num_trials` is what it is worth as a hit."""
        values = {"num_trials": num_trials, "winner": str(winner), "final": _to_json(final)}
        with self._begin() as connection:
            connection.execute(sa.update(_RUNS).where(_RUNS.c.id == run.id).values(values))
            return _only_run(connection, run.id)

    def add(self, run: Run, record: TuningRecord) -> None:
        """Commits one measurement. A second one of the same schedule in a run is ignored."""
        values = {"run_id": run.id, **_record_to_json(record)}
        with self._begin() as connection:
            connection.execute(self._insert_missing(_RECORDS), values)

    def records(self, run: Run) -> list[TuningRecord]:
        """Returns the measurements of a run's candidates in the order in which they arrived."""
        return [record for record in self._all_records(run) if record.schedule != Schedule()]

    def baseline(self, run: Run) -> Measurement | None:
        """Returns what was recorded for the empty schedule; None where nothing was."""
        records = self._all_records(run)
        return next((r.measurement for r in records if r.schedule == Schedule()), None)

    def runs(self, workload_hash: str = "", target_key: str = "") -> list[Run]:
        """Returns runs, the oldest first: all, or those of a workload or target.

        Args:
            workload_hash: The beginning of a hash; empty for all.
            target_key: Exact key; empty for all.
        """
        conditions = [_RUNS.c.workload_hash.startswith(workload_hash, autoescape=True)]
        if target_key:
            conditions.append(_RUNS.c.target_key == target_key)
        with self._begin() as connection:
            return _select_runs(connection, *conditions)

    def target(self, key: str) -> Target:
        """Returns a target that runs are recorded for.

        Raises:
            DatabaseError: There is none with this key.
        """
        query = sa.select(_TARGETS.c.description).where(_TARGETS.c.key == key)
        with self._begin() as connection:
            description = connection.scalar(query)
        if description is None:
            raise DatabaseError(f"{self._name} has no target {key}")
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

    def prune(self, only_target: str = "") -> int:
        """Deletes runs that a hit would never use; returns how many.

        These are all runs of a workload and target but the best finished one.

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
        deleted = [run.id for run in runs if run.id not in used]
        with self._begin() as connection:
            connection.execute(sa.delete(_RECORDS).where(_RECORDS.c.run_id.in_(deleted)))
            connection.execute(sa.delete(_RUNS).where(_RUNS.c.id.in_(deleted)))
        return len(deleted)

    def export(self) -> Iterator[str]:
        """Yields the whole database as lines of JSON, one a run."""
        with self._begin() as connection:
            workloads = _by_key(connection, _WORKLOADS, _WORKLOADS.c.hash)
            targets = _by_key(connection, _TARGETS, _TARGETS.c.key)
        for run in self.runs():
            yield json.dumps(
                {
                    "schema": SCHEMA_VERSION,
                    "workload": workloads[run.workload_hash],
                    "target": targets[run.target_key],
                    "run": {
                        "settings": run.settings,
                        "num_trials": run.num_trials,
                        "winner": None if run.winner is None else str(run.winner),
                        "final": None if run.final is None else _to_json(run.final),
                    },
                    "records": [_record_to_json(record) for record in self._all_records(run)],
                }
            )

    def load(self, lines: Sequence[str], source: str) -> int:
        """Adds exported runs that are not there yet, all or none; returns how many.

        Args:
            lines: What `export` yields.
            source: Name of the file, for messages.

        Raises:
            DatabaseError: A line is not what `export` writes; nothing was added.
        """
        known = set(self.export())
        num_added = 0
        with self._begin() as connection:
            for number, line in enumerate(lines, start=1):
                if not line.strip() or line.strip() in known:
                    continue
                try:
                    self._load_run(connection, json.loads(line))
                except (ValueError, KeyError, TypeError, AutotuneError) as error:
                    reason = f"no line of an export: {type(error).__name__}: {error}"
                    raise DatabaseError(f"{source}:{number}: {reason}") from error
                known.add(line.strip())
                num_added += 1
        return num_added

    def _all_records(self, run: Run) -> list[TuningRecord]:
        query = sa.select(_RECORDS).where(_RECORDS.c.run_id == run.id).order_by(_RECORDS.c.id)
        with self._begin() as connection:
            rows = connection.execute(query).mappings().all()
        return [_record(row, run.workload_hash, run.target_key) for row in rows]

    def _load_run(self, connection: sa.Connection, value: dict[str, Any]) -> None:
        if value["schema"] != SCHEMA_VERSION:
            raise ValueError(f"schema {value['schema']}, this program reads {SCHEMA_VERSION}")
        run_id = self._insert_run(connection, value["workload"], value["target"], value["run"])
        Schedule.parse(value["run"]["winner"] or "")
        for row in value["records"]:
            _record(row, value["workload"]["hash"], value["target"]["key"])
            connection.execute(sa.insert(_RECORDS), {"run_id": run_id, **row})

    def _insert_run(
        self,
        connection: sa.Connection,
        workload: dict[str, Any],
        target: dict[str, Any],
        run: dict[str, Any],
    ) -> int:
        connection.execute(self._insert_missing(_WORKLOADS), workload)
        connection.execute(self._insert_missing(_TARGETS), target)
        keys = {"workload_hash": workload["hash"], "target_key": target["key"]}
        inserted = connection.execute(sa.insert(_RUNS).values({**keys, **run}))
        return int(inserted.inserted_primary_key[0]) if inserted.inserted_primary_key else 0

    def _insert_missing(self, table: sa.Table) -> sa.Insert:
        if self._engine.dialect.name == "sqlite":
            return sqlite.insert(table).on_conflict_do_nothing()
        return postgresql.insert(table).on_conflict_do_nothing()

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        with self._explained(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise DatabaseError(f"cannot use the database {self._name}: {reason}") from error

    def _prepare(self) -> None:
        """Makes the tables where the database is empty, and checks whose they are."""
        with self._engine.begin() as connection:
            if self._engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            tables = sa.inspect(connection).get_table_names()
            if not tables:
                _METADATA.create_all(connection)
                info = {"name": "schema", "value": str(SCHEMA_VERSION)}
                connection.execute(sa.insert(_INFO), info)
            elif _INFO.name not in tables:
                raise DatabaseError(f"{self._name} is a database of another program")
            version = connection.scalar(sa.select(_INFO.c.value).where(_INFO.c.name == "schema"))
        if version != str(SCHEMA_VERSION):
            raise DatabaseError(
                f"{self._name} has schema {version}, this program reads {SCHEMA_VERSION}: "
                "export it with the version that wrote it, and import into a new file"
            )


def _engine(url: str) -> sa.Engine:
    if "://" not in url:
        Path(url).expanduser().absolute().parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{Path(url).expanduser()}"
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return sa.create_engine(parsed)
    if backend != "sqlite":
        raise DatabaseError(f"cannot use the database {url}: neither SQLite nor PostgreSQL")
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY_TIMEOUT_SECS})
    sa.event.listen(engine, "connect", _use_write_ahead_log)
    return engine


def _use_write_ahead_log(connection: Any, _: object) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _select_runs(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[Run]:
    num_records = (
        sa.select(sa.func.count())
        .where(_RECORDS.c.run_id == _RUNS.c.id, _RECORDS.c.schedule != "")
        .scalar_subquery()
        .label("num_records")
    )
    joined = sa.join(_RUNS, _WORKLOADS, _RUNS.c.workload_hash == _WORKLOADS.c.hash)
    query = sa.select(_RUNS, _WORKLOADS.c.name, num_records).select_from(joined)
    rows = connection.execute(query.where(*conditions).order_by(_RUNS.c.id)).all()
    return [
        Run(
            id=row.id,
            workload_hash=row.workload_hash,
            workload_name=row.name,
            target_key=row.target_key,
            settings=row.settings,
            num_trials=row.num_trials,
            num_records=row.num_records,
            started=row.started.isoformat(sep=" "),
            winner=None if row.winner is None else Schedule.parse(row.winner),
            final=None if row.final is None else _measurement(row.final),
        )
        for row in rows
    ]


def _only_run(connection: sa.Connection, run_id: int) -> Run:
    (run,) = _select_runs(connection, _RUNS.c.id == run_id)
    return run


def _by_key(
    connection: sa.Connection, table: sa.Table, key: sa.Column[Any]
) -> dict[str, dict[str, Any]]:
    rows = connection.execute(sa.select(table)).mappings()
    return {row[key.name]: dict(row) for row in rows}


def _rank(measurement: Measurement | None) -> float:
    """Orders measurements by speed-up; no measurement and failures come last."""
    return (speedup(measurement) if measurement is not None else None) or 0.0


def _to_json(measurement: Measurement) -> dict[str, Any]:
    value = asdict(measurement)
    if measurement.failure is not None:
        value["failure"]["kind"] = measurement.failure.kind.value
    return value


def _measurement(value: dict[str, Any]) -> Measurement:
    failure = value["failure"]
    if failure is not None:
        failure = Failure(FailureKind(failure["kind"]), failure["message"], failure["reproducer"])
    times = tuple(value["run_secs"]), tuple(value["baseline_secs"])
    return Measurement(*times, value["elapsed_secs"], failure)


def _record_to_json(record: TuningRecord) -> dict[str, Any]:
    return {
        "schedule": str(record.schedule),
        "tree_hash": record.tree_hash,
        "object_hash": record.object_hash,
        "measurement": _to_json(record.measurement),
    }


def _record(row: Any, workload_hash: str, target_key: str) -> TuningRecord:
    return TuningRecord(
        workload_hash,
        target_key,
        Schedule.parse(row["schedule"]),
        row["tree_hash"],
        row["object_hash"],
        _measurement(row["measurement"]),
    )

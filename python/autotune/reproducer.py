"""Commands that show a failure again, and the files that they read.

A file holds the workload as MLIR; a comment in its first line says how to call the workload and how
it was compiled and timed, so that the command needs nothing else. Code that failed when it ran is
kept as well: that very code is run again.
"""

import hashlib
import json
import shlex
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autotune.errors import AutotuneError
from autotune.measurement import Candidate, MeasureConfig
from autotune.workload import Argument, Role, Workload

MODULE = "autotune.reproduce"

_HEADER = "// autotune-workload "


class ReproducerError(AutotuneError):
    """A file that is no reproducer."""


@dataclass(frozen=True)
class Conditions:
    """How candidates are compiled and timed.

    Attributes:
        num_threads: Threads of the generated code.
        compile_timeout_secs: Longest time for compiling a candidate.
        measure: How to time.
        cold_cache: Caches are emptied before every call.
    """

    num_threads: int = 1
    compile_timeout_secs: float = 20.0
    measure: MeasureConfig = field(default_factory=MeasureConfig)
    cold_cache: bool = False


@dataclass(frozen=True)
class Reproducers:
    """A folder of failures.

    Attributes:
        folder: Made where it is missing.
        conditions: Of every failure.
    """

    folder: Path
    conditions: Conditions

    def command(
        self, candidate: Candidate, object_code: bytes = b"", is_listed: bool = False
    ) -> str:
        """Returns a shell command that fails again in the same way; writes what it reads.

        Args:
            candidate: What failed.
            object_code: Its code, where it failed when it ran.
            is_listed: It failed when the transformations that can follow were listed.
        """
        workload = candidate.workload
        text = _header(workload, self.conditions) + workload.text
        command = [
            "./run",
            "python",
            "-m",
            MODULE,
            self._keep(workload.name, "mlir", text.encode()),
        ]
        command += ["--schedule", str(candidate.schedule)]
        if object_code:
            command += ["--object", self._keep(workload.name, "o", object_code)]
        return shlex.join(command + ["--list"] * is_listed)

    def _keep(self, name: str, ending: str, content: bytes) -> str:
        """Writes a file named after its content; returns its path."""
        file = self.folder / f"{name}-{hashlib.sha256(content).hexdigest()[:16]}.{ending}"
        if not file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return str(file)


def read_reproducer(path: Path) -> tuple[Workload, Conditions]:
    """Returns what `Reproducers.command` wrote.

    Raises:
        ReproducerError: The file is something else.
        OSError: It cannot be read.
    """
    first, _, text = path.read_text().partition("\n")
    if not first.startswith(_HEADER):
        raise ReproducerError(f"{path}: no reproducer: the first line is not {_HEADER.strip()!r}")
    try:
        return _parse(json.loads(first.removeprefix(_HEADER)), text)
    except (ValueError, KeyError, TypeError) as error:
        raise ReproducerError(f"{path}: a reproducer of another version: {error}") from None


def _header(workload: Workload, conditions: Conditions) -> str:
    arguments = [[x.role.value, x.element, x.shape] for x in workload.arguments]
    value = {"name": workload.name, "hash": workload.hash, "arguments": arguments}
    return _HEADER + json.dumps(value | {"conditions": asdict(conditions)}) + "\n"


def _parse(value: dict[str, Any], text: str) -> tuple[Workload, Conditions]:
    arguments = tuple(
        Argument(Role(role), element, tuple(shape)) for role, element, shape in value["arguments"]
    )
    conditions = value["conditions"]
    measure = MeasureConfig(**conditions.pop("measure"))
    workload = Workload(value["name"], text, value["hash"], arguments)
    return workload, Conditions(measure=measure, **conditions)

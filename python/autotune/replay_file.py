"""Files that schedules are replayed from.

Three forms are read: `report.json`, `model.tuned.mlir` with its comment lines, and plain text with
a line `workload: pipeline` for each workload; empty lines and lines that begin with # count not.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autotune.errors import InputError
from autotune.schedule import Schedule
from autotune.transformation import ScheduleError

_PROGRAM = re.compile(
    r"// autotune-program (?P<entry>\S+): "
    r"fp=(?P<fp>\w+) math=(?P<math>\w+) threads=(?P<threads>\d+)"
)
_COMMENT = "// autotune-schedule "
_LINE = re.compile(r"(?P<name>[\w$.-]+):(?P<pipeline>.*)")


@dataclass(frozen=True)
class ProgramLine:
    """How `model.tuned.mlir` was made: entry function, floating-point modes, threads."""

    entry: str
    fp: str
    math: str
    num_threads: int


def read_schedules(path: Path) -> dict[str, Schedule]:
    """Returns the schedules in a file by the name of the workload.

    Raises:
        InputError: The file cannot be read; the text names the line and the reason.
    """
    text = read_text(path)
    if text.lstrip().startswith("{"):
        return _from_report(path, text)
    lines = list(enumerate(text.splitlines(), start=1))
    comments = [(n, x.removeprefix(_COMMENT)) for n, x in lines if x.startswith(_COMMENT)]
    plain = [(n, x) for n, x in lines if x.strip() and not x.lstrip().startswith("#")]
    schedules: dict[str, Schedule] = {}
    for number, line in comments or plain:
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise InputError(f"{path}:{number}: not a line 'workload: pipeline': {line.strip()!r}")
        if match["name"] in schedules:
            raise InputError(f"{path}:{number}: a second schedule for {match['name']}")
        schedules[match["name"]] = _parse(f"{path}:{number}", match["pipeline"])
    if not schedules:
        raise InputError(f"{path}: holds no schedule")
    return schedules


def read_program_line(path: Path) -> ProgramLine:
    """Returns how a `model.tuned.mlir` was made.

    Raises:
        InputError: The file cannot be read or does not say.
    """
    match = _PROGRAM.search(read_text(path))
    if match is None:
        raise InputError(f"{path}: not written by autotune, no line '// autotune-program'")
    return ProgramLine(match["entry"], match["fp"], match["math"], int(match["threads"]))


def read_text(path: Path) -> str:
    """Returns the text of a file.

    Raises:
        InputError: It cannot be read, or is no text.
    """
    try:
        return path.read_text()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text file") from None


def _from_report(path: Path, text: str) -> dict[str, Schedule]:
    try:
        report: Any = json.loads(text)
        pairs = [(str(each["name"]), str(each["schedule"])) for each in report["workloads"]]
    except json.JSONDecodeError as error:
        raise InputError(f"{path}:{error.lineno}: no JSON: {error.msg}") from None
    except (KeyError, TypeError):
        raise InputError(f"{path}: no report of autotune: no workloads with schedules") from None
    return {name: _parse(str(path), pipeline) for name, pipeline in pairs}


def _parse(place: str, pipeline: str) -> Schedule:
    try:
        return Schedule.parse(pipeline)
    except ScheduleError as error:
        raise InputError(f"{place}: {error}") from None

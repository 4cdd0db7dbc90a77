"""The command line: `autotune SUBCOMMAND ...`.

Exit status: 0 for success; 2 for bad usage or bad input, with one clear line on standard error and
nothing written; 1 when the work could not be finished.
"""

import argparse
import errno
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NoReturn

from autotune import bench, database_commands, doctor
from autotune.compilation import (
    EMITTED,
    FP_MODES,
    MATH_MODES,
    Compilation,
    Workshop,
    open_workshop,
    read_program,
)
from autotune.database import Database
from autotune.errors import AutotuneError, DatabaseError, InputError
from autotune.interrupts import Interrupts
from autotune.locations import default_database, reproducers_folder
from autotune.progress import choose_progress
from autotune.replay_file import read_schedules
from autotune.replay_run import Recording, read_recording
from autotune.report import dump_json, write_files
from autotune.transformation import ScheduleError
from autotune.tune import PROPOSERS, SEARCHES, ConfigError, TuneConfig


class UsageError(AutotuneError):
    """A command line that makes no sense."""


_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
_BAD_INPUT = (UsageError, InputError, ConfigError, DatabaseError, ScheduleError, OSError)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit status."""
    try:
        parsed = _parser().parse_args(arguments)
        command: Callable[[argparse.Namespace], int] = parsed.command
        return command(parsed)
    except (AutotuneError, OSError) as error:
        print(f"autotune: {_one_line(error)}", file=sys.stderr)
        return _status(error)
    except KeyboardInterrupt:
        print("autotune: interrupted; --resume goes on with what was measured", file=sys.stderr)
        return 1


def compile_command(arguments: argparse.Namespace) -> int:
    """`autotune compile`: tunes a program and writes it."""
    config = TuneConfig(
        trials=arguments.trials,
        time_limit_secs=arguments.time_limit,
        search=arguments.search,
        proposer=arguments.proposer,
        seed=arguments.seed,
        resume=arguments.resume,
        batch=arguments.batch,
        warm_start=arguments.warm_start,
        proxy=arguments.proxy,
    )
    if arguments.replay is not None:
        recording = read_recording(arguments.replay, arguments.db)
        return _produce(arguments, lambda workshop: _replay(workshop, recording))
    limit = config.time_limit_secs
    deadline_secs = None if limit is None else time.monotonic() + limit

    def work(workshop: Workshop) -> Compilation:
        progress = choose_progress(arguments.json, time.monotonic, deadline_secs)
        with Database(arguments.db) as database, progress, Interrupts() as interrupts:
            compilation = workshop.tune(database, config, progress, interrupts)
        if interrupts():
            print("autotune: interrupted; --resume goes on from here", file=sys.stderr)
        return compilation

    return _produce(arguments, work)


def _replay(workshop: Workshop, recording: Recording) -> Compilation:
    compilation = workshop.replay_run(recording)
    num_steps = len(recording.steps)
    steps = "1 step" if num_steps == 1 else f"{num_steps} steps"
    is_whole = all(run.winner is not None for run in recording.runs.values())
    choice = " and the final choice" if is_whole else ", cut off before the final choice"
    print(f"autotune: {recording.name} replayed: {steps}{choice}, as recorded", file=sys.stderr)
    return compilation


def apply_command(arguments: argparse.Namespace) -> int:
    """`autotune apply`: rebuilds a program from known schedules, without a search."""
    schedules = None if arguments.schedule is None else read_schedules(arguments.schedule)

    def work(workshop: Workshop) -> Compilation:
        if schedules is not None:
            return workshop.apply(schedules)
        with Database(arguments.db or default_database()) as database:
            progress = choose_progress(True, time.monotonic, None)
            return workshop.tune(database, TuneConfig(trials=0, search="none"), progress)

    return _produce(arguments, work)


def _produce(arguments: argparse.Namespace, work: Callable[[Workshop], Compilation]) -> int:
    """Has the front end take the program, works on it, and writes the output directory."""
    settings = {
        "entry": arguments.entry,
        "fp": arguments.fp,
        "math": arguments.math,
        "num_threads": arguments.threads,
        "cold_cache": arguments.cold_cache,
    }
    program = read_program(arguments.model, **settings)
    output: Path = arguments.output or Path(f"{arguments.model.stem}.autotune")
    if output.exists() and not output.is_dir():
        raise UsageError(f"{output}: is not a directory")
    runner = arguments.runner
    with open_workshop(program, reproducers_folder(), time.monotonic, runner) as workshop:
        for note in workshop.parts.notes:
            print(f"autotune: note: {note}", file=sys.stderr)
        compilation = work(workshop)
    write_files(output, compilation.files(arguments.emit))
    if arguments.json:
        print(dump_json(compilation.report.to_json()), end="")
    else:
        print(compilation.report.to_text())
        print(f"written to {output}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="autotune", description="Finds fast code for MLIR programs.")
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_compile(commands.add_parser("compile", help="tune a program and write it"))
    _add_apply(commands.add_parser("apply", help="rebuild a program without search"))
    bench.add_arguments(commands.add_parser("bench", help="time tuned against untuned"))
    database_commands.add_arguments(commands.add_parser("db", help="look at the database"))
    database_commands.add_report_arguments(
        commands.add_parser("report", help="show the report of a run")
    )
    doctor.add_arguments(commands.add_parser("doctor", help="what this machine and install can do"))
    return parser


def _add_compile(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    _add_program(parser)
    add(
        "--trials",
        type=int,
        default=64,
        metavar="N",
        help="candidates to measure in the whole program (default 64)",
    )
    add("--time-limit", type=float, metavar="SECS", help="end the search after this time")
    add("--search", default="mcts", metavar="NAME", help=f"{', '.join(SEARCHES)} (default mcts)")
    proposers = ", ".join(PROPOSERS)
    add("--proposer", default="heuristic", metavar="NAME", help=f"{proposers} (default heuristic)")
    add("--db", default=default_database(), metavar="URL", help="tuning database")
    add("--seed", type=int, default=0, metavar="N", help="of every random choice (default 0)")
    add("--batch", type=int, default=4, metavar="N", help="candidates at once (default 4)")
    add("--resume", action="store_true", help="take up an earlier run with the same settings")
    add(
        "--replay",
        metavar="RUN",
        help="repeat the search of a run, or of a file of db export, with its measurements",
    )
    add(
        "--no-warm-start",
        dest="warm_start",
        action="store_false",
        help="do not try first what was the best on other targets",
    )
    add(
        "--proxy",
        default="auto",
        metavar="MODE",
        help="auto times candidates of workloads that take seconds on smaller problems; off",
    )
    parser.set_defaults(command=compile_command)


def _add_apply(parser: argparse.ArgumentParser) -> None:
    _add_program(parser)
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--schedule",
        type=Path,
        metavar="FILE",
        help="report.json, model.tuned.mlir, or lines 'workload: pipeline'",
    )
    group.add_argument("--db", metavar="URL", help="take the best schedules of this database")
    parser.set_defaults(command=apply_command)


def _add_program(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("model", type=Path, metavar="MODEL.mlir", help="program, as text or bytecode")
    add("-o", "--output", type=Path, metavar="DIR", help="output (default MODEL.autotune)")
    add("--entry", metavar="NAME", help="function to compile, where several are public")
    add("--threads", type=int, default=1, metavar="N", help="threads of the code (default 1)")
    add(
        "--runner", default="local", metavar="R", help="local, ray, ray://HOST:PORT (default local)"
    )
    add(
        "--fp", default="contract", metavar="MODE", help=f"{', '.join(FP_MODES)} (default contract)"
    )
    add(
        "--math", default="inline", metavar="MODE", help=f"{', '.join(MATH_MODES)} (default inline)"
    )
    add("--cold-cache", action="store_true", help="empty the caches before every call timed")
    add(
        "--emit",
        type=_emitted,
        default=EMITTED,
        metavar="KINDS",
        help=f"comma-separated files to write (default {','.join(EMITTED)})",
    )
    add("--json", action="store_true", help="print report.json instead of a table")


def _emitted(text: str) -> tuple[str, ...]:
    kinds = tuple(text.split(","))
    for kind in kinds:
        if kind not in EMITTED:
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(EMITTED)}")
    return kinds


def _version() -> str:
    try:
        return f"autotune {version('mlir-autotune')}"
    except PackageNotFoundError:
        return "autotune, not installed"


def _status(error: Exception) -> int:
    is_full = isinstance(error, OSError) and error.errno in _DISK_ERRORS
    return 2 if isinstance(error, _BAD_INPUT) and not is_full else 1


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())

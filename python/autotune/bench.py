"""`autotune bench DIR`: tuned programs against untuned ones, side by side.

The directory is the output of `autotune compile`, or holds programs, which are then built with the
best schedules of the database.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autotune.compilation import SOURCE_FILE, TUNED_FILE, Compilation, Program, open_workshop
from autotune.database import Database
from autotune.errors import InputError
from autotune.locations import default_database, reproducers_folder
from autotune.progress import SilentProgress
from autotune.replay_file import read_program_line, read_schedules
from autotune.report import dump_json, format_secs
from autotune.tune import TuneConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `autotune bench`."""
    add = parser.add_argument
    add("directory", type=Path, metavar="DIR", help="output of compile, or programs (*.mlir)")
    add("--db", default=default_database(), metavar="URL", help="database, for programs")
    add("--threads", type=int, default=1, metavar="N", help="threads, for programs (default 1)")
    add("--cold-cache", action="store_true", help="empty the caches before every call timed")
    add("--json", action="store_true", help="print the reports as a list")
    parser.set_defaults(command=bench_command)


def bench_command(arguments: argparse.Namespace) -> int:
    """Times every program of the directory beside its untuned form."""
    directory: Path = arguments.directory
    if not directory.is_dir():
        raise InputError(f"{directory}: is not a directory")
    if (directory / TUNED_FILE).exists():
        compilations = iter([_bench_output(directory, arguments.cold_cache)])
    else:
        paths = sorted(path for path in directory.glob("*.mlir") if path.is_file())
        if not paths:
            raise InputError(f"{directory}: holds no program (*.mlir)")
        settings = {"num_threads": arguments.threads, "cold_cache": arguments.cold_cache}
        compilations = _bench_programs(paths, arguments.db, settings)
    if arguments.json:
        print(dump_json([_to_json(each) for each in compilations]), end="")
        return 0
    print(f"{'untuned':>10}  {'tuned':>10}  {'speed-up':>8}  program")
    for compilation in compilations:
        report = compilation.report
        times = f"{format_secs(report.baseline_secs):>10}  {format_secs(report.best_secs):>10}"
        print(f"{times}  {report.speedup:7.2f}x  {compilation.program.filename}", flush=True)
    return 0


def _to_json(compilation: Compilation) -> dict[str, object]:
    return {"file": compilation.program.filename, **compilation.report.to_json()}


def _bench_output(directory: Path, cold_cache: bool) -> Compilation:
    made = read_program_line(directory / TUNED_FILE)
    schedules = read_schedules(directory / TUNED_FILE)
    source = directory / SOURCE_FILE
    if not source.exists():
        raise InputError(f"{source}: missing; the untuned program is built from it")
    settings = asdict(made) | {"cold_cache": cold_cache}
    program = Program(source.read_bytes(), str(source), **settings)
    with open_workshop(program, reproducers_folder(), time.monotonic) as workshop:
        return workshop.apply(schedules)


def _bench_programs(
    paths: Sequence[Path], url: str, settings: Mapping[str, Any]
) -> Iterator[Compilation]:
    config = TuneConfig(trials=0, search="none")
    with Database(url) as database:
        for path in paths:
            program = Program(path.read_bytes(), str(path), **settings)
            with open_workshop(program, reproducers_folder(), time.monotonic) as workshop:
                yield workshop.tune(database, config, SilentProgress())

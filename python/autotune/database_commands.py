"""`autotune db ...` and `autotune report RUN`: what the tuning database knows."""

import argparse
import json
from pathlib import Path
from statistics import median
from typing import Any

from autotune.database import Database
from autotune.locations import default_database
from autotune.measurement import Measurement, TuningRecord
from autotune.proxy import choice_to_json
from autotune.replay_file import read_text
from autotune.report import Report, WorkloadReport, dump_json, format_secs, write_files
from autotune.run_exchange import export_runs, import_runs
from autotune.schedule import Schedule
from autotune.search import relative_noise, speedup
from autotune.target import detect
from autotune.tuning_run import Run
from autotune.workload import Target


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the subcommands of `autotune db`."""
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    listed = commands.add_parser("list", help="the runs, one a line")
    shown = commands.add_parser("show", help="the measurements of a run")
    shown.add_argument("run", type=int, metavar="RUN", help="number of the run")
    best = commands.add_parser("best", help="the best schedules for this machine; apply reads them")
    best.add_argument("workload", nargs="?", default="", metavar="HASH", help="start of a hash")
    _add_target_options(best)
    exported = commands.add_parser("export", help="write runs as lines of JSON")
    exported.add_argument("file", nargs="?", type=Path, metavar="FILE", help="else standard output")
    exported.add_argument(
        "--run", type=int, metavar="RUN", help="only this run, with those of the same program"
    )
    imported = commands.add_parser("import", help="add the runs of such a file")
    imported.add_argument("file", type=Path, metavar="FILE")
    pruned = commands.add_parser("prune", help="delete runs that are not the best")
    pruned.add_argument("--other-targets", action="store_true", help="and all of other machines")
    _add_target_options(pruned)
    for command, function in (
        (listed, _list),
        (shown, _show),
        (best, _best),
        (exported, _export),
        (imported, _import),
        (pruned, _prune),
    ):
        command.add_argument("--db", default=default_database(), metavar="URL", help="database")
        command.set_defaults(command=function)
    for command in (listed, shown, best):
        command.add_argument("--json", action="store_true", help="print JSON")


def _add_target_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--threads", type=int, default=1, metavar="N", help="threads (default 1)")
    add("--cold-cache", action="store_true", help="what was timed with empty caches")


def add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `autotune report`."""
    parser.add_argument("run", type=int, metavar="RUN", help="number of the run, see db list")
    parser.add_argument("--db", default=default_database(), metavar="URL", help="database")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="write the report here")
    parser.add_argument("--json", action="store_true", help="print report.json")
    parser.set_defaults(command=_report)


def _list(arguments: argparse.Namespace) -> int:
    with Database(arguments.db) as database:
        runs = database.runs()
        targets = {key: database.target(key) for key in {run.target_key for run in runs}}
    if arguments.json:
        print(dump_json([_run_json(run) for run in runs]), end="")
        return 0
    head = f"{'run':>4}  {'started (UTC)':19}  {'hash':12}  {'target':>24}  {'trials':>8}"
    print(f"{head}  {'best':>8}  workload")
    for run in runs:
        ratio = "cut off" if run.final is None else f"{_ratio(run.final):.2f}x"
        trials = f"{run.num_records}/{run.num_trials}"
        place = f"{run.id:4}  {run.started[:19]:19}  {run.workload_hash[:12]}"
        target = targets[run.target_key]
        shown = f"{target.cpu} {run.target_key[:8]}"
        caches = "  (cold caches)" if target.cold_cache else ""
        print(f"{place}  {shown:>24}  {trials:>8}  {ratio:>8}  {run.workload_name}{caches}")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    with Database(arguments.db) as database:
        run = database.run(arguments.run)
        records = database.records(run)
        target = database.target(run.target_key)
    if arguments.json:
        shown = [_record_json(record, run, target) for record in records]
        print(dump_json({**_run_json(run), "records": shown}), end="")
        return 0
    hosts = sorted({each.provenance.host for each in records if each.provenance is not None})
    print(f"# run {run.id} of {run.workload_name} {run.workload_hash[:12]}, {run.started[:19]} UTC")
    caches = ", cold caches" if target.cold_cache else ""
    print(f"# target {target.cpu} {run.target_key}, {target.num_threads} threads{caches}")
    print(f"# versions {target.toolchain}")
    print(f"# settings {run.settings}; measured on {', '.join(hosts) or 'an unknown machine'}")
    if run.proxy is not None and run.proxy.proxy is not None:
        print(f"# candidates timed on {run.proxy.proxy}")
    print(f"{'trial':>5}  {'time':>9}  {'noise':>7}  {'speed-up':>8}  schedule")
    for number, record in enumerate(records, start=1):
        print(f"{number:5}  {_outcome(record.measurement)}  {_describe(record.schedule)}", end="")
        print("".join(f"  ({remark})" for remark in _remarks(record, run)))
    return 0


def _outcome(measurement: Measurement) -> str:
    if measurement.failure is not None:
        return f"{measurement.failure.kind.value:>28}"
    noise = relative_noise(measurement)
    shown = "" if noise is None else f"{100 * noise:.1f} %"
    time = format_secs(median(measurement.run_secs))
    ratio = f"{_ratio(measurement):.2f}x"
    return f"{time:>9}  {shown:>7}  {ratio:>8}"


def _remarks(record: TuningRecord, run: Run) -> list[str]:
    """Returns what sets a record apart from a candidate of the search itself."""
    origins = [x.target_key for x in run.origin.warm_starts if x.schedule == record.schedule]
    remarks = [f"warm start from target {key}" for key in origins]
    if record.measurement.proxy:
        remarks.append("on the smaller problem")
    if record.is_copy:
        remarks.append("same code as an earlier one")
    if record.measurement.num_disturbed > 0:
        remarks.append(f"{record.measurement.num_disturbed} repeats were disturbed")
    return remarks


def _best(arguments: argparse.Namespace) -> int:
    key = detect(arguments.threads, arguments.cold_cache).key
    found: dict[str, dict[str, Any]] = {}
    with Database(arguments.db) as database:
        for run in database.runs(arguments.workload, key):
            best = database.best(run.workload_hash, key)
            if best is not None:
                found[run.workload_hash] = _best_json(run, *best)
    if arguments.json:
        print(dump_json(list(found.values())), end="")
        return 0
    for value in found.values():
        print(f"# {value['hash'][:12]} {value['speedup']:.2f}x")
        print(f"{value['name']}: {value['schedule']}")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    with Database(arguments.db) as database:
        runs = database.runs()
        if arguments.run is not None:
            runs = database.runs(session=database.run(arguments.run).origin.session)
        lines = list(export_runs(database, runs))
    text = "".join(f"{line}\n" for line in lines)
    if arguments.file is None:
        print(text, end="")
    else:
        write_files(arguments.file.absolute().parent, {arguments.file.name: text.encode()})
    return 0


def _import(arguments: argparse.Namespace) -> int:
    lines = read_text(arguments.file).splitlines()
    with Database(arguments.db) as database:
        num_added = import_runs(database, lines, str(arguments.file))
    print(f"{num_added} runs added")
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    target = detect(arguments.threads, arguments.cold_cache)
    only_target = target.key if arguments.other_targets else ""
    with Database(arguments.db) as database:
        print(f"{database.prune(only_target)} runs deleted")
    return 0


def _report(arguments: argparse.Namespace) -> int:
    with Database(arguments.db) as database:
        run = database.run(arguments.run)
        report = _run_report(database, run)
    if arguments.output is not None:
        files = {"report.json": dump_json(report.to_json()), "report.html": report.to_html()}
        write_files(arguments.output, {name: text.encode() for name, text in files.items()})
    if arguments.json:
        print(dump_json(report.to_json()), end="")
    else:
        print(f"{report.to_text()}\nschedule: {_describe(report.workloads[0].schedule)}")
    return 0


def _run_report(database: Database, run: Run) -> Report:
    workload = WorkloadReport.of_run(run, database.records(run))
    settings = json.loads(run.settings)
    timing_secs = sum(record.measurement.elapsed_secs for record in workload.records)
    return Report(
        target=database.target(run.target_key),
        seed=settings["seed"],
        search=settings["search"],
        proposer=settings["proposer"],
        workloads=(workload,),
        baseline_secs=workload.baseline_secs,
        best_secs=workload.best_secs,
        elapsed_secs=timing_secs if run.spent is None else run.spent.total_secs,
        spent=run.spent,
    )


def _run_json(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "workload": run.workload_name,
        "hash": run.workload_hash,
        "target": run.target_key,
        "uid": run.uid,
        "session": run.origin.session,
        "settings": json.loads(run.settings),
        "warm_starts": [
            {"schedule": str(x.schedule), "target": x.target_key} for x in run.origin.warm_starts
        ],
        "started": run.started,
        "trials": run.num_trials,
        "records": run.num_records,
        "schedule": None if run.winner is None else str(run.winner),
        "speedup": None if run.final is None else speedup(run.final),
        "proxy": None if run.proxy is None else choice_to_json(run.proxy),
    }


def _record_json(record: TuningRecord, run: Run, target: Target) -> dict[str, Any]:
    failure = record.measurement.failure
    provenance = record.provenance
    return {
        "schedule": str(record.schedule),
        "is_copy": record.is_copy,
        "proxy": record.measurement.proxy,
        "remarks": _remarks(record, run),
        "recorded": None if provenance is None else provenance.recorded,
        "host": None if provenance is None else provenance.host,
        "versions": target.toolchain,
        "seed": json.loads(run.settings).get("seed"),
        "noise": relative_noise(record.measurement),
        "num_disturbed": record.measurement.num_disturbed,
        "core_hz": record.measurement.core_hz,
        "speedup": speedup(record.measurement),
        "run_secs": record.measurement.run_secs,
        "baseline_secs": record.measurement.baseline_secs,
        "failure": None if failure is None else failure.kind.value,
        "message": None if failure is None else failure.message,
        "reproducer": None if failure is None else failure.reproducer,
    }


def _best_json(run: Run, schedule: Schedule, measurement: Measurement) -> dict[str, Any]:
    return {
        "name": run.workload_name,
        "hash": run.workload_hash,
        "schedule": str(schedule),
        "speedup": _ratio(measurement),
    }


def _ratio(measurement: Measurement) -> float:
    return speedup(measurement) or 0.0


def _describe(schedule: Schedule) -> str:
    return str(schedule) or "(as it is)"

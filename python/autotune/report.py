"""Reports of a tuning run, and files that appear whole or not at all.

`report.json` is for programs (its schema is versioned), `report.html` for people: one page without
anything to load.
"""

import html
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, Self

from autotune.errors import DatabaseError
from autotune.measurement import Failure, Measurement, TuningRecord
from autotune.proxy import ProxyChoice, Ranking
from autotune.schedule import Schedule
from autotune.search import speedup
from autotune.time_account import Spent
from autotune.tuning_run import Run, WarmStart
from autotune.workload import Target

REPORT_SCHEMA = 1

_CHART_WIDTH, _CHART_HEIGHT, _CHART_MARGIN = 640, 220, 40
_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border-bottom: 1px solid #ccc; padding: .3rem .8rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
pre { background: #f4f4f4; padding: .8rem; overflow-x: auto; white-space: pre-wrap; }
svg { max-width: 100%; } .note { color: #555; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; }
  pre { background: #262626; } .note { color: #aaa; } }
"""


@dataclass(frozen=True)
class WorkloadReport:
    """What tuning a workload came to.

    Attributes:
        name: Symbol of the workload's function.
        hash: Hash of the workload.
        schedule: The winner; empty where the baseline won.
        baseline_secs: Median time of the program as it was, measured beside the winner.
        best_secs: Median time of the winner.
        records: The trials, in order.
        warm_starts: Schedules of other targets' records that were among the first candidates.
        proxy: What the trials were timed on; None where there was nothing to decide.
        ranking: How well the proxy ranked; None without one.
        failed_finalists: What failed in the last comparison: the best of the search, or expert
            schedules where there was none.
    """

    name: str
    hash: str
    schedule: Schedule
    baseline_secs: float
    best_secs: float
    records: tuple[TuningRecord, ...]
    warm_starts: tuple[WarmStart, ...] = ()
    proxy: ProxyChoice | None = None
    ranking: Ranking | None = None
    failed_finalists: tuple[tuple[Schedule, Failure], ...] = ()

    @classmethod
    def of(
        cls,
        name: str,
        hash: str,
        winner: Schedule,
        final: Measurement,
        records: Sequence[TuningRecord],
    ) -> Self:
        """Returns the report of a search from the winner's last measurement."""
        times = median(final.baseline_secs), median(final.run_secs)
        return cls(name, hash, winner, *times, tuple(records))

    @classmethod
    def of_run(cls, run: Run, records: Sequence[TuningRecord]) -> Self:
        """Returns the report of a run in the database.

        Args:
            run: A finished run, or one with a measurement that succeeded.
            records: All of its records.

        Raises:
            DatabaseError: It has none.
        """
        trials = [record for record in records if not record.is_copy]
        winner, final = run.winner, run.final
        if winner is None or final is None:
            done = [record for record in trials if record.measurement.failure is None]
            if any(record.measurement.proxy for record in done):
                raise DatabaseError(
                    f"run {run.id} was cut off before anything was timed at full size: "
                    "it has a report when --resume has ended it"
                )
            if not done:
                raise DatabaseError(f"run {run.id} has no measurement that succeeded")
            best = max(done, key=lambda record: speedup(record.measurement) or 0.0)
            winner, final = best.schedule, best.measurement
        report = cls.of(run.workload_name, run.workload_hash, winner, final, trials)
        report = replace(report, warm_starts=run.origin.warm_starts)
        return report.after(run.proxy, run.finalists)

    def after(
        self, choice: ProxyChoice | None, finals: Sequence[tuple[Schedule, Measurement]]
    ) -> Self:
        """Returns the report with how the trials were timed, and what failed in the end.

        Args:
            choice: What was decided.
            finals: What was measured at full size.
        """
        failed = [(schedule, x.failure) for schedule, x in finals if x.failure is not None]
        report = replace(self, proxy=choice, failed_finalists=tuple(failed))
        if choice is None or choice.proxy is None:
            return report
        small = {
            record.schedule: median(record.measurement.run_secs)
            for record in self.records
            if record.measurement.failure is None and record.measurement.proxy
        }
        both = [(small[schedule], whole) for schedule, whole in finals if schedule in small]
        pairs = [(secs, median(whole.run_secs)) for secs, whole in both if whole.failure is None]
        return replace(report, ranking=Ranking.of(pairs, len(both) - len(pairs)))

    @property
    def speedup(self) -> float:
        """Baseline time over best time."""
        return self.baseline_secs / self.best_secs

    @property
    def failures(self) -> dict[str, int]:
        """How many trials failed, by kind."""
        kinds = [r.measurement.failure.kind.value for r in self.records if r.measurement.failure]
        return dict(sorted(Counter(kinds).items()))

    def to_json(self) -> dict[str, Any]:
        """Returns the workload's part of `report.json`."""
        return {
            "name": self.name,
            "hash": self.hash,
            "schedule": str(self.schedule),
            "baseline_secs": self.baseline_secs,
            "best_secs": self.best_secs,
            "speedup": self.speedup,
            "trials": len(self.records),
            "failures": self.failures,
            "failed_finalists": [
                {
                    "schedule": str(schedule),
                    "kind": failure.kind.value,
                    "message": failure.message,
                    "reproducer": failure.reproducer,
                }
                for schedule, failure in self.failed_finalists
            ],
            "warm_starts": [
                {"schedule": str(each.schedule), "target": each.target_key}
                for each in self.warm_starts
            ],
            "proxy": self._proxy_json(),
        }

    def _proxy_json(self) -> dict[str, Any] | None:
        """What the trials were timed on: a smaller problem, or why there was none."""
        if self.proxy is None or (self.proxy.proxy is None and not self.proxy.reason):
            return None
        if self.proxy.proxy is None:
            return {"used": False, "reason": self.proxy.reason}
        proxy = self.proxy.proxy
        return {
            "used": True,
            "loops": [asdict(cut) for cut in proxy.cuts],
            "baseline_secs": proxy.baseline_secs,
            "full_baseline_secs": proxy.whole_secs,
            "ranking": None if self.ranking is None else asdict(self.ranking),
        }


@dataclass(frozen=True)
class Report:
    """What `autotune compile` did.

    Attributes:
        target: The machine.
        seed: Seed of the search.
        search: Name of the strategy.
        proposer: Name of the proposer.
        workloads: One for each workload function, in the order of their calls.
        baseline_secs: Median time of the whole program as it was.
        best_secs: Median time of the whole program with the winners.
        elapsed_secs: Wall time of everything.
        spent: Where it went; None where that is not known.
    """

    target: Target
    seed: int
    search: str
    proposer: str
    workloads: tuple[WorkloadReport, ...]
    baseline_secs: float
    best_secs: float
    elapsed_secs: float
    spent: Spent | None = None

    @property
    def speedup(self) -> float:
        """Baseline time of the whole program over its best time."""
        return self.baseline_secs / self.best_secs

    def to_json(self) -> dict[str, Any]:
        """Returns `report.json`."""
        return {
            "schema": REPORT_SCHEMA,
            "target": asdict(self.target),
            "seed": self.seed,
            "search": self.search,
            "proposer": self.proposer,
            "workloads": [workload.to_json() for workload in self.workloads],
            "program": {
                "baseline_secs": self.baseline_secs,
                "best_secs": self.best_secs,
                "speedup": self.speedup,
            },
            "elapsed_secs": self.elapsed_secs,
            "spent": None if self.spent is None else _spent_json(self.spent),
        }

    def to_text(self) -> str:
        """Returns a table for the terminal."""
        rows = [_row(workload) for workload in self.workloads]
        program = ("program", self.baseline_secs, self.best_secs, self.speedup, "")
        if len(rows) != 1:
            rows.append(program)
        width = max(len(row[0]) for row in rows)
        lines = [f"{'':{width}}  {'baseline':>10}  {'tuned':>10}  {'speed-up':>8}  trials"]
        for name, baseline, best, ratio, trials in rows:
            times = f"{format_secs(baseline):>10}  {format_secs(best):>10}"
            lines.append(f"{name:{width}}  {times}  {ratio:7.2f}x  {trials}".rstrip())
        remarks = [
            text for each in self.workloads for text in (_origin(each), _proxy(each), _failed(each))
        ]
        remarks.append("timed with empty caches" if self.target.cold_cache else "")
        remarks.append(_spent_text(self.spent))
        return "\n".join([*lines, *filter(None, remarks)])

    def to_html(self) -> str:
        """Returns `report.html`."""
        rows = [_row(workload) for workload in self.workloads]
        rows.append(("program", self.baseline_secs, self.best_secs, self.speedup, ""))
        table = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{format_secs(baseline)}</td>"
            f"<td>{format_secs(best)}</td><td>{ratio:.2f}&times;</td><td>{trials}</td></tr>"
            for name, baseline, best, ratio, trials in rows
        )
        target = self.target
        machine = (
            f"{target.cpu}, {target.num_threads} of {target.num_cores} cores, "
            f"{target.vector_bits}-bit vectors{', cold caches' * target.cold_cache}; "
            f"{target.toolchain}"
        )
        return (
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>autotune report</title>'
            f"<style>{_STYLE}</style><h1>autotune report</h1>"
            f'<p class="note">{html.escape(machine)}<br>search {html.escape(self.search)}, '
            f"proposer {html.escape(self.proposer)}, seed {self.seed}, "
            f"{_spent_text(self.spent) or f'{self.elapsed_secs:.1f} s'}</p>"
            "<table><tr><th></th><th>baseline</th><th>tuned</th><th>speed-up</th><th>trials</th>"
            f"</tr>{table}</table>{''.join(map(_workload_html, self.workloads))}</html>\n"
        )


def format_secs(secs: float) -> str:
    """Returns a time with three digits and a fitting unit."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("us", 1e6)):
        if secs * factor >= 1.0:
            return f"{secs * factor:.3g} {unit}"
    return f"{secs * 1e9:.3g} ns"


def write_files(directory: Path, files: Mapping[str, bytes]) -> None:
    """Writes files into a directory, which is made where it is missing.

    Each file appears whole or not at all, and none before all of them are on the disk.

    Args:
        directory: Where to.
        files: Contents by name; what ends in `.so` becomes executable.

    Raises:
        OSError: The directory cannot be written.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{directory.name}-", dir=directory.parent))
    try:
        for name, content in files.items():
            (beside / name).write_bytes(content)
            (beside / name).chmod(0o755 if name.endswith(".so") else 0o644)
        directory.mkdir(exist_ok=True)
        for name in files:
            os.replace(beside / name, directory / name)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def dump_json(value: Any) -> str:
    """Returns indented JSON with a newline at the end."""
    return json.dumps(value, indent=2) + "\n"


def _origin(workload: WorkloadReport) -> str:
    """Returns a line that says what came from other targets; empty where nothing did."""
    starts = workload.warm_starts
    if not starts:
        return ""
    keys = ", ".join(dict.fromkeys(each.target_key for each in starts))
    text = f"{workload.name}: the first candidates were the best of other targets ({keys})"
    is_winner = workload.schedule in [each.schedule for each in starts]
    return f"{text}; one of them, measured here, is the winner" if is_winner else text


def _proxy(workload: WorkloadReport) -> str:
    """Returns a line that says what the trials were timed on; empty where nothing is special."""
    choice = workload.proxy
    if choice is None:
        return ""
    if choice.proxy is None:
        return f"{workload.name}: timed at full size: {choice.reason}" if choice.reason else ""
    proxy = choice.proxy
    times = f"{format_secs(proxy.baseline_secs)} instead of {format_secs(proxy.whole_secs)}"
    ranking = "" if workload.ranking is None else f"; {workload.ranking}"
    return f"{workload.name}: trials were timed on {proxy}, {times}{ranking}"


def _failed(workload: WorkloadReport) -> str:
    """Returns a line that says what failed in the end; empty where nothing did."""
    if not workload.failed_finalists:
        return ""
    kinds = Counter(failure.kind.value for _, failure in workload.failed_finalists)
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    _, first = workload.failed_finalists[0]
    reason = first.message.splitlines()[0]
    return f"{workload.name}: failed in the last comparison: {counts}; the first: {reason}"


def _spent_json(spent: Spent) -> dict[str, float]:
    return {**spent.to_json(), "overhead": spent.overhead}


def _spent_text(spent: Spent | None) -> str:
    """Returns where the time went; empty where that is not known."""
    if spent is None:
        return ""
    return (
        f"{spent.total_secs:.1f} s: {spent.timing_secs:.1f} s timing, "
        f"{spent.compiling_secs:.1f} s compiling, overhead {spent.overhead:.1%}: "
        f"{spent.listing_secs:.1f} s listing what is legal, {spent.other_secs:.1f} s else"
    )


def _row(workload: WorkloadReport) -> tuple[str, float, float, float, str]:
    times = workload.baseline_secs, workload.best_secs, workload.speedup
    return workload.name, *times, str(len(workload.records))


def _workload_html(workload: WorkloadReport) -> str:
    schedule = "\n".join(map(str, workload.schedule.transformations)) or "the program as it is"
    parts = [
        f"<h2>{html.escape(workload.name)}</h2>",
        f'<p class="note">workload {workload.hash[:16]}</p>',
        f'<p class="note">{html.escape(_origin(workload))}</p>',
        f'<p class="note">{html.escape(_proxy(workload))}</p>',
        f'<p class="note">{html.escape(_failed(workload))}</p>',
        f"<h3>Schedule</h3><pre>{html.escape(schedule)}</pre>",
    ]
    if any(speedup(record.measurement) is not None for record in workload.records):
        parts.append(f"<h3>Speed-up by trial</h3>{_chart(workload.records)}")
    if workload.failures:
        parts.append(f"<h3>Failures</h3>{_failures_html(workload)}")
    return "".join(parts)


def _failures_html(workload: WorkloadReport) -> str:
    examples: dict[str, Failure] = {}
    for record in workload.records:
        if record.measurement.failure is not None:
            examples.setdefault(record.measurement.failure.kind.value, record.measurement.failure)
    rows = "".join(
        f"<tr><td>{kind}</td><td>{count}</td>"
        f"<td><pre>{html.escape(_explain(examples[kind]))}</pre></td></tr>"
        for kind, count in workload.failures.items()
    )
    return f"<table><tr><th>kind</th><th>count</th><th>first one</th></tr>{rows}</table>"


def _explain(failure: Failure) -> str:
    return "\n".join(filter(None, (failure.message, failure.reproducer)))


def _chart(records: Sequence[TuningRecord]) -> str:
    """Returns an SVG with the speed-up of every trial and the best so far."""
    ratios = [speedup(record.measurement) or 0.0 for record in records]
    top = max(1.0, *ratios) * 1.05
    inner_width, inner_height = _CHART_WIDTH - 2 * _CHART_MARGIN, _CHART_HEIGHT - 2 * _CHART_MARGIN

    def place(index: int, ratio: float) -> tuple[float, float]:
        x = _CHART_MARGIN + inner_width * index / max(1, len(ratios) - 1)
        return round(x, 1), round(_CHART_MARGIN + inner_height * (1 - ratio / top), 1)

    dots, line, best = [], [], 0.0
    for index, ratio in enumerate(ratios):
        x, y = place(index, ratio)
        dots.append(f'<circle cx="{x}" cy="{y}" r="2.5"/>' if ratio else "")
        line += [f"{x},{place(index, best)[1]}"] if best else []
        best = max(best, ratio)
        line.append(f"{x},{place(index, best)[1]}")
    bottom = _CHART_HEIGHT - _CHART_MARGIN
    right = _CHART_WIDTH - _CHART_MARGIN
    return (
        f'<svg viewBox="0 0 {_CHART_WIDTH} {_CHART_HEIGHT}" role="img" fill="currentColor" '
        'font-size="12" aria-label="speed-up by trial">'
        f'<path d="M{_CHART_MARGIN},{_CHART_MARGIN}V{bottom}H{right}" fill="none" '
        'stroke="currentColor"/>'
        f'<text x="{_CHART_MARGIN}" y="{_CHART_MARGIN - 8}">best {best:.2f}&#215;</text>'
        f'<text x="{right}" y="{bottom + 16}" text-anchor="end">{len(ratios)} trials</text>'
        f'<g opacity=".5">{"".join(dots)}</g>'
        f'<polyline points="{" ".join(line)}" fill="none" stroke="#d33" stroke-width="2"/></svg>'
    )

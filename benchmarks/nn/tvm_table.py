"""Results of `benchmarks.run tvm` as Markdown."""

from collections.abc import Mapping
from statistics import geometric_mean
from typing import Any

from benchmarks.nn.suite import TUNED
from benchmarks.nn.table import heading

TVM = "tvm"
HEADER = ("operator", "threads", "tuned", "TVM", "ratio", "tuning", "TVM's tuning", "TVM's trials")


def ratio(result: Mapping[str, Any]) -> float:
    """How many times faster than TVM's code ours is."""
    return float(result["secs"][TVM]["median"] / result["secs"][TUNED]["median"])


def markdown(document: Mapping[str, Any]) -> str:
    """Returns a table of all results, medians in milliseconds, and the mean of the ratios."""
    rows = [HEADER, tuple("---" for _ in HEADER)]
    rows += [_row(result) for result in document["results"]]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    ratios = [ratio(result) for result in document["results"] if result.get("is_correct")]
    mean = f"{geometric_mean(ratios):.2f}x over {len(ratios)} operators" if ratios else "none"
    return f"{heading(document)}; tuning in s\n\n{table}\n\nGeometric mean of the ratios: {mean}\n"


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    start = (result["operator"], str(result["num_threads"]))
    if "error" in result:
        return (*start, f"failed: {' '.join(result['error'])}", *("",) * (len(HEADER) - 3))
    report = result["reports"][TVM]
    times = (f"{1e3 * result['secs'][each]['median']:.3f}" for each in (TUNED, TVM))
    tuning = (f"{result['tuning_secs'][each]:.0f}" for each in (TUNED, TVM))
    wrong = [each for each, error in result["errors"].items() if error > result["tolerance"]]
    verdict = f" WRONG: {', '.join(wrong)}" if wrong else ""
    trials = f"{report['num_records']}, {report['num_failures']} failed"
    return (*start, *times, f"{ratio(result):.2f}x{verdict}", *tuning, trials)

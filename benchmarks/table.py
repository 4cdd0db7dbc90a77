"""Results of `benchmarks.run` as Markdown."""

from collections.abc import Mapping
from typing import Any

from benchmarks.openblas import NUMPY, NUMPY_SKYLAKEX

HEADER = (
    "program",
    "threads",
    "untuned",
    "tuned",
    "speed-up",
    "NumPy",
    "of NumPy's speed",
    "candidates/s",
    "trials",
    "failures",
)


def markdown(document: Mapping[str, Any]) -> str:
    """Returns a table of all results, under a line about the machine.

    Times are medians, with the 95 % interval of the median in brackets.
    """
    machine = document["machine"]
    packages = ", ".join(f"{name} {value}" for name, value in machine["packages"].items() if value)
    rows = [HEADER, tuple("---" for _ in HEADER)]
    rows += [_row(result) for result in document["results"]]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    cores = f"{machine['num_cores']} cores, {machine['system']}"
    return f"{machine['cpu']}, {cores}; {packages}\n\n{table}\n"


def _row(result: Mapping[str, Any]) -> tuple[str, ...]:
    start = (result["program"], str(result["num_threads"]))
    if "error" in result:
        return (*start, f"failed: {' '.join(result['error'])}", *("",) * (len(HEADER) - 3))
    secs = result["secs"]
    tuned = secs["tuned"]["median"]
    references = [secs[name] for name in (NUMPY, NUMPY_SKYLAKEX) if name in secs]
    best = min(references, key=lambda reference: float(reference["median"]), default=None)
    workloads = result["report"]["workloads"]
    failures: dict[str, int] = {}
    for workload in workloads:
        for kind, count in workload["failures"].items():
            failures[kind] = failures.get(kind, 0) + count
    verdict = "" if result["same_bits"] else " WRONG"
    return (
        *start,
        _time(secs["untuned"]),
        _time(secs["tuned"]) + verdict,
        f"{secs['untuned']['median'] / tuned:.2f}x",
        _time(best) if best else "",
        f"{100 * best['median'] / tuned:.0f} %" if best else "",
        f"{result['candidates_per_sec']:.1f}",
        str(sum(workload["trials"] for workload in workloads)),
        ", ".join(f"{count} {kind}" for kind, count in sorted(failures.items())) or "none",
    )


def _time(summary: Mapping[str, Any]) -> str:
    median, low, high = (1e3 * summary[key] for key in ("median", "low", "high"))
    digits = 0 if median >= 100 else 2
    return f"{median:.{digits}f} ms ({low:.{digits}f} to {high:.{digits}f})"

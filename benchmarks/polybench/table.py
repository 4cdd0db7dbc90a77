"""Results of the PolyBench suite as Markdown."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from benchmarks.polybench.definitions import SIZE_NAMES

UNTUNED, EXPERT, TUNED, CLANG = "untuned", "expert", "tuned", "clang"
OURS = (UNTUNED, EXPERT, TUNED)

Result = Mapping[str, Any]


def markdown(document: Mapping[str, Any]) -> str:
    """Returns a table of all results and one of the means, under a line about the machine."""
    results = document["results"]
    names = contender_names(results)
    header = [
        "kernel",
        "size",
        "threads",
        *(f"{name}, s" for name in names),
        *(title for title, _ in RATIOS),
    ]
    header += ["GFLOP/s", "trials", "failures"]
    rows = [header, *(_row(result, names) for result in results)]
    return f"{about(document)}\n\n{_table(rows)}\n\nGeometric means:\n\n{_table(means(results))}\n"


def groups(results: Iterable[Result]) -> Iterator[tuple[str, int, list[Result]]]:
    """Yields the results of each number of threads and size, smallest first."""
    found: dict[tuple[int, int], list[Result]] = {}
    for result in results:
        key = (result["num_threads"], SIZE_NAMES.index(result["size"]))
        found.setdefault(key, []).append(result)
    for num_threads, size in sorted(found):
        yield SIZE_NAMES[size], num_threads, found[num_threads, size]


def means(results: Iterable[Result]) -> list[list[str]]:
    """Returns the geometric means of each size and number of threads, as rows under a header.

    The last column counts the kernels for which a peer is faster.
    """
    rows = [["size", "threads", "kernels", *(title for title, _ in RATIOS), "lost to a peer"]]
    for size, num_threads, chosen in groups(results):
        values = [geometric_mean(ratio(result) for result in chosen) for _, ratio in RATIOS]
        cells = [f"{mean:.2f}" if mean else "" for mean in values]
        rows.append([size, str(num_threads), str(len(chosen)), *cells, str(_num_losses(chosen))])
    return rows


def _num_losses(results: Iterable[Result]) -> int:
    ratios = (_ratio_to_best_peer(result) for result in results)
    return sum(ratio is not None and ratio < 1 for ratio in ratios)


def _table(rows: Sequence[Sequence[str]]) -> str:
    header, *body = rows
    lines = [header, ["---"] * len(header), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def about(document: Mapping[str, Any]) -> str:
    """Returns what the figures depend on."""
    machine, settings = document["machine"], document["settings"]
    packages = [f"{name} {value}" for name, value in machine["packages"].items() if value]
    compilers = [text for text in document["compilers"].values() if text]
    parts = [f"{machine['cpu']}, {machine['num_cores']} cores, {machine['system']}"]
    parts.append(f"size {settings['size']}, {settings['dtype']}, {settings['trials']} trials")
    return "; ".join([*parts, *dict.fromkeys(compilers), *packages])


def contender_names(results: Iterable[Result]) -> list[str]:
    """Returns the contenders of all results: ours first, then the peers."""
    found = {name for result in results for name in result.get("secs", {})}
    return [name for name in OURS if name in found] + sorted(found - set(OURS))


def median_secs(result: Result, name: str) -> float | None:
    """Returns a contender's time; None where it has none."""
    times = result.get("secs", {}).get(name)
    return None if times is None else float(times["median"])


def secs_of_ours(result: Result) -> float | None:
    """Returns the time of what the tuner hands back: after a search, or the expert schedule."""
    times = (median_secs(result, name) for name in (TUNED, EXPERT))
    return next((secs for secs in times if secs is not None), None)


def _ratio_to(name: str) -> Callable[[Result], float | None]:
    return lambda result: _quotient(median_secs(result, name), secs_of_ours(result))


def _ratio_to_best_peer(result: Result) -> float | None:
    peers = [
        name for name in result.get("secs", {}) if name not in OURS and _is_right(result, name)
    ]
    best = min((secs for name in peers if (secs := median_secs(result, name))), default=None)
    return _quotient(best, secs_of_ours(result))


def _untuned_to_clang(result: Result) -> float | None:
    return _quotient(median_secs(result, CLANG), median_secs(result, UNTUNED))


RATIOS: tuple[tuple[str, Callable[[Result], float | None]], ...] = (
    ("untuned over clang", _untuned_to_clang),
    ("over untuned", _ratio_to(UNTUNED)),
    ("over clang", _ratio_to(CLANG)),
    ("over best peer", _ratio_to_best_peer),
)


def geometric_mean(ratios: Iterable[float | None]) -> float | None:
    """Returns the mean of the ratios that there are."""
    logs = [math.log(ratio) for ratio in ratios if ratio]
    return math.exp(sum(logs) / len(logs)) if logs else None


def _quotient(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def _row(result: Result, names: Iterable[str]) -> list[str]:
    start = [result["kernel"], result["size"], str(result["num_threads"])]
    failures = [f"{name}: {reason}" for name, reason in result.get("failures", {}).items()]
    if "error" in result:
        failures.append(" ".join(result["error"]))
    best = secs_of_ours(result)
    rate = f"{result['num_operations'] / best / 1e9:.2f}" if best else ""
    ratios = (ratio(result) for _, ratio in RATIOS)
    return [
        *start,
        *(_time(result, name) for name in names),
        *(f"{ratio:.2f}" if ratio else "" for ratio in ratios),
        rate,
        str(_num_trials(result)),
        "; ".join(failures + _candidate_failures(result)) or "none",
    ]


def _time(result: Result, name: str) -> str:
    secs = median_secs(result, name)
    if secs is None:
        return ""
    return f"{secs:.4g}" + ("" if _is_right(result, name) else " WRONG")


def _is_right(result: Result, name: str) -> bool:
    return bool(result["checks"].get(name, {"is_right": True})["is_right"])


def _workloads(result: Result) -> list[Mapping[str, Any]]:
    return list(result.get("reports", {}).get(TUNED, {}).get("workloads", []))


def _num_trials(result: Result) -> int:
    return sum(workload["trials"] for workload in _workloads(result))


def _candidate_failures(result: Result) -> list[str]:
    failures: dict[str, int] = {}
    for workload in _workloads(result):
        for kind, count in workload["failures"].items():
            failures[kind] = failures.get(kind, 0) + count
    return [f"{count} {kind}" for kind, count in sorted(failures.items())]

"""Results of the PolyBench suite as a page of charts, without anything to load."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.polybench.table import (
    CLANG,
    Result,
    about,
    contender_names,
    groups,
    means,
    median_secs,
    secs_of_ours,
)

_COLOURS = {
    "untuned": "#9aa5b1",
    "expert": "#5b8def",
    "tuned": "#1d4ed8",
    "polly": "#d97706",
    "gcc": "#b45309",
}
_STYLE = """
body { font: 14px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
svg { width: 100%; height: auto; } text { font: 11px system-ui, sans-serif; fill: currentColor; }
table { border-collapse: collapse; } th, td { padding: .1rem .8rem .1rem 0; text-align: right; }
.axis { stroke: currentColor; stroke-opacity: .3; } .roof { stroke: #dc2626; fill: none; }
@media (prefers-color-scheme: dark) { body { background: #181818; color: #ddd; } }
"""
_WIDTH, _LABELS, _BAR = 900, 120, 9
_PLOT_HEIGHT, _MARGIN = 460, 50


def html_report(document: Mapping[str, Any]) -> str:
    """Returns the page: speed-ups over clang, and the place of each kernel on the roofline."""
    parts = [
        f"<!doctype html><meta charset='utf-8'><title>PolyBench</title><style>{_STYLE}</style>"
    ]
    parts.append(f"<h1>PolyBench</h1><p>{html.escape(about(document))}</p>")
    results = document["results"]
    parts.append(f"<h2>Geometric means</h2>{_html_table(means(results))}")
    for size, count, chosen in groups(results):
        about_group = f"{size}, {_threads(count)}"
        parts.append(f"<h2>Speed-up over clang -O3, {about_group}</h2>{_bars(chosen)}")
        if "peak" in document:
            parts.append(f"<h2>Roofline, {about_group}</h2>")
            parts.append(
                "<p>The fastest code of each kernel. Operations over the size of its arrays are an "
                "upper bound of its intensity: data that is fetched again is not counted.</p>"
            )
            parts.append(_roofline(chosen, document["peak"], count))
    return "\n".join(parts) + "\n"


def _html_table(rows: Sequence[Sequence[str]]) -> str:
    """Returns a table whose first row is its header."""
    lines = [
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for tag, row in zip(["th", *["td"] * len(rows)], rows, strict=False)
    ]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def _bars(results: Iterable[Result]) -> str:
    """One group of bars a kernel; lengths are logarithmic, and bars to the left are losses."""
    chosen = [result for result in results if median_secs(result, CLANG)]
    names = [name for name in contender_names(chosen) if name != CLANG]
    speedups = {
        (result["kernel"], name): reference / secs
        for result in chosen
        for name in names
        if (reference := median_secs(result, CLANG)) and (secs := median_secs(result, name))
    }
    if not speedups:
        return "<p>No figures.</p>"
    low = math.floor(math.log2(min(0.5, *speedups.values())))
    high = math.ceil(math.log2(max(2.0, *speedups.values())))
    scale = (_WIDTH - _LABELS - 60) / (high - low)
    group = _BAR * len(names) + 8
    height = group * len(chosen) + 40
    lines = [f"<svg viewBox='0 0 {_WIDTH} {height}'>"]
    for power in range(low, high + 1):
        x = _LABELS + (power - low) * scale
        label = f"{2**power}x" if power >= 0 else f"1/{2**-power}x"
        lines.append(f"<line class='axis' x1='{x:.1f}' x2='{x:.1f}' y1='20' y2='{height}'/>")
        lines.append(f"<text x='{x:.1f}' y='14' text-anchor='middle'>{label}</text>")
    origin = _LABELS - low * scale
    for row, result in enumerate(chosen):
        top = 24 + row * group
        lines.append(
            f"<text x='0' y='{top + group / 2:.1f}'>{html.escape(result['kernel'])}</text>"
        )
        for position, name in enumerate(names):
            speedup = speedups.get((result["kernel"], name))
            if speedup is not None:
                length = math.log2(speedup) * scale
                lines.append(_bar(origin, length, top + position * _BAR, name, speedup))
    return "\n".join([*lines, "</svg>", _legend(names)])


def _bar(origin: float, length: float, top: float, name: str, speedup: float) -> str:
    left = origin + min(length, 0)
    return (
        f"<rect x='{left:.1f}' y='{top}' width='{max(abs(length), 1):.1f}' height='{_BAR - 1}' "
        f"fill='{_COLOURS.get(name, '#777')}'><title>{name}: {speedup:.2f}x</title></rect>"
        f"<text x='{left + abs(length) + 3:.1f}' y='{top + _BAR - 1}'>{speedup:.2f}</text>"
    )


def _legend(names: Iterable[str]) -> str:
    items = (f"<span style='color:{_COLOURS.get(name, '#777')}'>■</span> {name}" for name in names)
    return f"<p>{' &nbsp; '.join(items)}; clang -O3 on one thread is 1</p>"


def _roofline(results: Iterable[Result], peak: Mapping[str, float], num_threads: int) -> str:
    points = [
        (
            result["kernel"],
            result["num_operations"] / result["num_bytes"],
            result["num_operations"] / secs / 1e9,
        )
        for result in results
        if (secs := secs_of_ours(result))
    ]
    if not points:
        return "<p>No figures.</p>"
    roof = num_threads * peak["operations_per_sec"] / 1e9
    slope = peak["bytes_per_sec"] / 1e9
    lowest = min(rate for _, _, rate in points)
    x_range = _decades([x for _, x, _ in points] + [roof / slope])
    y_range = _decades([lowest, 1.5 * roof])

    def place(intensity: float, rate: float) -> tuple[float, float]:
        x, y = _share(intensity, x_range), _share(rate, y_range)
        inner = _WIDTH - 2 * _MARGIN
        return _MARGIN + x * inner, _PLOT_HEIGHT - _MARGIN - y * (_PLOT_HEIGHT - 2 * _MARGIN)

    lines = [f"<svg viewBox='0 0 {_WIDTH} {_PLOT_HEIGHT}'>", *_axes(place, x_range, y_range)]
    start = max(10 ** x_range[0], 10 ** y_range[0] / slope)
    corners = [(start, slope * start), (roof / slope, roof), (10 ** x_range[1], roof)]
    path = " ".join("{:.1f},{:.1f}".format(*place(*corner)) for corner in corners)
    lines.append(f"<polyline class='roof' points='{path}'/>")
    for kernel, intensity, rate in points:
        x, y = place(intensity, rate)
        label = html.escape(kernel)
        lines.append(f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='#1d4ed8'/>")
        lines.append(f"<text x='{x + 5:.1f}' y='{y + 3:.1f}'>{label}</text>")
    caption = f"Roof: {roof:.1f} GFLOP/s and {slope:.1f} GB/s of one core, both measured."
    return "\n".join([*lines, "</svg>", f"<p>{caption}</p>"])


def _axes(place: Any, x_range: tuple[int, int], y_range: tuple[int, int]) -> list[str]:
    lines = []
    for power in range(x_range[0], x_range[1] + 1):
        x, bottom = place(10.0**power, 10.0 ** y_range[0])
        lines.append(
            f"<text x='{x:.1f}' y='{bottom + 16:.1f}' text-anchor='middle'>{10.0**power:g}</text>"
        )
    for power in range(y_range[0], y_range[1] + 1):
        left, y = place(10.0 ** x_range[0], 10.0**power)
        right, _ = place(10.0 ** x_range[1], 10.0**power)
        lines.append(
            f"<line class='axis' x1='{left:.1f}' x2='{right:.1f}' y1='{y:.1f}' y2='{y:.1f}'/>"
        )
        lines.append(f"<text x='4' y='{y + 4:.1f}'>{10.0**power:g}</text>")
    bottom = _PLOT_HEIGHT - 6
    lines.append(
        f"<text x='{_WIDTH / 2}' y='{bottom}' text-anchor='middle'>operations a byte</text>"
    )
    lines.append("<text x='4' y='14'>GFLOP/s</text>")
    return lines


def _decades(values: Iterable[float]) -> tuple[int, int]:
    logs = [math.log10(value) for value in values]
    return math.floor(min(logs)), math.ceil(max(logs))


def _share(value: float, decades: tuple[int, int]) -> float:
    return (math.log10(value) - decades[0]) / (decades[1] - decades[0])

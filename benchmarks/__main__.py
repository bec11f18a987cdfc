"""`python -m benchmarks [names…]`: run benchmarks and print one table of figures and targets."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from importlib.metadata import version
from importlib.util import find_spec
from math import isnan
from pathlib import Path

from benchmarks.measure import FULL, QUICK, Result
from benchmarks.registry import BENCHMARKS, name_of, pick

_PACKAGES = ("msgspec", "orjson", "msgpack", "zstandard", "crc32c", "textual", "uvloop")
_HEADINGS = ("what", "value", "unit", "target", "met", "note")


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="benchmarks or areas; all when none is named")
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--quick", action="store_true", help="fewer runs and shorter streams")
    arguments = parser.parse_args()
    if arguments.list:
        for benchmark in BENCHMARKS:
            print(f"{name_of(benchmark):28}{(benchmark.__doc__ or '').splitlines()[0]}")
        return 0
    try:
        picked = pick(arguments.names)
    except ValueError as error:
        parser.error(str(error))
    effort = QUICK if arguments.quick else FULL
    load, *_ = os.getloadavg()
    results: list[Result] = []
    for benchmark in picked:
        print(f"measuring {name_of(benchmark)}", file=sys.stderr)
        results += benchmark(effort)
    print(f"{machine()}\nmedians of {effort.runs} runs, load average {load:.1f} before\n")
    print(table(results))
    return 0


def machine() -> str:
    """What the figures were measured on."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES if find_spec(name) is not None)
    return f"{_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}\n{packages}"


def table(results: list[Result]) -> str:
    """`results` as aligned text: numbers to the right."""
    rows = [_HEADINGS, *(_cells(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if heading in ("value", "target") else cell.ljust(width)
            for cell, width, heading in zip(row, widths, _HEADINGS, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(lines)


def _cells(result: Result) -> tuple[str, ...]:
    target = ""
    if result.target is not None:
        target = f"{'≥' if result.higher_is_better else '≤'} {result.target:,.6g}"
    met = {None: "", True: "yes", False: "NO"}[result.is_met]
    return result.name, _figure(result.value), result.unit, target, met, result.note


def _figure(value: float) -> str:
    """Three digits that count, and all of a larger whole number; a dash for what could not be measured."""
    if isnan(value):
        return "–"
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())

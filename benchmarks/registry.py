"""All benchmarks, in the order of the table. An area is a module with a `BENCHMARKS` list of its own."""

from __future__ import annotations

from benchmarks import market_data, order_path, peers, queues, recording, screen, simulation
from benchmarks.measure import Benchmark

BENCHMARKS: list[Benchmark] = [
    *market_data.BENCHMARKS,
    *queues.BENCHMARKS,
    *recording.BENCHMARKS,
    *simulation.BENCHMARKS,
    *screen.BENCHMARKS,
    *order_path.BENCHMARKS,
    *peers.BENCHMARKS,
]


def name_of(benchmark: Benchmark) -> str:
    """What `benchmark` is called on the command line: ``<area>.<function>``."""
    return f"{benchmark.__module__.rpartition('.')[2]}.{benchmark.__name__}"


def pick(names: list[str]) -> list[Benchmark]:
    """The benchmarks of these names or areas, all when there are none.

    Raises:
        ValueError: a name is neither.
    """
    picked = []
    for name in names:
        found = [each for each in BENCHMARKS if name in (name_of(each), name_of(each).partition(".")[0])]
        if not found:
            raise ValueError(f"no benchmark is called {name}: see --list")
        picked += found
    return picked or BENCHMARKS

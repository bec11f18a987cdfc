"""Benchmarks run and return figures, on captured and on made frames. How large they are is no test's business."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import market_data
from benchmarks.__main__ import main, table
from benchmarks.measure import Benchmark, Effort, Result
from benchmarks.registry import BENCHMARKS, name_of, pick
from benchmarks.traffic import traffic
from ttxt_core.events import MarketTrades, Orderbook

TINY = Effort(runs=1, events=2_500)


@pytest.fixture
def made_traffic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """No capture is found."""
    monkeypatch.setenv("TTXT_SHARED_DATA", str(tmp_path))
    traffic.cache_clear()
    yield
    traffic.cache_clear()


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=name_of)
@pytest.mark.long
@pytest.mark.usefixtures("made_traffic")
def test_every_benchmark_returns_figures(benchmark: Benchmark) -> None:
    results = benchmark(TINY)
    assert results
    for result in results:
        assert result.name
        assert result.unit
        assert result.value > 0 or (math.isnan(result.value) and result.note)
    assert benchmark.__doc__


def test_frames_are_the_captured_ones_where_present(bybit_capture: Path) -> None:
    traffic.cache_clear()
    assert traffic().origin == "captured"
    snapshots, deltas = traffic().book_frames()
    assert (len(snapshots), len(deltas)) == (6, 2_142)
    assert "captured" in market_data.frame_to_book(TINY)[0].note


@pytest.mark.usefixtures("made_traffic")
def test_made_frames_have_the_shape_of_the_captured() -> None:
    now = traffic()
    assert now.origin == "made"
    events = now.events()
    kinds = {type(event.data) for event in events}
    assert kinds == {Orderbook, MarketTrades}
    assert len(now.instruments()) == 3
    deltas = [event.data for event in events if type(event.data) is Orderbook and not event.data.is_snapshot]
    assert 4 < sum(len(data.bids) + len(data.asks) for data in deltas) / len(deltas) < 20


def test_names_pick_benchmarks_and_areas() -> None:
    assert [name_of(each) for each in pick(["queues.queue"])] == ["queues.queue"]
    assert {name_of(each).partition(".")[0] for each in pick(["recording"])} == {"recording"}
    assert pick([]) == BENCHMARKS
    with pytest.raises(ValueError, match="no benchmark is called nonsense"):
        pick(["nonsense"])


def test_the_table_says_which_targets_are_met(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        Result("fast enough", 6.0, "µs", 7.0),
        Result("too slow", 300_000.0, "events/s", 350_000.0, higher_is_better=True),
        Result("no target", math.nan, "µs", note="not installed"),
    ]
    lines = table(rows).splitlines()
    assert lines[2].split() == ["fast", "enough", "6", "µs", "≤", "7", "yes"]
    assert lines[3].split() == ["too", "slow", "300,000", "events/s", "≥", "350,000", "NO"]
    assert lines[4].split() == ["no", "target", "–", "µs", "not", "installed"]
    monkeypatch.setattr("sys.argv", ["benchmarks", "--list"])
    assert main() == 0
    assert all(name_of(each) in capsys.readouterr().out for each in BENCHMARKS[:1])

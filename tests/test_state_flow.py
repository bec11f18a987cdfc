"""Volume by price: what is summed up, and that a session without end needs no memory without end."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.events import Side
from ttxt_tui.state import flow
from ttxt_tui.state.flow import TradedVolume
from ttxt_tui.state.grouping import row_of

TRADES = st.lists(st.tuples(st.sampled_from(Side), st.integers(1, 60), st.integers(1, 9)), max_size=60)


@given(TRADES, st.lists(st.tuples(st.integers(0, 60), st.integers(1, 7)), max_size=5))
def test_rows_are_the_sums_of_their_trades(trades: list[tuple[Side, int, int]], asked: list[tuple[int, int]]) -> None:
    traded, groups = TradedVolume(), dict(asked)
    for number, (side, ticks, size) in enumerate(trades):
        traded.add(side, ticks, float(size))
        if number in groups:
            traded.by_row(groups[number])
    for group in (1, 5, 1):
        expected: Counter[int] = Counter()
        for side, ticks, size in trades:
            expected[row_of(side.opposite, ticks, group)] += size
        assert traded.by_row(group) == expected


def test_of_too_many_prices_those_near_the_last_trade_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "PRICES_KEPT", 100)
    traded = TradedVolume()
    traded.add(Side.SELL, 1, 4.0)
    assert traded.by_row(1) == {1: 4.0}
    for ticks in range(1_000, 1_101):
        traded.add(Side.BUY, ticks, 1.0)
    rows = traded.by_row(1)
    assert rows == {1: 4.0, **dict.fromkeys(range(1_051, 1_101), 1.0)}, "the half, and all of the other side"
    for ticks in range(5_000, 0, -1):
        traded.add(Side.BUY, ticks, 1.0)
        assert len(traded.by_row(1)) <= 101
    assert traded.by_row(1)[1] == 5.0

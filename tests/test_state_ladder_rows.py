"""What a ladder's rows say: sums, touch, what is unknown, what is ours, what is marked."""

import math
from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ladder_support import ALL_CELLS, CELLS, Ladder, book, delta, market, own, shown, ticker, trades
from tests.orders_support import SECOND, event
from ttxt_core.events import BookState, BookStatus, OrderState, Side
from ttxt_tui.state.grouping import group_levels
from ttxt_tui.state.ladder_rows import Marker, Zone, size_text
from ttxt_tui.state.own_marks import LadderMarks, OwnKind, PendingMark
from ttxt_tui.state.sizes import SizeScale

BIDS = [(100.0, 1.5), (99.9, 0.25), (99.7, 12.0), (99.0, 3.0)]
ASKS = [(100.1, 2.0), (100.2, 0.5), (100.6, 7.125), (101.0, 1.0)]


def _ladder(group: int = 1, height: int = 30, depth: int = 50) -> Ladder:
    of = market()
    of.apply(book(BIDS, ASKS, depth=depth))
    return Ladder(of, height, group)


def test_sizes_stand_at_their_prices() -> None:
    assert shown(_ladder().rows()) == {
        1010: ("", "1.000"),
        1006: ("", "7.125"),
        1002: ("", "0.500"),
        1001: ("", "2.000"),
        1000: ("1.500", ""),
        999: ("0.250", ""),
        997: ("12.000", ""),
        990: ("3.000", ""),
    }


def test_grouped_bids_round_down_and_asks_up() -> None:
    assert shown(_ladder(5).rows()) == {
        1010: ("", "8.125"),
        1005: ("", "2.500"),
        1000: ("1.500", ""),
        995: ("12.250", ""),
        990: ("3.000", ""),
    }


LEVELS = st.tuples(
    st.dictionaries(st.integers(1, 900), st.integers(1, 10**9), max_size=120),
    st.dictionaries(st.integers(901, 2_000), st.integers(1, 10**9), max_size=120),
)


@given(
    levels_of=LEVELS,
    group=st.sampled_from([1, 2, 5, 10, 20, 50, 100, 1000]),
    low=st.integers(-5, 2_000),
    span=st.integers(0, 200),
    tick=st.sampled_from(["0.1", "0.00000001", "0.25", "5", "0.01"]),
)
def test_grouped_sums_equal_counting(
    levels_of: tuple[dict[int, int], dict[int, int]], group: int, low: int, span: int, tick: str
) -> None:
    info = market(tick).info
    per_unit = 1.0 / float(info.tick_size)
    for side, levels in zip(Side, levels_of, strict=True):
        ascending = side is Side.SELL
        best_first = [(info.float_price(t), info.float_size(levels[t])) for t in sorted(levels, reverse=not ascending)]
        expected: dict[int, int] = defaultdict(int)
        for ticks, lots in levels.items():
            row = math.floor(ticks / group) if side is Side.BUY else math.ceil(ticks / group)
            if low <= row <= low + span:
                expected[row] += lots
        sums = group_levels(best_first, per_unit, side, group=group, low=low, high=low + span)
        assert {row: info.to_lots(round(size, 3)) for row, size in sums.items()} == dict(expected)


def test_the_sides_and_the_spread_are_told_apart() -> None:
    rows = {row.ticks: row for row in _ladder().rows()}
    assert (rows[1001].zone, rows[1001].is_touch) == (Zone.ASK, True)
    assert (rows[1000].zone, rows[1000].is_touch) == (Zone.BID, True)
    assert not rows[1002].is_touch
    of = market()
    of.apply(book([(100.0, 1.0)], [(100.3, 1.0)]))
    assert Ladder(of).row(1002).zone is Zone.SPREAD


def test_beyond_the_subscribed_depth_is_unknown() -> None:
    rows = _ladder(depth=4).rows()
    assert {row.ticks for row in rows if row.is_known} == set(range(990, 1011))
    rows = _ladder(depth=5).rows()
    assert all(row.is_known for row in rows), "fewer levels than the depth: the book ends there"
    rows = _ladder(depth=0).rows()
    assert {row.ticks for row in rows if row.is_known} == set(range(990, 1011))


def test_a_grouped_row_that_reaches_beyond_the_depth_is_known_as_far_as_it_goes() -> None:
    rows = {row.ticks: row for row in _ladder(20, depth=4).rows()}
    assert rows[980].is_known
    assert rows[980].bid == "15.250"
    assert not rows[960].is_known


def test_an_empty_side_is_unknown_unless_the_whole_book_is_carried() -> None:
    of = market()
    of.apply(book([(100.0, 1.0)], [], depth=50))
    assert all(row.is_known for row in Ladder(of).rows())
    of = market()
    of.apply(book([(100.0, 1.0)], []))
    assert not Ladder(of).row(1005).is_known


def test_a_book_that_is_not_valid_is_dimmed_and_one_without_a_snapshot_empty() -> None:
    ladder = _ladder()
    assert not any(row.is_dimmed for row in ladder.rows())
    ladder.market.apply(event(BookStatus(BookState.GAP, "lost")))
    assert all(row.is_dimmed for row in ladder.rows())
    assert ladder.row(1000).bid == "1.500"
    ladder.market.apply(event(BookStatus(BookState.SYNCING, "again")))
    assert not any(row.bid or row.ask or row.is_known for row in ladder.rows())


def test_a_silent_book_is_dimmed() -> None:
    ladder = _ladder()
    ladder.now_ns += 11 * SECOND
    assert all(row.is_dimmed for row in ladder.rows())


def test_own_orders_stand_in_the_rows_of_their_sides() -> None:
    marks = LadderMarks([own(Side.BUY, 999), own(Side.BUY, 996, "0.500"), own(Side.SELL, 1003, "1.2")])
    rows = {row.ticks: row for row in _ladder(5).rows(marks)}
    assert rows[995].buys.text == "0.750 "
    assert rows[1005].sells.text == "1.200 "
    assert rows[995].sells.text == rows[1005].buys.text == ""


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (OrderState.NEW, "0.250 "),
        (OrderState.PENDING_NEW, "0.250…"),
        (OrderState.PENDING_AMEND, "0.250~"),
        (OrderState.PENDING_CANCEL, "0.250×"),
        (OrderState.UNKNOWN, "0.250?"),
    ],
)
def test_what_is_on_its_way_is_marked(state: OrderState, text: str) -> None:
    assert _ladder().row(999, LadderMarks([own(Side.BUY, 999, state=state)])).buys.text == text


def test_the_gravest_of_several_orders_is_marked() -> None:
    orders = [own(Side.BUY, 999, state=state) for state in (OrderState.PENDING_NEW, OrderState.UNKNOWN, OrderState.NEW)]
    cell = _ladder().row(999, LadderMarks(orders)).buys
    assert (cell.text, cell.kind) == ("0.750?", OwnKind.PENDING)


def test_stops_the_selected_order_ghosts_and_what_is_staged_have_glyphs() -> None:
    marks = LadderMarks(
        [own(Side.SELL, 995, is_stop=True), own(Side.SELL, 1004, is_selected=True), own(Side.BUY, 998)],
        PendingMark(Side.BUY, 998, Decimal("0.1")),
        [PendingMark(Side.SELL, 1006, Decimal("0.25"))],
    )
    rows = {row.ticks: row for row in _ladder().rows(marks)}
    assert (rows[995].sells.text, rows[995].sells.kind) == ("!0.250 ", OwnKind.STOP)
    assert (rows[1004].sells.text, rows[1004].sells.is_selected) == ("•0.250 ", True)
    assert (rows[1006].sells.text, rows[1006].sells.kind) == ("›0.250 ", OwnKind.GHOST)
    assert rows[998].buys == ("+0.100 ", OwnKind.STAGED, False)
    assert rows[995].markers == (Marker.STOP,)


def test_what_is_staged_onto_an_order_shows_both_where_there_is_room() -> None:
    marks = LadderMarks([own(Side.BUY, 998, "0.5")], PendingMark(Side.BUY, 998, Decimal("0.25")))
    assert _ladder().row(998, marks, CELLS._replace(own=10)).buys.text == "0.5+0.25 "


@pytest.mark.parametrize(
    ("lot", "quantity", "text"),
    [
        ("0.001", "0.250", "0.250 "),
        ("0.000001", "0.5", "0.5 "),
        ("0.000001", "0.00025", "0.00025 "),
        ("0.000001", "0.123456", ".123456 "),
        ("0.00000001", "0.12345678", ".123457 "),
        ("1", "683189", "683189 "),
        ("1", "68318912", "68.3M "),
        ("0.00000001", "0.00000001", "~0 "),
    ],
)
def test_own_quantities_keep_their_digits_in_a_narrow_column(lot: str, quantity: str, text: str) -> None:
    of = market(lot=lot)
    of.apply(book(BIDS, ASKS))
    assert Ladder(of).row(999, LadderMarks([own(Side.BUY, 999, quantity)])).buys.text == text


def test_the_position_the_mark_and_the_last_trade_are_marked() -> None:
    ladder = _ladder()
    ladder.market.apply(ticker(mark=100.04))
    ladder.market.apply(trades((100.0, 0.5, Side.SELL)))
    marks = LadderMarks(entry=Decimal("99.62"), break_even=Decimal("99.7"), liquidation=Decimal("99.6"))
    rows = {row.ticks: row for row in ladder.rows(marks)}
    assert rows[1000].markers == (Marker.MARK, Marker.LAST)
    assert rows[996].markers == (Marker.LIQUIDATION, Marker.ENTRY)
    assert rows[997].markers == (Marker.BREAK_EVEN,)
    assert ladder.state.off_screen == ()


def test_what_is_out_of_view_is_told_with_its_distance_nearest_first() -> None:
    ladder = _ladder(height=11)
    marks = LadderMarks(
        [own(Side.SELL, 1017)], PendingMark(Side.BUY, 970), entry=Decimal("99.5"), liquidation=Decimal(80)
    )
    ladder.rows(marks)
    told = [(item.name, item.is_above, item.distance) for item in ladder.state.off_screen]
    assert told == [("order", True, "+1.6 %"), ("staged", False, "−3.0 %"), ("liq", False, "−20.0 %")]


def test_near_distances_are_in_ticks() -> None:
    of = market(tick="0.01")
    of.apply(book([(100.0, 1.0)], [(100.01, 1.0)]))
    ladder = Ladder(of, 10)
    ladder.rows(LadderMarks([own(Side.BUY, 9985)]))
    assert [item.distance for item in ladder.state.off_screen] == ["−16t"]


def test_the_last_trade_fades_and_goes() -> None:
    ladder = _ladder()
    ladder.market.apply(trades((100.1, 0.5, Side.BUY), (100.1, 0.25, Side.BUY), at=SECOND))
    assert ladder.row(1001, cells=ALL_CELLS).last == ("0.750", Side.BUY, True)
    ladder.now_ns += 2 * SECOND
    assert ladder.row(1001, cells=ALL_CELLS).last == ("0.750", Side.BUY, False)
    ladder.now_ns += 7 * SECOND
    assert ladder.row(1001, cells=ALL_CELLS).last.text == ""


def test_volume_is_summed_by_row() -> None:
    ladder = _ladder(5)
    ladder.market.apply(trades((100.1, 0.5, Side.BUY), (100.3, 0.25, Side.BUY), (99.9, 2.0, Side.SELL)))
    volumes = {row.ticks: row.volume for row in ladder.rows(cells=ALL_CELLS) if row.volume}
    assert volumes == {1005: "0.750", 995: "2.000"}
    ladder.state.finer()
    ladder.state.finer()
    ladder.market.apply(trades((100.1, 0.5, Side.BUY)))
    volumes = {row.ticks: row.volume for row in ladder.rows(cells=ALL_CELLS) if row.volume}
    assert volumes == {1003: "0.250", 1001: "1.000", 999: "2.000"}


def test_size_that_came_and_went_is_told_but_not_what_traded() -> None:
    ladder = _ladder()
    ladder.rows(cells=ALL_CELLS)
    ladder.market.apply(delta(bids=[(99.9, 1.25)], asks=[(100.2, 0.0)]))
    ladder.market.apply(trades((100.1, 0.5, Side.BUY)))
    ladder.market.apply(delta(asks=[(100.1, 1.5)]))
    rows = {row.ticks: row for row in ladder.rows(cells=ALL_CELLS)}
    assert (rows[999].bid_change, rows[1002].ask_change, rows[1001].ask_change) == ("+1.00", "−0.500", "")
    ladder.market.apply(delta(bids=[(99.9, 1.25)], at=20 * SECOND))
    assert ladder.row(999, cells=ALL_CELLS).bid_change == ""


def test_the_place_in_the_queue_is_a_range() -> None:
    ladder = _ladder()
    marks = LadderMarks([own(Side.BUY, 1000, "0.5")])
    assert ladder.row(1000, marks, ALL_CELLS).queue == "1.00–1.50"
    ladder.market.apply(trades((100.0, 0.5, Side.SELL)))
    ladder.market.apply(delta(bids=[(100.0, 1.0)]))
    assert ladder.row(1000, marks, ALL_CELLS).queue == "0.500–1.00"


def test_the_line_about_the_cursor_tells_the_queue_where_no_column_does() -> None:
    ladder = _ladder()
    marks = LadderMarks([own(Side.BUY, 1000, "0.5")])
    ladder.state.set_cursor(1000)
    ladder.row(1000, marks)
    assert ladder.state.cursor_info().endswith(" · queue 1.00–1.50")
    ladder.row(1000, marks, ALL_CELLS)
    assert "queue" not in ladder.state.cursor_info()
    ladder.state.set_cursor(999)
    ladder.row(999, marks)
    assert "queue" not in ladder.state.cursor_info(), "no own order is there"


def test_the_cursor_tells_distance_and_size() -> None:
    ladder = _ladder()
    ladder.state.set_cursor(997)
    assert ladder.state.cursor_info() == "−35.0 bp · Σ 13.750"
    ladder.state.set_cursor(1006)
    assert ladder.state.cursor_info() == "+55.0 bp · Σ 9.625"
    beyond = _ladder(depth=4)
    beyond.state.set_cursor(985)
    assert beyond.state.cursor_info() == "−154.9 bp · Σ ≥ 16.750"


def test_sizes_are_written_with_the_lots_decimals_or_shorter() -> None:
    info = market(lot="0.001").info
    assert [size_text(info, size, 10) for size in (0.5, 1234.5, 1234567.0, 12345678901.0)] == [
        "0.500",
        "1,234.500",
        "1.23M",
        "12.3B",
    ]
    assert size_text(info, 123456.0, 10) == "123456.000"


def test_large_sizes_have_two_ranks() -> None:
    scale = SizeScale()
    sizes = [1.0] * 80 + [10.0] * 15 + [100.0] * 5
    scale.observe(sizes, 0)
    assert [scale.rank(size) for size in (1.0, 10.0, 99.0, 100.0)] == [0, 1, 1, 2]


def test_where_all_sizes_are_alike_none_is_large() -> None:
    scale = SizeScale()
    scale.observe([5.0, 5.5, 6.0, 5.2] * 5, 0)
    assert [scale.rank(size) for size in (5.0, 6.0)] == [0, 0]


def test_bars_are_steady_while_the_sizes_about_them_change() -> None:
    scale = SizeScale()
    scale.observe([1.0] * 20 + [8.0] * 2, 0)
    before = scale.eighths(4.0, 10)
    for frame in range(1, 200):
        scale.observe([1.0] * 20 + [8.0 + frame % 3] * 2, frame * SECOND)
    assert scale.eighths(4.0, 10) == before
    assert (scale.eighths(0.0, 10), scale.eighths(1e-9, 10), scale.eighths(1e9, 10)) == (0, 1, 80)

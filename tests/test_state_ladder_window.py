"""The ladder's view: static prices, a cursor that nothing but its keys moves, and centring that never takes it away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ladder_support import Ladder, book, market, own, ticker
from tests.orders_support import SECOND, event
from ttxt_core.events import ResetReason, Side, StreamReset
from ttxt_tui.config.ladder import AutoCentre
from ttxt_tui.state.grouping import coarser, finer, first_grouping, row_of
from ttxt_tui.state.ladder_window import LadderWindow, Touch
from ttxt_tui.state.own_marks import LadderMarks, PendingMark

STAGED = LadderMarks(staged=PendingMark(Side.BUY, 990))


def _ladder(height: int = 20, group: int | None = 1) -> Ladder:
    of = market()
    of.apply(book([(100.0 - i / 10, 1.0) for i in range(50)], [(100.1 + i / 10, 1.0) for i in range(50)]))
    return Ladder(of, height, group)


def _move_market(ladder: Ladder, ticks: int) -> None:
    first = 1000 + ticks
    ladder.market.apply(
        book([((first - i) / 10, 1.0) for i in range(50)], [((first + 1 + i) / 10, 1.0) for i in range(50)])
    )


def test_the_market_begins_in_the_middle_with_the_cursor_on_the_best_bid() -> None:
    ladder = _ladder(21)
    ticks = [row.ticks for row in ladder.rows()]
    assert ticks == list(range(1010, 989, -1))
    assert ladder.state.cursor_ticks == 1000
    assert ladder.cursor_line == 10


def test_prices_stand_while_the_market_moves() -> None:
    ladder = _ladder(21)
    before = [row.ticks for row in ladder.rows()]
    _move_market(ladder, 4)
    assert [row.ticks for row in ladder.rows()] == before
    assert [row.ticks for row in ladder.rows() if row.is_touch] == [1005, 1004]


def test_the_cursor_moves_by_rows_and_takes_the_view_along() -> None:
    ladder = _ladder(21)
    ladder.state.move_cursor(3)
    assert (ladder.state.cursor_ticks, ladder.cursor_line) == (1003, 7)
    ladder.state.move_cursor(20)
    assert (ladder.state.cursor_ticks, ladder.cursor_line) == (1023, 0)
    ladder.state.move_cursor(-40)
    assert (ladder.state.cursor_ticks, ladder.cursor_line) == (983, 20)


def test_the_cursor_goes_to_the_touch() -> None:
    ladder = _ladder()
    assert ladder.state.to_best_ask()
    assert ladder.state.cursor_ticks == 1001
    assert ladder.state.to_best_bid()
    assert ladder.state.cursor_ticks == 1000


def test_without_a_book_there_is_no_touch_to_go_to() -> None:
    of = market()
    of.apply(ticker(last=100.0))
    ladder = Ladder(of, 10, None)
    assert not ladder.state.to_best_bid()
    assert not ladder.state.to_best_ask()
    assert ladder.state.cursor_ticks == 1000


def test_before_any_price_every_row_is_unknown_and_keys_do_nothing() -> None:
    ladder = Ladder(market(), 10, None)
    ladder.state.move_cursor(1)
    ladder.state.set_cursor(5)
    ladder.state.recenter()
    rows = ladder.rows()
    assert len(rows) == 10
    assert not any(row.is_known or row.price for row in rows)
    assert ladder.state.cursor_ticks is None
    assert ladder.state.cursor_info() == ""


def test_the_view_follows_when_the_market_nears_an_edge() -> None:
    ladder = _ladder(21)
    _move_market(ladder, 7)
    assert ladder.rows()[0].ticks == 1017


def test_the_view_waits_two_seconds_after_a_cursor_key() -> None:
    ladder = _ladder(21)
    ladder.state.move_cursor(1)
    ladder.rows()
    _move_market(ladder, 9)
    ladder.wait(1.9)
    assert ladder.rows()[0].ticks == 1010
    ladder.wait(0.2)
    assert ladder.rows()[0].ticks > 1010
    assert ladder.state.cursor_ticks == 1001


def test_the_view_waits_while_an_order_is_staged() -> None:
    ladder = _ladder(21)
    ladder.rows(STAGED)
    _move_market(ladder, 30)
    ladder.wait(100)
    assert ladder.rows(STAGED)[0].ticks == 1010
    assert ladder.rows()[0].ticks > 1010


def test_a_timed_view_follows_every_so_often() -> None:
    ladder = _ladder(21)
    ladder.state.window.auto_centre = AutoCentre.TIMED
    ladder.state.window.every_ns = 5 * SECOND
    ladder.rows()
    _move_market(ladder, 2)
    ladder.wait(4.9)
    assert ladder.rows()[0].ticks == 1010
    ladder.wait(0.2)
    assert ladder.rows()[0].ticks == 1012


def test_a_view_that_is_told_to_stay_stays() -> None:
    ladder = _ladder(21)
    ladder.state.window.auto_centre = AutoCentre.OFF
    _move_market(ladder, 500)
    ladder.wait(1_000)
    assert ladder.rows()[0].ticks == 1010
    ladder.state.recenter()
    assert ladder.rows()[0].ticks == 1510
    assert ladder.state.cursor_ticks == 1500, "a cursor that asked for the market comes along"


def test_scrolling_moves_the_view_and_not_the_price_aimed_at() -> None:
    ladder = _ladder(21)
    ladder.state.scroll(30)
    assert ladder.rows()[0].ticks == 1040
    assert (ladder.state.cursor_ticks, ladder.cursor_line) == (1000, None)
    assert "cursor" in [hidden.name for hidden in ladder.state.off_screen]
    ladder.wait(9.9)
    assert ladder.rows()[0].ticks == 1040, "who looks elsewhere is left there for a while"
    ladder.wait(0.2)
    assert ladder.rows()[0].ticks == 1010
    ladder.state.scroll(30)
    ladder.state.move_cursor(1)
    assert ladder.rows()[0].ticks > 1010, "a cursor key begins in sight of what is looked at"
    ladder.state.scroll(-5_000)
    assert ladder.rows()[-1].ticks == 1, "there are no prices below a tick"


def test_following_keeps_the_cursor_in_sight_where_it_can() -> None:
    ladder = _ladder(21)
    ladder.state.move_cursor(-2)
    ladder.rows()
    ladder.wait(3)
    _move_market(ladder, 10)
    ladder.rows()
    assert (ladder.state.cursor_ticks, ladder.cursor_line) == (998, 20)


def test_a_cursor_left_behind_comes_back_to_the_market_with_its_next_key() -> None:
    ladder = _ladder(21)
    _move_market(ladder, 200)
    ladder.rows()
    assert ladder.cursor_line is None
    assert ladder.state.cursor_ticks == 1000
    ladder.state.move_cursor(1)
    assert ladder.state.cursor_ticks == 1201


def test_another_grouping_leaves_the_cursor_on_its_line() -> None:
    ladder = _ladder(21)
    ladder.state.move_cursor(-4)
    line = ladder.cursor_line
    for _ in range(4):
        ladder.state.coarser()
        assert ladder.cursor_line == line
        assert (ladder.state.cursor_ticks or 0) % ladder.state.group == 0
    assert ladder.state.group == 20
    for _ in range(6):
        ladder.state.finer()
        assert ladder.cursor_line == line
    assert ladder.state.group == 1


def test_another_height_keeps_the_cursor_in_sight() -> None:
    ladder = _ladder(21)
    ladder.state.move_cursor(-10)
    assert ladder.cursor_line == 20
    ladder.height = 7
    assert ladder.cursor_line is not None
    ladder.height = 40
    assert ladder.cursor_line is not None


def test_a_line_of_the_screen_is_a_place_for_the_cursor() -> None:
    ladder = _ladder(21)
    ladder.state.set_cursor_line(3)
    assert (ladder.state.cursor_ticks, ladder.cursor_line) == (1007, 3)


def test_a_seek_begins_anew_and_a_reconnect_does_not() -> None:
    ladder = _ladder(21)
    ladder.state.move_cursor(-3)
    ladder.market.apply(event(StreamReset(ResetReason.RECONNECT)))
    rows = ladder.rows()
    assert (rows[0].ticks, ladder.state.cursor_ticks) == (1010, 997)
    assert not any(row.bid or row.ask for row in rows)
    ladder.market.apply(event(StreamReset(ResetReason.SEEK)))
    assert not any(row.price for row in ladder.rows())
    _move_market(ladder, 3_000)
    ladder.rows()
    assert ladder.state.cursor_ticks is not None
    assert row_of(Side.BUY, 4000, ladder.state.group) * ladder.state.group == ladder.state.cursor_ticks


def test_the_first_grouping_is_about_a_basis_point() -> None:
    assert first_grouping(670_000, 10_000, 40) == 50
    assert first_grouping(192_250, 10_000, 40) == 20
    assert first_grouping(7_730, 10_000, 40) == 1
    assert first_grouping(670_000, 0, 40) == 50, "nothing is known of the depth"


def test_the_first_grouping_is_finer_where_the_book_ends_early() -> None:
    assert first_grouping(670_000, 400, 40) == 20
    assert first_grouping(670_000, 3, 40) == 1


def test_a_chosen_grouping_is_kept() -> None:
    ladder = _ladder(group=None)
    ladder.state.finer()
    ladder.state.coarser()
    ladder.state.coarser()
    chosen = ladder.state.group
    _move_market(ladder, 3)
    ladder.rows()
    assert ladder.state.group == chosen


def test_groupings_go_by_one_two_five() -> None:
    steps = [1]
    while len(steps) < 8:
        steps.append(coarser(steps[-1]))
    assert steps == [1, 2, 5, 10, 20, 50, 100, 200]
    assert [finer(step) for step in steps] == [1, 1, 2, 5, 10, 20, 50, 100]
    assert (coarser(10**9), finer(1)) == (10**9, 1)


def test_an_order_belongs_to_the_row_that_is_aimed_at() -> None:
    ladder = _ladder(group=10)
    ladder.state.set_cursor(990)
    assert ladder.state.cursor_ticks == 990
    assert ladder.state.is_at_cursor(Side.BUY, 999)
    assert not ladder.state.is_at_cursor(Side.BUY, 1000)
    assert ladder.state.is_at_cursor(Side.SELL, 981)
    assert not ladder.state.is_at_cursor(Side.SELL, 991)


STEPS = st.one_of(
    st.tuples(st.just("cursor"), st.integers(-40, 40)),
    st.tuples(st.just("market"), st.integers(-60, 60)),
    st.tuples(st.just("wait"), st.integers(1, 3_000)),
    st.tuples(st.just("stage"), st.integers(0, 1)),
    st.tuples(st.just("scroll"), st.integers(-60, 60)),
    st.tuples(st.just("mode"), st.sampled_from(list(AutoCentre))),
)


@pytest.mark.parametrize("height", [1, 3, 24])
@given(steps=st.lists(STEPS, max_size=40), group=st.sampled_from([1, 5, 20]))
def test_nothing_but_its_keys_moves_the_row_aimed_at(
    height: int, steps: list[tuple[str, int | AutoCentre]], group: int
) -> None:
    window = LadderWindow()
    window.group = group
    middle, now_ns, is_staged, used_ns = 100_000, 0, False, -(10**12)

    def follow() -> None:
        touch = Touch(middle, middle + 1, middle + 0.5)
        window.follow(touch, height, is_staged=is_staged, now_ns=now_ns)

    follow()
    for kind, amount in steps:
        cursor, top = window.cursor, window.top
        if kind == "mode":
            window.auto_centre = AutoCentre(amount)
        elif kind == "cursor":
            window.move_cursor(int(amount))
            used_ns = now_ns
            follow()
            assert window.cursor_row is not None
            assert window.shows(window.cursor_row)
            continue
        elif kind == "scroll":
            window.scroll(int(amount))
            used_ns, top = now_ns, window.top
        elif kind == "market":
            middle = max(middle + int(amount), 10_000)
        elif kind == "wait":
            now_ns += int(amount) * 1_000_000
        else:
            is_staged = bool(amount)
        follow()
        assert window.cursor == cursor
        if is_staged or now_ns - used_ns < 2 * SECOND:
            assert window.top == top


def test_the_stamp_changes_with_the_market_the_view_and_time() -> None:
    ladder = _ladder()
    stamps = [ladder.state.stamp(0, 0)]
    _move_market(ladder, 0)
    stamps.append(ladder.state.stamp(0, 0))
    ladder.state.move_cursor(1)
    stamps += [ladder.state.stamp(0, 0), ladder.state.stamp(SECOND, 0), ladder.state.stamp(0, SECOND)]
    assert len(set(stamps)) == 5
    assert ladder.state.stamp(1, 1) == ladder.state.stamp(2, 2)


def test_marks_do_not_move_the_view() -> None:
    ladder = _ladder(21)
    top = ladder.rows()[0].ticks
    assert ladder.rows(LadderMarks([own(Side.BUY, 400), own(Side.SELL, 4000)]))[0].ticks == top

"""The tape: prints, runs of one price, large ones, what was missed, who takes more."""

from hypothesis import given
from hypothesis import strategies as st

from tests.ladder_support import market
from tests.orders_support import SECOND
from ttxt_core.events import MarketTrade, Side
from ttxt_tui.state.tape import PRESSURE_SECONDS, PRINTS_KEPT, PrintKind, TapeState

MS = 1_000_000


def _tape() -> TapeState:
    return TapeState(market().info)


def _trade(price: float = 100.0, size: float = 1.0, side: Side = Side.BUY, at: int = SECOND) -> MarketTrade:
    return MarketTrade(price, size, side, "", at)


def test_prints_are_newest_first() -> None:
    tape = _tape()
    tape.add([_trade(100.0, at=SECOND), _trade(100.1, at=SECOND)], SECOND)
    tape.add([_trade(1234.5, 0.25, Side.SELL, at=2 * SECOND + 5 * MS)], 2 * SECOND)
    rows = tape.rows(10)
    assert [row.price for row in rows] == ["1,234.5", "100.1", "100.0"]
    assert (rows[0].time, rows[0].side, rows[0].size) == ("00:00:02.005", Side.SELL, "0.250")
    assert [row.price for row in tape.rows(2)] == ["1,234.5", "100.1"]
    assert tape.rows(0) == []


def test_one_price_and_side_in_one_message_is_one_print() -> None:
    tape = _tape()
    tape.add([_trade(size=1.0), _trade(size=2.0, at=SECOND + 50 * MS), _trade(100.1), _trade(side=Side.SELL)], SECOND)
    assert [(row.size, row.trades) for row in tape.rows(9)] == [("1.000", 1), ("1.000", 1), ("3.000", 2)]


def test_messages_within_a_millisecond_go_on_with_a_run() -> None:
    tape = _tape()
    tape.add([_trade()], SECOND)
    first = tape.rows(1)[0]
    tape.add([_trade(at=SECOND + MS)], SECOND)
    tape.add([_trade(at=SECOND + 3 * MS)], SECOND)
    assert [(row.size, row.trades) for row in tape.rows(9)] == [("1.000", 1), ("2.000", 2)]
    assert first.key not in {row.key for row in tape.rows(9)}, "a print that looks different has another key"


def test_rows_keep_their_key_while_others_come() -> None:
    tape = _tape()
    tape.add([_trade(100.0)], SECOND)
    before = tape.rows(1)[0]
    tape.add([_trade(101.0)], SECOND)
    assert tape.rows(2)[1] is before


def test_the_largest_prints_are_marked_once_there_are_enough_to_tell() -> None:
    tape = _tape()
    tape.add([_trade(size=500.0)], SECOND)
    assert not tape.rows(1)[0].is_large
    for number in range(200):
        tape.add([_trade(100.0 + number % 2 / 10, 1.0 + number % 10)], SECOND)
    assert not any(row.is_large for row in tape.rows(200))
    tape.add([_trade(99.0, 50.0)], SECOND)
    assert tape.rows(1)[0].is_large
    assert sum(row.is_large for row in tape.rows(300)) == 1


def test_a_run_becomes_large_as_it_grows() -> None:
    tape = _tape()
    for number in range(100):
        tape.add([_trade(100.0 + number % 2 / 10, 1.0)], SECOND)
    tape.add([_trade(99.0, 0.5)], SECOND)
    assert not tape.rows(1)[0].is_large
    tape.add([_trade(99.0, 3.0)], SECOND)
    assert tape.rows(1)[0].is_large


def test_small_prints_can_be_left_out_but_not_what_is_missing() -> None:
    tape = _tape()
    tape.add([_trade(100.0, 0.5), _trade(100.1, 2.0)], SECOND)
    tape.missed(4, SECOND)
    tape.missed(None, SECOND)
    tape.filter_by(1.0)
    assert [row.size for row in tape.rows(9)] == ["trades missed", "4 missed", "2.000"]
    assert tape.rows(1)[0].kind is PrintKind.MISSED
    tape.filter_by(0.0)
    assert len(tape.rows(9)) == 4


def test_a_gap_ends_a_run() -> None:
    tape = _tape()
    tape.add([_trade()], SECOND)
    tape.missed(1, SECOND)
    tape.add([_trade()], SECOND)
    assert [row.size for row in tape.rows(9)] == ["1.000", "1 missed", "1.000"]


def test_pressure_is_of_the_last_half_minute() -> None:
    tape = _tape()
    assert tape.pressure(SECOND).buy_share == 0.5
    tape.add([_trade(size=3.0), _trade(size=1.0, side=Side.SELL)], SECOND)
    tape.add([_trade(size=4.0)], 10 * SECOND)
    pressure = tape.pressure(20 * SECOND)
    assert (pressure.buy, pressure.sell, pressure.buy_share) == (7.0, 1.0, 0.875)
    assert tape.pressure((PRESSURE_SECONDS + 5) * SECOND) == (4.0, 0.0)
    assert tape.pressure((PRESSURE_SECONDS + 10) * SECOND) == (0.0, 0.0)


def test_it_forgets() -> None:
    tape = _tape()
    for number in range(100):
        tape.add([_trade(size=float(number))], SECOND)
    version = tape.version
    tape.clear()
    assert tape.rows(9) == []
    assert tape.large_above is None
    assert tape.pressure(SECOND) == (0.0, 0.0)
    assert tape.version > version


def test_it_is_bounded() -> None:
    tape = _tape()
    tape.add([_trade(float(number + 1)) for number in range(PRINTS_KEPT + 500)], SECOND)
    assert len(tape.rows(PRINTS_KEPT * 2)) == PRINTS_KEPT


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 50), st.sampled_from(list(Side)), st.integers(0, 3)), max_size=60
    ),
    st.integers(1, 7),
)
def test_no_trade_and_no_size_is_lost(made: list[tuple[int, int, Side, int]], per_message: int) -> None:
    tape, now = _tape(), SECOND
    trades = []
    for price, lots, side, pause in made:
        now += pause * MS
        trades.append(_trade(float(price), lots / 1000, side, now))
    for first in range(0, len(trades), per_message):
        tape.add(trades[first : first + per_message], now)
    rows = tape.rows(100)
    for side in Side:
        printed = sum(round(float(row.size) * 1000) for row in rows if row.side is side)
        assert printed == sum(lots for _, lots, of, _ in made if of is side)
    assert sum(row.trades for row in rows) == len(made)

"""A market's state: what is known, how far it can be trusted, what a reset leaves."""

from decimal import Decimal

import pytest

from tests.ladder_support import book, delta, market, spec, ticker, trades
from tests.orders_support import SECOND, event
from ttxt_core.events import (
    BookState,
    BookStatus,
    Event,
    FeedGap,
    InstrumentKey,
    Kline,
    MessageHeader,
    ResetReason,
    Side,
    StreamReset,
    Ticker,
    Wallet,
)
from ttxt_tui.state.market import MarketState, Trust
from ttxt_tui.state.queue_position import QueueTracker


def _full() -> MarketState:
    of = market()
    of.apply(book([(100.0, 1.0)], [(100.1, 2.0)]))
    of.apply(ticker(mark=100.05, funding_rate=0.0001))
    of.apply(trades((100.1, 0.5, Side.BUY)))
    of.apply(event(Kline(60 * SECOND, 0, 1.0, 2.0, 0.5, 1.5, 3.0, 4.0, is_closed=True)))
    return of


def test_a_ticker_changes_what_it_names_and_nothing_else() -> None:
    of = market()
    of.apply(ticker(last=100.0, mark=101.0, open_interest=5.0))
    of.apply(ticker(mark=102.0))
    assert of.ticker == Ticker(last=100.0, mark=102.0, open_interest=5.0)


def test_the_last_price_is_the_tapes_and_the_tickers_before_a_trade() -> None:
    of = market()
    assert of.last_price is None
    of.apply(ticker(last=99.0))
    assert of.last_price == 99.0
    of.apply(trades((100.1, 0.5, Side.BUY)))
    of.apply(ticker(last=98.0))
    assert of.last_price == 100.1


def test_the_reference_price_is_the_best_known() -> None:
    of = market()
    assert of.reference_price is None
    of.apply(book([(90.0, 1.0)], []))
    assert of.reference_price == 90.0
    of.apply(ticker(mark=95.0))
    assert of.reference_price == 95.0
    of.apply(ticker(last=97.0))
    assert of.reference_price == 97.0
    of.apply(book([(100.0, 1.0)], [(101.0, 1.0)]))
    assert of.reference_price == 100.5
    of.apply(event(BookStatus(BookState.STALE, "silent")))
    assert of.reference_price == 97.0


def test_trust_ends_with_validity_and_with_silence() -> None:
    of = market()
    assert of.trust(0) == Trust(False, "SYNCING", "no snapshot yet")
    of.apply(book([(100.0, 1.0)], [(101.0, 1.0)], at=SECOND))
    assert of.trust(SECOND + 9 * SECOND) == Trust(True)
    assert of.trust(SECOND + 12 * SECOND) == Trust(False, "STALE 12s", "no book message for 12s")
    of.apply(event(BookStatus(BookState.GAP, "lost"), at=2 * SECOND))
    assert of.trust(4 * SECOND) == Trust(False, "GAP 3s", "lost")
    of.apply(event(BookStatus(BookState.STALE, "silent"), at=2 * SECOND))
    assert of.trust(4 * SECOND) == Trust(False, "STALE 3s", "silent")
    of.apply(event(BookStatus(BookState.VALID), at=2 * SECOND))
    assert not of.trust(4 * SECOND).is_good, "only a snapshot makes a book valid again"
    of.apply(book([(100.0, 1.0)], [(101.0, 1.0)], at=4 * SECOND))
    assert of.trust(4 * SECOND).is_good


def test_a_delta_that_leaves_a_gap_ends_trust() -> None:
    of = _full()
    broken = delta([(99.0, 1.0)])
    of.apply(Event(broken.header, type(broken.data)([(99.0, 1.0)], [], False, 9, 8)))
    assert of.trust(SECOND).text.startswith("GAP")


def test_age_never_is_below_zero() -> None:
    of = market()
    assert of.age_ns(5) is None
    of.apply(book([(100.0, 1.0)], [(101.0, 1.0)], at=SECOND))
    assert (of.age_ns(0), of.age_ns(3 * SECOND)) == (0, 2 * SECOND)


def test_latency_is_receive_less_venue_time() -> None:
    of = market()
    assert of.latency_ns is None
    of.apply(Event(MessageHeader(*of.key, 1_000, 13_000_000), Ticker(last=1.0)))
    assert of.latency_ns == 12_999_000


@pytest.mark.parametrize("reason", list(ResetReason))
def test_a_reset_clears_all_that_the_stream_told(reason: ResetReason) -> None:
    of, version = _full(), 0
    version, epoch = of.version, of.epoch
    of.apply(event(StreamReset(reason)))
    assert of.ticker == Ticker()
    assert (of.last_trade, of.recent, of.tape.rows(9)) == (None, {}, [])
    assert of.candles.series(60 * SECOND).candles == []
    assert of.traded.by_row(1) == {}
    assert of.book.state is BookState.SYNCING
    assert of.version > version
    assert (of.epoch > epoch) is (reason is not ResetReason.RECONNECT)


def test_missed_trades_are_told_in_the_tape() -> None:
    of = _full()
    of.apply(event(FeedGap("mailbox full", 4)))
    assert of.tape.rows(1)[0].size == "4 missed"
    assert of.trust(SECOND).is_good, "a lost book says so by its own status"


def test_other_steps_of_the_instrument_void_what_is_known() -> None:
    of = _full()
    of.apply(event(spec()))
    assert of.epoch == 0
    of.apply(event(spec(tick="0.5")))
    assert (of.epoch, of.info.tick_size, of.ticks_of(100.4)) == (1, Decimal("0.5"), 201)
    assert of.tape.rows(1) == []
    of.apply(book([(100.0, 1.0)], [(100.5, 1.0)]))
    assert of.book.best_ask == (100.5, 1.0)


def test_events_of_the_account_are_not_the_markets() -> None:
    of = _full()
    version = of.version
    of.apply(event(Wallet("main", [])))
    assert of.version == version


def test_what_traded_last_at_a_price_is_kept_for_the_last_few_prices() -> None:
    of = market()
    of.apply(trades(*((100.0 + n / 10, 1.0, Side.BUY) for n in range(12))))
    assert list(of.recent) == list(range(1004, 1012))
    of.apply(trades((101.1, 2.0, Side.BUY), (101.1, 1.0, Side.SELL)))
    assert of.recent[1011].size == 1.0, "the other side begins anew"
    of.apply(trades((101.1, 2.0, Side.SELL)))
    assert of.recent[1011].size == 3.0


def test_an_event_of_another_instrument_is_refused_by_the_book() -> None:
    of = market()
    other = book([(100.0, 1.0)], [(101.0, 1.0)])
    foreign = Event(MessageHeader(*InstrumentKey("x", "spot", "A/B")), other.data)
    with pytest.raises(Exception, match="A/B"):
        of.apply(foreign)


def _queue(displayed: float = 10.0, quantity: str = "1") -> tuple[MarketState, QueueTracker]:
    of = market()
    of.apply(book([(100.0, displayed)], [(100.1, 1.0)]))
    of.queues.follow("a", Side.BUY, 100.0, Decimal(quantity), of.book)
    return of, of.queues


def _ahead(of: MarketState, quantity: str = "1") -> tuple[float, float]:
    return of.queues.follow("a", Side.BUY, 100.0, Decimal(quantity), of.book)


def test_a_new_order_stands_behind_what_is_displayed() -> None:
    of, _ = _queue()
    assert _ahead(of) == (9.0, 10.0)


def test_trades_take_from_the_front_and_cancels_from_anywhere() -> None:
    of, _ = _queue()
    of.apply(trades((100.0, 4.0, Side.SELL)))
    of.apply(delta([(100.0, 6.0)]))
    assert _ahead(of) == (5.0, 6.0)
    of.apply(delta([(100.0, 4.0)]))
    assert _ahead(of) == (3.0, 4.0)
    of.apply(delta([(100.0, 20.0)]))
    assert _ahead(of) == (3.0, 4.0), "what comes later stands behind"
    of.apply(delta([(100.0, 18.0)]))
    assert _ahead(of) == (1.0, 4.0)


def test_a_trade_through_the_price_leaves_nothing_ahead_and_one_of_the_other_side_all() -> None:
    of, _ = _queue()
    of.apply(trades((100.0, 4.0, Side.BUY), (100.1, 4.0, Side.SELL)))
    assert _ahead(of) == (9.0, 10.0)
    of.apply(trades((99.9, 0.1, Side.SELL)))
    assert _ahead(of) == (0.0, 0.0)


def test_a_larger_quantity_goes_to_the_end_and_a_smaller_does_not() -> None:
    of, _ = _queue()
    of.apply(trades((100.0, 4.0, Side.SELL)))
    assert _ahead(of, "0.5") == (5.0, 6.0)
    of.apply(delta([(100.0, 8.0)]))
    assert _ahead(of, "2") == (6.0, 8.0)


def test_orders_that_are_gone_are_forgotten() -> None:
    _, queues = _queue()
    queues.keep_only(set())
    assert len(queues) == 0

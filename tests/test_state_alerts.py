"""Alerts: each kind fires for what it names, none chatters, and none fires for another instrument or another time."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.account_support import ETH
from tests.alert_support import Watched, book, rule, trade, trades
from tests.orders_support import LINEAR, SECOND, SPOT, event
from ttxt_core.events import BookState, BookStatus, Instrument, InstrumentKey, ResetReason, Side, StreamReset
from ttxt_tui.config.alerts import AlertKind, AlertRule
from ttxt_tui.state.alerts import MOST_FIRINGS, QUIET_NS, Phase

INVERSE = InstrumentKey("practice", "inverse", "BTC/USD:BTC")


# -- a price -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ([99.0, 99.9, 100.0], "▲ rose to 100.0"),
        ([99.0, 100.4], "▲ rose to 100.0"),
        ([101.0, 100.0], "▼ fell to 100.0"),
        ([101.0, 97.0], "▼ fell to 100.0"),
        ([100.0, 100.0, 101.0, 99.9], "▼ fell to 100.0"),
        ([100.0, 101.0, 102.0], ""),
        ([99.0, 99.9], ""),
        ([101.0], ""),
    ],
)
def test_a_price_fires_from_either_side_when_it_is_reached(prices: list[float], said: str) -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0))
    fired = [text for price in prices for text in watched.feed(trade(price))]
    assert fired == ([f"BTC/USDT perp {said}"] if said else [])


def test_a_price_within_one_message_is_seen() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0))
    watched.feed(trade(99.0))
    assert len(watched.feed(trades((100.1, 1.0), (99.0, 1.0)))) == 1


def test_a_price_does_not_chatter_around_its_level() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0))
    fired = []
    for second in range(120):
        fired += watched.feed(trade(99.99 if second % 2 else 100.01, seconds=second))
    assert len(fired) == 1, "the level was never left"
    assert watched.feed(trade(100.1, seconds=121)) == [], "far enough: it is armed again"
    assert watched.feed(trade(99.9, seconds=122)) == ["BTC/USDT perp ▼ fell to 100.0"]


def test_a_price_that_was_left_fires_again() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0))
    watched.feed(trade(99.0, seconds=0))
    assert watched.feed(trade(100.5, seconds=1))
    watched.feed(trade(101.0, seconds=2))
    assert watched.feed(trade(99.0, seconds=5)) == [], "too soon"
    watched.feed(trade(98.0, seconds=20))
    assert watched.feed(trade(100.0, seconds=21)) == ["BTC/USDT perp ▲ rose to 100.0"]


# -- spread, prints, volume --------------------------------------------------------------------------------


def test_a_spread_fires_when_wide_and_again_only_after_it_was_clearly_narrow() -> None:
    watched = Watched(rule(AlertKind.SPREAD, 10.0))
    assert watched.feed(book(100.0, 100.1, seconds=1)) == [], "9.995 bp"
    assert watched.feed(book(100.0, 100.2, seconds=2)) == ["BTC/USDT perp spread 19.98 bp, over 10"]
    for second in range(3, 60):
        assert watched.feed(book(100.0, 100.1 if second % 2 else 100.2, seconds=second)) == [], "not clearly narrow"
    assert watched.feed(book(100.0, 100.05, seconds=61)) == []
    assert len(watched.feed(book(100.0, 100.3, seconds=62))) == 1


def test_a_book_that_is_not_valid_has_no_spread() -> None:
    watched = Watched(rule(AlertKind.SPREAD, 1.0))
    assert watched.feed(event(BookStatus(BookState.GAP, "lost")), trade(100.0)) == []


def test_a_print_is_what_one_taker_took() -> None:
    watched = Watched(rule(AlertKind.PRINTS, 1000.0))
    assert watched.feed(trades((100.0, 4.0), (101.0, 5.0))) == []
    fired = watched.feed(trades((100.0, 4.0), (101.0, 6.0), seconds=1, side=Side.SELL))
    assert fired == ["BTC/USDT perp large print ▼ SELL 1,006 USDT @ 101.0"]


def test_two_takers_are_two_prints_and_a_block_is_none() -> None:
    watched = Watched(rule(AlertKind.PRINTS, 1000.0))
    one, other = trades((100.0, 6.0)), trades((100.0, 6.0), side=Side.SELL)
    both = event(type(one.data)([*one.data.trades, *other.data.trades]))
    assert watched.feed(both) == []
    assert watched.feed(trades((100.0, 50.0), is_block=True)) == []


def test_large_prints_are_told_once_in_a_while() -> None:
    watched = Watched(rule(AlertKind.PRINTS, 1000.0))
    fired = [second for second in range(60) if watched.feed(trade(100.0, 50.0, seconds=second))]
    assert fired == list(range(0, 60, QUIET_NS // SECOND))


def test_the_size_of_an_inverse_contract_is_its_worth() -> None:
    watched = Watched(rule(AlertKind.PRINTS, 1000.0, ""), keys=())
    spec = Instrument("BTCUSD", "BTC", "USD", "BTC", Decimal("0.5"), Decimal(1))
    watched.feed(event(spec, key=INVERSE))
    assert watched.feed(trade(60_000.0, 900.0, key=INVERSE)) == []
    assert watched.feed(trade(60_000.0, 1000.0, seconds=20, key=INVERSE))


def test_a_burst_is_measured_by_what_is_usual() -> None:
    watched = Watched(rule(AlertKind.BURST, 5.0))
    for second in range(120):
        assert watched.feed(trade(100.0, 1.0, seconds=second)) == []
    assert watched.feed(trade(100.0, 30.0, seconds=120)) == [], "39 of 10 usual ones"
    assert watched.feed(trade(100.0, 12.0, seconds=121)) == ["BTC/USDT perp 5× the usual volume in 10 s"]
    assert watched.feed(trade(100.0, 12.0, seconds=122)) == []


def test_before_a_minute_is_known_no_volume_is_unusual() -> None:
    watched = Watched(rule(AlertKind.BURST, 2.0))
    assert [watched.feed(trade(100.0, 10.0**second, seconds=second)) for second in range(60)] == [[]] * 60


def test_a_burst_after_silence_is_none() -> None:
    watched = Watched(rule(AlertKind.BURST, 2.0))
    watched.feed(trade(100.0, 1.0, seconds=0))
    assert watched.feed(trade(100.0, 99.0, seconds=5000)) == [], "nothing was usual"


# -- a stale feed ------------------------------------------------------------------------------------------


def test_silence_fires_by_time_and_clears_with_the_next_book() -> None:
    watched = Watched(rule(AlertKind.STALE, 5.0))
    assert watched.wait(100) == [], "there was no book yet"
    watched.feed(book(100.0, 100.1, seconds=100))
    assert watched.wait(104.9) == []
    assert watched.wait(105) == ["BTC/USDT perp no valid book for 5s"]
    assert watched.wait(500) == []
    for second in (501, 502, 503):
        assert watched.feed(book(100.0, 100.1, seconds=second)) == []
    assert len(watched.wait(508)) == 1


def test_silence_that_only_events_tell_is_told_by_the_next() -> None:
    watched = Watched(rule(AlertKind.STALE, 5.0))
    watched.feed(book(100.0, 100.1, seconds=1))
    assert watched.feed(book(100.0, 100.1, seconds=31)) == ["BTC/USDT perp no valid book for 30s"]


def test_a_gap_counts_like_silence_and_a_reconnect_does_not_hide_it() -> None:
    watched = Watched(rule(AlertKind.STALE, 5.0))
    watched.feed(book(100.0, 100.1, seconds=1))
    watched.feed(event(BookStatus(BookState.GAP, "lost"), at=2 * SECOND))
    watched.feed(event(StreamReset(ResetReason.RECONNECT), at=3 * SECOND))
    watched.feed(trade(100.0, seconds=4))
    assert len(watched.wait(6)) == 1


# -- all of them -------------------------------------------------------------------------------------------


def test_a_rule_of_the_config_watches_every_product_of_its_pair() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0), rule(AlertKind.STALE, 5.0, ""), keys=(LINEAR, SPOT, ETH))
    on = [(alert.market.key, alert.rule.when.value) for alert in watched.alerts.listed()]
    assert on == [
        (LINEAR, "crosses"), (LINEAR, "stale"), (SPOT, "crosses"), (SPOT, "stale"), (ETH, "stale"),
    ]  # fmt: skip
    assert [alert.number for alert in watched.alerts.listed()] == [1, 2, 3, 4, 5]


def test_another_instrument_fires_nothing() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0), keys=(LINEAR, ETH))
    assert watched.feed(trade(99.0, key=ETH), trade(101.0, key=ETH)) == []


def test_once_fires_once_until_it_is_armed_again() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0, once=True))
    prices = [(99.0, 0), (101.0, 30), (99.0, 60), (101.0, 90)]
    fired = [text for price, second in prices for text in watched.feed(trade(price, seconds=second))]
    assert len(fired) == 1
    assert watched.only.phase is Phase.FIRED
    assert watched.only.row == "#1  BTC/USDT perp crosses 100.0 once · fired, last at 00:00:30"
    watched.only.rearm()
    assert len(watched.feed(trade(99.0, seconds=91))) == 1


def test_the_same_rule_twice_is_one_alert_armed_again() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0, once=True))
    watched.feed(trade(99.0), trade(100.0, seconds=1))
    watched.alerts.add(watched.only.rule, watched.only.market)
    assert watched.only.phase is Phase.ARMED


def test_alerts_are_taken_away_by_number_and_numbers_are_never_given_twice() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0), rule(AlertKind.CROSSES, 200.0))
    removed = watched.alerts.remove(1)
    assert removed is not None
    assert removed.text == "BTC/USDT perp crosses 100.0"
    assert watched.alerts.remove(1) is None
    market = watched.only.market
    assert watched.alerts.add(rule(AlertKind.CROSSES, 300.0), market).number == 3
    assert watched.alerts.clear() == 2
    assert watched.feed(trade(99.0), trade(400.0)) == []


def test_a_seek_begins_anew() -> None:
    watched = Watched(rule(AlertKind.CROSSES, 100.0))
    watched.feed(trade(99.0, seconds=1), trade(100.0, seconds=2))
    watched.feed(event(StreamReset(ResetReason.SEEK), at=3 * SECOND))
    assert watched.only.phase is Phase.ARMED
    assert watched.feed(trade(150.0, seconds=4)) == [], "what was before the seek is another time"


def test_instruments_that_are_gone_take_their_alerts_along() -> None:
    watched = Watched(rule(AlertKind.STALE, 5.0, ""), keys=(LINEAR, ETH))
    watched.store.keep_only([ETH])
    assert watched.only.market.key == ETH


def test_what_nobody_asks_for_is_bounded() -> None:
    watched = Watched(*(rule(AlertKind.CROSSES, 100.0 + n) for n in range(MOST_FIRINGS + 20)))
    watched.store.apply([trade(1.0), trade(10_000.0)])
    assert len(watched.alerts.take()) == MOST_FIRINGS
    assert watched.alerts.take() == []


KINDS = st.builds(AlertRule, st.sampled_from(AlertKind), st.floats(0.001, 1e6), st.just("BTC/USDT"), st.booleans())
STEPS_ = st.tuples(st.sampled_from(["trade", "book", "gap", "seek", "wait"]), st.floats(0.1, 200.0), st.integers(0, 40))


@given(st.lists(KINDS, min_size=1, max_size=5), st.lists(STEPS_, max_size=40))
def test_whatever_comes_no_alert_fires_twice_within_its_pause(
    rules: list[AlertRule], steps: list[tuple[str, float, int]]
) -> None:
    watched, now, fired = Watched(*rules), 1.0, list[tuple[int, int]]()
    for what, price, seconds in steps:
        now += seconds
        if what == "trade":
            watched.store.apply([trade(price, 5.0, seconds=now)])
        elif what == "book":
            watched.store.apply([book(price, price * 1.01, seconds=now)])
        elif what == "gap":
            watched.store.apply([event(BookStatus(BookState.GAP, "lost"), at=int(now * SECOND))])
        elif what == "seek":
            watched.store.apply([event(StreamReset(ResetReason.SEEK), at=int(now * SECOND))])
            fired.clear()
        else:
            watched.alerts.pass_time(int(now * SECOND))
        for firing in watched.alerts.take():
            assert firing.text.startswith("BTC/USDT perp ")
            assert firing.brief.startswith("BTC perp ")
            assert len(firing.brief) < 30
            fired.append((firing.number, firing.time_ns))
    for alert in watched.alerts.listed():
        times = [time_ns for number, time_ns in fired if number == alert.number]
        assert all(later - earlier >= QUIET_NS for earlier, later in pairwise(times))
        assert alert.row

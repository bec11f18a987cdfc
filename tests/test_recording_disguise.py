"""A recording in disguise: other names, dates and price levels, and the very same market behind them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.market_events import BTC, BTC_LINEAR, ETH
from tests.recording_support import instrument, market
from ttxt_core.clock import ReplayClock
from ttxt_core.errors import ConfigError
from ttxt_core.events import (
    Event,
    Instrument,
    InstrumentKey,
    Kline,
    MarketTrades,
    MessageHeader,
    Orderbook,
    Ticker,
    UnknownEvent,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.recording.disguise import DAY_NS, Disguise, DisguisedTimeline
from ttxt_core.recording.pace import MAX_SPEED
from ttxt_core.recording.replayer import MarketDataReplayer
from ttxt_core.recording.timeline import Timeline
from ttxt_core.recording.writer import RecordingWriter

STEPS = st.sampled_from([Decimal(text) for text in ("0.1", "0.01", "0.00000001", "1", "5", "0.5", "0.0025")])
FACTORS = st.tuples(st.sampled_from([2, 4, 5, 8]), st.integers(-4, 6)).map(lambda f: Decimal(f[0]).scaleb(f[1]))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Recordings of three instruments, two of which have one base."""
    folder = tmp_path_factory.mktemp("recordings")
    paths: list[Path] = []
    for key in (BTC, BTC_LINEAR, ETH):
        paths.append(folder / f"{len(paths)}.bin")
        with RecordingWriter(paths[-1], instrument(key)) as writer:
            for event in market(400, key):
                writer.append(event)
    return paths


def one(
    key: InstrumentKey, tick: Decimal, lot: Decimal, factor: Decimal
) -> tuple[Disguise, InstrumentInfo, InstrumentInfo]:
    """A disguise of one instrument, and that instrument without it and in it."""
    base, quote = key.pair.split("/")
    spec = Instrument(f"{base}{quote}", base, quote, quote, tick, lot, min_notional=Decimal(5))
    event = Event(MessageHeader(*key), spec)
    disguise = Disguise([event], {base: "AAA"}, {base: factor}, 3 * DAY_NS)
    worn = disguise.event(event)
    assert worn is not None
    return disguise, InstrumentInfo(key, spec), InstrumentInfo.from_event(worn)


@given(STEPS, STEPS, FACTORS, st.lists(st.tuples(st.integers(1, 10**7), st.integers(0, 10**7)), max_size=20))
def test_ticks_lots_and_money_are_the_same(
    tick: Decimal, lot: Decimal, factor: Decimal, levels: list[tuple[int, int]]
) -> None:
    disguise, plain, worn = one(BTC, tick, lot, factor)
    told = [(plain.float_price(ticks), plain.float_size(lots)) for ticks, lots in levels]
    event = disguise.event(Event(MessageHeader(*BTC, 5, 7, 9), Orderbook(told, [], is_snapshot=True, sequence=1)))
    assert event is not None
    assert [(worn.to_ticks(price), worn.to_lots(size)) for price, size in event.data.bids] == levels
    assert [(price, size) for price, size in event.data.bids] == [
        (worn.float_price(ticks), worn.float_size(lots)) for ticks, lots in levels
    ], "the very floats that name the steps"
    for ticks, lots in levels:
        assert worn.price(ticks) * worn.quantity(lots) == plain.price(ticks) * plain.quantity(lots)
    assert event.header == MessageHeader("bybit", "spot", "AAA/USDT", 5 + 3 * DAY_NS, 7 + 3 * DAY_NS, 9)


def test_every_figure_of_every_event_is_changed_alike() -> None:
    disguise, plain, worn = one(BTC, Decimal("0.1"), Decimal("0.001"), Decimal("0.002"))
    header = MessageHeader(*BTC, 5, 7, 9)
    candle = disguise.event(Event(header, Kline(60, 120, 100.0, 110.0, 90.0, 105.5, 10.0, 1_000.0, True)))
    assert candle is not None
    assert candle.data == Kline(60, 120 + 3 * DAY_NS, 0.2, 0.22, 0.18, 0.211, 5_000.0, 1_000.0, True)
    ticker = disguise.event(
        Event(header, Ticker(last=100.0, mark=100.05, change_24h=0.01, turnover_24h=7.0, next_funding_ns=11))
    )
    assert ticker is not None
    assert ticker.data == Ticker(
        last=0.2, mark=0.2001, change_24h=0.01, turnover_24h=7.0, next_funding_ns=11 + 3 * DAY_NS
    )
    assert worn.spec.min_notional == plain.spec.min_notional
    assert disguise.event(Event(header, UnknownEvent("x", b"BTC"))) is None, "nobody knows what it tells"


def test_a_timeline_in_disguise_goes_there_and_back(paths: list[Path]) -> None:
    plain = Timeline(paths)
    worn = DisguisedTimeline(plain, Disguise.of(plain, Random(5)))
    later_ns = worn.first_ns - plain.first_ns
    assert later_ns % DAY_NS == 0
    assert sorted(key.pair for key in worn.instruments) == ["AAA/USDT", "AAA/USDT", "BBB/USDT"] or sorted(
        key.pair for key in worn.instruments
    ) == ["AAA/USDT", "BBB/USDT", "BBB/USDT"]
    middle = (worn.first_ns + worn.last_ns) // 2
    moment, really = worn.state_at(middle), plain.state_at(middle - later_ns)
    assert len(moment.state) == len(really.state)
    rest, really_rest = list(moment.rest), list(really.rest)
    assert [event.header.receive_time_ns - later_ns for event in rest] == [
        event.header.receive_time_ns for event in really_rest
    ]
    assert {type(event.data) for event in rest} >= {Orderbook, MarketTrades}
    assert "BTC" not in str(rest[:50]) + str(moment.state)
    before = plain.last_time_before(middle - later_ns)
    assert before is not None
    assert worn.last_time_before(middle) == before + later_ns
    plain.close()


def test_prices_begin_at_a_level_that_tells_nothing_and_differ_from_time_to_time(paths: list[Path]) -> None:
    plain = Timeline(paths)
    factors = set()
    for seed in range(20):
        disguise = Disguise.of(plain, Random(seed))
        assert disguise.price_factor(BTC) == disguise.price_factor(BTC_LINEAR), "the basis stays"
        factors.add(disguise.price_factor(BTC))
        worn = DisguisedTimeline(plain, disguise)
        price = next(event.data.bids[0][0] for event in worn.start().rest if type(event.data) is Orderbook)
        assert 10 <= price <= 1_000
    assert len(factors) == 4
    plain.close()


async def test_a_replay_that_has_begun_is_hidden_by_a_seek_only(paths: list[Path]) -> None:
    queue = AsyncioQueue(capacity=100_000)
    player = MarketDataReplayer(paths, queue, ReplayClock(), speed=MAX_SPEED)
    await player.step()
    with pytest.raises(ConfigError, match="it has begun"):
        player.hide(Random(1))
    at = player.really_ns
    await player.wear(Random(1))
    assert player.really_ns == at
    assert player.disguise is not None
    assert set(player.instruments).isdisjoint(player.really)
    await player.wear(None)
    assert player.position_ns == player.really_ns == at
    assert list(player.instruments) == player.really
    player.stop()

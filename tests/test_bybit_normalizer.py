"""Bybit's frames to standard events: each kind, the rules of the protocol, and frames that break them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests import bybit_frames as bybit
from ttxt_core.connectors.bybit.normalizer import BybitNormalizer
from ttxt_core.errors import ProtocolError
from ttxt_core.events import (
    BookState,
    ConnectorError,
    Event,
    InstrumentKey,
    Kline,
    MarketTrade,
    MarketTrades,
    Orderbook,
    Side,
    Source,
    Ticker,
)
from ttxt_core.orderbook import LocalOrderbook

MS = 1_000_000
NOW = 1_786_310_819_526_357_000


def normalizer(category: str = "linear", *rows: dict[str, Any]) -> BybitNormalizer:
    made = BybitNormalizer(category, Source.IMPORT)
    made.instruments(bybit.instruments(category, *rows).encode(), 1)
    return made


def one(frame: str, category: str = "linear") -> Event[Any]:
    (event,) = normalizer(category).normalize(frame.encode(), NOW)
    return event


# -- each kind -------------------------------------------------------------------------------------------


def test_a_snapshot_and_a_delta() -> None:
    event = one(bybit.book(7, [("100.0", "1.5")], [("100.1", "2")], kind="snapshot", depth=50, ms=1_700))
    header = event.header
    assert header.key == InstrumentKey("bybit", "linear", "BTC/USDT")
    # `cts`, the matching engine's time, where there is one: `ts` is when the gateway sent it.
    assert (header.venue_time_ns, header.receive_time_ns, header.source) == (1_700 * MS, NOW, Source.IMPORT)
    assert event.data == Orderbook([(100.0, 1.5)], [(100.1, 2.0)], True, 7, None, 50)
    delta = one(bybit.book(8, [("100.0", "0")]))
    assert delta.data == Orderbook([(100.0, 0.0)], [], False, 8, 7, 200)


def test_without_the_engines_time_the_gateways_is_taken() -> None:
    frame = json.loads(bybit.book(8, ms=1_700))
    del frame["cts"]
    assert one(json.dumps(frame)).header.venue_time_ns == 1_702 * MS


def test_update_1_replaces_the_book_whatever_its_type_says() -> None:
    data = one(bybit.book(1, [("100.0", "1")], kind="delta")).data
    assert (data.is_snapshot, data.sequence, data.previous_sequence) == (True, 1, None)


def test_trades_keep_the_venues_order_and_the_takers_side() -> None:
    event = one(bybit.trades("Buy", "Sell", "Buy", ms=1_700))
    assert event.data == MarketTrades(
        [
            MarketTrade(100.1, 0.004, Side.BUY, "id-0", 1_700 * MS),
            MarketTrade(100.1, 0.004, Side.SELL, "id-1", 1_700 * MS),
            MarketTrade(100.1, 0.004, Side.BUY, "id-2", 1_700 * MS),
        ]
    )


def test_a_message_without_trades_is_nothing() -> None:
    assert normalizer().normalize(bybit.trades().encode(), NOW) == []


def test_a_block_trade_says_so() -> None:
    assert one(bybit.trades("Buy").replace('"BT":false', '"BT":true')).data.trades[0].is_block


def test_two_candles_in_one_frame_are_two_events() -> None:
    closing, opening = normalizer().normalize(bybit.kline(True, False).encode(), NOW)
    minute = 60_000_000_000
    assert closing.data == Kline(minute, 1786310760000 * MS, 100.0, 100.2, 99.9, 100.1, 12.5, 1250.75, True)
    assert opening.data == Kline(minute, 1786310820000 * MS, 100.0, 100.2, 99.9, 100.1, 12.5, 1250.75, False)


def test_a_ticker_holds_what_changed_and_nothing_else() -> None:
    event = one(bybit.ticker(bid1Price="100.10", bid1Size="6.054", nextFundingTime="1786320000000"))
    assert event.data == Ticker(bid=100.1, bid_size=6.054, next_funding_ns=1786320000000 * MS)
    # Dated futures send empty texts for what they have not, and that is not zero.
    assert one(bybit.ticker(fundingRate="", nextFundingTime="", lastPrice="5")).data == Ticker(last=5.0)


@pytest.mark.parametrize("frame", [bybit.ACK, '{"op":"pong"}', '{"success":true,"ret_msg":"pong","op":"ping"}'])
def test_acknowledgements_and_pongs_are_nothing(frame: str) -> None:
    assert normalizer().normalize(frame.encode(), NOW) == []


def test_a_refused_subscription_is_an_event() -> None:
    assert one(bybit.REFUSED).data == ConnectorError("protocol", "subscribe 7", "handler not found")


def test_a_frame_with_blanks_or_the_topic_last_reads_the_same() -> None:
    frame = json.loads(bybit.snapshot())
    turned = json.dumps({key: frame[key] for key in reversed(frame)}, indent=1)
    assert one(turned) == one(bybit.snapshot())


# -- instruments -----------------------------------------------------------------------------------------


def test_linear_instruments() -> None:
    made = BybitNormalizer("linear")
    event, _ = made.instruments(bybit.instruments("linear").encode(), 5)
    spec = event.data
    assert event.header.key == InstrumentKey("bybit", "linear", "BTC/USDT")
    assert event.header.receive_time_ns == 5
    assert (spec.symbol, spec.base, spec.quote, spec.settle) == ("BTCUSDT", "BTC", "USDT", "USDT")
    assert (spec.tick_size, spec.lot_size, spec.min_quantity) == (Decimal("0.10"), Decimal("0.001"), Decimal("0.001"))
    assert (spec.max_quantity, spec.max_market_quantity, spec.min_notional) == (1190, 500, 5)
    assert (spec.max_leverage, spec.status, spec.funding_interval_ns) == (100, "trading", 8 * 3600 * 10**9)


def test_spot_instruments_name_their_steps_otherwise() -> None:
    event, _ = BybitNormalizer("spot").instruments(bybit.instruments("spot").encode(), 5)
    spec = event.data
    assert (spec.tick_size, spec.lot_size) == (Decimal("0.01"), Decimal("0.000001"))
    # Bybit does not check spot's minOrderQty any more, but the value.
    assert (spec.min_quantity, spec.min_notional) == (Decimal("0.000001"), Decimal(5))
    assert (spec.max_quantity, spec.max_market_quantity) == (83, Decimal("41.5"))
    assert (spec.max_leverage, spec.funding_interval_ns) == (None, None)


def test_a_dated_future_is_named_by_its_day() -> None:
    made = normalizer("linear", bybit.LINEAR_BTC, bybit.LINEAR_DATED)
    frame = bybit.book(7, symbol="BTCUSDT-25DEC26")
    (event,) = made.normalize(frame.encode(), NOW)
    assert event.header.pair == "BTC/USDT:USDT-20261225"


def test_the_same_symbol_is_another_instrument_on_another_category() -> None:
    linear, spot = (one(bybit.snapshot(), category) for category in ("linear", "spot"))
    assert (linear.header.category, spot.header.category) == ("linear", "spot")
    assert linear.header.pair == spot.header.pair == "BTC/USDT"
    assert linear.header.key != spot.header.key


def test_later_pages_of_the_list_add_to_it() -> None:
    made = normalizer("linear", bybit.LINEAR_BTC)
    made.instruments(bybit.instruments("linear", bybit.LINEAR_BTC | bybit.ETH).encode(), 2)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        assert made.normalize(bybit.book(7, symbol=symbol).encode(), NOW)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"priceFilter": {"tickSize": "0"}}, "tick size is 0"),
        ({"priceFilter": {"tickSize": "NaN"}}, "tick size is NaN"),
        ({"priceFilter": {"tickSize": "much"}}, "tickSize"),
        ({"priceFilter": {}}, "tickSize"),
        ({"lotSizeFilter": {"minOrderQty": "1"}}, "neither qtyStep nor basePrecision"),
        ({"lotSizeFilter": {"qtyStep": "-1"}}, "lot size is -1"),
        ({"contractType": "LinearFutures", "deliveryTime": "soon"}, "deliveryTime is 'soon'"),
        ({"contractType": "LinearFutures", "deliveryTime": "9" * 30}, "deliveryTime"),
        ({"symbol": None}, "symbol"),
    ],
)
def test_an_instrument_that_can_not_be_costs_itself_alone(change: dict[str, Any], message: str) -> None:
    rows = [bybit.LINEAR_BTC | bybit.ETH, bybit.LINEAR_BTC | change, bybit.LINEAR_BTC | {"symbol": "GOOD"}]
    made = BybitNormalizer("linear")
    first, bad, last = made.instruments(bybit.instruments("linear", *rows).encode(), 1)
    assert [event.data.symbol for event in (first, last)] == ["ETHUSDT", "GOOD"]
    assert (bad.header.pair, bad.data.kind) == ("", "instrument")
    name = "in row 2" if "symbol" in change else "BTCUSDT"
    assert bad.data.asked == f"read the instrument {name} of bybit linear"
    assert message in bad.data.answered
    assert made.normalize(bybit.snapshot(symbol="ETHUSDT").encode(), 2)
    if name == "BTCUSDT":
        with pytest.raises(ProtocolError, match="unknown symbol BTCUSDT"):
            made.normalize(bybit.snapshot().encode(), 2)


@pytest.mark.parametrize("row", [7, None, "BTCUSDT", [], {}])
def test_a_row_that_is_no_instrument_at_all_is_named_by_its_place(row: Any) -> None:
    made = BybitNormalizer("spot")
    good, bad = made.instruments(bybit.instruments("spot", bybit.SPOT_BTC, row).encode(), 1)
    assert good.data.symbol == "BTCUSDT"
    assert bad.data.asked == "read the instrument in row 2 of bybit spot"


def test_a_refused_list_and_one_of_another_category_are_errors() -> None:
    refused = json.dumps({"retCode": 10006, "retMsg": "Too many visits!", "result": {}})
    with pytest.raises(ProtocolError, match="code 10006: Too many visits!"):
        BybitNormalizer("linear").instruments(refused.encode(), 1)
    with pytest.raises(ProtocolError, match="category 'spot'"):
        BybitNormalizer("linear").instruments(bybit.instruments("spot").encode(), 1)
    unnamed = bybit.instruments("linear").replace('"category": "linear", ', "")
    assert len(BybitNormalizer("linear").instruments(unnamed.encode(), 1)) == 2


def test_a_category_that_is_not_read_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="option"):
        BybitNormalizer("option")


# -- bad frames ------------------------------------------------------------------------------------------

BOOK = bybit.book(7, [("100.0", "1.5")])

BAD = [
    ("", "truncated"),
    ("nonsense", "malformed"),
    ("[1]", "Expected `object`"),
    ("{}", "neither topic nor op"),
    ('{"topic":5}', "Expected `str"),
    (BOOK[:-9], "truncated"),
    (BOOK.replace('"u":7', '"v":7'), "missing required field `u`"),
    (BOOK.replace('"u":7', '"u":"seven"'), r"data\.u"),
    (BOOK.replace('"u":7', '"u":-7'), r"data\.u"),
    (BOOK.replace('"b":[', '"b":[["1"],'), r"data\.b"),
    (BOOK.replace("1.5", "much"), r"data\.b"),
    (BOOK.replace("1.5", "nan"), r"data\.b"),
    (BOOK.replace("1.5", "-1.5"), r"data\.b"),
    (BOOK.replace('"ts":3', '"ts":999999999999999999999'), r"\$\.ts"),
    (BOOK.replace('"delta"', '"jump"'), "jump"),
    (BOOK.replace("orderbook.200", "orderbook.deep"), "not a number"),
    (BOOK.replace("orderbook.200.BTCUSDT", "orderbook"), "unknown topic"),
    (BOOK.replace("orderbook.200", "allLiquidation"), "unknown topic"),
    (BOOK.replace("orderbook.200.BTCUSDT", "orderbook.200.NONEUSDT"), "unknown symbol NONEUSDT"),
    (bybit.trades("Buy", "BUY"), "side 'BUY'"),
    (bybit.trades("Buy").replace('"p":"100.10",', ""), "missing required field `p`"),
    (bybit.trades("Buy").replace("100.10", "inf"), r"data\[0\]\.p"),
    (bybit.kline(True).replace("true", '"yes"'), r"data\[0\]\.confirm"),
    (bybit.kline(True).replace("1786310819999", "5"), "ends before it starts"),
    (bybit.ticker(lastPrice="much"), "much"),
    (bybit.ticker(lastPrice="nan"), "nan"),
    (bybit.ticker(nextFundingTime="soon"), "soon"),
]


@pytest.mark.parametrize(("frame", "message"), BAD)
def test_a_bad_frame_is_one_clear_error_and_the_next_is_read(frame: str, message: str) -> None:
    made = normalizer()
    for _ in range(2):  # the second time through whatever was remembered of the first
        with pytest.raises(ProtocolError, match=message) as caught:
            made.normalize(frame.encode(), NOW)
    assert "bybit" in caught.value.asked
    assert made.normalize(BOOK.encode(), NOW)


def test_bytes_that_are_no_text_are_an_error() -> None:
    with pytest.raises(ProtocolError, match="utf-8"):
        normalizer().normalize(bybit.trades("Buy").replace("id-0", "ID").encode().replace(b"ID", b"\xff\xfe"), NOW)


def test_a_long_frame_is_quoted_in_part() -> None:
    with pytest.raises(ProtocolError) as caught:
        normalizer().normalize(b'{"op":5,"x":"' + b"x" * 5_000, NOW)
    assert len(str(caught.value)) < 400


# -- real frames -----------------------------------------------------------------------------------------


def mapper_cases(shared_data: Path, name: str) -> list[dict[str, Any]]:
    path = shared_data / "mapper_cases" / name
    if not path.is_file():
        pytest.skip(f"no mapper cases at {path}")
    cases: list[dict[str, Any]] = json.loads(path.read_text())
    kinds = {"orderbook", "publicTrade", "tickers"}
    return [case for case in cases if str(case["message"].get("topic")).split(".")[0] in kinds]


def row_of(symbol: str) -> dict[str, Any]:
    """An instrument for a symbol of the cases; some are of categories that name it otherwise."""
    base, quote = (symbol[:-4], symbol[-4:]) if symbol.endswith(("USDT", "USDC")) else (symbol, "USD")
    return bybit.LINEAR_BTC | {"symbol": symbol, "baseCoin": base, "quoteCoin": quote, "settleCoin": quote}


@pytest.mark.parametrize(("name", "least"), [("bybit.json", 10), ("bybit-spot.json", 4)])
def test_another_projects_expectations(shared_data: Path, name: str, least: int) -> None:
    cases = mapper_cases(shared_data, name)
    assert len(cases) >= least
    for case in cases:
        message = case["message"]
        symbol = message["topic"].split(".")[-1]
        (event,) = normalizer("linear", row_of(symbol)).normalize(json.dumps(message).encode(), NOW)
        for expected in case["normalized"]:
            check(event, expected, case["normalized"])


def check(event: Event[Any], expected: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """`event` says what another project's row says, where both say something."""
    data = event.data
    if expected["type"] == "trade":
        trade = data.trades[rows.index(expected)]
        assert (trade.price, trade.size) == (expected["price"], expected["amount"])
        assert (trade.side.value, trade.trade_id) == (expected["side"], expected["id"])
    elif expected["type"] == "book_change":
        assert data.is_snapshot == expected["isSnapshot"]
        for side in ("bids", "asks"):
            assert getattr(data, side) == [(level["price"], level["amount"]) for level in expected[side]]
    elif expected["type"] == "book_ticker" and data.is_snapshot:
        assert data.bids == [(expected["bidPrice"], expected["bidAmount"])]
        assert data.asks == [(expected["askPrice"], expected["askAmount"])]
    elif expected["type"] == "derivative_ticker":
        given = {"lastPrice": data.last, "markPrice": data.mark, "indexPrice": data.index}
        given |= {"openInterest": data.open_interest, "fundingRate": data.funding_rate}
        for name, value in given.items():
            if value is not None:
                assert value == expected[name]


def test_messages_of_a_third_project(shared_data: Path) -> None:
    folder = shared_data / "messages" / "nautilus-bybit"
    lists = {"linear": "http_get_instruments_linear.json", "spot": "http_get_instruments_spot.json"}
    if not all((folder / name).is_file() for name in lists.values()):
        pytest.skip(f"no instrument lists at {folder}")
    for category, name in lists.items():
        events = BybitNormalizer(category).instruments((folder / name).read_bytes(), 1)
        assert events
        assert all(event.data.tick_size > 0 and event.header.category == category for event in events)


def test_deltas_of_a_real_book_follow_each_other(bybit_capture: Path) -> None:
    from ttxt_core.connectors.captures import FrameKind, read_capture

    made = {name: BybitNormalizer(name) for name in ("linear", "spot")}
    of_connection = {"BYBIT.ws.2": made["linear"], "BYBIT.ws.3": made["spot"]}
    books: dict[InstrumentKey, LocalOrderbook] = {}
    for frame in read_capture(bybit_capture):
        if frame.kind is FrameKind.REPLY:
            made["linear" if "category=linear" in frame.url else "spot"].instruments(frame.payload, 1)
        elif frame.kind is FrameKind.RECEIVED:
            for event in of_connection[frame.connection].normalize(frame.payload, frame.receive_time_ns):
                if isinstance(event.data, Orderbook):
                    books.setdefault(event.header.key, LocalOrderbook()).update(event)
    assert len(books) == 6
    assert {book.state for book in books.values()} == {BookState.VALID}

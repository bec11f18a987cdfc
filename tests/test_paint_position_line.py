"""The position line and the header: figures that agree with each other, words that stay, at any width."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ladder_support import PALETTE, book, market, own, ticker, trades
from tests.orders_support import SECOND, SPOT, event
from ttxt_core.events import BookState, BookStatus, Event, MessageHeader, PositionUpdate, Side
from ttxt_tui.paint.header import header_row
from ttxt_tui.paint.position_line import position_row
from ttxt_tui.state.header import Arming, SessionWord, header_view
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.own_marks import OwnOrder
from ttxt_tui.state.position_line import position_view

LONG = PositionUpdate(
    "main",
    Decimal("0.750"),
    Decimal("67210.4"),
    break_even_price=Decimal("67247.0"),
    liquidation_price=Decimal("55112.0"),
)
HOUR = 3_600 * SECOND


def _market() -> MarketState:
    of = market()
    of.apply(book([(67_985.0, 0.5), (67_980.0, 10.0)], [(67_986.0, 20.0)]))
    of.apply(ticker(mark=67_986.0, funding_rate=0.0001, next_funding_ns=2 * HOUR + 15 * 60 * SECOND, change_24h=0.0147))
    return of


def _line(
    position: PositionUpdate | None, of: MarketState, width: int = 200, orders: list[OwnOrder] | None = None
) -> str:
    view = position_view(of, position, now_ns=SECOND, orders=orders or [])
    return position_row(view, PALETTE, width).text.rstrip()


def test_the_line_in_full() -> None:
    text = _line(LONG, _market(), orders=[own(Side.SELL, 670_500, is_stop=True), own(Side.SELL, 600_000, is_stop=True)])
    parts = [" ".join(part.split()) for part in text.split(" · ")]
    assert parts == [
        "LONG 0.750 @67,210.4",
        "b/e 67,247.0",
        "uPnL +581.70 (mark)",
        "exit now +554.21 (book − fees)",
        "liq 55,112.0 −18.9 %",
        "stop 67,050.0 = −120.30",
        "fund −0.0100 % 02:14",
    ]


def test_profit_is_size_times_mark_less_entry_and_the_exit_is_what_the_book_pays() -> None:
    size, entry = 0.75, 67_210.4
    assert f"{size * (67_986.0 - entry):+.2f}" == "+581.70"
    taken = 0.5 * 67_985.0 + 0.25 * 67_980.0
    assert f"{taken - size * entry - 0.0005 * taken:+.2f}" == "+554.21"


def test_the_exit_pays_the_fee_that_the_session_takes() -> None:
    view = position_view(_market(), LONG, now_ns=SECOND, taker_fee=Decimal("0.001"))
    taken = 0.5 * 67_985.0 + 0.25 * 67_980.0
    exit_now = f"{taken - 0.75 * 67_210.4 - 0.001 * taken:+,.2f}"
    assert f"exit now {exit_now} (book − fees)" in " ".join(position_row(view, PALETTE, 200).text.split())


def test_a_short_has_its_own_signs() -> None:
    short = PositionUpdate("main", Decimal("-1.500"), Decimal("67000.0"), liquidation_price=Decimal(70000))
    stops = [own(Side.BUY, 690_000, is_stop=True), own(Side.BUY, 681_000, is_stop=True)]
    text = " ".join(_line(short, _market(), orders=stops).split())
    assert text.startswith("SHORT 1.500 @67,000.0 · uPnL −1,479.00 (mark)")
    assert "liq 70,000.0 +3.0 %" in text
    assert "stop 68,100.0 = −1,650.00" in text
    assert "fund +0.0100 %" in text


def test_an_exit_that_the_book_cannot_tell_is_not_made_up() -> None:
    of = _market()
    huge = PositionUpdate("main", Decimal(50), Decimal(67_000))
    assert "exit book too thin" in _line(huge, of)
    of.apply(event(BookStatus(BookState.STALE, "silent")))
    assert "exit unknown" in _line(huge, of)


def test_flat_says_so() -> None:
    flat = PositionUpdate("main", Decimal(0))
    assert _line(None, market()) == " FLAT  no position"
    assert _line(flat, market()) == " FLAT  no position"


def test_spot_says_what_is_owned() -> None:
    of = market(key=SPOT)
    of.apply(Event(MessageHeader(*SPOT, 1, 1), ticker(last=100.0).data))
    view = position_view(of, None, now_ns=0, held=Decimal("0.5"))
    assert " ".join(position_row(view, PALETTE, 80).text.split()) == "HOLDS 0.500 BTC · worth 50.00 USDT"


def test_a_narrow_line_keeps_stance_profit_and_what_threatens() -> None:
    text = _line(LONG, _market(), 80)
    assert text.startswith(" LONG  0.750 @67,210.4 · uPnL +581.70")
    assert text.endswith("liq 55,112.0 −18.9 %")
    assert "fund" not in text
    assert "liq −18.9 %" in _line(LONG, _market(), 72)


def _header(of: MarketState | None, width: int, session: SessionWord, arming: Arming = Arming.ARMED) -> str:
    view = header_view(session, arming, "main", of, price_width=8, now_ns=52_339 * SECOND)
    return header_row(view, PALETTE, width).text


@pytest.mark.parametrize("session", list(SessionWord))
@pytest.mark.parametrize("arming", list(Arming))
def test_the_session_comes_first_at_any_width(session: SessionWord, arming: Arming) -> None:
    for width in (80, 120, 200):
        assert _header(_market(), width, session, arming).startswith(f" {session}  {arming}  main")


def test_the_header_in_full() -> None:
    of = _market()
    of.apply(ticker(volume_24h=12_345.0, turnover_24h=4_120_000_000.0))
    of.apply(trades((67_986.0, 1.0, Side.BUY)))
    of.apply(book([(67_985.0, 0.5)], [(67_986.0, 20.0)], at=52_339 * SECOND))
    left, right = " ".join(_header(of, 160, SessionWord.PRACTICE).split()).split(" ● ")
    assert left == (
        "PRACTICE ARMED main · BTC/USDT perp · 67,986.0 · +1.47% · mark 67,986.0 · fund +0.0100% · 24h 4.12B USDT"
    )
    assert right == "feed · 14:32:19"


@pytest.mark.parametrize("session", list(SessionWord))
def test_only_a_live_session_is_called_live(session: SessionWord) -> None:
    of = _market()
    of.apply(book([(67_985.0, 0.5)], [(67_986.0, 20.0)], at=52_339 * SECOND))
    assert ("live" in _header(of, 160, session).lower()) is (session is SessionWord.LIVE)


def test_the_header_says_that_a_replay_is_held() -> None:
    of = _market()
    of.apply(book([(67_985.0, 0.5)], [(67_986.0, 20.0)], at=52_339 * SECOND))
    view = header_view(
        SessionWord.REPLAY, Arming.ARMED, "main", of, price_width=8, now_ns=52_339 * SECOND, is_held=True
    )
    assert "‖ held · 14:32:19" in header_row(view, PALETTE, 120).text


def test_the_header_tells_a_stale_book() -> None:
    of = _market()
    assert "✗ STALE" in _header(of, 120, SessionWord.LIVE)
    assert "✗ SYNCING" in _header(market(), 80, SessionWord.LIVE)


def test_the_header_before_there_is_an_instrument() -> None:
    assert "no instrument yet" in _header(None, 80, SessionWord.REPLAY)


@given(
    quantity=st.decimals(-(10**6), 10**6, places=3),
    entry=st.one_of(st.none(), st.decimals("0.1", 10**9, places=1)),
    liquidation=st.one_of(st.none(), st.decimals(0, 10**9, places=1)),
    mark=st.one_of(st.none(), st.floats(0.1, 1e9)),
    width=st.integers(0, 220),
)
def test_any_position_fits_any_width(
    quantity: Decimal, entry: Decimal | None, liquidation: Decimal | None, mark: float | None, width: int
) -> None:
    of = _market()
    of.apply(ticker(**({} if mark is None else {"mark": mark, "last": mark})))
    position = PositionUpdate("main", quantity, entry, liquidation_price=liquidation)
    view = position_view(of, position, now_ns=SECOND, orders=[own(Side.SELL, 670_500, is_stop=True)])
    assert position_row(view, PALETTE, width).cell_length == width
    head = header_view(SessionWord.LIVE, Arming.ONE_KEY, "main", of, price_width=8, now_ns=SECOND)
    assert header_row(head, PALETTE, width).cell_length == width


@pytest.mark.parametrize("width", [80, 120, 200])
def test_live_says_where_orders_go_and_why_entries_are_stopped(width: int) -> None:
    where = "bybit mainnet main"
    for arming in (Arming.ARMED, Arming.ONE_KEY, Arming.DISARMED):
        view = header_view(SessionWord.LIVE, arming, "main", _market(), price_width=8, now_ns=SECOND, whose=where)
        assert header_row(view, PALETTE, width).text.startswith(f" LIVE  {where}  {arming}  BTC/USDT perp")
    for reason in ("tmux client detached", "no key for 15 min"):
        view = header_view(
            SessionWord.LIVE,
            Arming.DISARMED,
            "main",
            _market(),
            price_width=8,
            now_ns=SECOND,
            whose=where,
            disarmed_because=reason,
        )
        assert f"DISARMED  {reason} · BTC" in header_row(view, PALETTE, width).text
    view = header_view(
        SessionWord.LIVE,
        Arming.DISARMED,
        "main",
        _market(),
        price_width=8,
        now_ns=SECOND,
        whose=where,
        disarmed_because="stale market: the book of BTC/USDT is stale: the connection was closed",
    )
    text = header_row(view, PALETTE, width).text
    assert re.search(r"DISARMED  stale market: the b.*… · BTC", text), text


def test_who_only_looks_on_is_told_by_the_first_words() -> None:
    view = header_view(
        SessionWord.LIVE, Arming.VIEW_ONLY, "main", _market(), price_width=8, now_ns=SECOND, whose="bybit demo main"
    )
    assert header_row(view, PALETTE, 80).text.startswith(" LIVE  VIEW-ONLY  bybit demo main  BTC/USDT perp")

"""Stops whose position is gone: said once, and only when it stays so."""

from __future__ import annotations

from decimal import Decimal

from tests.trading_support import LINEAR, SPOT, Floor
from ttxt_core.clock import MILLISECOND_NS
from ttxt_core.events import Event, InstrumentKey, MessageHeader, OrderState, OrderType, OrderUpdate, Side
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.stranded import PATIENCE_NS, Stranded

PATIENCE_MS = PATIENCE_NS // MILLISECOND_NS


def stop_on(floor: Floor, key: InstrumentKey = LINEAR, side: Side = Side.SELL, trigger: str = "95") -> None:
    """A stop that a venue keeps when its position is gone, and that was made elsewhere."""
    stop = OrderUpdate(
        account=floor.desk.context.account,
        client_order_id="",
        order_id=f"stop at {trigger}",
        state=OrderState.UNTRIGGERED,
        side=side,
        order_type=OrderType.STOP_MARKET,
        quantity=Decimal(1),
        filled_quantity=Decimal(0),
        reduce_only=True,
        trigger_price=Decimal(trigger),
    )
    floor.orders.on_event(Event(MessageHeader(*key), stop))


def hold(floor: Floor, quantity: str) -> None:
    """A position of this size, whatever there was; the book is as before."""
    missing, book = Decimal(quantity) - floor.position, floor.markets[floor.key].book
    bids, asks = book.bids(), book.asks()
    floor.desk.ticket(Side.BUY if missing > 0 else Side.SELL, 1020 if missing > 0 else 980, abs(missing))
    floor.desk.send()
    floor.wait()
    floor.book(bids, asks)
    assert floor.position == Decimal(quantity)


def told(floor: Floor, stranded: Stranded, milliseconds: int = 0) -> Feedback | None:
    return stranded.poll(floor.clock.monotonic_ns() + milliseconds * MILLISECOND_NS)


def test_a_stop_that_was_left_over_is_told_once() -> None:
    floor = Floor()
    stranded = Stranded(floor.desk.context)
    hold(floor, "1")
    stop_on(floor)
    assert told(floor, stranded) is told(floor, stranded, 10 * PATIENCE_MS) is None
    hold(floor, "0")
    assert told(floor, stranded) is None
    assert told(floor, stranded, PATIENCE_MS - 1) is None
    said = told(floor, stranded, PATIENCE_MS)
    assert said is not None
    assert said.level is LogLevel.WARN
    assert said.text == ("1 stop without a position: SELL stop 1 BTC/USDT @ 95.0: left there it may close the next one")
    assert told(floor, stranded, 9 * PATIENCE_MS) is None
    stop_on(floor, trigger="94")
    told(floor, stranded)
    said = told(floor, stranded, 9 * PATIENCE_MS)
    assert said is not None
    assert "SELL stop 1 BTC/USDT @ 94.0" in said.text
    stranded.reset()
    told(floor, stranded)
    said = told(floor, stranded, PATIENCE_MS)
    assert said is not None
    assert said.text.startswith("2 stops without a position: ")


def test_a_stop_of_the_other_side_is_one_and_a_position_that_comes_back_ends_it() -> None:
    floor = Floor()
    stranded = Stranded(floor.desk.context)
    hold(floor, "-1")
    stop_on(floor)
    told(floor, stranded)
    hold(floor, "1")
    assert told(floor, stranded, PATIENCE_MS) is None
    hold(floor, "-1")
    assert told(floor, stranded) is None
    assert told(floor, stranded, PATIENCE_MS) is not None


def test_on_spot_nothing_is_without_a_position() -> None:
    floor = Floor()
    stranded = Stranded(floor.desk.context)
    stop_on(floor, SPOT)
    told(floor, stranded)
    assert told(floor, stranded, 9 * PATIENCE_MS) is None

"""Prints books, trades and candles, and places one order far from the market and cancels it.

Run it with ``python -m examples.dummy.dummy_client_example [--c=FILE]``.
"""

import sys
from decimal import Decimal

from examples.command_line import config_path
from ttxt_core import (
    CancelOrder,
    CreateOrder,
    Event,
    IEventHandler,
    Kline,
    MarketTrades,
    OrderAck,
    Orderbook,
    OrderState,
    OrderType,
    OrderUpdate,
    Session,
    Side,
    run,
)

WORTH = Decimal(500)
"""Of the order, in quote currency."""


class DummyClient(IEventHandler):
    """Override the methods that you need: the others cost nothing."""

    def __init__(self) -> None:
        self.touch: tuple[float, ...] = ()
        self.has_ordered = False

    async def on_start(self, session: Session) -> None:
        self.session = session

    async def on_orderbook(self, event: Event[Orderbook]) -> None:
        key = event.header.key
        book = self.session.events.book(key)
        if book is None or not book.best_bid or not book.best_ask:
            return
        touch = (*book.best_bid, *book.best_ask)
        if touch != self.touch:
            self.touch = touch
            print(f"{key.pair} book: {touch[1]} at {touch[0]} | {touch[2]} at {touch[3]}")
        if not self.has_ordered and await self.is_armed():
            self.has_ordered = True
            self.buy_below(event, touch[0])

    async def on_market_trades(self, event: Event[MarketTrades]) -> None:
        for trade in event.data.trades:
            print(f"{event.header.pair} trade: {trade.side} {trade.size} at {trade.price}")

    async def on_kline(self, event: Event[Kline]) -> None:
        candle = event.data
        print(f"{event.header.pair} candle: {candle.open} {candle.high} {candle.low} {candle.close}")

    async def on_order_ack(self, event: Event[OrderAck]) -> None:
        print(f"{event.data.command} {event.data.outcome} {event.data.reason or ''}")

    async def on_order_update(self, event: Event[OrderUpdate]) -> None:
        order = event.data
        print(f"order {order.state}: {order.side} {order.quantity} at {order.price}")
        if order.state is OrderState.NEW:
            self.session.send(event.header.key, CancelOrder(order.account, order.client_order_id))

    async def is_armed(self) -> bool:
        """Whether orders can be sent: at a venue it is our word that arms, once the account is known."""
        return self.session.commands.is_armed or await self.session.arm() is None

    def buy_below(self, event: Event[Orderbook], best_bid: float) -> None:
        """Place a bid one percent below the best one."""
        info = self.session.instruments[event.header.key]
        # Market data are floats, orders are Decimal; ticks and lots are the bridge between them.
        price = info.round_price(info.price(info.to_ticks(best_bid)) * Decimal("0.99"), Side.BUY)
        order = CreateOrder(
            account=self.session.account,
            client_order_id=self.session.commands.new_client_order_id(),
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            quantity=info.quantity_worth(WORTH, price),
            price=price,
            post_only=True,
        )
        refusal = self.session.send(event.header.key, order)
        print(f"buy {order.quantity} at {order.price}: {refusal or 'sent'}")


if __name__ == "__main__":
    sys.exit(run(DummyClient(), config_path(__file__)))

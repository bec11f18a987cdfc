"""The sandbox's own view of everything, for comparison with what a client believes. Pure."""

from __future__ import annotations

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.sandbox.bybit.desk import OrderDesk
from ttxt_core.sandbox.bybit.wire import Row, text
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.public_market import PublicMarket


def own_state(exchange: SandboxExchange, desk: OrderDesk, depth: int | None) -> Row:
    """Books with `depth` levels a side (None: all), every order and execution, open positions, balances."""
    balances = exchange.account.balances.snapshot()
    return {
        "books": [_book(market, depth) for market in exchange.markets.values()],
        "orders": [order.row(is_stream=True) for order in desk.journal.orders.newest_first()],
        "executions": [execution.row for execution in desk.journal.orders.executions],
        "positions": [
            _position(exchange, market, key)
            for market in exchange.markets.values()
            for key in exchange.sides.of(market.info.key).values()
            if market.category != "spot" and exchange.account.position(key).quantity
        ],
        "balances": {
            b.currency: {"total": text(b.total), "free": text(b.free), "held": text(b.held)} for b in balances
        },
    }


def _book(market: PublicMarket, depth: int | None) -> Row:
    book, info = market.book, market.info
    return {
        "category": market.category,
        "symbol": market.symbol,
        "state": book.state,
        "bids": [[info.format_price(p), info.format_quantity(size)] for p, size in book.bids(depth)],
        "asks": [[info.format_price(p), info.format_quantity(size)] for p, size in book.asks(depth)],
    }


def _position(exchange: SandboxExchange, market: PublicMarket, key: InstrumentKey) -> Row:
    position = exchange.account.position(key)
    return {
        "category": market.category,
        "symbol": market.symbol,
        "index": exchange.sides.index(key),
        "quantity": text(position.quantity),
        "entry_price": text(position.entry_price, ""),
        "realised_pnl": text(position.realised_pnl),
        "fees": text(position.fees),
    }

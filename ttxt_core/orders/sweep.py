"""What cancelling entries did, in numbers and in words."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.orders.manager import OrderManager


class Sweep(NamedTuple):
    """How many cancels of entries were sent, how many protective orders were kept, how many cancels were refused."""

    cancelled: int
    kept: int
    refused: int = 0


def swept(sweep: Sweep, orders: OrderManager, key: InstrumentKey | None = None) -> str:
    """A sweep of `key`, or of everything, in words: ``7 cancelled · 1 stop kept (LONG 0.75)``."""
    words = f"{sweep.cancelled} cancelled"
    if kept := orders.protective(key):
        words += f" · {kept_words(kept, orders, named=key is None)}"
    return words + (f" · {sweep.refused} NOT CANCELLED" if sweep.refused else "")


def kept_words(kept: list[ManagedOrder], orders: OrderManager, *, named: bool) -> str:
    """Protective orders and what they protect: ``1 stop and 2 exits kept (LONG 0.75 BTC/USDT)``, pairs if `named`."""
    stops = sum(order.is_stop for order in kept)
    counts = [_counted(stops, "stop")] * bool(stops) + [_counted(len(kept) - stops, "exit")] * (len(kept) > stops)
    held = [
        f"{'LONG' if quantity > 0 else 'SHORT'} {_plain(abs(quantity))}{f' {key.pair}' * named}"
        for key, account in sorted({(order.key, order.account) for order in kept})
        if key.category != SPOT and (quantity := orders.accounts.held(key, account))
    ]
    return f"{' and '.join(counts)} kept" + (f" ({', '.join(held)})" if held else "")


def _plain(quantity: Decimal) -> str:
    text = f"{quantity:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"

"""New order records, with Bybit's ids. Nothing is judged here."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from uuid import UUID

from ttxt_core.sandbox.bybit.order_form import OrderForm
from ttxt_core.sandbox.bybit.orders import Trigger, VenueOrder
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

_FIRST_SPOT_ID = 1_900_000_000_000_000_000


class OrderFactory:
    """Makes orders. Ids are UUIDs on linear and numbers on spot, the same ones for the same seed."""

    def __init__(self, clock: ServerClock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._count = 0

    def order(self, form: OrderForm, market: PublicMarket) -> VenueOrder:
        """The order that `form` asks for."""
        now_ms, last = self._clock.now_ms(), market.last
        return VenueOrder(
            order_id=self._next_id(form.category),
            link_id=form.link_id,
            key=market.info.key,
            symbol=market.symbol,
            side=form.side,
            order_type=form.order_type,
            quantity=form.quantity,
            price=form.price,
            time_in_force=form.time_in_force,
            created_ms=now_ms,
            updated_ms=now_ms,
            market_unit=_market_unit(form),
            reduce_only=form.reduce_only,
            close_on_trigger=form.close_on_trigger,
            trigger=form.trigger,
            last_price=None if last is None else market.info.exact_price(last),
            take_profit=form.take_profit,
            stop_loss=form.stop_loss,
            take_profit_by=form.take_profit_by,
            stop_loss_by=form.stop_loss_by,
        )

    def exit(self, entry: VenueOrder, stop_type: str, trigger: Trigger) -> VenueOrder:
        """The order that closes the position of `entry` when `trigger` is reached."""
        now_ms = self._clock.now_ms()
        return VenueOrder(
            order_id=self._next_id(entry.category),
            link_id="",
            key=entry.key,
            symbol=entry.symbol,
            side=entry.side.opposite,
            order_type="Market",
            quantity=Decimal(0),
            price=None,
            time_in_force="IOC",
            created_ms=now_ms,
            updated_ms=now_ms,
            status="Untriggered",
            reduce_only=True,
            close_on_trigger=True,
            trigger=trigger,
            stop_type=stop_type,
            create_type=f"CreateBy{stop_type}",
        )

    def _next_id(self, category: str) -> str:
        self._count += 1
        if category == "spot":
            return str(_FIRST_SPOT_ID + self._count)
        return str(UUID(int=self._random.getrandbits(128), version=4))


def _market_unit(form: OrderForm) -> str:
    if form.category != "spot" or form.order_type != "Market":
        return ""
    return "quoteCoin" if form.is_quote else "baseCoin"

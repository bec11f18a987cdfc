"""New order records, with Bybit's ids. Nothing is judged here."""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import NamedTuple
from uuid import UUID

from msgspec import structs

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.sandbox.bybit.order_form import OrderForm
from ttxt_core.sandbox.bybit.orders import Trigger, VenueOrder
from ttxt_core.sandbox.faults import ServerClock
from ttxt_core.sandbox.public_market import PublicMarket

_FIRST_SPOT_ID = 1_900_000_000_000_000_000


_NEVER = Trigger(Decimal(0), TriggerBy.LAST, TriggerDirection.RISE)


class ExitPlan(NamedTuple):
    """What an exit is to be; see `VenueOrder`. `kind` is its stop type, `price` None for one at market."""

    key: InstrumentKey
    position_index: int
    symbol: str
    kind: str
    trigger: Trigger
    side: Side
    quantity: Decimal
    price: Decimal | None
    parent_link_id: str


class OrderFactory:
    """Makes orders. Ids are UUIDs on linear and numbers on spot, the same ones for the same seed."""

    def __init__(self, clock: ServerClock, random: Random) -> None:
        self._clock = clock
        self._random = random
        self._count = 0

    def order(self, form: OrderForm, market: PublicMarket, key: InstrumentKey) -> VenueOrder:
        """The order that `form` asks for; `key` is the position that it changes."""
        now_ms, last = self._clock.now_ms(), market.last
        return VenueOrder(
            order_id=self._next_id(form.category),
            link_id=form.link_id,
            key=key,
            symbol=market.symbol,
            side=form.side,
            order_type=form.order_type,
            quantity=form.quantity,
            price=form.price,
            time_in_force=form.time_in_force,
            created_ms=now_ms,
            updated_ms=now_ms,
            position_index=form.position_index,
            market_unit=_market_unit(form),
            reduce_only=form.reduce_only,
            close_on_trigger=form.close_on_trigger,
            trigger=form.trigger,
            last_price=None if last is None else market.info.exact_price(last),
            exits=form.exits,
        )

    def at_market(self, key: InstrumentKey, symbol: str, index: int, side: Side, quantity: Decimal) -> VenueOrder:
        """A reduce-only market order on `side`."""
        plan = ExitPlan(key, index, symbol, "", _NEVER, side, quantity, None, "")
        return structs.replace(self.exit(plan), status="New", trigger=None, create_type="")

    def exit(self, plan: ExitPlan) -> VenueOrder:
        """The order that leaves a position when its trigger is reached; at market without a price."""
        now_ms, is_spot, is_market = self._clock.now_ms(), plan.key.category == "spot", plan.price is None
        return VenueOrder(
            order_id=self._next_id(plan.key.category),
            link_id="",
            key=plan.key,
            symbol=plan.symbol,
            side=plan.side,
            order_type="Market" if is_market else "Limit",
            quantity=plan.quantity,
            price=plan.price,
            time_in_force="IOC" if is_market else "GTC",
            created_ms=now_ms,
            updated_ms=now_ms,
            status="Untriggered",
            position_index=plan.position_index,
            market_unit="baseCoin" if is_spot and is_market else "",
            reduce_only=not is_spot,
            close_on_trigger=not is_spot,
            trigger=plan.trigger,
            stop_type=plan.kind,
            create_type=f"CreateBy{plan.kind}",
            parent_link_id=plan.parent_link_id,
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

"""Exits of positions: the orders that a take-profit, a stop-loss or a trailing stop is, and what links them.

Owns which exits a position has. An exit is a conditional order that closes: a whole one follows the position's size,
a partial one is for what its entry filled. On spot, where nothing is held but coins, all are partial. When one of a
pair is released, the other ends.

Source: Bybit's v5 documentation, "Set Trading Stop", and `cancelType` and `stopOrderType` of its enums.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Side
from ttxt_core.events.orders import TriggerBy, TriggerDirection
from ttxt_core.sandbox.bybit import errors
from ttxt_core.sandbox.bybit.conditionals import Conditionals
from ttxt_core.sandbox.bybit.errors import Refusal, bad_parameter
from ttxt_core.sandbox.bybit.exit_form import (
    STOP_LOSS,
    TAKE_PROFIT,
    TRAILING,
    ExitTerms,
    TradingStop,
    check_exits,
    read_trading_stop,
)
from ttxt_core.sandbox.bybit.fields import Fields
from ttxt_core.sandbox.bybit.journal import Journal
from ttxt_core.sandbox.bybit.order_factory import ExitPlan, OrderFactory
from ttxt_core.sandbox.bybit.orders import Trigger, VenueOrder
from ttxt_core.sandbox.exchange import SandboxExchange
from ttxt_core.sandbox.public_market import PublicMarket

ZERO = Decimal(0)
_MOST_PARTIAL = 20
_NOT_MODIFIED = 34040
_OTHER_RELEASED = {
    TAKE_PROFIT: "CancelByOCOTpCanceledBySlTriggered",
    STOP_LOSS: "CancelByOCOSlCanceledByTpTriggered",
}


class Exits:
    """The exits of all positions."""

    def __init__(
        self,
        exchange: SandboxExchange,
        journal: Journal,
        conditionals: Conditionals,
        factory: OrderFactory,
        end: Callable[[VenueOrder, str], None],
    ) -> None:
        """`end` takes an exit out that waits, for a reason in Bybit's words."""
        self._exchange = exchange
        self._journal = journal
        self._conditionals = conditionals
        self._factory = factory
        self._end = end
        self._whole: dict[InstrumentKey, dict[str, VenueOrder]] = {}
        self._partial: dict[InstrumentKey, list[VenueOrder]] = {}
        self._pairs: dict[str, VenueOrder] = {}

    # -- what is asked for -----------------------------------------------------------------------------------

    def set(self, fields: Fields, market: PublicMarket) -> None:
        """``/v5/position/trading-stop``.

        Raises:
            Refusal: there is no such position, or it can't have such exits, or it has them already.
        """
        stop = read_trading_stop(fields)
        key = self._exchange.sides.of(market.info.key).get(stop.position_index)
        if key is None:
            raise bad_parameter("position idx not match position mode")
        held = self._exchange.account.position(key).quantity
        if not held:
            raise bad_parameter("can not set tp/sl/ts for zero position")
        opening = Side.BUY if held > 0 else Side.SELL
        for terms in (stop.exits._replace(stop_loss=None), stop.exits._replace(take_profit=None)):
            for _, each in terms.terms():
                check_exits(terms, opening, self._conditionals.price(each.by, market))
        if stop.exits.is_partial:
            self._add_partial(key, market, stop, abs(held))
        elif not self._change_whole(key, stop, opening):
            raise Refusal(_NOT_MODIFIED, "not modified")

    def attach(self, entry: VenueOrder) -> None:
        """A fill of `entry` opens or grows a position: its exits take the place of those before."""
        if not entry.exits.is_partial:
            for kind, terms in entry.exits.terms():
                self._put_whole(entry.key, kind, terms, entry.side, entry.link_id)

    def attach_partial(self, entry: VenueOrder) -> None:
        """`entry` is done: what it filled, less a fee that was taken of it, gets the exits for a part."""
        if entry.exits.is_partial and entry.exits.terms():
            quantity = entry.filled - entry.fees.get(self._exchange.market(entry.key).info.spec.base, ZERO)
            self._pair(entry.key, entry.exits.terms(), entry.side, self._round(entry.key, quantity), entry.link_id)

    def follow(self) -> None:
        """Positions may have changed: exits follow their sizes, and end with them."""
        for key in list(self._whole):
            held = abs(self._exchange.account.position(key).quantity)
            for order in list(self._whole[key].values()):
                if not held:
                    self._end(order, "CancelByTpSlTsClear")
                elif order.quantity != held:
                    order.quantity = held
                    self._journal.changed(order)
        for key in [key for key in self._partial if key.category != "spot"]:
            held = abs(self._exchange.account.position(key).quantity)
            for order in list(self._partial[key]):
                if not held:
                    self._end(order, "CancelByTpSlTsClear")

    # -- what becomes of them --------------------------------------------------------------------------------

    def removed(self, order: VenueOrder) -> None:
        """An order waits no more, whatever it was."""
        if self._whole.get(order.key, {}).get(order.stop_type) is order:
            del self._whole[order.key][order.stop_type]
        if order in (partial := self._partial.get(order.key, [])):
            partial.remove(order)

    def released(self, order: VenueOrder) -> None:
        """An order's price was reached: the other of its pair ends."""
        self.removed(order)
        other = self._pairs.pop(order.order_id, None)
        if other is not None and self._pairs.pop(other.order_id, None) is order and other.is_waiting:
            self._end(other, _OTHER_RELEASED[STOP_LOSS if _is_stop(other) else TAKE_PROFIT])

    def shown(self, key: InstrumentKey) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
        """Of a position: the prices of its take-profit and stop-loss, and the distance of its trailing stop."""
        whole = self._whole.get(key, {})
        prices = [
            order.trigger.price if (order := whole.get(kind)) is not None and order.trigger is not None else None
            for kind in (TAKE_PROFIT, STOP_LOSS)
        ]
        trailing = whole.get(TRAILING)
        return prices[0], prices[1], None if trailing is None else trailing.trail

    # -- inside ----------------------------------------------------------------------------------------------

    def _change_whole(self, key: InstrumentKey, stop: TradingStop, opening: Side) -> bool:
        """Whether anything was changed."""
        is_changed = False
        for kind, terms in stop.exits.terms():
            standing = self._whole.get(key, {}).get(kind)
            if not terms.price:
                is_changed |= standing is not None
                self._take_away(standing)
            elif standing is None or standing.trigger != _trigger(kind, terms, opening):
                self._put_whole(key, kind, terms, opening, "")
                is_changed = True
        if stop.trail is not None:
            standing = self._whole.get(key, {}).get(TRAILING)
            is_changed |= (standing.trail if standing is not None else ZERO) != stop.trail
            self._take_away(standing)
            if stop.trail:
                order = self._put_whole(key, TRAILING, ExitTerms(ZERO, TriggerBy.LAST), opening, "")
                order.trail, order.active_price = stop.trail, stop.active
        return is_changed

    def _take_away(self, standing: VenueOrder | None) -> None:
        if standing is not None:
            self._end(standing, "CancelByUser")

    def _put_whole(self, key: InstrumentKey, kind: str, terms: ExitTerms, opening: Side, parent: str) -> VenueOrder:
        """Give a position an exit, in place of the one of that kind that it has."""
        whole = self._whole.setdefault(key, {})
        standing = whole.get(kind)
        plan = self._plan(key, kind, terms, opening, parent)
        if standing is not None:
            if (standing.trigger, standing.parent_link_id) != (plan.trigger, parent):
                standing.trigger, standing.parent_link_id = plan.trigger, parent
                self._journal.changed(standing)
            return standing
        order = whole[kind] = self._add(plan)
        return order

    def _add_partial(self, key: InstrumentKey, market: PublicMarket, stop: TradingStop, held: Decimal) -> None:
        quantity = self._round(key, stop.quantity or ZERO)
        if not quantity or quantity > held:
            raise Refusal(errors.POSITION_TOO_SMALL, "Insufficient remaining position size to set TP/SL")
        if len(self._partial.get(key, [])) + len(stop.exits.terms()) > _MOST_PARTIAL:
            raise Refusal(errors.TOO_MANY_EXITS, "Not allowed to have more than 20 TP/SLs under Partial tpSlMode")
        opening = Side.BUY if self._exchange.account.position(key).quantity > 0 else Side.SELL
        self._pair(key, [each for each in stop.exits.terms() if each[1].price], opening, quantity, "")

    def _pair(
        self, key: InstrumentKey, exits: list[tuple[str, ExitTerms]], opening: Side, quantity: Decimal, parent: str
    ) -> None:
        """Add exits for `quantity`, of which only one is ever released."""
        if not quantity:
            return
        made = []
        for kind, terms in exits:
            name = "tpslOrder" if key.category == "spot" else f"Partial{kind}"
            plan = self._plan(key, kind, terms, opening, parent)
            made.append(self._add(plan._replace(kind=name, quantity=quantity)))
        self._partial.setdefault(key, []).extend(made)
        if len(made) == 2:
            self._pairs |= {made[0].order_id: made[1], made[1].order_id: made[0]}

    def _add(self, plan: ExitPlan) -> VenueOrder:
        order = self._factory.exit(plan)
        self._journal.orders.add(order)
        self._conditionals.add(order)
        self._journal.changed(order)
        return order

    def _plan(self, key: InstrumentKey, kind: str, terms: ExitTerms, opening: Side, parent: str) -> ExitPlan:
        """An exit of the whole position."""
        held = abs(self._exchange.account.position(key).quantity)
        symbol, index = self._exchange.market(key).symbol, self._exchange.sides.index(key)
        trigger = _trigger(kind, terms, opening)
        return ExitPlan(key, index, symbol, kind, trigger, opening.opposite, held, terms.limit, parent)

    def _round(self, key: InstrumentKey, quantity: Decimal) -> Decimal:
        return self._exchange.market(key).info.round_quantity(quantity)


def _trigger(kind: str, terms: ExitTerms, opening: Side) -> Trigger:
    rises = (kind == TAKE_PROFIT) == (opening is Side.BUY)
    return Trigger(terms.price, terms.by, TriggerDirection.RISE if rises else TriggerDirection.FALL)


def _is_stop(order: VenueOrder) -> bool:
    """Whether an exit limits a loss: one that sells when the price falls, or buys when it rises."""
    falls = order.trigger is not None and order.trigger.direction is TriggerDirection.FALL
    return falls == (order.side is Side.SELL)

"""Closings: flattening one instrument, and the last resort that cancels everything and closes all.

Owns the closings that are under way and the one question that a closing asks: at market, while the book can't be
trusted. How one closing goes on is in `flatten`.
"""

from __future__ import annotations

from decimal import Decimal

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events import InstrumentKey, Side
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_tui.state.log import LogLevel
from ttxt_tui.trading.desk_context import SPOT, ZERO, DeskContext
from ttxt_tui.trading.exits import doubt
from ttxt_tui.trading.feedback import SILENT, Feedback
from ttxt_tui.trading.flatten import Flattening
from ttxt_tui.trading.panic import kept, listing, orders_to_cancel, positions_to_close, staying
from ttxt_tui.trading.pretrade import named


class Closings:
    """The closings of a session, one an instrument."""

    def __init__(self, context: DeskContext) -> None:
        self._context = context
        self._closings: dict[InstrumentKey, Flattening] = {}
        self._asked: tuple[InstrumentKey, int] | None = None

    # -- reading -----------------------------------------------------------------------------------------

    @property
    def alerts(self) -> list[str]:
        """What stays on screen until it is no longer so: `STILL LONG 0.2`."""
        return [text for closing in self._closings.values() if (text := closing.remains)]

    @property
    def asks_at_market(self) -> bool:
        """A closing at market waits for being confirmed."""
        return self._asked is not None

    def busy(self, key: InstrumentKey) -> str:
        """Why nothing may be entered on `key` now: it is being closed; empty when it is not."""
        closing = self._closings.get(key)
        return f"{key.pair} is being closed" if closing is not None and closing.is_busy else ""

    # -- closing -----------------------------------------------------------------------------------------

    def prompt(self, key: InstrumentKey) -> Feedback:
        """What flattening would close, and which keys do it."""
        market, position = self._context.market_of(key), self._context.closable(key)
        if not position or market is None:
            return Feedback(f"{key.pair} is flat: nothing to close", LogLevel.WARN)
        return Feedback(f"close {named(position, market.info)} {key.pair}: 1–4 for 25–100 %, Enter all")

    def flatten(self, key: InstrumentKey, fraction: Decimal) -> Feedback:
        """Close `fraction` of the position; on a book that can't be trusted it asks once, then goes at market."""
        why = doubt(self._context, key) if self._context.closable(key) else ""
        if why and (self._asked is None or self._asked[0] != key):
            self._asked = key, self._context.human_ns()
            return Feedback(f"{why}: again closes at market, at any price", LogLevel.WARN)
        self._asked = None
        return self._close(key, fraction, at_market=bool(why))

    def listing(self) -> list[str]:
        """What `panic` would do, a line each."""
        return listing(self._context)

    def panic(self) -> Feedback:
        """Cancel every order, stops too, and close every position, at market where the book can't be trusted.

        On spot only what this session bought is sold, also what an order buys that fills before it is cancelled.
        """
        context = self._context
        orders, keys = orders_to_cancel(context), positions_to_close(context)
        opening = {order.key for order in orders if _may_open(order)}
        for order in orders:
            order.is_unwanted = True
            context.cancel(order)
        for key in sorted(opening.union(keys)):
            self._close(key, Decimal(1), at_market=True, sweeps=False, keep=kept(context, key))
        if not orders and not keys:
            return Feedback("nothing works and all is flat", LogLevel.INFO)
        stays = staying(context, keys)
        words = f" · {stays} from before stays" if stays else ""
        return Feedback(f"{len(orders)} cancelled · closing {len(keys)}{words}", LogLevel.OK)

    # -- time --------------------------------------------------------------------------------------------

    def poll(self, now_ns: int) -> list[Feedback]:
        """Let time pass. What there is to say; `now_ns` is human time, which the question expires by."""
        if self._asked is not None and now_ns - self._asked[1] > self._context.settings.staged_seconds * NANOSECONDS:
            self._asked = None
        said = []
        for key, closing in list(self._closings.items()):
            feedback = closing.poll()
            if feedback is not SILENT:
                said.append(feedback)
            if closing.is_done:
                del self._closings[key]
        return said

    def take_back(self) -> bool:
        """Take back the question; whether there was one."""
        was_asked, self._asked = self._asked is not None, None
        return was_asked

    def reset(self) -> None:
        """Forget all: what was closing belongs to another time."""
        self._closings.clear()
        self._asked = None

    # -- inside ------------------------------------------------------------------------------------------

    def _close(
        self, key: InstrumentKey, fraction: Decimal, *, at_market: bool, sweeps: bool = True, keep: Decimal = ZERO
    ) -> Feedback:
        before = self._closings.get(key)
        after = None if before is None else before.last_exit
        closing = Flattening(self._context, key, fraction, at_market=at_market, after=after, keep=keep)
        said = closing.start(sweeps=sweeps)
        if not closing.is_done:
            self._closings[key] = closing
        return said


def _may_open(order: ManagedOrder) -> bool:
    """A fill that wins the race against the cancel leaves something to close; a spot sale does not."""
    return not order.is_protective and (order.key.category != SPOT or order.side is Side.BUY)

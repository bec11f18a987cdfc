"""What each command of the command line does, by its name. It calls the desk, or what the key for the same does.

Those that make or change an order only stage it here: how it is sent is the command line's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final

from ttxt_core.errors import OrderError
from ttxt_core.events import InstrumentKey, OrderType, Side, TimeInForce, TriggerBy
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.session import SessionKind
from ttxt_tui.commandline.completion import Offers
from ttxt_tui.commandline.grammar import Typed
from ttxt_tui.config.brackets import Distance
from ttxt_tui.config.ladder import AutoCentre
from ttxt_tui.screens.handlers.alerts import AlertHandlers
from ttxt_tui.screens.handlers.entry import EntryHandlers
from ttxt_tui.screens.handlers.exits import ExitHandlers
from ttxt_tui.screens.handlers.ladder import LadderHandlers
from ttxt_tui.screens.handlers.replay_commands import ReplayCommands
from ttxt_tui.screens.handlers.session import SessionHandlers
from ttxt_tui.screens.handlers.view import ViewHandlers
from ttxt_tui.state.blotter_csv import fills_csv, orders_csv
from ttxt_tui.state.figures import number_of
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.names import category_word, symbol
from ttxt_tui.trading.expressions import HUNDRED, PriceExpression, QuantityExpression, Unit
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.ordering import exits_at, order_terms, pair_terms, price_ticks, trigger_at
from ttxt_tui.trading.pretrade import described

_IN_FORCE: Final = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}


class CommandHandlers(
    AlertHandlers, EntryHandlers, ExitHandlers, LadderHandlers, SessionHandlers, ReplayCommands, ViewHandlers
):
    """All commands."""

    # -- those that stage --------------------------------------------------------------------------------

    def stage_typed(self, typed: Typed) -> Feedback | None:
        """Stage the order that `typed` asks for; None when it asks for something else.

        Raises:
            OrderError: it can't be worked out now.
        """
        if typed.name in _SIDES:
            return self._stage_order(typed, _SIDES[typed.name])
        if typed.name == "reverse":
            return self._workspace.desk.reverse()
        if typed.name == "oco":
            return self._stage_pair(typed)
        return self._stage_amend(typed) if typed.name == "amend" else None

    def _stage_amend(self, typed: Typed) -> Feedback | None:
        order, desk, market = self._numbered(typed), self._workspace.desk, self._workspace.market
        price, quantity = typed.find("price", PriceExpression), typed.find("quantity", QuantityExpression)
        if market is None or order.key != market.key:
            pair = symbol(order.key)
            raise OrderError("amend", f"that order is on {pair}", f":symbol {pair} shows it")
        if order.price is None or order.is_waiting:
            if quantity is not None:
                raise OrderError("amend", "a stop follows the position's size", "only its price can be changed")
            return None
        ticks, total = None, None
        if price is not None:
            ticks = price_ticks(desk.context, market, order.side, price)
        if quantity is not None:
            if quantity.unit is Unit.PERCENT:
                raise OrderError("amend", "a share of what is free is no total", "write 0.5 or 500$")
            total = quantity.quantity(market.info, market.info.price(ticks) if ticks else order.price, Decimal(0))
        return desk.amend(order.identity[2], ticks, total)

    def _stage_order(self, typed: Typed, side: Side) -> Feedback:
        desk, market, words = self._workspace.desk, self._workspace.market, typed.words
        price = typed.find("price", PriceExpression)
        quantity = typed.take("quantity", QuantityExpression)
        trigger, order_type = None, OrderType.LIMIT if price is not None else OrderType.MARKET
        awaited = typed.find("trigger", PriceExpression)
        if awaited is not None:
            by = next((TriggerBy(word) for word in words if word in set(TriggerBy)), TriggerBy.LAST)
            trigger = trigger_at(desk.context, market, side, awaited, by=by)
            if price is None:
                price, order_type = awaited, OrderType.STOP_MARKET
        ticks, amount = order_terms(desk.context, market, side, price, quantity)
        stop, target = _exit(typed, "stop"), _exit(typed, "target")
        return desk.ticket(
            side,
            ticks,
            amount,
            order_type=order_type,
            time_in_force=next((_IN_FORCE[word] for word in words if word in _IN_FORCE), TimeInForce.GTC),
            post_only="post" in words,
            reduce_only="reduce" in words,
            trigger=trigger,
            exits=exits_at(desk.context, market, side, ticks, stop=stop, target=target),
        )

    def _stage_pair(self, typed: Typed) -> Feedback:
        desk = self._workspace.desk
        side, quantity, exits = pair_terms(
            desk.context,
            self._workspace.market,
            typed.take("stop", PriceExpression),
            typed.take("target", PriceExpression),
            typed.find("quantity", QuantityExpression),
        )
        return desk.pair(side, quantity, exits, rests="rests" in typed.words)

    # -- those that act at once --------------------------------------------------------------------------

    def do_typed(self, typed: Typed) -> None:
        """Do what `typed` asks for, and say what came of it.

        Raises:
            OrderError: it can't be worked out now.
        """
        doers: dict[str, Callable[[Typed], None]] = {
            "stop": self._do_stop,
            "target": self._do_target,
            "bracket": self._do_bracket,
            "amend": self._do_amend_waiting,
            "cancel": self._do_cancel,
            "move": self._do_move,
            "flatten": self._do_flatten,
            "size": lambda it: self._say(self._workspace.desk.choose_size(it.take("quantity", QuantityExpression))),
            "alert": self.do_alert,
            "leverage": lambda _: self._say(self._no_leverage()),
            "arm": lambda _: self.arm(),
            "disarm": lambda _: self.disarm(),
            "onekey": self._do_one_key,
            "symbol": self._do_symbol,
            "ladders": lambda it: self.show_ladders(int(it.words[0])),
            "link": lambda it: self.link_focused(it.words[0].upper()),
            "group": self._do_group,
            "ladder": lambda _: self.ladder_settings(),
            "centre": lambda it: self.centre_ladder(next(way for way in AutoCentre if way in it.words)),
            "timeframe": self._do_timeframe,
            "theme": lambda it: self._themes.use(it.take("name", str)),
            "record": self._do_record,
            "export": self._do_export,
            **self.replay_doers(),
            "help": lambda _: self.help(),
            "quit": lambda _: self.quit(),
        }
        doers[typed.name](typed)

    def _do_stop(self, typed: Typed) -> None:
        limit = typed.find("limit", PriceExpression)
        ticks = self._exit_ticks(typed.take("price", PriceExpression))
        self._say(self._workspace.desk.protect(ticks, None if limit is None else self._exit_ticks(limit)))

    def _do_target(self, typed: Typed) -> None:
        self._say(self._workspace.desk.target(self._exit_ticks(typed.take("price", PriceExpression))))

    def _exit_ticks(self, price: PriceExpression) -> int:
        """A price at which the position is to be closed."""
        desk, market = self._workspace.desk, self._workspace.market
        is_long = market is not None and desk.context.position(market.key) > 0
        return price_ticks(desk.context, market, Side.SELL if is_long else Side.BUY, price)

    def _do_bracket(self, typed: Typed) -> None:
        self._say(self._workspace.desk.stager.brackets.use(typed.find("bracket", str)))

    def _do_amend_waiting(self, typed: Typed) -> None:
        """An order that waits: `trigger` is what for; `price` is its limit, or where it has none what it waits for."""
        order, desk, market = self._numbered(typed), self._workspace.desk, self._workspace.market
        found = [typed.find(name, PriceExpression) for name in ("trigger", "price")]
        trigger, price = (
            None if each is None else price_ticks(desk.context, market, order.side, each) for each in found
        )
        if order.price is None and trigger is None:
            trigger, price = price, None
        self._say(desk.move_to(order.name, trigger, price))

    def _do_cancel(self, typed: Typed) -> None:
        if "all" in typed.words:
            self.cancel_everywhere()
        elif "entries" in typed.words:
            self.cancel_symbol()
        elif "stops" in typed.words:
            self._cancelled(self._workspace.desk.cancel_stops())
        else:
            self._cancelled(self._workspace.desk.cancel_order(self._numbered(typed).identity[2]))

    def _do_move(self, typed: Typed) -> None:
        desk = self._workspace.desk
        if typed.find("order", int) is not None:
            desk.select(self._numbered(typed).identity[2])
        else:
            self._choose_to_move()
        self._say(desk.move(typed.take("ticks", int)))

    def _do_flatten(self, typed: Typed) -> None:
        share = typed.find("percent", Decimal)
        feedback = self._workspace.desk.flatten(Decimal(1) if share is None else share / HUNDRED)
        if feedback.level is LogLevel.OK:
            self._workspace.coach.did("flatten")
        self._say(feedback)

    def _no_leverage(self) -> Feedback:
        session = self._workspace.session
        if session.kind is not SessionKind.LIVE:
            return Feedback(f"leverage is the simulator's own in {session.kind.upper()}: it stays", LogLevel.WARN)
        venue = "the venue" if self._workspace.market is None else self._workspace.market.key.venue
        text = f"no command of {venue}'s connector sets leverage: set it at {venue}, A shows what it is"
        return Feedback(text, LogLevel.WARN)

    def _do_one_key(self, typed: Typed) -> None:
        workspace = self._workspace
        most = workspace.settings.trading.onekey_max
        if "off" in typed.words:
            self._say(workspace.desk.use_one_key(None))
            return
        if most is None and workspace.session.kind is not SessionKind.LIVE:
            most = workspace.session.commands.limits.max_order_notional
        if most is None:
            text = "1-key needs a maximum: write onekey_max = 1000 (quote currency) under [trading] in the config file"
            self._say(Feedback(text, LogLevel.WARN))
        else:
            self._say(workspace.desk.use_one_key(most))

    def _do_symbol(self, typed: Typed) -> None:
        wanted, product = typed.take("symbol", str), typed.words[0] if typed.words else None
        found = [key for key in self._workspace.store.markets if _is_called(key, wanted, product)]
        if len(found) == 1:
            self._workspace.activate(found[0])
        elif found:
            raise OrderError(f"symbol {wanted}", f"there are {' and '.join(map(symbol, found))}", "say which")
        else:
            known = ", ".join(map(symbol, self._workspace.store.markets))
            raise OrderError(f"symbol {wanted}", "this session does not have it", f"it has {known}")

    def _do_group(self, typed: Typed) -> None:
        ladder = self._workspace.ladder
        if ladder is not None:
            ladder.set_group(typed.take("group", int))
            self._say(Feedback(ladder.group_text))

    def _do_timeframe(self, typed: Typed) -> None:
        chart = self._workspace.chart
        if chart is not None:
            chart.set_interval(typed.take("interval", str))
            self._say(Feedback(f"candles of {chart.interval}"))

    def _do_record(self, typed: Typed) -> None:
        is_recording = self._workspace.session.recording is not None
        if ("on" in typed.words) is is_recording:
            self._say(Feedback("it is being recorded" if is_recording else "nothing is being recorded"))
        else:
            self.record()

    def _do_export(self, typed: Typed) -> None:
        orders = self._workspace.session.orders
        path = Path(typed.take("path", str)).expanduser().absolute()
        if "fills" in typed.words:
            fills = list(orders.fills)
            self._later(self._export(path, fills_csv(fills), number_of(len(fills), "fill")))
        else:
            every = [*orders.history, *orders.working()]
            self._later(self._export(path, orders_csv(every), number_of(len(every), "order")))

    async def _export(self, path: Path, text: str, what: str) -> None:
        try:
            await asyncio.to_thread(_write_new, path, text)
        except FileExistsError:
            self._say(Feedback(f"{path} is there already: name another file", LogLevel.ERROR))
        except OSError as error:
            self._say(Feedback(f"can't write {path}: {error.strerror or error}", LogLevel.ERROR))
        else:
            self._say(Feedback(f"{what} written to {path}", LogLevel.OK))

    # -- reading -----------------------------------------------------------------------------------------

    def _numbered(self, typed: Typed) -> ManagedOrder:
        """The working order that a line names.

        Raises:
            OrderError: none has that number.
        """
        number = typed.take("order", int)
        order = self._workspace.store.orders.numbered(number)
        if order is None:
            raise OrderError(f"order {number}", "no working order has that number", "Orders shows them as #")
        return order

    def _offers(self) -> Offers:
        """What can stand for orders, symbols and themes just now."""
        store = self._workspace.store
        orders: Sequence[ManagedOrder] = self._workspace.session.orders.working()
        return {
            "order": [(str(store.orders.number_of(order)), self._described(order)) for order in orders],
            "symbol": [(key.pair, symbol(key)) for key in store.markets],
            "name": [(name, "") for name in self._themes.names()],
            "alert": [(str(alert.number), alert.text) for alert in store.alerts.listed()],
            "bracket": [(name, "") for name in self._workspace.desk.stager.brackets.names()],
        }

    def _described(self, order: ManagedOrder) -> str:
        market = self._workspace.store.market_of(order.key)
        return described(order, None if market is None else market.info)


def _exit(typed: Typed, name: str) -> PriceExpression | Distance | None:
    value = typed.value(name)
    return value if isinstance(value, PriceExpression | Distance) else None


def _is_called(key: InstrumentKey, wanted: str, product: str | None) -> bool:
    """`BTC/USDT`, `BTCUSDT` and `BTC` all name the pair."""
    names = (key.pair, key.pair.replace("/", ""), key.pair.partition("/")[0])
    return wanted in names and product in (None, category_word(key))


def _write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet; nothing is left of one that could not be written whole.

    Raises:
        OSError: it is there, or can't be written.
    """
    with path.open("x", encoding="utf-8", newline="") as file:
        try:
            file.write(text)
            file.flush()
        except OSError:
            path.unlink(missing_ok=True)
            raise

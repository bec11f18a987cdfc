"""The simulated exchange itself: commands take effect the moment they are handed in, market data fill what rests.

Owns the markets, and which command or market event leads to what. It knows no latency, no clock and no queue.
"""

from __future__ import annotations

from ttxt_core.errors import InstrumentError, OrderError
from ttxt_core.events.envelope import Event, InstrumentKey, MessageHeader
from ttxt_core.events.market import Instrument, MarketTrade, MarketTrades, Orderbook, Side, Ticker
from ttxt_core.events.orders import (
    AmendOrder,
    CancelOrder,
    Command,
    CreateOrder,
    OrderCommand,
    OrderState,
    ProtectPosition,
)
from ttxt_core.events.status import BookStatus
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orderbook import LocalOrderbook
from ttxt_core.simulation.amendment import check_amendment
from ttxt_core.simulation.order_desk import OrderDesk
from ttxt_core.simulation.order_entry import (
    LINEAR,
    SPOT,
    Arrival,
    check_funds,
    check_protection,
    judge_arrival,
    new_order,
    reason_of,
    reducible_lots,
    refuse,
)
from ttxt_core.simulation.own_order import OwnOrder
from ttxt_core.simulation.reports import Reports
from ttxt_core.simulation.simulated_market import FeeRates, SimulatedMarket
from ttxt_core.simulation.simulator_settings import FEES, SimulatorSettings


class ExchangeCore:
    """One venue with one account.

    Attributes:
        reports: takes all that the exchange has to tell.
        desk: working orders and ledgers of the running attempt.
    """

    def __init__(self, venue: str, settings: SimulatorSettings) -> None:
        self.reports = Reports(venue, settings.account)
        self._venue = venue
        self._settings = settings
        self._markets: dict[tuple[str, str, str], SimulatedMarket] = {}
        self._early_books: dict[InstrumentKey, LocalOrderbook] = {}
        self.desk = self._new_desk(attempt=1)

    def reset(self, attempt: int) -> None:
        """Begin an attempt: money as at the start, no orders, flat, and nothing known of the market but its steps."""
        self._early_books.clear()
        for key, market in self._markets.items():
            book = LocalOrderbook(market.key)
            self._markets[key] = SimulatedMarket(market.info, market.fees, market.leverage, book)
        self.desk = self._new_desk(attempt)
        self.report_all()

    def report_all(self) -> None:
        """Report the whole wallet and every position."""
        self.reports.wallet(self.desk.account.balances.snapshot(), is_snapshot=True)
        for market in self._markets.values():
            if market.key.category != SPOT:
                self.desk.report_position(market)

    # -- commands ------------------------------------------------------------------------------------------

    def create(self, header: MessageHeader, command: CreateOrder) -> None:
        """Accept or refuse an order, and execute it."""
        try:
            market = self._market_for(header, command)
            order, arrival = self._enter(command, market)
        except (OrderError, InstrumentError) as error:
            self.reports.reject(header.key, command, Command.CREATE, reason_of(error))
            return
        self.reports.accept(order, Command.CREATE)
        self.desk.open(order)
        self.reports.order(order, market.info)
        if arrival is not None:
            self.desk.execute(order, arrival)
        else:
            market.stops.append(order)
            self._pull_triggers(market)
        self.desk.flush()

    def amend(self, header: MessageHeader, command: AmendOrder) -> None:
        """Change a working order, or refuse to."""
        try:
            market = self._market_for(header, command)
            order = self._find(command, market)
            change = check_amendment(order, command, market, self.desk.account)
        except (OrderError, InstrumentError) as error:
            self.reports.reject(header.key, command, Command.AMEND, reason_of(error))
            return
        self.reports.accept(order, Command.AMEND)
        if change.arrival is not None:
            market.matching.remove(order)
        order.quantity, order.price = change.quantity, change.price
        if order.trigger is not None:
            order.trigger.price = change.trigger_price
        self.desk.hold(order)
        self.reports.order(order, market.info)
        if change.arrival is not None:
            self.desk.execute(order, change.arrival)
        self._pull_triggers(market)
        self.desk.flush()

    def cancel(self, header: MessageHeader, command: CancelOrder) -> None:
        """Take a working order out, or refuse to."""
        try:
            market = self._market_for(header, command)
            order = self._find(command, market)
        except (OrderError, InstrumentError) as error:
            self.reports.reject(header.key, command, Command.CANCEL, reason_of(error))
            return
        self.reports.accept(order, Command.CANCEL)
        self.desk.finish(order, OrderState.CANCELED, "cancelled on request")
        self.desk.flush()

    def protect(self, header: MessageHeader, command: ProtectPosition) -> None:
        """Give the open position its exits, or refuse to."""
        try:
            market = self._market_for(header, command)
            exits = check_protection(command, market, self.desk.account)
        except (OrderError, InstrumentError) as error:
            self.reports.reject(header.key, command, Command.PROTECT, reason_of(error))
            return
        self.reports.accept_protection(header.key, command)
        for terms in exits:
            self.desk.set_exit(market, terms)
        self.desk.flush()

    # -- market data ---------------------------------------------------------------------------------------

    def on_instrument(self, header: MessageHeader, data: Instrument) -> None:
        """An instrument is described, for the first time or anew."""
        key = header.key
        if key.venue != self._venue:
            return
        known = self._markets.get(key)
        if known is not None and known.info.spec == data:
            return
        try:
            info = InstrumentInfo(key, data)
        except InstrumentError as error:
            self.reports.error(key, error.asked, error.answered, error.hint)
            return
        fees, leverage = self._fees(key, data), self._settings.leverage
        if data.max_leverage is not None:
            leverage = min(leverage, data.max_leverage)
        if known is None:
            book = self._early_books.pop(key, None) or LocalOrderbook(key)
            market = self._markets[key] = SimulatedMarket(info, fees, leverage, book)
            if key.category != SPOT:
                self.desk.report_position(market)
            return
        if (info.tick_size, info.lot_size) != (known.info.tick_size, known.info.lot_size):
            self.desk.finish_all(known.standing_orders(), "the instrument's steps changed")
            self.desk.flush()
        known.change_instrument(info, fees, leverage)

    def on_orderbook(self, event: Event[Orderbook]) -> None:
        """The displayed book changed."""
        header = event.header
        market = self._markets.get((header.venue, header.category, header.pair))
        if market is None:
            if header.venue == self._venue:
                self._early_books.setdefault(header.key, LocalOrderbook()).update(event)
            return
        try:
            market.update_book(event)
        except InstrumentError as error:
            self._distrust(market, error)
        self._meet_book(market)

    def on_trades(self, event: Event[MarketTrades]) -> None:
        """Others traded. Block trades are matched off the book, and move nothing here."""
        header = event.header
        market = self._markets.get((header.venue, header.category, header.pair))
        if market is None:
            return
        try:
            for trade in event.data.trades:
                if trade.is_block:
                    continue
                if market.touches_own(trade.price, trade.side) and market.is_valid:
                    self._match(market, trade)
                market.last = trade.price
                if market.stops:
                    self._pull_triggers(market)
        except InstrumentError as error:
            self._distrust(market, error)
        if market.mark is None:
            self.desk.mark_moved(market)
        self.desk.flush()

    def on_ticker(self, event: Event[Ticker]) -> None:
        """The reference prices may have moved."""
        header = event.header
        market = self._markets.get((header.venue, header.category, header.pair))
        if market is None or not market.update_ticker(event.data):
            return
        self._pull_triggers(market)
        self.desk.mark_moved(market)
        self.desk.flush()

    def on_book_status(self, header: MessageHeader, status: BookStatus) -> None:
        """The feed judges a book."""
        market = self._markets.get(header.key)
        if market is None:
            return
        market.update_status(status)
        self._meet_book(market)

    def on_reconnect(self, header: MessageHeader) -> None:
        """The feed was cut: the books it carried are void until their next snapshots. Orders stay."""
        for market in self._markets.values():
            named = (header.venue, header.category, header.pair)
            if all(name in ("", own) for name, own in zip(named, market.key, strict=True)):
                market.forget_feed("the feed reconnects")

    # -- inside --------------------------------------------------------------------------------------------

    def _new_desk(self, attempt: int) -> OrderDesk:
        return OrderDesk(self._markets, self.reports, self._settings.balances, attempt)

    def _fees(self, key: InstrumentKey, spec: Instrument) -> FeeRates:
        default = self._settings.fees.get(key.category) or FEES.get(key.category) or FEES[LINEAR]
        maker = default.maker if spec.maker_fee is None else spec.maker_fee
        return FeeRates(maker, default.taker if spec.taker_fee is None else spec.taker_fee)

    def _market_for(self, header: MessageHeader, command: OrderCommand) -> SimulatedMarket:
        """The market that a command is about, if this account may act there."""
        name = command.client_order_id
        if header.venue != self._venue:
            raise refuse(name, f"orders for {header.venue} do not go to the simulator of {self._venue}")
        if command.account != self._settings.account:
            raise refuse(name, f"account {command.account} is not simulated: it is {self._settings.account}")
        market = self._markets.get(header.key)
        if market is None:
            raise refuse(name, f"unknown instrument {header.key}")
        return market

    def _find(self, command: AmendOrder | CancelOrder, market: SimulatedMarket) -> OwnOrder:
        """The working order that a command names."""
        name = command.client_order_id
        order = self.desk.find(name, command.order_id)
        if order is not None and order.key == market.key:
            return order
        ended = self.desk.ended.get(name)
        raise refuse(name, "unknown order" if ended is None else f"the order is already {ended}")

    def _enter(self, command: CreateOrder, market: SimulatedMarket) -> tuple[OwnOrder, Arrival | None]:
        """The order that a command makes, and what it meets as it arrives; None for a stop, which waits."""
        name, desk = command.client_order_id, self.desk
        if not name:
            raise refuse(name, "there is no client order id")
        if name in desk.working or name in desk.ended:
            raise refuse(name, "duplicate client order id")
        order = new_order(command, market, desk.next_order_id(), self.reports.now_ns)
        self._cut_to_position(order, market)
        if order.trigger is not None:
            return order, None
        arrival = judge_arrival(order, market)
        check_funds(order, arrival.plan, market, desk.account)
        return order, arrival

    def _cut_to_position(self, order: OwnOrder, market: SimulatedMarket) -> None:
        """A reduce-only order is never larger than what it can reduce."""
        if not order.reduce_only:
            return
        reducible = reducible_lots(order.side, market, self.desk.account)
        if not reducible:
            is_spot_sell = market.key.category == SPOT and order.side is Side.SELL
            what = "nothing is free to sell" if is_spot_sell else "there is no position to reduce"
            raise refuse(order.command.client_order_id, f"reduce-only: {what}")
        order.quantity = min(order.quantity, reducible)

    def _meet_book(self, market: SimulatedMarket) -> None:
        """Fill what the book has come to, and execute the stops that waited for it."""
        if not (market.is_crossed() or market.released) or not market.is_valid:
            return
        try:
            for side in Side:
                for execution in market.matching.cross(side, market.crossing(side)):
                    self.desk.settle(execution)
        except InstrumentError as error:
            self._distrust(market, error)
        self._execute_released(market)
        self.desk.flush()

    def _match(self, market: SimulatedMarket, trade: MarketTrade) -> None:
        price, lots = market.info.to_ticks(trade.price), market.info.to_lots(trade.size)
        market.prepare_queue(trade.side.opposite, price)
        for execution in market.matching.trade(price, lots, trade.side):
            self.desk.settle(execution)

    def _pull_triggers(self, market: SimulatedMarket) -> None:
        """Release the stops whose price was reached; they execute at once if the book is VALID, else when it is."""
        for order in market.triggered_stops():
            market.stops.remove(order)
            market.drop_exit(order)
            market.released.append(order)
            order.state = OrderState.TRIGGERED
            self.reports.order(order, market.info)
        self._execute_released(market)

    def _execute_released(self, market: SimulatedMarket) -> None:
        while market.released and market.is_valid:
            order = market.released[0]
            try:
                self._cut_to_position(order, market)
                arrival = judge_arrival(order, market)
                check_funds(order, arrival.plan, market, self.desk.account)
            except OrderError as error:
                self.desk.finish(order, OrderState.REJECTED, error.answered)
            except InstrumentError as error:
                self._distrust(market, error)
            else:
                market.released.remove(order)
                self.desk.release(order)
                self.desk.execute(order, arrival)

    def _distrust(self, market: SimulatedMarket, error: InstrumentError) -> None:
        """The feed does not fit the instrument: nothing is filled until it is described anew or a snapshot comes."""
        market.fault = error.answered
        self.reports.error(market.key, error.asked, error.answered, error.hint)

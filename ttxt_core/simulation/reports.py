"""What the simulated exchange tells: builds its events, numbers and stamps them, and keeps them until they are taken.

Owns the headers and the outgoing list. It decides nothing.
"""

from __future__ import annotations

from typing import Any

from ttxt_core.events.account import Balance, PositionUpdate, Wallet
from ttxt_core.events.envelope import Event, EventData, InstrumentKey, MessageHeader, Source
from ttxt_core.events.orders import (
    AckOutcome,
    Command,
    CreateOrder,
    Fill,
    FillKind,
    OrderAck,
    OrderCommand,
    ProtectPosition,
)
from ttxt_core.events.status import ConnectorError
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.simulation.accounts import ZERO, Account, Settlement, initial_margin
from ttxt_core.simulation.matching import Execution
from ttxt_core.simulation.own_order import OwnOrder
from ttxt_core.simulation.simulated_market import SimulatedMarket


class Reports:
    """The private stream of one simulated account.

    Attributes:
        account: whose. now_ns: market time, which stamps what is reported; the exchange keeps it.
    """

    def __init__(self, venue: str, account: str) -> None:
        self.now_ns = 0
        self._venue = venue
        self.account = account
        self._sequence = 0
        self._out: list[Event[Any]] = []

    def drain(self) -> list[Event[Any]]:
        """What was reported since this was asked last, in order."""
        if not self._out:
            return []
        out, self._out = self._out, []
        return out

    def accept(self, order: OwnOrder, command: Command) -> None:
        """The command on `order` was taken."""
        ack = OrderAck(self.account, order.command.client_order_id, command, AckOutcome.ACCEPTED, order.order_id)
        self._report(order.key, ack)

    def accept_protection(self, key: InstrumentKey, command: ProtectPosition) -> None:
        """The exits of the position are as asked for."""
        self._report(key, OrderAck(self.account, command.client_order_id, Command.PROTECT, AckOutcome.ACCEPTED))

    def reject(self, key: InstrumentKey, command: OrderCommand, kind: Command, reason: str) -> None:
        """A command was refused. The ack names the account and the order that the command named."""
        order_id = None if isinstance(command, CreateOrder) else command.order_id
        account, name = command.account, command.client_order_id
        self._report(key, OrderAck(account, name, kind, AckOutcome.REJECTED, order_id, reason=reason))

    def order(self, order: OwnOrder, info: InstrumentInfo, reason: str | None = None) -> None:
        """The order as it now is."""
        self._report(order.key, order.update(info, reason))

    def fill(self, execution: Execution, info: InstrumentInfo, settlement: Settlement, execution_id: str) -> None:
        """An execution, and what it did to the account."""
        order = execution.order
        self._report(
            order.key,
            Fill(
                account=self.account,
                client_order_id=order.command.client_order_id,
                order_id=order.order_id,
                execution_id=execution_id,
                kind=FillKind.TRADE,
                side=order.side,
                price=info.price(execution.price),
                quantity=info.quantity(execution.quantity),
                fee=settlement.fee,
                fee_currency=settlement.fee_currency,
                is_maker=execution.is_maker,
                realised_pnl=settlement.realised_pnl,
            ),
        )

    def position(self, market: SimulatedMarket, account: Account) -> None:
        """The linear position in the market's instrument, valued at its mark price."""
        position, leverage = account.position(market.key), market.leverage
        mark = market.mark_price()
        unrealised = position.unrealised_pnl(mark) if mark is not None else None
        self._report(
            market.key,
            PositionUpdate(
                account=self.account,
                quantity=position.quantity,
                entry_price=position.entry_price,
                break_even_price=position.break_even_price(market.fees.taker),
                mark_price=mark,
                leverage=leverage,
                initial_margin=initial_margin(abs(position.cost), leverage),
                unrealised_pnl=unrealised if position.quantity else ZERO,
                realised_pnl=position.realised_pnl,
                fees=position.fees,
            ),
        )

    def wallet(self, balances: list[Balance], *, is_snapshot: bool = False) -> None:
        """Balances that changed, or all of them; a wallet is about no pair."""
        self._report(InstrumentKey(self._venue, "", ""), Wallet(self.account, balances, is_snapshot))

    def error(self, key: InstrumentKey, asked: str, answered: str, hint: str) -> None:
        """The market data of `key` can't be used."""
        self._report(key, ConnectorError("instrument", asked, answered, hint))

    def _report(self, key: InstrumentKey, data: EventData) -> None:
        self._sequence += 1
        now_ns = self.now_ns
        header = MessageHeader(*key, now_ns, now_ns, self._sequence, Source.SIMULATOR)
        self._out.append(Event(header, data))

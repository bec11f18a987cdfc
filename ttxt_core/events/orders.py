"""Orders: the commands that are sent and what comes back. Prices and quantities are Decimal.

Every command, ack, update and fill names its account; venue, category and pair are in the header.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from ttxt_core.events.envelope import EventData
from ttxt_core.events.market import Side


class OrderType(StrEnum):
    """STOP_MARKET waits outside the book until its trigger price, then takes like MARKET.

    A LIMIT order with a trigger price waits likewise, and is put in the book then. Whether an order that waits is a
    stop or a take-profit, its direction says: see `stop_direction`.
    """

    LIMIT = "limit"
    MARKET = "market"
    STOP_MARKET = "stop_market"


class TimeInForce(StrEnum):
    """Good till cancelled; fill at once what can be and cancel the rest; fill all at once or cancel all."""

    GTC = "gtc"
    IOC = "ioc"
    FOK = "fok"


class TriggerBy(StrEnum):
    """The price that releases a trigger order."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


class TriggerDirection(StrEnum):
    """Which way the price must come: RISE triggers at or above the trigger price, FALL at or below."""

    RISE = "rise"
    FALL = "fall"


class PositionSide(StrEnum):
    """ONE_WAY is one net position; LONG and SHORT are the two of hedge mode."""

    ONE_WAY = "one_way"
    LONG = "long"
    SHORT = "short"


class QuantityUnit(StrEnum):
    """The currency of the pair that an order's quantity counts in."""

    BASE = "base"
    QUOTE = "quote"


class OrderState(StrEnum):
    """Where an order stands; `ttxt_core.orders.states` has the table of moves."""

    PENDING_NEW = "pending_new"
    NEW = "new"
    UNTRIGGERED = "untriggered"
    TRIGGERED = "triggered"
    PARTIALLY_FILLED = "partially_filled"
    PENDING_AMEND = "pending_amend"
    PENDING_CANCEL = "pending_cancel"
    UNKNOWN = "unknown"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"


class Command(StrEnum):
    """Which command an ack answers."""

    CREATE = "create"
    AMEND = "amend"
    CANCEL = "cancel"
    PROTECT = "protect"


class AckOutcome(StrEnum):
    """UNKNOWN is a time-out or a broken link: the command may or may not have been carried out."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class FillKind(StrEnum):
    """What an execution came from; ADL is auto-deleveraging."""

    TRADE = "trade"
    FUNDING = "funding"
    LIQUIDATION = "liquidation"
    ADL = "adl"
    SETTLEMENT = "settlement"


class CreateOrder(EventData, frozen=True, tag="co"):
    """Command: a new order.

    Attributes:
        account: which account; `client_order_id`: 32 lower-case hex characters, made before the first send.
        quantity: in base currency, or in quote currency when `quantity_unit` says so.
        price: limit price; None for market orders.
        post_only: rejected on arrival when it would take. reduce_only: never opens or flips a position.
        trigger_price, trigger_by, trigger_direction: of an order that waits for a price; None otherwise. Without a
            direction it is a stop: see `stop_direction`.
        take_profit, stop_loss: prices of attached exits; take_profit_by, stop_loss_by: what they go by (None: the last
            price). They close the position that this entry opens, at market; each replaces what the position has.
    """

    account: str
    client_order_id: str
    side: Side
    order_type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    trigger_price: Decimal | None = None
    trigger_by: TriggerBy | None = None
    trigger_direction: TriggerDirection | None = None
    close_on_trigger: bool = False
    position_side: PositionSide = PositionSide.ONE_WAY
    quantity_unit: QuantityUnit = QuantityUnit.BASE
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit_by: TriggerBy | None = None
    stop_loss_by: TriggerBy | None = None


class AmendOrder(EventData, frozen=True, tag="ao"):
    """Command: change a working order. None leaves a value as it is; `quantity` is the new total."""

    account: str
    client_order_id: str
    price: Decimal | None = None
    quantity: Decimal | None = None
    trigger_price: Decimal | None = None
    order_id: str | None = None


class CancelOrder(EventData, frozen=True, tag="xo"):
    """Command: take a working order out."""

    account: str
    client_order_id: str
    order_id: str | None = None


class ProtectPosition(EventData, frozen=True, tag="pp"):
    """Command: the exits of a position that is open. When one of them closes it, the other goes with it.

    Attributes:
        client_order_id: names the command, as that of an order: 32 lower-case hex characters, made before it is sent.
        take_profit, stop_loss: prices; None leaves an exit as it is, 0 removes it.
        take_profit_by, stop_loss_by: what they go by; None: the last price.
    """

    account: str
    client_order_id: str
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit_by: TriggerBy | None = None
    stop_loss_by: TriggerBy | None = None
    position_side: PositionSide = PositionSide.ONE_WAY

    @property
    def order_id(self) -> None:
        """It is about no order."""
        return


OrderCommand = CreateOrder | AmendOrder | CancelOrder | ProtectPosition
"""Whatever may be sent to an executor."""


class OrderAck(EventData, frozen=True, tag="oa"):
    """The answer to a command. It says that the command was taken or refused, not what became of the order.

    Attributes:
        reason: why it was refused, in words; code: the venue's own code.
    """

    account: str
    client_order_id: str
    command: Command
    outcome: AckOutcome
    order_id: str | None = None
    reason: str | None = None
    code: str | None = None


class OrderUpdate(EventData, frozen=True, tag="ou"):
    """The state of an order as its venue (or the simulator) has it.

    Attributes:
        quantity: the order's total. filled_quantity: cumulative. average_price: of the fills; None before one.
        created_time_ns: when the venue took it.
        reason: why it was rejected, cancelled or expired.
        take_profit, stop_loss: prices of the exits that are attached to it.
        parent_client_order_id: of the entry whose fill made this exit; empty for any other order, and where the venue
            does not say.
        is_position_exit: made by the venue, and kept with the position: as large as it is, and gone when it is.
    """

    account: str
    client_order_id: str
    order_id: str
    state: OrderState
    side: Side
    order_type: OrderType
    quantity: Decimal
    filled_quantity: Decimal
    price: Decimal | None = None
    average_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    trigger_price: Decimal | None = None
    trigger_by: TriggerBy | None = None
    trigger_direction: TriggerDirection | None = None
    position_side: PositionSide = PositionSide.ONE_WAY
    created_time_ns: int = 0
    reason: str | None = None
    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None
    parent_client_order_id: str = ""
    is_position_exit: bool = False


class OrderNotice(EventData, frozen=True, tag="on"):
    """Something that this program did, or could not do, about an order by itself; `client_order_id` as of the order."""

    account: str
    client_order_id: str
    text: str


class Fill(EventData, frozen=True, tag="fi"):
    """One execution of an own order.

    Attributes:
        execution_id: the venue's; a fill that comes twice counts once, see `identity`.
        fee: positive is paid, negative is a rebate, in `fee_currency`.
        realised_pnl: quote currency, before fees; None for spot.
    """

    account: str
    client_order_id: str
    order_id: str
    execution_id: str
    kind: FillKind
    side: Side
    price: Decimal
    quantity: Decimal
    fee: Decimal
    fee_currency: str
    is_maker: bool
    realised_pnl: Decimal | None = None

    @property
    def identity(self) -> str:
        """What tells it from every other fill of its account: a trade between two own orders may have one id."""
        return f"{self.execution_id} {self.order_id}"


def stop_direction(side: Side) -> TriggerDirection:
    """Which way a stop waits: a buy for a rise, a sale for a fall. A take-profit waits the other way."""
    return TriggerDirection.RISE if side is Side.BUY else TriggerDirection.FALL

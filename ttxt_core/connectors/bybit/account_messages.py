"""Bybit v5 orders, executions, positions and wallets as typed structs: private frames and REST rows share them.

Source: Bybit's v5 documentation, "Websocket Stream · Private" and the REST lists of the same names. Decimals stay text
until they are read one by one, since the venue sends an empty text for what it has not.
"""

from __future__ import annotations

from msgspec import Raw, Struct, field

from ttxt_core.connectors.bybit.messages import Milliseconds


class PrivateEnvelope(Struct, gc=False, rename="camel"):
    """Any frame of the private socket: data have a topic, answers an op; auth answers come in two styles."""

    topic: str | None = None
    op: str | None = None
    success: bool | None = None
    ret_msg_snake: str = field(name="ret_msg", default="")
    ret_msg: str = ""
    ret_code: int = 0
    req_id: str = field(name="req_id", default="")
    creation_time: Milliseconds = 0
    data: Raw = field(default_factory=Raw)


class OrderRow(Struct, gc=False, rename="camel"):
    """One order; `updated_time` and `created_time` are ms as text, `position_idx` 0 one-way, 1 long, 2 short."""

    symbol: str
    order_id: str
    side: str
    order_type: str
    order_status: str
    qty: str
    category: str = ""
    order_link_id: str = ""
    price: str = ""
    avg_price: str = ""
    leaves_qty: str = ""
    cum_exec_qty: str = ""
    time_in_force: str = ""
    cancel_type: str = ""
    reject_reason: str = ""
    market_unit: str = ""
    trigger_price: str = ""
    trigger_by: str = ""
    trigger_direction: int = 0
    reduce_only: bool = False
    close_on_trigger: bool = False
    position_idx: int = 0
    parent_order_link_id: str = ""
    stop_order_type: str = ""
    tpsl_mode: str = ""
    take_profit: str = ""
    stop_loss: str = ""
    created_time: str = ""
    updated_time: str = ""


class ExecutionRow(Struct, gc=False, rename="camel"):
    """One execution; `exec_fee` above zero was paid, `exec_time` is ms as text."""

    symbol: str
    order_id: str
    side: str
    exec_id: str
    exec_price: str
    exec_qty: str
    exec_time: str
    category: str = ""
    order_link_id: str = ""
    exec_type: str = "Trade"
    exec_fee: str = ""
    fee_currency: str = ""
    exec_pnl: str = ""
    is_maker: bool = False


class PositionRow(Struct, gc=False, rename="camel"):
    """One position; the stream calls the entry `entry_price`, the list `avg_price`."""

    symbol: str
    side: str
    size: str
    category: str = ""
    position_idx: int = 0
    entry_price: str = ""
    avg_price: str = ""
    leverage: str = ""
    break_even_price: str = ""
    mark_price: str = ""
    liq_price: str = ""
    position_im: str = field(name="positionIM", default="")
    position_mm: str = field(name="positionMM", default="")
    unrealised_pnl: str = ""
    updated_time: str = ""


class CoinRow(Struct, gc=False, rename="camel"):
    """One currency of a wallet; margins are empty texts where the account's mode has none by currency."""

    coin: str
    wallet_balance: str = ""
    locked: str = ""
    total_order_im: str = field(name="totalOrderIM", default="")
    total_position_im: str = field(name="totalPositionIM", default="")


class WalletRow(Struct, gc=False, rename="camel"):
    """One account's wallet."""

    account_type: str
    coin: list[CoinRow]


class OrderList(Struct, gc=False, rename="camel"):
    """`GET /v5/order/realtime` and `/v5/order/history`."""

    rows: list[OrderRow] = field(name="list")
    category: str = ""
    next_page_cursor: str = ""


class ExecutionList(Struct, gc=False, rename="camel"):
    """`GET /v5/execution/list`."""

    rows: list[ExecutionRow] = field(name="list")
    category: str = ""
    next_page_cursor: str = ""


class PositionList(Struct, gc=False, rename="camel"):
    """`GET /v5/position/list`."""

    rows: list[PositionRow] = field(name="list")
    category: str = ""
    next_page_cursor: str = ""


class WalletList(Struct, gc=False):
    """`GET /v5/account/wallet-balance`."""

    rows: list[WalletRow] = field(name="list")


class PageMark(Struct, gc=False, rename="camel"):
    """Where the next page of any list begins; empty, or null, on the last."""

    next_page_cursor: str | None = ""


class KlineList(Struct, gc=False):
    """`GET /v5/market/kline`: start, open, high, low, close, volume, turnover; newest first."""

    rows: list[tuple[str, str, str, str, str, str, str]] = field(name="list")


class PublicTradeRow(Struct, gc=False, rename="camel"):
    """One public trade of a list; `time` is ms as text."""

    exec_id: str
    price: str
    size: str
    side: str
    time: str
    is_block_trade: bool = False


class PublicTradeList(Struct, gc=False):
    """`GET /v5/market/recent-trade`, newest first."""

    rows: list[PublicTradeRow] = field(name="list")


class ServerTime(Struct, gc=False, rename="camel"):
    """`GET /v5/market/time`."""

    time_nano: str


class FeeRateRow(Struct, gc=False, rename="camel"):
    """What trading one symbol costs this account, as fractions."""

    symbol: str
    taker_fee_rate: str
    maker_fee_rate: str


class FeeRateList(Struct, gc=False):
    """`GET /v5/account/fee-rate`."""

    rows: list[FeeRateRow] = field(name="list")


class Taken(Struct, gc=False, rename="camel"):
    """What a command's answer says of one order."""

    order_id: str = ""
    order_link_id: str = ""


class TakenList(Struct, gc=False):
    """What a batch's answer says, a row a command, in their order; cancel-all's has a row an order."""

    rows: list[Taken] = field(name="list", default_factory=list)


class ItemCode(Struct, gc=False):
    """How one command of a batch fared; code 0 is good."""

    code: int
    msg: str = ""


class ItemCodes(Struct, gc=False):
    """A row a command of the batch, in their order."""

    rows: list[ItemCode] = field(name="list", default_factory=list)


class Reply(Struct, gc=False, rename="camel"):
    """The envelope of every REST answer, and of the trade socket's, which calls the result `data`."""

    ret_code: int
    ret_msg: str = ""
    result: Raw = field(default_factory=lambda: Raw(b"{}"))
    data: Raw = field(default_factory=lambda: Raw(b"{}"))
    ret_ext_info: Raw = field(default_factory=lambda: Raw(b"{}"))
    time: Milliseconds = 0

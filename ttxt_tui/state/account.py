"""The account panes: positions, balances and the session's profit.

Owns how they are valued and written. Positions and balances themselves are the `AccountBook`'s. One screen's figures
agree: a position's profit is its size times its mark less its entry, and the session's is made of those.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.events import Balance, Event, Fill, InstrumentKey, OrderAck, PositionUpdate, Wallet
from ttxt_core.instruments import InstrumentInfo, TradingPair
from ttxt_core.orders.accounts import SPOT, AccountBook
from ttxt_core.orders.cost_basis import CostMethod
from ttxt_tui.state import figures
from ttxt_tui.state.fill_profit import METHOD_WORD, FillProfit
from ttxt_tui.state.lookup import MarketOf
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.names import short_symbol, symbol
from ttxt_tui.state.profit import Profit, by_currency, mark_price, position_profit, spot_profit, unrealised
from ttxt_tui.state.tones import Tone, of_sign

NO_POSITIONS: Final = "flat: no open positions"
NO_BALANCES: Final = "no balances known yet"
DUST: Final = "dust"
"""What stands beside a spot remainder that is too small to sell."""


class PositionRow(NamedTuple):
    """An open position. Figures of a column have blanks behind so that their points line up.

    Attributes:
        is_long: its direction.
        profit: unrealised, at the mark. profit_share: of the margin, empty where that is not known.
        liquidation_distance: from the mark, in percent; empty where there is no liquidation price.
        margin: mode and leverage, as far as they are known; of what was bought on spot `spot`, or `spot dust`.
    """

    symbol: str
    short_symbol: str
    is_long: bool
    size: str
    entry: str
    mark: str
    profit: str
    profit_tone: Tone
    profit_share: str
    realised: str
    realised_tone: Tone
    liquidation: str
    liquidation_distance: str
    margin: str


class BalanceRow(NamedTuple):
    """A currency. `value` is in `value_currency`; empty where no price is known. `note` is `dust` or empty."""

    currency: str
    free: str
    held: str
    total: str
    value: str
    value_currency: str
    note: str


class ProfitRow(NamedTuple):
    """The session's profit in one currency; `total` is `realised` + `unrealised` - `fees`. `method`: of the cost."""

    currency: str
    total: str
    total_tone: Tone
    realised: str
    unrealised: str
    fees: str
    method: str = ""


class AccountState:
    """Positions, balances and profit of all accounts of the session.

    Give it wallets, acks, positions and new fills (`on_…`); positions and balances it reads from the book.
    """

    def __init__(self, accounts: AccountBook, market_of: MarketOf, quote: str = "USDT") -> None:
        self._accounts = accounts
        self._market_of = market_of
        self._quote = quote
        """What balances are valued in, and whose profit comes first."""
        self._owners: dict[tuple[str, str], None] = {}
        self._instruments: dict[InstrumentKey, None] = {}
        self._by_fills = FillProfit()
        self._changes = 0

    # -- news ------------------------------------------------------------------------------------------

    def on_wallet(self, event: Event[Wallet]) -> None:
        """Remember whose balances there are."""
        self._owners[event.header.venue, event.data.account] = None

    def on_fill(self, event: Event[Fill]) -> None:
        """Count a fill that did not come before."""
        self._by_fills.on_fill(event)
        self._changes += 1

    def on_position(self, event: Event[PositionUpdate]) -> None:
        """A position as it now is; the book has it already."""
        self._by_fills.on_position(event.header.key, event.data)

    def on_ack(self, event: Event[OrderAck]) -> None:
        """A command was answered: from here on positions may change by it."""
        self._by_fills.on_ack(event.header.key)

    @property
    def method(self) -> CostMethod:
        """By which realised profit and entry are told."""
        return self._by_fills.method

    def use_method(self, method: CostMethod) -> None:
        """Tell them by another one, of all that was traded."""
        self._by_fills.method = method
        self._changes += 1

    def position(self, key: InstrumentKey, told: PositionUpdate) -> PositionUpdate:
        """A position as all panes tell it: entry, realised and fees from the fills where they account for it."""
        return self._by_fills.position(key, told)

    def on_instrument(self, info: InstrumentInfo) -> None:
        """Balances may be valued with its prices."""
        self._instruments[info.key] = None

    def forget(self, key: InstrumentKey) -> None:
        """There is no such instrument any more."""
        self._instruments.pop(key, None)

    def clear(self) -> None:
        """A new attempt begins: the session's profit starts at nothing."""
        self._by_fills.clear()
        self._changes += 1

    def version(self) -> Hashable:
        """Changes whenever rows may."""
        markets = (self._market_of(key) for key in self._instruments)
        return self._accounts.version, self._changes, tuple(m.version for m in markets if m is not None)

    # -- positions -------------------------------------------------------------------------------------

    def positions(self) -> list[PositionRow]:
        """A row for each open position."""
        held = [(key, self.position(key, one)) for (key, _, _), one in self._accounts.positions.items() if one.quantity]
        held += self._bought()
        markets = [self._market_of(key) for key, _ in held]
        marks = [mark_price(one, market) for (_, one), market in zip(held, markets, strict=True)]
        sizes = figures.on_the_point(_quantity(abs(p.quantity), m) for (_, p), m in zip(held, markets, strict=True))
        entries = figures.on_the_point(_price(p.entry_price, m) for (_, p), m in zip(held, markets, strict=True))
        mark_texts = figures.on_the_point(_price(mark, m) for mark, m in zip(marks, markets, strict=True))
        exits = figures.on_the_point(_price(p.liquidation_price, m) for (_, p), m in zip(held, markets, strict=True))
        rows = []
        for n, (key, position) in enumerate(held):
            pair = TradingPair.parse(key.pair)
            profit, settle = unrealised(pair, position, marks[n]), pair.settle
            rows.append(
                PositionRow(
                    symbol=symbol(key),
                    short_symbol=short_symbol(key),
                    is_long=position.quantity > 0,
                    size=sizes[n],
                    entry=entries[n],
                    mark=mark_texts[n],
                    profit="" if profit is None else figures.signed_money(profit, settle),
                    profit_tone=of_sign(profit or 0.0),
                    profit_share=_of_margin(profit, position),
                    realised=figures.signed_money(position.realised_pnl or 0, settle),
                    realised_tone=of_sign(position.realised_pnl or 0),
                    liquidation=exits[n],
                    liquidation_distance=_distance(position.liquidation_price, marks[n]),
                    margin=_margin(position) if key.category != SPOT else self._spot_note(position, markets[n]),
                )
            )
        return rows

    def _bought(self) -> list[tuple[InstrumentKey, PositionUpdate]]:
        """What the session bought on spot and still has, as positions."""
        return [
            (key, PositionUpdate(account, basis.quantity, basis.entry_price, realised_pnl=basis.realised))
            for key, account, _, basis in self._by_fills.spot()
            if basis.quantity > 0
        ]

    def _spot_note(self, position: PositionUpdate, market: MarketState | None) -> str:
        return f"{SPOT} {DUST}" if market is not None and _is_too_small(position.quantity, market) else SPOT

    # -- balances --------------------------------------------------------------------------------------

    def balances(self) -> list[BalanceRow]:
        """A row for each currency that an account has or had; the one that values are in comes first."""
        held = [
            (venue, balance)
            for venue, account in self._owners
            for balance in self._accounts.balances(venue, account).values()
        ]
        held.sort(key=lambda one: one[1].currency != self._quote)
        decimals = [self._decimals(venue, balance.currency) for venue, balance in held]
        free = figures.on_the_point(figures.fixed(b.free, d) for (_, b), d in zip(held, decimals, strict=True))
        locked = figures.on_the_point(figures.fixed(b.held, d) for (_, b), d in zip(held, decimals, strict=True))
        totals = figures.on_the_point(figures.fixed(b.total, d) for (_, b), d in zip(held, decimals, strict=True))
        rows = []
        for n, (venue, balance) in enumerate(held):
            value = self._value(venue, balance)
            rows.append(
                BalanceRow(
                    currency=balance.currency,
                    free=free[n],
                    held=locked[n],
                    total=totals[n],
                    value="" if value is None else figures.money(value, self._quote),
                    value_currency=self._quote,
                    note=DUST if self._is_dust(venue, balance) else "",
                )
            )
        return rows

    # -- profit ----------------------------------------------------------------------------------------

    def profits(self) -> list[Profit]:
        """What the session made, by currency; the main one first and always there."""
        return by_currency(
            [
                Profit(self._quote, 0.0, 0.0, 0.0),
                *(
                    position_profit(key, self.position(key, position), self._market_of(key))
                    for (key, _, _), position in self._accounts.positions.items()
                ),
                *(
                    spot_profit(key, counted, basis, self._market_of(key))
                    for key, _, counted, basis in self._by_fills.spot()
                ),
            ]
        )

    def profit_rows(self) -> list[ProfitRow]:
        """What the session made, written."""
        return [
            ProfitRow(
                currency=one.currency,
                total=figures.signed_money(one.total, one.currency),
                total_tone=of_sign(one.total),
                realised=figures.signed_money(one.realised, one.currency),
                unrealised=figures.signed_money(one.unrealised, one.currency),
                fees=figures.money(one.fees, one.currency),
                method=METHOD_WORD[self.method],
            )
            for one in self.profits()
        ]

    # -- inside ----------------------------------------------------------------------------------------

    def _spot_markets(self, venue: str, currency: str) -> Iterable[MarketState]:
        for key in self._instruments:
            market = self._market_of(key)
            if market is not None and key.venue == venue and market.info.spec.base == currency:
                yield market

    def _decimals(self, venue: str, currency: str) -> int:
        """As many as the finest lot that it trades in, at least its own as money."""
        lots = [market.info.quantity_decimals for market in self._spot_markets(venue, currency)]
        return max(lots) if lots else figures.money_decimals(currency)

    def _value(self, venue: str, balance: Balance) -> float | None:
        if balance.currency == self._quote:
            return float(balance.total)
        markets = sorted(self._spot_markets(venue, balance.currency), key=lambda market: market.key.category != SPOT)
        prices = (market.reference_price for market in markets if market.info.spec.quote == self._quote)
        price = next((price for price in prices if price is not None), None)
        return None if price is None else float(balance.total) * price

    def _is_dust(self, venue: str, balance: Balance) -> bool:
        """Something is left, and less than any spot pair of it can sell."""
        markets = [m for m in self._spot_markets(venue, balance.currency) if m.key.category == SPOT]
        if not balance.total or not markets:
            return False
        return all(_is_too_small(balance.total, market) for market in markets)


def _is_too_small(quantity: Decimal, market: MarketState) -> bool:
    spec, lots = market.info.spec, market.info.round_quantity(quantity)
    if not lots or (spec.min_quantity is not None and lots < spec.min_quantity):
        return True
    price = market.reference_price
    return spec.min_notional is not None and price is not None and float(lots) * price < float(spec.min_notional)


def _price(price: Decimal | float | None, market: MarketState | None) -> str:
    if price is None:
        return ""
    return market.info.format_price(price, group=True) if market is not None else f"{price:,f}"


def _quantity(quantity: Decimal, market: MarketState | None) -> str:
    return market.info.format_quantity(quantity, group=True) if market is not None else f"{quantity:,f}"


def _of_margin(profit: float | None, position: PositionUpdate) -> str:
    if profit is None or not position.initial_margin:
        return ""
    return f"{figures.signed(profit / float(position.initial_margin) * 100, 1)}%"


def _distance(liquidation: Decimal | None, mark: float | None) -> str:
    if liquidation is None or not mark:
        return ""
    return f"{figures.signed((float(liquidation) / mark - 1) * 100, 1)}%"


def _margin(position: PositionUpdate) -> str:
    mode = position.margin_mode.value if position.margin_mode is not None else ""
    leverage = f"{figures.trimmed(f'{position.leverage:f}')}×" if position.leverage is not None else ""
    return f"{mode} {leverage}".strip()

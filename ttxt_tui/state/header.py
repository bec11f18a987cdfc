"""The header: which kind of session this is, whose account, armed or not, and how the active instrument stands.

Owns what the header says, the session's word first: a replay must never be read as live trading.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_tui.state.fields import Field
from ttxt_tui.state.figures import milliseconds, signed, time_of_day
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.names import short_symbol, symbol
from ttxt_tui.state.position_line import countdown
from ttxt_tui.state.tones import Tone, of_sign


class SessionWord(StrEnum):
    """The word for a session; the values are what is shown."""

    PRACTICE = "PRACTICE"
    PAPER = "PAPER"
    REPLAY = "REPLAY"
    LIVE = "LIVE"


class Arming(StrEnum):
    """Whether entries may be sent; the values are the words on the screen."""

    ARMED = "ARMED"
    ONE_KEY = "ARMED 1-KEY"
    DISARMED = "DISARMED"


class HeaderView(NamedTuple):
    """What the header shows: two words, then figures."""

    session: SessionWord
    arming: Arming
    fields: tuple[Field, ...]


_FEED_WIDTH: Final = 9
_VOLUME_UNITS: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def header_view(
    session: SessionWord,
    arming: Arming,
    account: str,
    market: MarketState | None,
    *,
    price_width: int,
    now_ns: int,
    is_held: bool = False,
) -> HeaderView:
    """The header of the active instrument; before there is one, without figures.

    Args:
        price_width: the cells of its prices, so that nothing moves when one changes.
        now_ns: market time: the clock that is shown.
        is_held: a replay stands still.
    """
    account_field = Field(account, tone=Tone.DIM)
    clock = Field(time_of_day(now_ns), rank=6, is_last=True)
    if market is None:
        return HeaderView(session, arming, (account_field, Field("no instrument yet", tone=Tone.FAINT), clock))
    info, ticker, last = market.info, market.ticker, market.last_price
    change = ticker.change_24h
    tone = Tone.PLAIN if change is None else of_sign(change)
    fields = [
        account_field,
        Field(symbol(market.key), tone=Tone.STRONG, brief=short_symbol(market.key)),
        Field("–" if last is None else info.format_price(last, group=True), tone=tone, width=price_width),
    ]
    if change is not None:
        fields.append(Field(f"{signed(change * 100, 2)}%", tone=tone, width=7, rank=3))
    if ticker.mark is not None:
        fields.append(Field(info.format_price(ticker.mark, group=True), "mark", width=price_width, rank=7))
    fields += [*_funding(market, now_ns), *_volume(market), _feed(market, now_ns, is_held=is_held), clock]
    return HeaderView(session, arming, tuple(fields))


def _funding(market: MarketState, now_ns: int) -> list[Field]:
    rate, next_ns = market.ticker.funding_rate, market.ticker.next_funding_ns
    if rate is None:
        return []
    left = countdown(next_ns - now_ns) if next_ns is not None and next_ns > now_ns else ""
    return [Field(f"{signed(rate * 100, 4)}%", "fund", left, width=8, rank=8)]


def _volume(market: MarketState) -> list[Field]:
    """The day's turnover in the quote currency, else its volume in the base currency."""
    ticker, spec = market.ticker, market.info.spec
    amount, unit = (ticker.turnover_24h, spec.quote) if ticker.turnover_24h else (ticker.volume_24h, spec.base)
    if not amount:
        return []
    scale, letter = next(((scale, letter) for scale, letter in _VOLUME_UNITS if amount >= scale), (1.0, ""))
    return [Field(f"{amount / scale:.2f}{letter}", "24h", unit, width=7, rank=9)]


def _feed(market: MarketState, now_ns: int, *, is_held: bool) -> Field:
    """How the data come. The word for it is never that of a session."""
    trust = market.trust(now_ns)
    if not trust.is_good:
        return Field(f"✗ {trust.text}", tone=Tone.ERROR, is_last=True)
    if is_held:
        return Field(f"{'‖ held':>{_FEED_WIDTH}}", tone=Tone.WARNING, rank=2, is_last=True)
    text = f"{milliseconds(market.latency_ns)} ms" if market.latency_ns else "feed"
    return Field(f"{f'● {text}':>{_FEED_WIDTH}}", tone=Tone.OK, rank=2, is_last=True)

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
    VIEW_ONLY = "VIEW-ONLY"


class HeaderView(NamedTuple):
    """What the header shows: the words, then figures.

    Attributes:
        whose: venue, environment and account, where orders are real; empty elsewhere.
    """

    session: SessionWord
    arming: Arming
    fields: tuple[Field, ...]
    whose: str = ""


_FEED_WIDTH: Final = 9
_REASON_WIDTH: Final = 48
_BRIEF_REASON_WIDTH: Final = 20
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
    whose: str = "",
    disarmed_because: str = "",
) -> HeaderView:
    """The header of the active instrument; before there is one, without figures.

    Args:
        price_width: the cells of its prices, so that nothing moves when one changes.
        now_ns: market time: the clock that is shown.
        is_held: a replay stands still.
        whose: where real orders go; it stands for the account.
        disarmed_because: what stopped entries, when that was no key.
    """
    first = [] if whose else [Field(account, tone=Tone.DIM)]
    if disarmed_because:
        whole, brief = (_cut(disarmed_because, width) for width in (_REASON_WIDTH, _BRIEF_REASON_WIDTH))
        first.append(Field(whole, tone=Tone.WARNING, rank=1, brief=brief, brief_rank=6))
    clock = Field(time_of_day(now_ns), rank=6, is_last=True)
    if market is None:
        return HeaderView(session, arming, (*first, Field("no instrument yet", tone=Tone.FAINT), clock), whose)
    info, ticker, last = market.info, market.ticker, market.last_price
    change = ticker.change_24h
    tone = Tone.PLAIN if change is None else of_sign(change)
    fields = [
        *first,
        Field(
            symbol(market.key),
            tone=Tone.STRONG,
            brief=short_symbol(market.key),
            brief_rank=5 if disarmed_because else 0,
        ),
        Field("–" if last is None else info.format_price(last, group=True), tone=tone, width=price_width),
    ]
    if change is not None:
        fields.append(Field(f"{signed(change * 100, 2)}%", tone=tone, width=7, rank=3))
    if ticker.mark is not None:
        fields.append(Field(info.format_price(ticker.mark, group=True), "mark", width=price_width, rank=7))
    fields += [*_funding(market, now_ns), *_volume(market), _feed(market, now_ns, is_held=is_held), clock]
    return HeaderView(session, arming, tuple(fields), whose)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _funding(market: MarketState, now_ns: int) -> list[Field]:
    rate, next_ns = market.ticker.funding_rate, market.ticker.next_funding_ns
    if rate is None:
        return []
    left = countdown(next_ns - now_ns) if next_ns is not None and next_ns > now_ns else ""
    return [Field(f"{signed(rate * 100, 4)}%", "fund", left, width=8, rank=8)]


def _volume(market: MarketState) -> list[Field]:
    """The day's worth in the quote currency: the turnover, of an inverse contract the volume; else the other."""
    ticker, info = market.ticker, market.info
    turnover = (ticker.turnover_24h, info.spec.base if info.is_inverse else info.spec.quote)
    volume = (ticker.volume_24h, info.quantity_currency)
    first, second = (volume, turnover) if info.is_inverse else (turnover, volume)
    amount, unit = first if first[0] else second
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

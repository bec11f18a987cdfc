"""How a `Pretrade` is written: figures with the instrument's precision, the effect in words. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from ttxt_core.instruments import InstrumentInfo
from ttxt_core.orders.accounts import SPOT
from ttxt_tui.state import figures
from ttxt_tui.state.names import short_symbol, symbol
from ttxt_tui.state.ticket import MARKET, RESTS, WAITS, PresetChip, PretradeView, TicketView
from ttxt_tui.trading.pretrade import ExitWorth, Pretrade, shown


def ticket_view(
    info: InstrumentInfo,
    presets: Sequence[Decimal],
    size: Decimal | None,
    preset: int | None,
    pretrade: Pretrade | None = None,
    *,
    is_staged: bool = False,
    warning: str = "",
    bracket: str = "",
) -> TicketView:
    """The ticket of `info`'s instrument.

    Sizes that follow the price have all their decimals: nothing beside them moves when a last digit becomes zero.

    Args:
        presets: sizes of the keys 1, 2, … in base currency.
        size: the chosen size, None when there is none. preset: the number of the preset that it came from.
        pretrade: what the staged order (`is_staged`), or the one that the next key would stage, would do.
        warning: why entry is off. bracket: the exits that entries take along.
    """
    spec = info.spec
    return TicketView(
        symbol=symbol(info.key),
        short_symbol=short_symbol(info.key),
        base=info.quantity_currency,
        quote=spec.quote,
        presets=tuple(
            PresetChip(str(number), info.format_quantity(quantity, group=True), number == preset)
            for number, quantity in enumerate(presets, start=1)
        ),
        size="" if size is None else f"{info.format_quantity(size, group=True)} {info.quantity_currency}",
        pretrade=None if pretrade is None else pretrade_view(pretrade, info, is_staged=is_staged),
        warning=warning,
        bracket=bracket,
    )


def pretrade_view(pretrade: Pretrade, info: InstrumentInfo, *, is_staged: bool) -> PretradeView:
    """What an order of `info`'s instrument would do, written."""
    bps = pretrade.bps_from_mid
    return PretradeView(
        side=pretrade.side,
        effect=pretrade.label,
        price=MARKET if pretrade.is_market else info.format_price(pretrade.price, group=True),
        quantity=info.format_quantity(pretrade.quantity, group=True),
        notional=figures.money(pretrade.notional, info.spec.quote),
        from_mid="" if bps is None else f"{figures.signed(bps, 1)} bp",
        fill=_fill(pretrade, info),
        fee="" if pretrade.fee is None else figures.money(pretrade.fee, info.spec.quote),
        after=_after(pretrade.position_after, info),
        breach=pretrade.breach,
        is_staged=is_staged,
        waits=pretrade.waits,
        stop=_worth(pretrade.stop, info),
        target=_worth(pretrade.target, info),
        reward="" if pretrade.reward is None else f"{figures.fixed(pretrade.reward, 1)} R",
    )


def pretrade_words(view: PretradeView, quote: str) -> list[str]:
    """The whole of it in three lines at the most: what it does, what it costs, where it would be closed."""
    price = "MARKET" if view.price == MARKET else f"@ {view.price}"
    does = " ".join(text for text in (view.effect, price, view.waits, "→", view.after) if text)
    at_once = view.fill if view.fill in (RESTS, WAITS) else f"fills {view.fill}"
    from_mid = "" if view.price == MARKET or not view.from_mid else f"{view.from_mid} from mid"
    fee = f"fee {view.fee or 'not known'}"
    costs = " · ".join(text for text in (f"{view.notional} {quote}", fee, at_once, from_mid) if text)
    exits = (("stop", view.stop), ("target", view.target), ("", view.reward))
    closes = " · ".join(f"{name} {text}".strip() for name, text in exits if text)
    return [line for line in (does, costs, closes) if line]


def _worth(exit_: ExitWorth | None, info: InstrumentInfo) -> str:
    if exit_ is None:
        return ""
    made = figures.signed_money(exit_.gain, info.spec.settle)
    return f"{info.format_price(exit_.price, group=True)} = {made}"


def _fill(pretrade: Pretrade, info: InstrumentInfo) -> str:
    if pretrade.waits:
        return WAITS
    rests = pretrade.quantity - pretrade.fills_now
    if not pretrade.fills_now or pretrade.average is None:
        return RESTS
    taken = f"{shown(pretrade.fills_now, info)} @ {info.format_price(pretrade.average, group=True)}"
    return f"{taken}, {shown(rests, info)} rests" if rests > 0 else taken


def _after(position: Decimal, info: InstrumentInfo) -> str:
    if info.key.category == SPOT:
        return f"own {shown(position, info)}"
    if not position:
        return "flat"
    return f"{'LONG' if position > 0 else 'SHORT'} {shown(abs(position), info)}"

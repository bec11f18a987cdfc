"""Figures as text: money, quantities, ages, times and amounts of data. Never an exponent, never a zero with a sign.

Owns how numbers are written in the panes of state; prices and quantities of an instrument are written by
`InstrumentInfo` with the instrument's own precision. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

MINUS: Final = "−"
"""The sign of a figure below zero: as wide as a plus, and no hyphen."""
NS_PER_MS: Final = 1_000_000
NS_PER_SECOND: Final = 1_000_000_000
_DAY_SECONDS: Final = 86_400

_CENTS: Final = frozenset(
    {"USD", "USDT", "USDC", "USDE", "FDUSD", "TUSD", "DAI", "EUR", "GBP", "CHF", "TRY", "BRL", "JPY"}
)
"""Currencies whose amounts are read to two decimals; others are read to eight."""


def money_decimals(currency: str) -> int:
    """How many decimals amounts of `currency` are shown with."""
    return 2 if currency in _CENTS else 8


def money(amount: float | Decimal, currency: str) -> str:
    """An amount with thousands separators: `1,699.64`."""
    return fixed(amount, money_decimals(currency))


def signed_money(amount: float | Decimal, currency: str) -> str:
    """A gain or loss with its sign: `+581.70`, `−93.20`; zero has none."""
    return signed(amount, money_decimals(currency))


def fixed(amount: float | Decimal, decimals: int) -> str:
    """`amount` with exactly `decimals` decimals and thousands separators; a zero never has a sign."""
    text = f"{amount:,.{decimals}f}"
    if not text.startswith("-"):
        return text
    return MINUS + text[1:] if any(digit in text for digit in "123456789") else text[1:]


def signed(amount: float | Decimal, decimals: int) -> str:
    """Like `fixed`, with a plus where it is above zero."""
    text = fixed(amount, decimals)
    is_zero = not any(digit in text for digit in "123456789")
    return text if is_zero or text.startswith(MINUS) else f"+{text}"


def trimmed(text: str) -> str:
    """A figure without the zeros behind its decimal point: the same value in fewer cells."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def scaled(amount: float | Decimal) -> str:
    """A figure in at most six characters, sign included: `12.3M`, `−812`; for where the whole one has no room."""
    value, unit = float(amount), ""
    for limit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if abs(value) >= limit * 0.9995:
            value, unit = value / limit, letter
            break
    size = abs(value)
    if size >= 999.5:
        return ">999T" if value > 0 else f"<{MINUS}999T"
    if 0 < size < 0.0005:
        return "~0"
    decimals = 3 if size < 0.9995 else 2 if size < 9.995 else 1 if size < 99.95 else 0
    return f"{MINUS if value < 0 else ''}{size:.{decimals}f}{unit}"


def age(ns: int) -> str:
    """How long ago, in at most four characters: `0s`, `48s`, `4m`, `3h`, `12d`; never below zero."""
    seconds = max(ns, 0) // NS_PER_SECOND
    for length, unit in ((_DAY_SECONDS, "d"), (3600, "h"), (60, "m")):
        if seconds >= length:
            return f"{min(seconds // length, 999)}{unit}"
    return f"{seconds}s"


def span(ns: int) -> str:
    """A length of time as a clock shows it: `0:42`, `14:07`, `3:05:09`; days are hours."""
    seconds = max(ns, 0) // NS_PER_SECOND
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{hours}:{minutes:02}:{seconds % 60:02}" if hours else f"{minutes}:{seconds % 60:02}"


def time_of_day(ns: int, *, with_ms: bool = False) -> str:
    """The UTC time of `ns`: `14:32:05`, or `14:32:05.123`."""
    seconds = ns // NS_PER_SECOND % _DAY_SECONDS
    text = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{ns // NS_PER_MS % 1000:03}" if with_ms else text


def date_of(ns: int) -> str:
    """The UTC date of `ns`: `2026-08-14`; a dash for a time outside the calendar."""
    try:
        return datetime.fromtimestamp(ns // NS_PER_SECOND, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return "—"


def milliseconds(ns: int) -> str:
    """A delay: `0.4`, `12`, `110`, in milliseconds; at most `9999`."""
    value = max(ns, 0) / NS_PER_MS
    return f"{value:.1f}" if 0 < value < 0.95 else f"{min(value, 9999):.0f}"


def counted(number: int) -> str:
    """A count in at most five characters: `812`, `9,412`, `81k`, `1.2M`."""
    if number < 10_000:
        return f"{number:,}"
    if number < 999_500:
        return f"{number / 1e3:.0f}k"
    return f"{number / 1e6:.1f}M" if number < 999_950_000 else f"{number / 1e9:.1f}G"


def plain(amount: Decimal) -> str:
    """An exact amount as short as it can be, never with an exponent: `0.055`, `1,204.5`."""
    return f"{amount.normalize():,f}"


def number_of(number: int, what: str) -> str:
    """So many of something: `1 fill`, `2,400 fills`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def data_size(size: int) -> str:
    """An amount of data in at most six characters: `812 B`, `4.1 MB`, `12 GB`."""
    value, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{value:.1f} {unit}" if unit != "B" and value < 9.95 else f"{value:.0f} {unit}"


def on_the_point(texts: Iterable[str]) -> list[str]:
    """Figures of one column in blanks, so that all are equally long and their decimal points line up.

    As they are equally long, a column that has no room for the blanks has none for those of any row.
    """
    figures = list(texts)
    heads = [text.find(".") if "." in text else len(text) for text in figures]
    head = max(heads, default=0)
    tail = max((len(text) - at for text, at in zip(figures, heads, strict=True)), default=0)
    return [(" " * (head - at) + text).ljust(head + tail) for text, at in zip(figures, heads, strict=True)]


def wrapped(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` characters, broken at blanks; a longer word is cut. 0 leaves it whole."""
    if width < 1 or len(text) <= width:
        return [text]
    lines = [""]
    for word in text.split():
        rest = word
        while rest:
            line = lines[-1]
            room = width - len(line) - bool(line)
            if len(rest) <= room:
                lines[-1] = f"{line} {rest}" if line else rest
                break
            if line:
                lines.append("")
                continue
            lines[-1], rest = rest[:width], rest[width:]
            lines += [""] * bool(rest)
    return lines

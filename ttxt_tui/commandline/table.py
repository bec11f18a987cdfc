"""Every command, once: its forms, what it does. Parser, completion, hints, help and the README are made from this list.

A form is written in a small notation: `word`, `one|other`, `{slot}`, and `[…]` around what may be left out. What each
command does is in `screens.handlers.commands`, by its name.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Command(NamedTuple):
    """One command.

    Attributes:
        name: its first word. also: other words for the same.
        meaning: what it does, in a few words.
        forms: what may follow the name; an empty one for nothing.
    """

    name: str
    meaning: str
    forms: tuple[str, ...] = ("",)
    also: tuple[str, ...] = ()


_ORDER: Final = ("{quantity} at {price} [post|ioc|fok] [reduce]", "{quantity} market [reduce]")

COMMANDS: Final[tuple[Command, ...]] = (
    Command("buy", "an order to buy, at a price or at market", _ORDER),
    Command("sell", "an order to sell, at a price or at market", _ORDER),
    Command("stop", "the position's protective stop, reduce-only", ("{price}",)),
    Command("cancel", "take orders away; it is never refused", ("all", "entries", "stops", "{order}")),
    Command("move", "move an own order, the selected one where none is named", ("[{order}] {ticks}",)),
    Command(
        "amend",
        "change a working order's price or its total quantity",
        ("{order} price {price}", "{order} quantity {quantity}", "{order} price {price} quantity {quantity}"),
    ),
    Command("flatten", "close the position, or a share of it", ("[{percent}]",)),
    Command("reverse", "turn the position around"),
    Command("size", "the size of the next orders on this symbol", ("{quantity}",)),
    Command("leverage", "the leverage of this symbol at the venue", ("{leverage}",)),
    Command("arm", "let entries pass; shows account and limits first"),
    Command("disarm", "refuse entries at once and cancel those that work"),
    Command("onekey", "one key sends, without Enter, up to onekey_max", ("on|off",)),
    Command("symbol", "show and trade another symbol", ("{symbol} [spot|perp|inv]",)),
    Command("group", "ticks a row of the ladder", ("{group}",)),
    Command("timeframe", "how long a candle is", ("{interval}",)),
    Command("theme", "other colours", ("{name}",)),
    Command("record", "record what is on screen; stopping asks", ("on|off",)),
    Command("export", "write this session's orders or fills to a CSV file", ("orders|fills {path}",)),
    Command("replay", "go to a time of the recording: a new attempt", ("{time}",)),
    Command("speed", "the speed of the replay", ("{speed}",)),
    Command("help", "every key and command"),
    Command("quit", "quit; asks while orders work", also=("q",)),
)

WORDS: Final[dict[str, str]] = {
    "at": "a limit order",
    "market": "a market order: at once, at any price",
    "post": "post-only: it rests or is refused",
    "ioc": "what fills at once; the rest is cancelled",
    "fok": "all of it at once, or nothing",
    "reduce": "reduce-only: it can only close",
    "all": "entries everywhere; stops stay",
    "entries": "entries on this symbol; stops stay",
    "stops": "stops and targets on this symbol",
    "price": "another price: it loses its queue",
    "quantity": "another total, what is filled included",
    "on": "",
    "off": "",
    "spot": "",
    "perp": "the perpetual",
    "inv": "the inverse contract",
    "orders": "working and ended ones",
    "fills": "every execution",
}
"""What each word within a command means."""

"""Every command, once: its forms, what it does. Parser, completion, hints, help and the README are made from this list.

A form is written in a small notation: `word`, `one|other`, `{slot}`, `{name:slot}` for a value with a name of its own,
and `[…]` around what may be left out, which may be a word with its value: `[limit {limit:price}]`. What each command
does is in `screens.handlers.commands`, by its name.
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


_EXITS: Final = "[reduce] [stop {stop:exit}] [target {target:exit}]"
_ORDER: Final = (
    f"{{quantity}} at {{price}} [post|ioc|fok] {_EXITS}",
    f"{{quantity}} market {_EXITS}",
    f"{{quantity}} when {{trigger:price}} [at {{price}}] [last|mark|index] {_EXITS}",
)

COMMANDS: Final[tuple[Command, ...]] = (
    Command("buy", "an order to buy, at a price or at market", _ORDER),
    Command("sell", "an order to sell, at a price or at market", _ORDER),
    Command("stop", "the position's protective stop, reduce-only", ("{price} [limit {limit:price}]",)),
    Command("target", "the position's take-profit, at market", ("{price}",)),
    Command(
        "oco",
        "a stop and a target of what is held, of which one cancels the other",
        ("stop {stop:price} target {target:price} [{quantity}] [rests]",),
    ),
    Command("bracket", "exits that the next entries take along", ("off", "{bracket}")),
    Command("cancel", "take orders away; it is never refused", ("all", "entries", "stops", "{order}")),
    Command("move", "move an own order, the selected one where none is named", ("[{order}] {ticks}",)),
    Command(
        "amend",
        "change a working order's price, its total quantity or what it waits for",
        (
            "{order} price {price}",
            "{order} quantity {quantity}",
            "{order} price {price} quantity {quantity}",
            "{order} trigger {trigger:price} [price {price}]",
        ),
    ),
    Command("flatten", "close the position, or a share of it", ("[{percent}]",)),
    Command("reverse", "turn the position around"),
    Command("size", "the size of the next orders on this symbol", ("{quantity}",)),
    Command("leverage", "the leverage of this symbol at the venue", ("{leverage}",)),
    Command("arm", "let entries pass; shows account and limits first"),
    Command("disarm", "refuse entries at once and cancel those that work"),
    Command("onekey", "one key sends, without Enter, up to onekey_max", ("on|off",)),
    Command("symbol", "show and trade another symbol", ("{symbol} [spot|perp|inv]",)),
    Command("ladders", "how many ladders stand side by side", ("1|2|3|4",)),
    Command("link", "the focused pane's group: panes of one show the same symbol", ("a|b|c|d",)),
    Command("group", "ticks a row of the ladder", ("{group}",)),
    Command("ladder", "choose the ladder's columns, and when it centres"),
    Command("centre", "when the ladder centres by itself", ("off|edge|timed",)),
    Command("timeframe", "how long a candle is", ("{interval}",)),
    Command("theme", "other colours", ("{name}",)),
    Command("record", "record what is on screen; stopping asks", ("on|off",)),
    Command("export", "write this session's orders or fills to a CSV file", ("orders|fills {path}",)),
    Command("replay", "go to a time of the recording: a new attempt", ("{time}",)),
    Command("speed", "the speed of the replay", ("{speed}",)),
    Command("skip", "pass over longer stretches without an event in the replay", ("off", "{seconds}")),
    Command("hold", "when the replay holds by itself", ("nothing|fill|stop|print",)),
    Command("loop", "a stretch of the replay to go round: from here, to here, off"),
    Command("jump", "a list of moments of the replay to go to"),
    Command("future", "what is to come in the replay's timeline", ("shown|hidden",)),
    Command("attempts", "the result sheets of all attempts, compared"),
    Command(
        "alert",
        "tells when something happens on this symbol",
        (
            "crosses {price} [once]",
            "spread {width} [once]",
            "prints {worth} [once]",
            "burst {times} [once]",
            "stale {seconds} [once]",
            "list",
            "rearm [{alert}]",
            "remove {alert}",
            "clear",
            "mute log|bar|desktop|bell",
            "unmute log|bar|desktop|bell",
        ),
    ),
    Command("cost", "how entry and realised profit are counted", ("average|fifo",)),
    Command("help", "every key and command"),
    Command("quit", "quit; asks while orders work", also=("q",)),
)

WORDS: Final[dict[str, str]] = {
    "at": "a limit order",
    "market": "a market order: at once, at any price",
    "when": "an order that waits until a price is reached; without at it goes at market then",
    "last": "the last price is watched",
    "mark": "the mark price is watched",
    "index": "the index price is watched",
    "stop": "a stop loss",
    "target": "a take-profit",
    "limit": "a limit when it is released; without one it goes at market",
    "rests": "the target rests in the book; that pair dies with this process",
    "trigger": "another price to wait for; its limit moves along",
    "post": "post-only: it rests or is refused",
    "ioc": "what fills at once; the rest is cancelled",
    "fok": "all of it at once, or nothing",
    "reduce": "reduce-only: it can only close",
    "all": "entries everywhere; stops stay",
    "entries": "entries on this symbol; stops stay",
    "stops": "stops and targets on this symbol",
    "price": "another price: it loses its queue",
    "quantity": "another total, what is filled included",
    **dict.fromkeys(("1", "2", "3", "4", "a", "b", "c", "d"), ""),
    "nothing": "it plays on",
    "fill": "at an own fill",
    "print": "at a fill, a stop or a large print",
    "shown": "the whole timeline",
    "hidden": "nothing right of now",
    "average": "every part of a position cost the same",
    "fifo": "what was bought first is sold first",
    "on": "",
    "off": "none",
    "edge": "when the market comes near an edge",
    "timed": "every so many seconds",
    "crosses": "an alert when the last price comes to a price, from either side",
    "spread": "an alert when the spread is wider than so many basis points",
    "prints": "an alert when a print is worth so much quote currency",
    "burst": "an alert when ten seconds trade so many times the usual",
    "stale": "an alert when no valid book was heard of for so long",
    "once": "it fires once, until it is armed again",
    "list": "all alerts, and how they stand",
    "rearm": "arm an alert again, or all",
    "remove": "take an alert away",
    "clear": "take all alerts away",
    "mute": "alerts are not told this way",
    "unmute": "alerts are told this way again",
    "log": "the log",
    "bar": "the status bar",
    "desktop": "the terminal's own notification",
    "bell": "the terminal's bell",
    "spot": "",
    "perp": "the perpetual",
    "inv": "the inverse contract",
    "orders": "working and ended ones",
    "fills": "every execution",
}
"""What each word within a command means."""

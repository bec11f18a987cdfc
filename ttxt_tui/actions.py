"""Every action of the workstation, once: what it is called, what it does, which keys start it.

Bindings, footer, help screen, palette and the README's key table are made from this list. It holds data only; what an
action does is in `screens.handlers`, by the same id.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple


class Scope(StrEnum):
    """Where a key means an action. A focused pane's own scope is asked first, then GLOBAL.

    The scopes in the second half last for one key: they follow a key that asks for another (`f`, `;`, `A`).
    """

    GLOBAL = "global"
    ORDERS = "orders"
    TAPE = "tape"
    CHART = "chart"
    HEATMAP = "heatmap"
    DEPTH = "depth"
    WATCHLIST = "watchlist"
    LOG = "log"
    REPLAY = "replay"
    AFTER_FLATTEN = "after_flatten"
    AFTER_FOCUS = "after_focus"
    AFTER_LINK = "after_link"
    AFTER_ARM = "after_arm"
    AFTER_RECORD = "after_record"


class Group(StrEnum):
    """Headings of the help screen."""

    BUY = "Buy"
    SELL = "Sell"
    SEND = "Send and size"
    CANCEL = "Cancel and close"
    LADDER = "Ladder"
    ORDERS = "Own orders"
    VIEW = "View"
    SESSION = "Session"
    REPLAY = "Replay"


MONEY: Final = frozenset({Group.BUY, Group.SELL, Group.SEND, Group.CANCEL})
"""Groups whose keys act on the active ladder from any pane: no pane may use such a key for something else."""


class Action(NamedTuple):
    """One thing that a key can do.

    Attributes:
        id: its name in the config and of its handler.
        keys: default keys, as typed (`X`, `+`) or named (`ctrl+x`, `pageup`).
        label: one or two words for the footer.
        help: a sentence for help screen and palette.
        group: heading in the help screen.
        scope: where the keys mean it.
        guarded: a repeat of the key is ignored until it has been quiet: it can send or size an order.
        panic: works while a field or dialog has the focus too.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: Group
    scope: Scope = Scope.GLOBAL
    guarded: bool = False
    panic: bool = False

    @property
    def acts(self) -> bool:
        """Whether it can place, change or close something, or size it: no pasted text may start it.

        A cancel is no such thing: it must get through whatever comes with it.
        """
        return self.guarded or self.id in _MOVES or (self.group in MONEY and self.id not in _HARMLESS)


_MOVES: Final = ("move_up", "move_down")
"""These act on orders from groups that don't trade."""

_HARMLESS: Final = ("back_out", "cancel_here", "cancel_newest", "cancel_symbol", "cancel_everywhere")
"""These expose to nothing, from groups that trade."""


def _guarded(id: str, keys: str, label: str, help: str, *place: Group | Scope) -> Action:
    return _action(id, keys, label, help, *place)._replace(guarded=True)


def _action(id: str, keys: str, label: str, help: str, *place: Group | Scope) -> Action:
    """`place` is the group, and the scope where it is not GLOBAL."""
    group, scope = (*place, Scope.GLOBAL)[:2]
    return Action(id, tuple(keys.split()), label, help, Group(group), Scope(scope))


ACTIONS: Final[tuple[Action, ...]] = (
    _guarded("stage_buy", "b", "buy", "stage a buy at the cursor's price", Group.BUY),
    _guarded("join_bid", "q", "join bid", "stage a post-only buy at the best bid; it follows until sent", Group.BUY),
    _guarded("improve_bid", "w", "improve", "stage a post-only buy a tick above the best bid", Group.BUY),
    _guarded("take_ask", "e", "take ask", "stage a buy at the ask, marketable up to a capped price", Group.BUY),
    _guarded("stage_sell", "s", "sell", "stage a sell at the cursor's price", Group.SELL),
    _guarded("join_ask", "p", "join ask", "stage a post-only sell at the best ask; it follows until sent", Group.SELL),
    _guarded("improve_ask", "o", "improve", "stage a post-only sell a tick below the best ask", Group.SELL),
    _guarded("take_bid", "i", "take bid", "stage a sell at the bid, marketable down to a capped price", Group.SELL),
    _guarded(
        "send", "enter", "send", "send what is staged; else edit the own order, or show the watched symbol", Group.SEND
    ),
    _action("back_out", "escape", "back", "back out one step: drop what is staged or half typed", Group.SEND),
    _action("size_1", "1", "size 1", "size preset 1", Group.SEND),
    _action("size_2", "2", "size 2", "size preset 2", Group.SEND),
    _action("size_3", "3", "size 3", "size preset 3", Group.SEND),
    _action("size_4", "4", "size 4", "size preset 4", Group.SEND),
    _action("size_5", "5", "size 5", "size preset 5", Group.SEND),
    _action("size_position", "0", "size = position", "size of the open position", Group.SEND),
    _action("size_up", "+ =", "size +", "size up by a step", Group.SEND),
    _action("size_down", "-", "size −", "size down by a step", Group.SEND),
    _action("bracket", "B", "bracket", "exits that the next entries take along: the next bracket, or none", Group.SEND),
    _action("ticket", "n", "ticket", "open the order ticket", Group.SEND),
    _action("cancel_here", "x", "cancel", "cancel own orders at the cursor's price", Group.CANCEL),
    _action("cancel_newest", "c", "cancel last", "cancel the newest working entry on this symbol", Group.CANCEL),
    _action("cancel_symbol", "X", "cancel symbol", "cancel all entries on this symbol; stops stay", Group.CANCEL),
    Action(
        "cancel_everywhere",
        ("ctrl+x",),
        "cancel all",
        "cancel entries everywhere; stops stay",
        Group.CANCEL,
        panic=True,
    ),
    _guarded("flatten", "f", "flatten", "close this position: then 1-4 for 25-100 %, or Enter for all", Group.CANCEL),
    _guarded("reverse", "v", "reverse", "stage the reversal of this position", Group.CANCEL),
    _guarded("protect", "t", "stop", "protective stop at the cursor, reduce-only", Group.CANCEL),
    _guarded("target", "T", "target", "take-profit of the whole position at the cursor", Group.CANCEL),
    _guarded("panic", "!", "close all", "cancel everything and close all, listed first", Group.CANCEL),
    _guarded("flatten_25", "1", "25 %", "close a quarter", Group.CANCEL, Scope.AFTER_FLATTEN),
    _guarded("flatten_50", "2", "50 %", "close half", Group.CANCEL, Scope.AFTER_FLATTEN),
    _guarded("flatten_75", "3", "75 %", "close three quarters", Group.CANCEL, Scope.AFTER_FLATTEN),
    _guarded("flatten_100", "4 enter", "all", "close all of it", Group.CANCEL, Scope.AFTER_FLATTEN),
    _action("cursor_down", "j down", "down", "cursor down a row", Group.LADDER),
    _action("cursor_up", "k up", "up", "cursor up a row", Group.LADDER),
    _action("page_down", "pagedown", "page down", "cursor down ten rows", Group.LADDER),
    _action("page_up", "pageup", "page up", "cursor up ten rows", Group.LADDER),
    _action("to_bid", "home", "best bid", "cursor to the best bid", Group.LADDER),
    _action("to_ask", "end", "best ask", "cursor to the best ask", Group.LADDER),
    _action("recenter", "space", "centre", "centre the ladder on the market", Group.LADDER),
    _action("coarser", "g", "coarser", "more ticks a row", Group.LADDER),
    _action("finer", "G", "finer", "fewer ticks a row", Group.LADDER),
    _action("ladder_settings", "L", "ladder", "choose the ladder's columns, and when it centres", Group.LADDER),
    _action("next_order", "tab", "next order", "select the next own order", Group.ORDERS),
    _action("previous_order", "shift+tab", "previous order", "select the previous own order", Group.ORDERS),
    _action("move_up", "K shift+up", "move up", "move the selected order up a row", Group.ORDERS),
    _action("move_down", "J shift+down", "move down", "move the selected order down a row", Group.ORDERS),
    _action("cancel_selected", "x", "cancel", "cancel the selected order", Group.CANCEL, Scope.ORDERS),
    _action("row_down", "j down", "down", "next row", Group.ORDERS, Scope.ORDERS),
    _action("row_up", "k up", "up", "previous row", Group.ORDERS, Scope.ORDERS),
    _action("tab_left", "left", "tab", "previous tab: working, fills, history", Group.ORDERS, Scope.ORDERS),
    _action("tab_right", "right", "tab", "next tab: working, fills, history", Group.ORDERS, Scope.ORDERS),
    _action("interval_down", "[", "shorter", "shorter candles", Group.VIEW),
    _action("interval_up", "]", "longer", "longer candles", Group.VIEW),
    _action("crosshair_left", "left", "left", "crosshair to the candle before", Group.VIEW, Scope.CHART),
    _action("crosshair_right", "right", "right", "crosshair to the candle after", Group.VIEW, Scope.CHART),
    _action("candles_wider", "up", "wider", "wider candles", Group.VIEW, Scope.CHART),
    _action("candles_narrower", "down", "narrower", "narrower candles", Group.VIEW, Scope.CHART),
    _action("chart_back", "pageup", "back", "back in time", Group.VIEW, Scope.CHART),
    _action("chart_forward", "pagedown", "forward", "forward in time", Group.VIEW, Scope.CHART),
    _action("chart_oldest", "home", "oldest", "the first candles", Group.VIEW, Scope.CHART),
    _action("chart_newest", "end", "newest", "the newest candles, no crosshair", Group.VIEW, Scope.CHART),
    _action("overlays", "O", "overlays", "EMA, VWAP, Bollinger bands: one after another", Group.VIEW, Scope.CHART),
    _action("overlay_ema", "E", "EMA", "moving average on or off", Group.VIEW, Scope.CHART),
    _action("overlay_vwap", "W", "VWAP", "volume-weighted average price on or off", Group.VIEW, Scope.CHART),
    _action("overlay_bollinger", "D", "Bollinger", "Bollinger bands (deviations) on or off", Group.VIEW, Scope.CHART),
    _action("volume_profile", "V", "profile", "volume at each price on or off", Group.VIEW, Scope.CHART),
    _action("heat_older", "left", "older", "earlier columns", Group.VIEW, Scope.HEATMAP),
    _action("heat_newer", "right", "newer", "later columns", Group.VIEW, Scope.HEATMAP),
    _action("heat_pause", "P", "pause", "stand still, or follow the market again", Group.VIEW, Scope.HEATMAP),
    _action("heat_now", "backspace", "now", "back to the market, in the middle", Group.VIEW, Scope.HEATMAP),
    _action("heat_narrower", "[", "narrower", "less time a column", Group.VIEW, Scope.HEATMAP),
    _action("heat_wider", "]", "wider", "more time a column", Group.VIEW, Scope.HEATMAP),
    _action("heat_finer", "up", "finer", "fewer ticks a row of the heatmap", Group.VIEW, Scope.HEATMAP),
    _action("heat_coarser", "down", "coarser", "more ticks a row of the heatmap", Group.VIEW, Scope.HEATMAP),
    _action("depth_nearer", "left [", "nearer", "fewer basis points around the middle", Group.VIEW, Scope.DEPTH),
    _action("depth_farther", "right ]", "farther", "more basis points around the middle", Group.VIEW, Scope.DEPTH),
    _action("tape_filter_up", "up", "filter +", "hide smaller prints", Group.VIEW, Scope.TAPE),
    _action("tape_filter_down", "down", "filter −", "show smaller prints", Group.VIEW, Scope.TAPE),
    _action("watch_down", "j down", "down", "next symbol: Enter shows it", Group.VIEW, Scope.WATCHLIST),
    _action("watch_up", "k up", "up", "previous symbol", Group.VIEW, Scope.WATCHLIST),
    _action("watch_sort_left", "left", "sort", "sort by the column to the left", Group.VIEW, Scope.WATCHLIST),
    _action("watch_sort_right", "right", "sort", "sort by the column to the right", Group.VIEW, Scope.WATCHLIST),
    _action("watch_turn", "R", "turn round", "sort the other way round", Group.VIEW, Scope.WATCHLIST),
    _action("log_filter", "left right", "filter", "show all, orders or errors", Group.VIEW, Scope.LOG),
    _action("log_down", "j down", "down", "later lines", Group.VIEW, Scope.LOG),
    _action("log_up", "k up", "up", "earlier lines", Group.VIEW, Scope.LOG),
    _action("focus", ";", "pane", "then 1-9: focus that pane; then ; again: the ladder", Group.VIEW),
    _action("focus_1", "1", "pane 1", "focus pane 1", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_2", "2", "pane 2", "focus pane 2", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_3", "3", "pane 3", "focus pane 3", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_4", "4", "pane 4", "focus pane 4", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_5", "5", "pane 5", "focus pane 5", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_6", "6", "pane 6", "focus pane 6", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_7", "7", "pane 7", "focus pane 7", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_8", "8", "pane 8", "focus pane 8", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_9", "9", "pane 9", "focus pane 9", Group.VIEW, Scope.AFTER_FOCUS),
    _action("focus_ladder", ";", "ladder", "back to the ladder", Group.VIEW, Scope.AFTER_FOCUS),
    _action("next_ladder", "|", "next ladder", "trade on the next of several ladders", Group.VIEW),
    _action("link", "C", "link", "the focused pane's group: its panes show the same symbol", Group.VIEW),
    _action("link_a", "a", "group A", "link the pane in group A", Group.VIEW, Scope.AFTER_LINK),
    _action("link_b", "b", "group B", "link the pane in group B", Group.VIEW, Scope.AFTER_LINK),
    _action("link_c", "c", "group C", "link the pane in group C", Group.VIEW, Scope.AFTER_LINK),
    _action("link_d", "d", "group D", "link the pane in group D", Group.VIEW, Scope.AFTER_LINK),
    _action("zoom", "z", "zoom", "the focused pane alone, and back", Group.VIEW),
    _action("symbol", "/", "symbol", "choose another symbol", Group.VIEW),
    _action("command", ":", "command", "type a command", Group.VIEW),
    _action("palette", "ctrl+p", "palette", "find an action or a command by name", Group.VIEW),
    _action("theme", "ctrl+t", "theme", "next theme", Group.VIEW),
    _action("help", "?", "keys", "every key", Group.VIEW),
    _action("redraw", "ctrl+l", "redraw", "paint the whole screen again", Group.VIEW),
    _action("arm", "A", "arm", "allow entries; shows account and limits first", Group.SESSION),
    _action("disarm", "a", "disarm", "refuse entries at once", Group.SESSION),
    _guarded("arm_confirm", "enter", "arm", "arm", Group.SESSION, Scope.AFTER_ARM),
    _action("record", "ctrl+r", "record", "record what is on screen; stopping asks", Group.SESSION),
    _action("keep", "M", "keep last", "keep the last minutes: record what has just happened", Group.SESSION),
    _action("record_stop", "enter", "stop recording", "stop recording", Group.SESSION, Scope.AFTER_RECORD),
    Action("quit", ("ctrl+q",), "quit", "quit; asks in LIVE and while orders work", Group.SESSION, panic=True),
    Action("quit_dialog", ("ctrl+c",), "quit", "ask whether to quit", Group.SESSION, panic=True),
    _action("hold", "h", "hold/go", "hold the replay, or let it go on", Group.REPLAY, Scope.REPLAY),
    _action("step", ".", "step", "forward one event", Group.REPLAY, Scope.REPLAY),
    _action("step_back", ",", "step back", "back one event: a new attempt", Group.REPLAY, Scope.REPLAY),
    _action("faster", ">", "faster", "double the speed", Group.REPLAY, Scope.REPLAY),
    _action("slower", "<", "slower", "halve the speed", Group.REPLAY, Scope.REPLAY),
    _action("step_book", "right", "next book", "forward to the next change of the book", Group.REPLAY, Scope.REPLAY),
    _action("step_second", "u", "+1 s", "forward a second", Group.REPLAY, Scope.REPLAY),
    _action("step_book_back", "left", "last book", "to the book before: a new attempt", Group.REPLAY, Scope.REPLAY),
    _action("step_second_back", "U", "−1 s", "back a second: a new attempt", Group.REPLAY, Scope.REPLAY),
    _action("jump", "Y", "jump", "a list of moments to go to: marks, fills, gaps", Group.REPLAY, Scope.REPLAY),
    _action("blind", "E", "blind", "show what is to come, or hide it again", Group.REPLAY, Scope.REPLAY),
    _action("seek", "y", "go to time", "type a time to go to: a new attempt", Group.REPLAY, Scope.REPLAY),
    _action(
        "hold_on",
        "d",
        "hold at",
        "hold by itself: at fills, stops, large prints, or nothing",
        Group.REPLAY,
        Scope.REPLAY,
    ),
    _action("loop", "l", "loop", "a stretch to go round: from here, to here, off", Group.REPLAY, Scope.REPLAY),
    _action(
        "hide",
        "H",
        "hide",
        "hide symbol, date and price level, or show them: a new attempt",
        Group.REPLAY,
        Scope.REPLAY,
    ),
    _action("attempts", "r", "attempts", "the result sheets of all attempts", Group.REPLAY, Scope.REPLAY),
    _action("bookmark", "m", "bookmark", "mark this moment", Group.REPLAY, Scope.REPLAY),
    _action("next_mark", "}", "next mark", "go to the next mark", Group.REPLAY, Scope.REPLAY),
    _action(
        "previous_mark", "{", "previous mark", "go to the previous mark: a new attempt", Group.REPLAY, Scope.REPLAY
    ),
)

BY_ID: Final = {action.id: action for action in ACTIONS}

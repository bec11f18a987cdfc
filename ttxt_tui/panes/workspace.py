"""Workspace: what all panes look at. One object ties a session to the states, the trading desk and the active symbol.

Owns which instrument is active and what was last said to the trader. Panes read it, actions change it; it knows no
widget.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.events import Event, Fill, InstrumentKey, PositionSide, ResetReason, StreamReset
from ttxt_core.orders.managed_order import ManagedOrder
from ttxt_core.session import Session
from ttxt_tui.commandline.editor import CommandLine
from ttxt_tui.config.ladder import Ladder
from ttxt_tui.config.settings import Settings, settings_file
from ttxt_tui.state.alerts import Phase
from ttxt_tui.state.chart import ChartState
from ttxt_tui.state.depth import DepthState
from ttxt_tui.state.equity import EquityCurve
from ttxt_tui.state.heatmap import HeatmapState
from ttxt_tui.state.ladder import LadderState
from ttxt_tui.state.links import GROUPS, Links
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.state.own_marks import LadderMarks, PendingMark, own_orders
from ttxt_tui.state.replay import ReplayState, described_fill
from ttxt_tui.state.replay_control import ReplayControl
from ttxt_tui.state.store import Store
from ttxt_tui.state.watchlist import Holding, Watchlist
from ttxt_tui.trading.coach import Coach
from ttxt_tui.trading.desk import TradingDesk
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.live_account import live_account
from ttxt_tui.trading.staging import Intent, Staged

SAID_FOR_NS: Final = 6 * NANOSECONDS
"""How long the answer to a key stays in the prompt line."""

_SAMPLED_NS: Final = NANOSECONDS // 4
"""How often, in human time, the equity curve is told what was made."""

_GRAVE: Final = (LogLevel.WARN, LogLevel.ERROR)
"""What is logged as well as said, and said though no key asked for it."""


LADDERS: Final = ("ladder", "ladder2", "ladder3", "ladder4")
"""The ladders that can stand side by side; each begins in a group of its own, all other panes in the first one's."""
LINKED: Final = dict(zip(LADDERS, GROUPS, strict=True)) | dict.fromkeys(
    ("chart", "tape", "heatmap", "depth", "watchlist"), GROUPS[0]
)
"""The panes that show one instrument, each with the group that it begins in."""


class Workspace:
    """The screen's model.

    Attributes:
        chart, heatmap, depth: what these show of the active market; None before there is one.
        replay: the replay bar; None in other sessions. replay_control: holding and looping.
        equity: what the session made through time.
        watchlist: all instruments, sorted.
        links: which panes show the same instrument. active_ladder: the one of `LADDERS` that is traded on.
        live: whose real orders are sent; None where orders are simulated.
        command_line: what is being typed on it.
        ladder_settings: what ladders show and how they follow the market; change them with `use_ladder`.
        config_file: where settings are saved that are chosen on screen.
        said: the last answer to a key.
        asked: what the next key is asked for, spelled out; empty when nothing is.
        version: changes with everything that is only here.
    """

    def __init__(
        self, session: Session, store: Store, desk: TradingDesk, settings: Settings, human_clock: Clock
    ) -> None:
        self.session = session
        self.store = store
        self.desk = desk
        self.settings = settings
        self.human_clock = human_clock
        self.coach = Coach()
        self.chart: ChartState | None = None
        self.heatmap: HeatmapState | None = None
        self.depth: DepthState | None = None
        self.replay_control = ReplayControl()
        player = session.replayer
        self.replay = ReplayState(player, self.replay_control) if player is not None else None
        self.live = live_account(session)
        self.equity = EquityCurve()
        self.command_line = CommandLine()
        self.watchlist = Watchlist(store.markets, self._holding_of)
        self.links = Links(LINKED)
        self.active_ladder = LADDERS[0]
        self.said = Feedback("")
        self.asked = ""
        self.version = 0
        self.ladder_settings = settings.ladder
        self.config_file = settings_file()
        self._said_ns = 0
        self._sampled = -1
        store.configure_ladders(settings.ladder)
        store.on_reset.append(self._on_reset)
        if self.replay is not None:
            self._follow_disguise(self.replay)

    # -- time --------------------------------------------------------------------------------------------

    def now_ns(self) -> int:
        """The market's time."""
        return self.session.clock.now_ns()

    def human_ns(self) -> int:
        """Monotonic human time."""
        return self.human_clock.monotonic_ns()

    # -- the active instrument ---------------------------------------------------------------------------

    @property
    def market(self) -> MarketState | None:
        """The market of the active instrument."""
        return self.store.market

    @property
    def ladder(self) -> LadderState | None:
        """The ladder of the active instrument."""
        return self.store.ladder

    def activate(self, key: InstrumentKey) -> None:
        """Show and trade `key`; what was staged on another symbol is dropped."""
        market = self.store.activate(key)
        if market is None:
            return
        self.desk.activate(key)
        self.links.show(self.active_ladder, key)
        self._picture(market)
        self.ask("")
        self.version += 1

    # -- linked panes ------------------------------------------------------------------------------------

    def market_in(self, pane: str) -> MarketState | None:
        """The market that `pane` shows: that of its group, or the active one where none was chosen for that."""
        key = self.links.key_of(pane)
        return self.market if key is None else self.store.market_of(key) or self.market

    def ladder_in(self, pane: str) -> LadderState | None:
        """The ladder of the market that `pane` shows."""
        market = self.market_in(pane)
        return None if market is None else self.store.ladder_of(market.key)

    def choose(self, pane: str, key: InstrumentKey) -> None:
        """Show `key` in `pane` and what is linked with it; traded is what the active ladder shows."""
        links = self.links
        if links.group_of(pane) in {None, links.group_of(self.active_ladder)}:
            self.activate(key)
        elif self.store.market_of(key) is not None:
            links.show(pane, key)
            self._follow_links()

    def link(self, pane: str, group: str) -> None:
        """Put `pane` into a group of `links`."""
        self.links.join(pane, group)
        shown = self.links.key_of(pane)
        if pane == self.active_ladder and shown is not None:
            self.activate(shown)
        self._follow_links()

    def turn_to(self, ladder: str) -> None:
        """Trade on another of `LADDERS`: on what it shows."""
        if ladder != self.active_ladder:
            market = self.market_in(ladder)
            self.active_ladder = ladder
            if market is not None:
                self.activate(market.key)
            self.version += 1

    def _follow_links(self) -> None:
        if self.market is not None:
            self._picture(self.market)
        self.version += 1

    def use_ladder(self, wanted: Ladder) -> None:
        """Show the ladder's columns, and follow the market, as `wanted`."""
        self.ladder_settings = wanted
        self.store.configure_ladders(wanted)
        self.version += 1

    def _holding_of(self, key: InstrumentKey) -> Holding:
        orders, alerts = self.session.orders, self.store.alerts.of(key)
        return Holding(
            orders.accounts.held(key, self.session.account),
            len(orders.working(key)),
            len(alerts),
            any(alert.phase is not Phase.ARMED for alert in alerts),
        )

    def _picture(self, market: MarketState) -> None:
        if self.chart is None or self.heatmap is None or self.depth is None:
            self.chart, self.heatmap, self.depth = ChartState(market), HeatmapState(market), DepthState(market)
            return
        for name, picture in (("chart", self.chart), ("heatmap", self.heatmap), ("depth", self.depth)):
            wanted = self.market_in(name) or market
            if picture.market is not wanted:
                picture.show(wanted)

    def apply(self, batch: Sequence[Event[Any]]) -> None:
        """Take in what the session published."""
        newest = self.store.log.newest
        self.store.apply(batch)
        self._answer(-1 if newest is None else newest.number)
        self._steer_replay(batch)
        if self.chart is None and self.store.active is not None:
            self._activate_first(self.store.active)

    def _activate_first(self, named_first: InstrumentKey) -> None:
        """Begin with the instrument that was named first; in a replay with that of the first path."""
        player = self.session.replayer
        wanted = named_first if player is None else next(iter(player.instruments), named_first)
        if wanted in self.store.markets:
            self.activate(wanted)

    def _answer(self, number: int) -> None:
        """Say what became of an order that did not go as it was sent; the log, which has it, may be out of sight."""
        for entry in self.store.log.after(number):
            if entry.topic == "order" and entry.level in _GRAVE:
                self.said, self._said_ns = Feedback(entry.text, entry.level), self.human_ns()
                self.version += 1
                return

    def _steer_replay(self, batch: Sequence[Event[Any]]) -> None:
        """Mark own fills on the bar, and hold where the trader wants to look."""
        replay, player = self.replay, self.session.replayer
        if replay is None or player is None:
            return
        for event in batch:
            if type(event.data) is Fill:
                fill, market = event.data, self.store.market_of(event.header.key)
                text = "" if market is None else described_fill(fill, market.info)
                replay.add_fill(event.header.venue_time_ns or event.header.receive_time_ns, fill.side, text)
        reason = self.replay_control.reason_to_hold(batch, self.market)
        if reason and not player.held:
            player.hold()
            self.say(Feedback(reason))

    def _on_reset(self, reset: StreamReset) -> None:
        """A seek: what was staged or half done belongs to another time."""
        self.desk.reset(reset.reason)
        if reset.reason is not ResetReason.RECONNECT:
            self.equity.clear()
        self.ask("")
        if self.replay is not None:
            self.replay.begin_attempt(self.session.result.attempt)
            self._follow_disguise(self.replay)

    def _follow_disguise(self, replay: ReplayState) -> None:
        """A disguise that was put on or off changed names and dates: what bore the old ones is gone."""
        player = self.session.replayer
        if player is None:
            return
        replay.is_hidden = player.disguise is not None
        self.replay_control.move(replay.follow_dates())
        self.store.keep_only(player.instruments)
        self.links.keep_only(self.store.markets)
        if self.store.active is None:
            self.chart = self.heatmap = self.depth = None
            self.desk.activate(None)

    def marks(self, market: MarketState) -> LadderMarks:
        """All that is ours on an instrument."""
        desk = self.desk
        orders = own_orders(self.session.orders.working(market.key), market.info, desk.selected)
        staged = desk.staged if market.key == desk.active else None
        position = self.session.orders.accounts.positions.get((market.key, self.session.account, PositionSide.ONE_WAY))
        if position is not None:
            position = self.store.account.position(market.key, position)
        is_open = position is not None and position.quantity
        return LadderMarks(
            orders=orders,
            staged=None if staged is None else PendingMark(staged.side, staged.ticks, staged.quantity),
            ghosts=[*self._staged_exits(market, staged), *self._ghosts(market)],
            entry=position.entry_price if position is not None and is_open else None,
            break_even=position.break_even_price if position is not None and is_open else None,
            liquidation=position.liquidation_price if position is not None and is_open else None,
        )

    def _staged_exits(self, market: MarketState, staged: Staged | None) -> Sequence[PendingMark]:
        """Where what is staged would wait for a price, and where its exits would; a pair stands at its target."""
        if staged is None:
            return ()
        exits = self.desk.stager.exits_of(staged, market)
        is_pair = staged.intent is Intent.PAIR
        leaving = staged.side if is_pair else staged.side.opposite
        marks = [(leaving, exits.stop), (leaving, None if is_pair else exits.target)]
        if staged.trigger is not None and staged.trigger.ticks != staged.ticks:
            marks.append((staged.side, staged.trigger.ticks))
        return [PendingMark(side, ticks, staged.quantity, "!") for side, ticks in marks if ticks is not None]

    def _ghosts(self, market: MarketState) -> Sequence[PendingMark]:
        ghosts = []
        for client_id, ticks in self.desk.ghosts.items():
            order = self.desk.context.find(client_id)
            if order is not None and order.key == market.key:
                ghosts.append(PendingMark(order.side, ticks, order.remaining))
        return ghosts

    def marks_version(self) -> tuple[object, ...]:
        """Changes whenever `marks` may."""
        desk, staged = self.desk, self.desk.staged
        pinned = None if staged is None else (staged.ticks, staged.quantity, staged.side, staged.take_confirmed)
        exits = None if staged is None else (staged.exits, staged.trigger, desk.stager.brackets.name)
        return self.session.orders.version, desk.selected, pinned, exits, tuple(desk.ghosts.items())

    # -- what is said ------------------------------------------------------------------------------------

    def say(self, feedback: Feedback) -> None:
        """Answer a key: in the prompt line, and in the log when it is a warning or worse."""
        if not feedback.text:
            return
        self.said, self._said_ns = feedback, self.human_ns()
        self.version += 1
        if feedback.level in _GRAVE:
            self.store.log.add(self.now_ns(), feedback.level, "key", feedback.text)

    def ask(self, text: str) -> None:
        """Say what the next key is asked for; an empty text takes it back."""
        if text != self.asked:
            self.asked = text
            self.version += 1

    def spoken(self) -> Feedback:
        """What the prompt line says: what is asked for, an alert, what is staged, or the last answer while new."""
        if self.asked:
            return Feedback(self.asked, LogLevel.WARN)
        alerts = self.desk.alerts
        if alerts:
            return Feedback(" · ".join(alerts), LogLevel.ERROR)
        is_new = self.human_ns() - self._said_ns < SAID_FOR_NS
        if is_new and self.said.level in _GRAVE:
            return self.said
        if self.desk.staged is not None:
            return Feedback(self.desk.prompt, LogLevel.INFO)
        return self.said if is_new else Feedback("")

    def poll(self, human_ns: int) -> None:
        """Let human time pass for the desk; called every frame."""
        if human_ns // _SAMPLED_NS != self._sampled and self.store.active is not None:
            self._sampled = human_ns // _SAMPLED_NS
            self.equity.add(self.now_ns(), self.store.account.profits()[0].total)
        for feedback in self.desk.poll(human_ns):
            self.say(feedback)

    def aimed_orders(self) -> list[ManagedOrder]:
        """Own orders in the ladder's cursor row."""
        ladder, market = self.ladder, self.market
        if ladder is None or market is None:
            return []
        found = []
        for mark in own_orders(self.session.orders.working(market.key), market.info):
            order = self.desk.context.find(mark.client_order_id)
            if order is not None and ladder.is_at_cursor(mark.side, mark.ticks):
                found.append(order)
        return found

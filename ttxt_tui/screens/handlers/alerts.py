"""What the command `alert` does: watching the symbol that is traded, listing, removing, arming again, silencing."""

from __future__ import annotations

import os
from decimal import Decimal
from typing import Final

from ttxt_core.errors import OrderError
from ttxt_core.events import Side
from ttxt_tui.commandline.grammar import Typed
from ttxt_tui.config.alerts import AlertKind, AlertRule, Channel
from ttxt_tui.notification import protocol_of
from ttxt_tui.screens.dialogs import AskDialog
from ttxt_tui.screens.handlers.base import HandlerBase
from ttxt_tui.state.alerts import Alert
from ttxt_tui.state.figures import number_of
from ttxt_tui.state.log import LogLevel
from ttxt_tui.state.market import MarketState
from ttxt_tui.trading.expressions import PriceExpression
from ttxt_tui.trading.feedback import Feedback
from ttxt_tui.trading.ordering import price_ticks

_VALUE: Final = {
    AlertKind.SPREAD: "width",
    AlertKind.PRINTS: "worth",
    AlertKind.BURST: "times",
    AlertKind.STALE: "seconds",
}
"""The slot that an alert's value is typed in."""


class AlertHandlers(HandlerBase):
    """The one command about alerts."""

    def do_alert(self, typed: Typed) -> None:
        """Do what `typed` asks for.

        Raises:
            OrderError: there is no market, no such price now, or no alert of that number.
        """
        words, alerts = typed.words, self._workspace.store.alerts
        kind = next((kind for kind in AlertKind if kind in words), None)
        if kind is not None:
            self._say(self._watch(kind, typed))
        elif "list" in words:
            self._list()
        elif "clear" in words:
            self._say(Feedback(f"{number_of(alerts.clear(), 'alert')} removed"))
        elif "remove" in words:
            alert = self._alert(typed.take("alert", int))
            alerts.remove(alert.number)
            self._say(Feedback(f"alert {alert.number} removed: {alert.text}"))
        elif "rearm" in words:
            self._rearm(typed.find("alert", int))
        else:
            self._mute(next(channel for channel in Channel if channel in words), is_muted="mute" in words)

    def _watch(self, kind: AlertKind, typed: Typed) -> Feedback:
        market = self._workspace.market
        if market is None:
            raise OrderError("alert", "there is no market yet")
        if kind is AlertKind.CROSSES:
            value = self._price(market, typed.take("price", PriceExpression))
        else:
            value = float(typed.take(_VALUE[kind], Decimal))
        rule = AlertRule(kind, value, market.key.pair, once="once" in typed.words)
        alert = self._workspace.store.alerts.add(rule, market)
        return Feedback(f"alert {alert.number}: {alert.text}", LogLevel.OK)

    def _price(self, market: MarketState, price: PriceExpression) -> float:
        """A level is neither bought nor sold at: it is rounded as one to buy at."""
        return market.info.float_price(price_ticks(self._workspace.desk.context, market, Side.BUY, price))

    def _list(self) -> None:
        alerts = self._workspace.store.alerts
        rows = [alert.row for alert in alerts.listed()] or ["none: :alert crosses 65000 makes one"]
        told = " · ".join(f"{channel} {self._told(channel)}" for channel in Channel)
        self._screen.app.push_screen(AskDialog("Alerts", [*rows, "", f"told by: {told}"]))

    def _told(self, channel: Channel) -> str:
        """Whether alerts are told this way, in a word or two."""
        if channel in self._workspace.store.alerts.muted:
            return "muted"
        wanted = self._workspace.settings.alerts.notification
        is_known = channel is not Channel.DESKTOP or protocol_of(os.environ, wanted) is not None
        return "on" if is_known else "(not known to this terminal)"

    def _rearm(self, number: int | None) -> None:
        alerts = self._workspace.store.alerts.listed() if number is None else [self._alert(number)]
        for alert in alerts:
            alert.rearm()
        self._say(Feedback(f"{number_of(len(alerts), 'alert')} armed" if number is None else f"alert {number} armed"))

    def _mute(self, channel: Channel, *, is_muted: bool) -> None:
        muted = self._workspace.store.alerts.muted
        if is_muted:
            muted.add(channel)
        else:
            muted.discard(channel)
        self._say(Feedback(f"alerts: {channel} {'muted' if is_muted else 'on'}"))

    def _alert(self, number: int) -> Alert:
        alert = self._workspace.store.alerts.numbered(number)
        if alert is None:
            raise OrderError(f"alert {number}", "there is none of that number", ":alert list shows them")
        return alert

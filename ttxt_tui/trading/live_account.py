"""A LIVE session as the screen uses it: whose account it is, its sheet, what protects its orders, the loss of its day.

Owns the words of the header. What may be armed and when is the session's.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlsplit

from ttxt_core.orders.router import NOT_ARMED
from ttxt_core.session import Session, SessionKind
from ttxt_tui.state.status import DayLoss, Protection, dead_man_protection
from ttxt_tui.trading.desk import BY_KEY

if TYPE_CHECKING:  # with them comes the network stack, which other sessions do without
    from ttxt_core.session.account_sheet import AccountSheet
    from ttxt_core.session.live import LiveSession


_LOOKING_ON: Final = Protection("view-only: nothing is sent", "view-only", is_safe=True)
_KNOWN: Final = ("", NOT_ARMED, BY_KEY)


class LiveAccount:
    """The account of one LIVE session.

    Attributes:
        whose: venue, environment and account, as the header says them.
        address: the host that orders go to where the config names one, and not the venue's own; else empty.
    """

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        config = session.connector.config
        own = config.hosts.ws_trade or config.hosts.rest
        self.address = "" if own is None else urlsplit(own).netloc
        self.whose = f"{config.venue} {config.environment} {config.account}"

    async def sheet(self) -> AccountSheet:
        """Ask the venue for the account's terms.

        Raises:
            TtxtError: it could not be asked, or did not answer.
        """
        return await self._session.account_sheet()

    def arm(self, sheet: AccountSheet) -> str | None:
        """Let entries pass on the terms of `sheet`, which was read; gives why they can't, or None when they do."""
        return self._session.confirm(sheet) or self._session.commands.arm()

    @property
    def disarmed_because(self) -> str:
        """What stopped entries; empty while they pass, and where the trader knows: nobody armed, or a key disarmed."""
        because = self._session.commands.disarmed_because
        return "" if self._session.view_only or because in _KNOWN else because

    def protection(self) -> Protection:
        """What becomes of entries when this machine dies, as the venue has confirmed it."""
        if self._session.view_only:
            return _LOOKING_ON
        now = self._session.protection
        return dead_man_protection(now.text, is_armed=now.is_armed)

    def loss(self, currency: str) -> DayLoss | None:
        """Of today, in `currency`; None where nothing limits it."""
        limit = self._session.commands.limits.daily_loss
        if limit is None:
            return None
        return DayLoss(-self._session.result.profit.get(currency, Decimal(0)), limit, currency)


def live_account(session: Session) -> LiveAccount | None:
    """The account of a LIVE session; None for any other."""
    return LiveAccount(cast("LiveSession", session)) if session.kind is SessionKind.LIVE else None

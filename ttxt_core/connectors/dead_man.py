"""The dead-man switch: what a venue does with this program's orders when it has lost it.

Owns asking for it, and what is said of it: that it is on is said only while the venue confirms it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Final, NamedTuple

from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.connectors.reports import Reports
from ttxt_core.errors import AuthError, TtxtError, VenueRejectError

NO_DEAD_MAN: Final = "NO DEAD-MAN: orders stay if this machine dies"
_NOT_CONNECTED: Final = "the private stream is not connected"


class DeadManState(StrEnum):
    """NONE: not asked for. PENDING: asked for, not confirmed. ARMED: confirmed by the venue. REFUSED: it said no."""

    NONE = "none"
    PENDING = "pending"
    ARMED = "armed"
    REFUSED = "refused"


class Protection(NamedTuple):
    """What becomes of working entries when this program or its machine dies.

    Attributes:
        seconds: after which the venue cancels them, as it confirmed it; before that, as it was asked. None: never.
        reason: why it is not in force, where there is more to say than that it was not asked for.
    """

    state: DeadManState
    seconds: int | None = None
    reason: str = ""

    @property
    def is_armed(self) -> bool:
        """Whether the venue would cancel them."""
        return self.state is DeadManState.ARMED

    @property
    def text(self) -> str:
        """For a status bar."""
        if self.state is DeadManState.ARMED:
            return f"dead-man {self.seconds} s"
        return f"dead-man {self.seconds} s NOT CONFIRMED" if self.state is DeadManState.PENDING else NO_DEAD_MAN


class DeadManSwitch:
    """Sets a venue's switch and keeps what is known of it.

    Attributes:
        protection: what is in force.
    """

    def __init__(self, seconds: int | None, queries: VenueQueries, reports: Reports) -> None:
        """A switch that is not set; `seconds` None: it is not to be."""
        self._seconds = seconds
        self._is_watched = False
        self._queries = queries
        self._reports = reports
        self.protection = Protection(DeadManState.NONE)
        self.lost()

    def give_up(self) -> None:
        """It is not to be set any more: by a program that only looks on."""
        self._seconds = None
        self.protection = Protection(DeadManState.NONE)

    def lost(self) -> None:
        """The stream that the venue watches is gone, or not there yet."""
        self._is_watched = False
        if self._seconds is not None:
            self.protection = Protection(DeadManState.PENDING, self._seconds, _NOT_CONNECTED)

    async def set(self, be_watched: Callable[[], Awaitable[None]]) -> None:
        """Ask for it and for what came of it; fine when it is set. What goes wrong is reported once.

        `be_watched` lets the venue watch the stream, once on each; a `TtxtError` says that it does not.
        """
        if self._seconds is None or self.protection.is_armed or self.protection.state is DeadManState.REFUSED:
            return
        try:
            if not self._is_watched:
                await be_watched()
                self._is_watched = True
            await self._queries.set_dead_man_switch(self._seconds)
            window_s = await self._queries.dead_man_switch()
        except (AuthError, VenueRejectError) as error:
            self.protection = Protection(DeadManState.REFUSED, None, str(error))
            self._reports.error(error, "set the dead-man switch: orders stay when this program is lost")
        except TtxtError as error:  # asked for again at the next reconciliation
            self._reports.error(error, "set the dead-man switch")
            self._remain_pending(error.answered)
        else:
            if window_s == self._seconds:
                self.protection = Protection(DeadManState.ARMED, window_s)
            elif window_s is None:
                self._remain_pending("the venue took it and does not list it, as it does for sub-accounts")
            else:
                self._remain_pending(f"the venue took it and still lists {window_s} s")

    def _remain_pending(self, reason: str) -> None:
        self.protection = Protection(DeadManState.PENDING, self._seconds, reason)

"""Whose account a session has, and whether this process is the one that trades it.

Owns the account's name in the state folder, by the venue's own id of it: two configs that call one account differently
meet there. One process holds an account; any number may look on.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import Path

from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.errors import AccountLockedError
from ttxt_core.orders.account_lock import AccountLock
from ttxt_core.orders.day_loss import DayLossFile

_FINGERPRINT = 12


class Access(StrEnum):
    """TRADE: where another process trades the account, that is an error. TRADE_OR_VIEW: then only look on. VIEW: do."""

    TRADE = "trade"
    TRADE_OR_VIEW = "trade-or-view"
    VIEW = "view"


class AccountHold:
    """The hold of one session on its account.

    Attributes:
        account_id: the venue's own id; made of the key where the venue does not tell it, and then two keys of one
            account are not known for that. Empty before `take`.
        name: what files and messages call the account. view_only: why nothing is sent; empty where this process trades.
    """

    def __init__(self, state: Path, access: Access) -> None:
        """No hold yet; `state` is the folder of locks and losses."""
        self.account_id = ""
        self.name = ""
        self.view_only = ""
        self._state = state
        self._access = access
        self._lock: AccountLock | None = None

    async def take(self, connector: ConnectorBase) -> DayLossFile:
        """Ask whose account it is, take it if it may be had, and give the file of its day. Fine when it is taken.

        Raises:
            AccountLockedError: another process trades it. StateError: the lock can't be made. TtxtError: the venue did
                not answer.
        """
        if not self.name:
            terms = await connector.queries.key_terms()
            self.account_id = _fingerprint(connector) if terms is None else terms.account_id
            self.name = f"{connector.venue}-{connector.config.environment}-{self.account_id}"
        if self._access is Access.VIEW:
            self.view_only = "view-only: it was opened to look on"
        else:
            self._lock = self._lock or AccountLock(self._state / f"{self.name}.lock", self.name)
            try:
                self._lock.acquire()
            except AccountLockedError as error:
                if self._access is Access.TRADE:
                    raise
                who = "another process" if error.holder is None else f"process {error.holder}"
                self.view_only = f"view-only: {who} trades this account"
        return DayLossFile(self._state / f"{self.name}.day", self.name)

    @property
    def is_held(self) -> bool:
        """Whether this process trades the account."""
        return self._lock is not None and self._lock.is_held

    def release(self) -> None:
        """Give it up; fine when it is not held."""
        if self._lock is not None:
            self._lock.release()


def _fingerprint(connector: ConnectorBase) -> str:
    """Stands for the account where only its key is known; the key can't be read from it."""
    key = "" if connector.credentials is None else connector.credentials.api_key.reveal()
    return f"key-{hashlib.sha256(key.encode()).hexdigest()[:_FINGERPRINT]}"

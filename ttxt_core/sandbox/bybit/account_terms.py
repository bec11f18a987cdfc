"""What an account and its keys are, as Bybit tells their owner.

Owns the account's number and margin mode, and the rows of ``/v5/user/query-api`` and ``/v5/account/info``. Pure.
"""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from ttxt_core.sandbox.bybit.auth import ANY_ADDRESS, ApiKey
from ttxt_core.sandbox.bybit.wire import Row

_DAY_MS = 86_400_000
_CREATED = "2024-01-01T00:00:00Z"
_NEVER = "2099-01-01T00:00:00Z"


class AccountTerms(Struct):
    """The terms of a unified account 2.0; they may be changed while the sandbox runs.

    Attributes:
        uid: the account's own number. margin_mode: ``REGULAR_MARGIN`` (cross), ``ISOLATED_MARGIN`` or
            ``PORTFOLIO_MARGIN``; it is only told: margins are always held as in cross.
    """

    uid: int
    margin_mode: str

    def describe(self, key: ApiKey, now_ms: int) -> Row:
        """The result of ``/v5/user/query-api``. A key that is bound to addresses has no last day."""
        days, end = 0, _NEVER
        if key.expires_ms:
            days = max(0, (key.expires_ms - now_ms) // _DAY_MS)
            end = datetime.fromtimestamp(key.expires_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        contracts = "linear" in key.trades or "inverse" in key.trades
        return {
            "id": "1",
            "note": "sandbox",
            "apiKey": key.key,
            "readOnly": int(key.is_read_only),
            "secret": "",
            "permissions": {
                "ContractTrade": ["Order", "Position"] if contracts else [],
                "Spot": ["SpotTrade"] if "spot" in key.trades else [],
                "Wallet": ["AccountTransfer", "Withdraw"] if key.may_withdraw else [],
                "Options": [],
                "Derivatives": ["DerivativesTrade"] if contracts else [],
                "CopyTrading": [],
                "BlockTrade": [],
                "Exchange": [],
                "NFT": [],
            },
            "ips": list(key.ips),
            "type": 1,
            "deadlineDay": days if key.ips == ANY_ADDRESS else 0,
            "expiredAt": end,
            "createdAt": _CREATED,
            "unified": 0,
            "uta": 1,
            "userID": self.uid,
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": True,
            "parentUid": "0",
            "kycLevel": "LEVEL_DEFAULT",
            "kycRegion": "",
        }

    def info(self, dead_man_window_s: int | None, now_ms: int) -> Row:
        """The result of ``/v5/account/info``; without a window the account has no dead-man switch."""
        return {
            "unifiedMarginStatus": 5,
            "marginMode": self.margin_mode,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
            "updatedTime": str(now_ms),
            "dcpStatus": "OFF" if dead_man_window_s is None else "ON",
            "timeWindow": dead_man_window_s or 0,
            "smpGroup": 0,
        }

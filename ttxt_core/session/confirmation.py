"""Whether the terms that a trader has confirmed still hold.

Owns the rule: a sheet that was confirmed in time holds until a term on it changes. A disarm or an interlock does not
end it. A break of the private stream, in which a change would go unseen, suspends it until the terms were asked for
again; and now and then they are asked for anyway. It asks for nothing itself.
"""

from __future__ import annotations

from typing import Final

from ttxt_core.clock import NANOSECONDS
from ttxt_core.connectors.account_terms import AccountTerms, PairTerms, PositionMode, changes
from ttxt_core.events import PositionSide, PositionUpdate
from ttxt_core.session.account_sheet import AccountSheet

SHEET_VALID_S: Final = 120.0
"""A sheet that is older when it is confirmed has to be asked for again."""
RECHECK_S: Final = 300.0
"""How often the terms are asked for while nothing tells of a change."""
_AGAIN: Final = "confirm the account sheet again"


class Confirmation:
    """What was confirmed, and what has happened to it.

    Attributes:
        sheet: what was confirmed and still holds; None before, and after a change.
        breaks: how often the stream broke that tells of changes; hand what it was before asking to `check`.
    """

    def __init__(self) -> None:
        self.sheet: AccountSheet | None = None
        self.breaks = 0
        self._offered: tuple[AccountSheet, int] | None = None
        self._ended = ""
        self._breaks_seen = 0
        self._checked_ns = 0

    @property
    def trouble(self) -> str | None:
        """Why nothing may be armed by it; None when it may."""
        if self.sheet is None:
            return self._ended or "the account sheet is not confirmed"
        return "the terms of the account are being asked for again" if self._breaks_seen != self.breaks else None

    def refusal(self, now_ns: int) -> str | None:
        """Why the last sheet can't be confirmed, while it is young enough not to be asked for again."""
        if self._offered is None or now_ns - self._offered[0].asked_ns > SHEET_VALID_S * NANOSECONDS:
            return None
        return self._offered[0].refusal

    def offer(self, sheet: AccountSheet, breaks: int) -> None:
        """`sheet` was asked for, when the stream had broken `breaks` times: it alone can be confirmed from now on."""
        self._offered = (sheet, breaks)

    def confirm(self, sheet: AccountSheet, now_ns: int) -> str | None:
        """The trader has read `sheet` and agrees; gives why that is not enough, or None."""
        if self._offered is None or self._offered[0] is not sheet:
            return self._ended or "this is not the last account sheet that was asked for"
        age_ns = now_ns - sheet.asked_ns
        if age_ns > SHEET_VALID_S * NANOSECONDS:
            return f"the account sheet is {age_ns // NANOSECONDS} s old: ask for it again"
        if sheet.refusal is not None:
            return sheet.refusal
        self.sheet, self._breaks_seen = self._offered
        self._checked_ns, self._ended = sheet.asked_ns, ""
        return None

    def suspect(self) -> None:
        """A change may go unseen from here on."""
        self.breaks += 1

    def is_due(self, now_ns: int) -> bool:
        """Whether the terms have to be asked for."""
        if self.sheet is None:
            return False
        return self._breaks_seen != self.breaks or now_ns - self._checked_ns >= RECHECK_S * NANOSECONDS

    def check(self, terms: AccountTerms, breaks: int, now_ns: int) -> str | None:
        """`terms` were asked for, when the stream had broken `breaks` times; gives why the sheet holds no more."""
        if self.sheet is None:
            return None
        if changed := changes(self.sheet.terms, terms):
            return self.end(", ".join(changed))
        self._breaks_seen, self._checked_ns = breaks, now_ns
        return None

    def on_position(self, pair: str, position: PositionUpdate) -> str | None:
        """The venue told of a position in `pair`; gives why the sheet holds no more, or None."""
        sheet = self.sheet or (self._offered and self._offered[0])
        terms = next((terms for terms in sheet.terms.pairs if terms.pair == pair), None) if sheet else None
        changed = None if terms is None else _told_otherwise(terms, position)
        return None if changed is None else self.end(changed)

    def end(self, reason: str) -> str:
        """The sheet holds no more; gives that in words."""
        self.sheet = self._offered = None
        self._ended = f"{reason}: {_AGAIN}"
        return self._ended


def _told_otherwise(terms: PairTerms, position: PositionUpdate) -> str | None:
    """What an update says of a pair that its terms don't."""
    if terms.position_mode is PositionMode.HEDGE:
        return None
    if position.position_side is not PositionSide.ONE_WAY:
        return f"{terms.pair} has gone to hedge mode"
    now, before = position.leverage, terms.leverage
    if now is None or before is None or now == before:
        return None
    return f"leverage of {terms.pair} is {now.normalize():f}, it was {before.normalize():f}"

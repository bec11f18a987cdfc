"""The day's profit and loss of a LIVE session: completed from the venue, squared with its positions, kept on disk.

Owns when: when the ledger is written, when a position that no fill accounts for is taken in, when a new day
begins. What is counted is in `orders.day_loss`; what follows from a loss, the session decides.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Final

from ttxt_core.clock import NANOSECONDS, Clock
from ttxt_core.errors import InstrumentError, StateError
from ttxt_core.events import InstrumentKey, PositionSide
from ttxt_core.orders.accounts import SPOT
from ttxt_core.orders.blotter import Blotter
from ttxt_core.orders.day_loss import DAY_NS, DayLedger, DayLossFile

_SETTLES_NS: Final = NANOSECONDS
"""A fill and the position after it come as two messages: what differs for longer than this, no fill will explain."""


class DayKeeper:
    """Keeps the ledger of the day in a blotter, for the contracts of one category of one account.

    Days are those of `clock`, the venue's time. On spot only what was traded today counts: coins that were held before
    are no position.

    A position that no fill explains is taken in at the market's price, but not before the venue was asked for a fill
    that was not told: it would be counted at another price than its own.

    Attributes:
        is_square: the ledger accounts for every position.
        trouble: why the ledger is not on disk; empty when it is.
    """

    def __init__(self, blotter: Blotter, *, account: str, category: str, clock: Clock) -> None:
        self.is_square = False
        self.trouble = ""
        self._blotter = blotter
        self._file: DayLossFile | None = None
        self._account = account
        self._category = category
        self._clock = clock
        self._ledger = self._begin()
        self._differing: dict[InstrumentKey, tuple[Decimal, int]] = {}
        self._asked_ns = clock.monotonic_ns()
        self._writing: asyncio.Task[None] | None = None

    @property
    def fills_from_ns(self) -> int:
        """Since when fills have to be asked for, the venue's time."""
        return self._ledger.fills_from_ns

    def load(self, file: DayLossFile, *, is_kept: bool = True) -> None:
        """Take up what `file` has of today, and keep it there from now on, unless another process does.

        What day it is the venue has said by now.

        Raises:
            StateError: see `DayLossFile.load`.
        """
        self._ledger = self._begin()
        file.load(self._ledger)
        self._file = file if is_kept else None

    def turn_day(self) -> bool:
        """At UTC midnight begin a new ledger; gives whether it did. What is held is valued at its mark."""
        old = self._ledger
        if self._clock.now_ns() < old.started_ns + DAY_NS:
            return False
        if old.fills:
            self._blotter.attempts.append(self._blotter.sheet())
        self._ledger = self._begin()
        if old.is_complete:
            self._ledger.complete()
        for key, trading in old.trading.items():
            if key.category != SPOT and trading.quantity:
                self._ledger.square(key, trading.quantity, self._mark(key) or trading.last_price)
        return True

    def complete(self) -> None:
        """Every fill so far was told."""
        self._ledger.complete()

    def disturb(self) -> None:
        """The account may move unseen from here on."""
        self._ledger.break_off()
        self.is_square = False
        self._differing.clear()

    @property
    def wants_fills(self) -> bool:
        """Whether the venue has to be asked for fills: a position differs from what they come to."""
        settled_ns = self._clock.monotonic_ns() - _SETTLES_NS
        return any(self._asked_ns <= since_ns <= settled_ns for _, since_ns in self._differing.values())

    def was_told(self, asked_ns: int) -> None:
        """Every fill was told that the venue had at `asked_ns`, monotonic."""
        self._asked_ns = max(self._asked_ns, asked_ns)

    def square(self) -> None:
        """Take in positions that the fills have not accounted for long enough. Look a few times a second."""
        now_ns, accounts = self._clock.monotonic_ns(), self._blotter.orders.accounts
        told = {key for key, account, _ in accounts.positions if account == self._account}
        differing: dict[InstrumentKey, tuple[Decimal, int]] = {}
        for key in told | self._ledger.trading.keys():
            if key.category != self._category or key.category == SPOT:
                continue
            held = accounts.held(key, self._account)
            missing = self._ledger.missing(key, held)
            if not missing:
                continue
            before, since_ns = self._differing.get(key, (missing, now_ns))
            mark = self._mark(key)
            if before == missing and since_ns < self._asked_ns and mark is not None:
                self._ledger.square(key, held, mark)
            else:
                differing[key] = (missing, since_ns if before == missing else now_ns)
        self._differing = differing
        self.is_square = not differing

    async def save(self) -> None:
        """Write what changed; what goes wrong is `trouble`, and is tried again the next time."""
        file = self._file
        if file is None or not self._ledger.is_changed:
            return  # a file that was refused, or that is another's, is left as it is
        payload = self._ledger.encode(file.account)
        self._writing = asyncio.create_task(asyncio.to_thread(file.write, payload), name="day's loss")
        try:
            await asyncio.shield(self._writing)
        except StateError as error:
            self._ledger.is_changed = True
            self.trouble = str(error)
        else:
            self.trouble = ""

    async def close(self) -> None:
        """Write the last of it; see `trouble`."""
        if self._writing is not None:
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.save()

    def _begin(self) -> DayLedger:
        ledger = self._blotter.ledger = DayLedger(self._clock.now_ns(), self._mark)
        return ledger

    def _mark(self, key: InstrumentKey) -> Decimal | None:
        """The market's price; for an instrument that is not listened to, the one that the venue told last."""
        try:
            price = self._blotter.market.mark(key)
        except InstrumentError:
            price = None
        for side in PositionSide:
            position = self._blotter.orders.accounts.positions.get((key, self._account, side))
            if price is None and position is not None:
                price = position.mark_price
        return price

"""What an account won or lost in a UTC day, kept on disk so that a restart does not forget it.

Owns the day's ledger, what of it is written, and the file. It knows no venue, and asks for nothing: fills come from
whoever has them, and may come again after a restart.
"""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import StateError
from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.orders import Fill
from ttxt_core.instruments import TradingPair
from ttxt_core.orders.ledger import Ledger, Marks, Trading

DAY_NS: Final = 86_400 * NANOSECONDS
OVERLAP_NS: Final = 60 * NANOSECONDS
"""A venue may list a fill late: so far before the last one fills are asked for again, and their ids are kept."""
_FORMAT: Final = "ttxt-day-loss-1"
_MODE: Final = 0o600


def day_start_ns(now_ns: int) -> int:
    """The UTC midnight before `now_ns`."""
    return now_ns - now_ns % DAY_NS


class _StoredTrading(Struct, forbid_unknown_fields=True):
    key: InstrumentKey
    cash: Decimal
    quantity: Decimal
    last_price: Decimal


class _Stored(Struct, forbid_unknown_fields=True):
    account: str
    day: str
    known_until_ns: int
    counted: dict[str, int]
    fees: dict[str, Decimal]
    fills: int
    maker_fills: int
    trading: list[_StoredTrading]


class DayLedger(Ledger):
    """The ledger of one UTC day: realised and unrealised profit, fees and funding, as far as they are known.

    It counts every fill once, also one that the file it was restored from had counted. A position that the day began
    with is valued at the mark at which it was first seen: see `square`.

    It begins incomplete: fills may have happened that nobody has told it of. Until it is complete, later fills do not
    move `fills_from_ns`, so that whoever reads the file next asks for the earlier ones too.

    Attributes:
        is_complete: every fill so far was told.
        known_until_ns: the venue's time of the latest fill before which none is missing; 0 before one.
        is_changed: something has to be written.
    """

    def __init__(self, now_ns: int, marks: Marks) -> None:
        super().__init__(day_start_ns(now_ns), marks)
        self.is_complete = False
        self.known_until_ns = 0
        self.is_changed = True
        self._counted: dict[str, int] = {}

    @property
    def day(self) -> str:
        """The day in ISO format."""
        return datetime.fromtimestamp(self.started_ns // NANOSECONDS, UTC).date().isoformat()

    @property
    def fills_from_ns(self) -> int:
        """Since when fills may be missing here, the venue's time."""
        return max(self.started_ns, self.known_until_ns - OVERLAP_NS)

    def complete(self) -> None:
        """Every fill since `fills_from_ns` was told."""
        self.is_complete = True
        self.known_until_ns = max([self.known_until_ns, *self._counted.values()])
        self.is_changed = True

    def break_off(self) -> None:
        """From here on fills may be missing, until it is complete again."""
        self.is_complete = False

    def on_fill(self, event: Event[Fill]) -> None:
        """Add an execution, unless it was counted before or belongs to another day."""
        time_ns = event.header.venue_time_ns or event.header.receive_time_ns
        execution = event.data.identity
        if execution in self._counted or time_ns < self.started_ns:
            return
        self._counted[execution] = time_ns
        if self.is_complete:
            self.known_until_ns = max(self.known_until_ns, time_ns)
        self.is_changed = True
        super().on_fill(event)

    def missing(self, key: InstrumentKey, held: Decimal) -> Decimal:
        """What is held beyond what the fills account for."""
        trading = self.trading.get(key)
        return held if trading is None else held - trading.quantity

    def square(self, key: InstrumentKey, held: Decimal, price: Decimal) -> None:
        """Take in what no fill accounts for, at `price`: from here on it wins and loses with the market."""
        trading = self.trading.setdefault(key, Trading())
        difference = held - trading.quantity
        trading.quantity = held
        trading.cash -= TradingPair.parse(key.pair).cost(difference, price)
        trading.last_price = price
        self.is_changed = True

    def encode(self, account: str) -> bytes:
        """What is to be written; from here on only what happens later is a change."""
        self.is_changed = False
        from_ns = self.fills_from_ns
        return msgspec.json.encode(
            _Stored(
                account=account,
                day=self.day,
                known_until_ns=self.known_until_ns,
                counted={name: at for name, at in self._counted.items() if at >= from_ns},
                fees=self.fees,
                fills=self.fills,
                maker_fills=self.maker_fills,
                trading=[_StoredTrading(key, t.cash, t.quantity, t.last_price) for key, t in self.trading.items()],
            )
        )

    def restore(self, payload: bytes, account: str) -> None:
        """Take up what `encode` gave, if it is of the same day; what an earlier day came to is over.

        Raises:
            ValueError: it is none, or of another account, or of a day that has not come.
        """
        stored = msgspec.json.decode(payload, type=_Stored)
        if stored.account != account:
            raise ValueError(f"it is about account {stored.account}")
        if stored.day > self.day:
            raise ValueError(f"it is about {stored.day}, and today is {self.day} by this machine's clock")
        figures = [f for t in stored.trading for f in (t.cash, t.quantity, t.last_price)]
        if not all(figure.is_finite() for figure in (*figures, *stored.fees.values())):
            raise ValueError("it has a figure that is no number")
        if stored.day < self.day:
            return
        self.known_until_ns, self._counted, self.fees = stored.known_until_ns, stored.counted, stored.fees
        self.fills, self.maker_fills = stored.fills, stored.maker_fills
        self.trading = {t.key: Trading(t.cash, t.quantity, t.last_price) for t in stored.trading}
        self.is_changed = False


class DayLossFile:
    """Where the ledger of the day of one account is kept. It is replaced whole, or left as it was."""

    def __init__(self, path: Path, account: str) -> None:
        self.path = path
        self.account = account

    def load(self, ledger: DayLedger) -> None:
        """Restore `ledger` from the file; where there is none, nothing was lost yet as far as is known.

        Raises:
            StateError: the file can't be read or is damaged. It is never taken for a day without a loss.
        """
        asked = f"read today's loss of account {self.account} from {self.path}"
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateError(asked, str(error.strerror)) from error
        head, _, payload = content.partition(b"\n")
        hint = "move it away to go on: then only what the venue lists of today is counted"
        if head != _head(payload):
            raise StateError(asked, "the file is damaged", hint)
        try:
            ledger.restore(payload, self.account)
        except (ValueError, msgspec.DecodeError) as error:
            raise StateError(asked, str(error), hint) from error

    def write(self, payload: bytes) -> None:
        """Put `payload`, what `DayLedger.encode` gave, in place of what was there; it is on the disk on return.

        Raises:
            StateError: it could not be written; the file is as it was.
        """
        beside = self.path.with_name(f"{self.path.name}.new")
        try:
            fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
            with os.fdopen(fd, "wb") as file:
                file.write(_head(payload) + b"\n" + payload)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise StateError(
                f"write today's loss of account {self.account} to {self.path}", str(error.strerror or error)
            ) from error


def _head(payload: bytes) -> bytes:
    """The first line of the file: what it is, and the checksum of the rest."""
    return f"{_FORMAT} {hashlib.sha256(payload).hexdigest()}".encode()

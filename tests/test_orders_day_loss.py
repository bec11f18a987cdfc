"""The loss of a UTC day: counted once whatever is told again, and kept over restarts."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import NANOSECONDS
from ttxt_core.errors import AccountLockedError, StateError
from ttxt_core.events import Event, Fill, FillKind, InstrumentKey, MessageHeader, Side
from ttxt_core.orders.account_lock import AccountLock
from ttxt_core.orders.day_loss import DAY_NS, OVERLAP_NS, DayLedger, DayLossFile, day_start_ns
from ttxt_core.orders.ledger import Ledger

D = Decimal
KEY = InstrumentKey("bybit", "linear", "BTC/USDT")
OTHER = InstrumentKey("bybit", "linear", "ETH/USDT")
MIDNIGHT = day_start_ns(1_790_000_000 * NANOSECONDS)
NOON = MIDNIGHT + DAY_NS // 2
ACCOUNT = "bybit-testnet-main"


def mark(key: InstrumentKey) -> Decimal:
    return D(100) if key == KEY else D(10)


def fill(name: str, at_ns: int = NOON, quantity: str = "1", price: str = "90", **fields: object) -> Event[Fill]:
    given = {"kind": FillKind.TRADE, "side": Side.BUY, "fee": D("0.5"), "key": KEY} | fields
    key = given.pop("key")
    data = Fill(
        account="main",
        client_order_id="",
        order_id="1",
        execution_id=name,
        price=D(price),
        quantity=D(quantity),
        fee_currency="USDT",
        is_maker=False,
        **given,
    )
    return Event(MessageHeader(*key, at_ns, at_ns), data)


def test_realised_unrealised_fees_and_funding_are_all_in_it() -> None:
    ledger = DayLedger(NOON, mark)
    ledger.on_fill(fill("a", quantity="2", price="105"))
    ledger.on_fill(fill("b", quantity="1", price="95", side=Side.SELL))
    ledger.on_fill(fill("c", quantity="1", price="100", kind=FillKind.FUNDING, fee=D(3)))
    # Sold 1 for 10 less, hold 1 that is 5 under, paid 1 of fees and 3 of funding.
    assert ledger.loss("USDT") == 10 + 5 + 1 + 3
    assert (ledger.fills, ledger.day) == (2, "2026-09-21")


def test_a_fill_counts_once_and_only_on_its_day() -> None:
    ledger = DayLedger(NOON, mark)
    for _ in range(2):
        ledger.on_fill(fill("a"))
    ledger.on_fill(fill("b", MIDNIGHT - 1))
    ledger.complete()
    assert ledger.fills == 1
    assert ledger.trading[KEY].quantity == 1
    assert ledger.fills_from_ns == NOON - OVERLAP_NS
    assert DayLedger(NOON, mark).fills_from_ns == MIDNIGHT


def test_what_no_fill_accounts_for_wins_and_loses_from_where_it_was_seen() -> None:
    ledger = DayLedger(NOON, lambda _: D(97))
    ledger.on_fill(fill("a", quantity="1", price="97", fee=D(0)))
    assert ledger.missing(KEY, D(3)) == 2
    ledger.square(KEY, D(3), D(100))
    assert ledger.missing(KEY, D(3)) == 0
    assert ledger.loss("USDT") == 6
    assert ledger.missing(OTHER, D(-2)) == -2


@given(
    st.lists(
        st.tuples(
            st.integers(0, 600),
            st.sampled_from([KEY, OTHER]),
            st.sampled_from(list(Side)),
            st.decimals("0.001", 5, places=3),
            st.decimals(1, 200, places=1),
            st.decimals("-0.1", 1, places=4),
            st.booleans(),  # a restart after it
        ),
        max_size=25,
    )
)
def test_restarts_at_any_time_change_nothing(rows: list[tuple[int, InstrumentKey, Side, D, D, D, bool]]) -> None:
    """After a restart everything since `fills_from_ns` is told again, as a venue does."""
    rows.sort(key=lambda row: row[0])
    fills = [
        fill(f"{n}", NOON + at * NANOSECONDS, str(quantity), str(price), side=side, key=key, fee=fee)
        for n, (at, key, side, quantity, price, fee, _) in enumerate(rows)
    ]
    plain, kept = Ledger(MIDNIGHT, mark), DayLedger(NOON, mark)
    kept.complete()
    written = kept.encode(ACCOUNT)
    for n, event in enumerate(fills):
        plain.on_fill(event)
        kept.on_fill(event)
        if n % 3 == 0:
            written = kept.encode(ACCOUNT)
        if rows[n][-1]:  # killed: what was not written is gone
            kept = DayLedger(NOON, mark)
            kept.restore(written, ACCOUNT)
            for told in fills[: n + 1]:
                if told.header.venue_time_ns >= kept.fills_from_ns:
                    kept.on_fill(told)
            kept.complete()
    assert (kept.profit(), kept.fees, kept.fills) == (plain.profit(), plain.fees, plain.fills)


def test_fills_that_come_before_the_missing_ones_do_not_hide_them() -> None:
    """Killed again before the fills of the time without a process were asked for: they are still asked for."""
    first = DayLedger(NOON, mark)
    first.complete()
    first.on_fill(fill("a"))
    second = DayLedger(NOON, mark)
    second.restore(first.encode(ACCOUNT), ACCOUNT)
    later = fill("c", NOON + 20 * OVERLAP_NS)
    second.on_fill(later)
    third = DayLedger(NOON, mark)
    third.restore(second.encode(ACCOUNT), ACCOUNT)
    assert third.fills_from_ns == NOON - OVERLAP_NS
    for event in (fill("a"), fill("b", NOON + 5 * OVERLAP_NS), later):
        third.on_fill(event)
    assert third.fills == 3
    third.complete()
    assert third.fills_from_ns == later.header.venue_time_ns - OVERLAP_NS
    third.break_off()
    third.on_fill(fill("d", NOON + 40 * OVERLAP_NS))
    assert third.fills_from_ns == later.header.venue_time_ns - OVERLAP_NS


def test_the_file_is_replaced_whole_and_is_the_owners(tmp_path: Path) -> None:
    file = DayLossFile(tmp_path / "a.day", ACCOUNT)
    ledger = DayLedger(NOON, mark)
    file.load(ledger)  # none yet
    for name in "abc":
        ledger.on_fill(fill(name))
        assert ledger.is_changed
        file.write(ledger.encode(ACCOUNT))
        assert not ledger.is_changed
    assert [path.name for path in tmp_path.iterdir()] == ["a.day"]
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    again = DayLedger(NOON, mark)
    file.load(again)
    assert again.profit() == ledger.profit()
    assert again.fees == {"USDT": D("1.5")}
    assert not again.is_changed


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_any_damage_is_refused(at: int, flip: int) -> None:
    ledger = DayLedger(NOON, mark)
    ledger.on_fill(fill("a"))
    content = bytearray(_written(ledger))
    content[at % len(content)] ^= flip
    with pytest.raises(StateError, match=r"read today's loss .*the file is damaged .*move it away"):
        _load(bytes(content))
    with pytest.raises(StateError, match="damaged"):
        _load(_written(ledger)[: at % len(content)])


def test_a_file_of_another_account_or_of_a_day_to_come_is_refused_and_of_yesterday_is_over() -> None:
    ledger = DayLedger(NOON, mark)
    ledger.on_fill(fill("a"))
    written = _written(ledger)
    with pytest.raises(StateError, match="it is about account bybit-testnet-main"):
        _load(written, account="bybit-mainnet-main")
    with pytest.raises(StateError, match="it is about 2026-09-21, and today is 2026-09-20"):
        _load(written, now_ns=NOON - DAY_NS)
    assert _load(written, now_ns=NOON + DAY_NS).profit() == {}
    assert _load(written).loss("USDT") == ledger.loss("USDT")


def test_a_figure_that_is_no_number_is_refused() -> None:
    ledger = DayLedger(NOON, mark)
    ledger.on_fill(fill("a"))
    ledger.trading[KEY].cash = D("NaN")
    with pytest.raises(StateError, match="a figure that is no number"):
        _load(_written(ledger))


def test_what_can_not_be_written_leaves_the_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = DayLossFile(tmp_path / "a.day", ACCOUNT)
    ledger = DayLedger(NOON, mark)
    file.write(ledger.encode(ACCOUNT))
    before = file.path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ledger.on_fill(fill("a"))
    with pytest.raises(StateError, match="No space left on device"):
        file.write(ledger.encode(ACCOUNT))
    assert file.path.read_bytes() == before


# -- the lock --------------------------------------------------------------------------------------------


def test_a_second_holder_is_refused_by_the_firsts_id_until_it_lets_go(tmp_path: Path) -> None:
    first, second = (AccountLock(tmp_path / "new" / "a.lock", ACCOUNT) for _ in range(2))
    first.acquire()
    first.acquire()
    with pytest.raises(AccountLockedError, match=f"account {ACCOUNT}: process {os.getpid()} trades it") as raised:
        second.acquire()
    assert (raised.value.holder, second.is_held) == (os.getpid(), False)
    second.release()
    first.release()
    first.release()
    second.acquire()
    assert second.is_held
    second.release()


@pytest.mark.parametrize("content", ["", "no number", "99999999\n" * 9])
def test_a_file_that_was_left_behind_locks_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.lock"
    path.write_text(content)
    lock = AccountLock(path, ACCOUNT)
    lock.acquire()
    assert path.read_text() == f"{os.getpid()}\n"
    lock.release()


def test_a_process_that_was_killed_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.lock"
    program = (
        "import sys, time; from pathlib import Path; from ttxt_core.orders.account_lock import AccountLock\n"
        f"AccountLock(Path({str(path)!r}), 'a').acquire() or sys.stdout.write('held\\n'); sys.stdout.flush()\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        lock = AccountLock(path, ACCOUNT)
        with pytest.raises(AccountLockedError, match=f"process {process.pid} "):
            lock.acquire()
        process.send_signal(signal.SIGKILL)
    lock.acquire()
    lock.release()


def test_a_lock_that_can_not_be_made_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match=r"trade account .*can't be opened"):
        AccountLock(tmp_path / "file" / "a.lock", ACCOUNT).acquire()


def _written(ledger: DayLedger) -> bytes:
    """What the file of `ledger` holds."""
    with TemporaryDirectory() as folder:
        file = DayLossFile(Path(folder) / "a.day", ACCOUNT)
        file.write(ledger.encode(ACCOUNT))
        return file.path.read_bytes()


def _load(content: bytes, account: str = ACCOUNT, now_ns: int = NOON) -> DayLedger:
    """A ledger of `now_ns` from a file with this content."""
    ledger = DayLedger(now_ns, mark)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.day"
        path.write_bytes(content)
        DayLossFile(path, account).load(ledger)
    return ledger

"""What cancelling entries is said to have done; the mark by which an installation knows its own orders."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import ManualClock
from ttxt_core.errors import StateError
from ttxt_core.events import (
    CreateOrder,
    Event,
    EventData,
    InstrumentKey,
    MessageHeader,
    OrderState,
    OrderType,
    OrderUpdate,
    PositionUpdate,
    Side,
    Source,
    TriggerDirection,
)
from ttxt_core.orders.installation import installation_mark
from ttxt_core.orders.manager import OrderManager
from ttxt_core.orders.router import new_client_order_id
from ttxt_core.orders.sweep import Sweep, swept

BTC, ETH = (InstrumentKey("bybit", "linear", pair) for pair in ("BTC/USDT", "ETH/USDT"))


def event(key: InstrumentKey, data: EventData, source: Source = Source.LIVE) -> Event[EventData]:
    return Event(MessageHeader(*key, 1, 1, source=source), data)


def protect(orders: OrderManager, key: InstrumentKey, name: str, *, is_stop: bool) -> None:
    fields = {"trigger_price": Decimal(90), "trigger_direction": TriggerDirection.FALL} if is_stop else {}
    kind = OrderType.STOP_MARKET if is_stop else OrderType.LIMIT
    price = None if is_stop else Decimal(110)
    orders.register(
        event(key, CreateOrder("main", name, Side.SELL, kind, Decimal(1), price, reduce_only=True, **fields))  # type: ignore[arg-type]
    )


def test_what_is_cancelled_and_what_is_kept() -> None:
    orders = OrderManager(ManualClock())
    assert swept(Sweep(7, 0), orders) == "7 cancelled"
    protect(orders, BTC, "a", is_stop=True)
    assert swept(Sweep(7, 1), orders, BTC) == "7 cancelled · 1 stop kept"
    orders.on_event(event(BTC, PositionUpdate("main", Decimal("0.750"))))
    assert swept(Sweep(7, 1), orders, BTC) == "7 cancelled · 1 stop kept (LONG 0.75)"
    assert swept(Sweep(1, 0), orders, ETH) == "1 cancelled"
    protect(orders, BTC, "b", is_stop=False)
    protect(orders, ETH, "c", is_stop=True)
    orders.on_event(event(ETH, PositionUpdate("main", Decimal(-20))))
    assert swept(Sweep(0, 3), orders) == "0 cancelled · 2 stops and 1 exit kept (LONG 0.75 BTC/USDT, SHORT 20 ETH/USDT)"
    assert swept(Sweep(2, 1, 3), orders, ETH) == "2 cancelled · 1 stop kept (SHORT 20) · 3 NOT CANCELLED"


# -- the mark ------------------------------------------------------------------------------------------------


def test_the_mark_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    mark = installation_mark(folder, Random(1))
    assert len(mark) == 10
    assert installation_mark(folder, Random(2)) == mark
    assert installation_mark(tmp_path / "other", Random(2)) != mark
    assert [path.name for path in folder.iterdir()] == ["installation"]
    assert stat.S_IMODE((folder / "installation").stat().st_mode) == 0o600


def test_those_who_make_it_at_once_have_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pids = iter(range(10_000))
    monkeypatch.setattr(os, "getpid", lambda: next(pids))
    with ThreadPoolExecutor(8) as pool:
        marks = set(pool.map(lambda seed: installation_mark(tmp_path, Random(seed)), range(40)))
    assert len(marks) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["installation"]


@pytest.mark.parametrize("content", [b"", b"0123", b"0123456789abc", b"ABCDEF0123", b"\xff\xfe"])
def test_a_damaged_mark_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "installation").write_bytes(content)
    with pytest.raises(StateError):
        installation_mark(tmp_path, Random(1))
    assert (tmp_path / "installation").read_bytes() == content


def test_a_folder_that_can_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="read the mark of this installation"):
        installation_mark(tmp_path / "file" / "state", Random(1))


@given(seed=st.integers(), length=st.integers(0, 16))
def test_an_id_begins_with_the_mark_and_has_one_length(seed: int, length: int) -> None:
    mark = f"{Random(seed).getrandbits(64):016x}"[:length]
    name = new_client_order_id(Random(seed), mark)
    assert len(name) == 32
    assert name.startswith(mark)
    assert set(name) <= set("0123456789abcdef")


def test_orders_with_the_mark_are_own_and_others_are_not() -> None:
    orders = OrderManager(ManualClock())
    orders.own_mark = "0123456789"

    def told(name: str, order_id: str, parent: str = "") -> bool:
        update = OrderUpdate(
            account="main",
            client_order_id=name,
            order_id=order_id,
            state=OrderState.NEW,
            side=Side.BUY,
            order_type=OrderType.LIMIT,
            quantity=Decimal(1),
            filled_quantity=Decimal(0),
            price=Decimal(1),
            parent_client_order_id=parent,
        )
        orders.on_event(event(BTC, update))
        return orders.working()[-1].is_external

    assert not told("0123456789" + "a" * 22, "1")
    assert told("b" * 32, "2")
    assert told("", "3")
    assert not told("", "4", parent="0123456789" + "c" * 22)
    assert told("", "5", parent="d" * 32)
    orders.own_mark = ""
    assert told("e" * 32, "6")

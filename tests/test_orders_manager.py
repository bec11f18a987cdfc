"""The order manager: pending before the send, unknown never failed, fills counted once, exposure in full."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.orders_support import (
    ACCOUNT,
    LINEAR,
    SECOND,
    SPOT,
    ack,
    amend,
    cancel,
    create,
    event,
    fill,
    position,
    update,
)
from ttxt_core.clock import ManualClock
from ttxt_core.errors import DuplicateOrderError
from ttxt_core.events import (
    AckOutcome,
    Balance,
    Command,
    FillKind,
    OrderState,
    OrderType,
    PositionUpdate,
    QuantityUnit,
    ResetReason,
    Side,
    Source,
    StreamReset,
    Wallet,
)
from ttxt_core.orders import manager as manager_module
from ttxt_core.orders.manager import OrderManager

S = OrderState


@pytest.fixture
def manager() -> OrderManager:
    return OrderManager(ManualClock())


def state(manager: OrderManager, client_id: str = "a") -> OrderState:
    order = manager.by_client_id(client_id)
    assert order is not None
    return order.state


def test_an_order_is_pending_before_anything_is_sent_and_works_once_acknowledged(manager: OrderManager) -> None:
    manager.register(create(at=5))
    assert state(manager) is S.PENDING_NEW
    order = manager.working(LINEAR)[0]
    assert (order.pending, order.pending_since_ns, order.created_ns) == (Command.CREATE, 5, 5)
    manager.on_event(ack(at=9))
    assert state(manager) is S.NEW
    assert (order.pending, order.order_id, order.updated_ns) == (None, "id-a", 9)


def test_a_client_order_id_is_sent_once(manager: OrderManager) -> None:
    manager.register(create())
    with pytest.raises(DuplicateOrderError, match="already sent"):
        manager.register(create())
    manager.on_event(update(state=S.CANCELED))
    with pytest.raises(DuplicateOrderError):
        manager.register(create())


def test_amends_and_cancels_are_pending_until_their_effect_is_seen(manager: OrderManager) -> None:
    manager.register(create())
    manager.on_event(ack())
    manager.register(amend(price="101", quantity="3", at=7))
    order = manager.by_client_id("a")
    assert order is not None
    assert (order.state, order.price, order.remaining) == (S.PENDING_AMEND, Decimal(100), Decimal(3))
    manager.on_event(update(price="101", quantity="3", at=8))
    assert (order.state, order.price, order.remaining) == (S.NEW, Decimal(101), Decimal(3))
    manager.register(cancel(at=9))
    assert (order.state, order.pending, order.pending_since_ns) == (S.PENDING_CANCEL, Command.CANCEL, 9)
    manager.on_event(ack(command=Command.CANCEL))
    assert order.state is S.PENDING_CANCEL
    manager.on_event(update(state=S.CANCELED, at=10, reason="asked for"))
    assert (order.state, order.reason, order.is_working) == (S.CANCELED, "asked for", False)
    assert list(manager.history) == [order]
    assert manager.working() == []


def test_a_refused_amend_or_cancel_leaves_the_order_working_and_says_why(manager: OrderManager) -> None:
    manager.register(create())
    manager.on_event(ack())
    manager.register(amend(price="101"))
    manager.register(cancel())
    assert state(manager) is S.PENDING_CANCEL
    manager.on_event(ack(command=Command.CANCEL, outcome=AckOutcome.REJECTED, reason="too late"))
    assert state(manager) is S.PENDING_AMEND
    manager.on_event(ack(command=Command.AMEND, outcome=AckOutcome.REJECTED, reason="crosses"))
    order = manager.by_client_id("a")
    assert order is not None
    assert (order.state, order.reason, order.price) == (S.NEW, "crosses", Decimal(100))


def test_a_rejected_create_ends_the_order(manager: OrderManager) -> None:
    manager.register(create())
    manager.on_event(ack(outcome=AckOutcome.REJECTED, reason="post-only would take"))
    manager.on_event(ack())
    order = manager.by_client_id("a")
    assert order is not None
    assert (order.state, order.reason) == (S.REJECTED, "post-only would take")


def test_a_refusal_from_this_side_touches_no_order_that_was_sent(manager: OrderManager) -> None:
    manager.register(create())
    manager.on_event(ack())
    refusal = ack(outcome=AckOutcome.REJECTED, reason="already sent", source=Source.CLIENT)
    assert not manager.on_event(refusal)
    assert state(manager) is S.NEW


def test_an_unknown_outcome_is_unknown_until_something_definite_is_heard(manager: OrderManager) -> None:
    manager.register(create())
    manager.on_event(ack(outcome=AckOutcome.UNKNOWN, reason="timed out"))
    assert state(manager) is S.UNKNOWN
    assert [order.reason for order in manager.unknown(LINEAR)] == ["timed out"]
    manager.on_event(update())
    assert state(manager) is S.NEW
    manager.register(cancel())
    manager.on_event(ack(command=Command.CANCEL, outcome=AckOutcome.UNKNOWN))
    assert state(manager) is S.UNKNOWN
    manager.on_event(update(filled="0.5", state=S.PARTIALLY_FILLED, at=2))
    assert state(manager) is S.UNKNOWN
    manager.on_event(update(filled="0.5", state=S.CANCELED, at=3))
    assert state(manager) is S.CANCELED


def test_silence_makes_a_command_unknown_and_a_late_answer_settles_it(manager: OrderManager) -> None:
    manager.register(create("a", at=0))
    manager.register(create("b", at=8 * SECOND))
    manager.register(create("c", at=0))
    manager.on_event(ack("c"))
    assert manager.timeouts(9 * SECOND, 5 * SECOND) == [manager.by_client_id("a")]
    assert [state(manager, client_id) for client_id in "abc"] == [S.UNKNOWN, S.PENDING_NEW, S.NEW]
    assert manager.timeouts(9 * SECOND, 5 * SECOND) == []
    manager.on_event(ack("a"))
    assert state(manager) is S.NEW


def test_a_cancel_that_was_taken_is_no_silence(manager: OrderManager) -> None:
    manager.register(create())
    manager.on_event(ack())
    manager.register(cancel(at=0))
    manager.on_event(ack(command=Command.CANCEL))
    assert manager.timeouts(99 * SECOND, SECOND) == []
    assert state(manager) is S.PENDING_CANCEL


def test_a_command_that_did_not_leave_was_not_sent(manager: OrderManager) -> None:
    manager.register(create())
    manager.withdraw(create())
    assert manager.by_client_id("a") is None
    assert manager.working() == list(manager.history) == []
    manager.register(create())
    manager.on_event(ack())
    manager.register(cancel())
    manager.withdraw(cancel())
    assert state(manager) is S.NEW


def test_a_fill_raises_the_filled_quantity_before_the_update_and_counts_once(manager: OrderManager) -> None:
    manager.register(create(quantity="2"))
    assert manager.on_event(fill(execution="e1", quantity="0.5", price="100"))
    assert not manager.on_event(fill(execution="e1", quantity="0.5", price="100"))
    order = manager.by_client_id("a")
    assert order is not None
    assert (order.state, order.filled, order.remaining) == (S.PARTIALLY_FILLED, Decimal("0.5"), Decimal("1.5"))
    manager.on_event(update(state=S.PARTIALLY_FILLED, filled="1", quantity="2", average_price=Decimal("100.5")))
    assert (order.filled, order.average_price) == (Decimal(1), Decimal("100.5"))
    manager.on_event(fill(execution="e2", quantity="0.5", price="102"))
    assert (order.filled, order.average_price) == (Decimal(1), Decimal(101))
    assert [each.data.execution_id for each in manager.fills] == ["e1", "e2"]


def test_funding_is_a_fill_of_no_order(manager: OrderManager) -> None:
    manager.register(create())
    manager.on_event(fill(kind=FillKind.FUNDING, quantity="1"))
    order = manager.by_client_id("a")
    assert order is not None
    assert order.filled == 0
    assert len(list(manager.fills)) == 1


def test_orders_made_elsewhere_are_marked_and_counted(manager: OrderManager) -> None:
    manager.on_event(update("theirs", quantity="4"))
    assert manager.by_client_id("theirs") is None
    order = manager.working(LINEAR)[0]
    assert order.is_external
    manager.register(cancel("theirs"))
    assert order.state is S.PENDING_CANCEL
    assert manager.exposure(LINEAR, ACCOUNT, Decimal(100)).buys == 4


def test_entries_protective_orders_and_the_newest_entry(manager: OrderManager) -> None:
    manager.register(create("a"))
    manager.register(create("b", Side.SELL))
    manager.register(create("stop", Side.SELL, reduce_only=True, price=None, order_type=OrderType.STOP_MARKET))
    manager.register(create("spot", key=SPOT))
    assert [order.client_order_id for order in manager.entries(LINEAR)] == ["a", "b"]
    assert [order.client_order_id for order in manager.protective()] == ["stop"]
    assert [order.client_order_id for order in manager.working(SPOT)] == ["spot"]
    newest = manager.newest_entry(LINEAR)
    assert newest is manager.by_client_id("b")
    manager.on_event(ack("b", outcome=AckOutcome.REJECTED))
    assert manager.newest_entry(LINEAR) is manager.by_client_id("a")


def test_exposure_counts_every_working_entry_an_unknown_one_too_as_filled(manager: OrderManager) -> None:
    manager.on_event(position("-1"))
    manager.register(create("a", quantity="3"))
    manager.on_event(fill("a", quantity="1"))
    manager.register(create("b", Side.SELL, quantity="2"))
    manager.on_event(ack("b", outcome=AckOutcome.UNKNOWN))
    manager.register(create("exit", Side.BUY, quantity="9", reduce_only=True))
    manager.register(create("quote", quantity="500", price=None, quantity_unit=QuantityUnit.QUOTE))
    exposure = manager.exposure(LINEAR, ACCOUNT, Decimal(100))
    assert exposure == (Decimal(-1), Decimal(7), Decimal(2))
    assert (exposure.longest, exposure.shortest, exposure.worst) == (Decimal(6), Decimal(-3), Decimal(6))


def test_on_spot_the_position_is_the_base_currency_owned(manager: OrderManager) -> None:
    balances = [
        Balance("BTC", Decimal(2), Decimal("1.5"), Decimal("0.5")),
        Balance("USDT", *[Decimal(9)] * 2, Decimal(0)),
    ]
    manager.on_event(event(Wallet(ACCOUNT, balances, is_snapshot=True), key=SPOT))
    assert manager.exposure(SPOT, ACCOUNT, Decimal(100)).position == 2
    manager.on_event(event(Wallet(ACCOUNT, [Balance("BTC", *[Decimal(3)] * 2, Decimal(0))]), key=SPOT))
    assert manager.accounts.held(SPOT, ACCOUNT) == 3
    assert manager.accounts.balance("practice", ACCOUNT, "USDT").total == 9
    assert manager.accounts.balance("practice", "nobody", "USDT").total == 0


def test_equity_is_the_balance_and_what_positions_would_bring(manager: OrderManager) -> None:
    manager.on_event(event(Wallet(ACCOUNT, [Balance("USDT", *[Decimal(1000)] * 2, Decimal(0))], is_snapshot=True)))
    manager.on_event(event(PositionUpdate(ACCOUNT, Decimal(1), unrealised_pnl=Decimal(-40))))
    assert manager.accounts.equity("practice", ACCOUNT, "USDT") == 960
    assert manager.accounts.equity("practice", ACCOUNT, "BTC") == 0


@pytest.mark.parametrize("reason", [ResetReason.SEEK, ResetReason.SESSION])
def test_a_new_attempt_forgets_orders_and_what_comes_late_of_them(manager: OrderManager, reason: ResetReason) -> None:
    manager.register(create())
    manager.on_event(fill(execution="e1", quantity="0.5"))
    manager.on_event(position("0.5"))
    manager.on_event(event(StreamReset(reason)))
    for late in (update(filled="0.7", state=S.PARTIALLY_FILLED), ack(), fill(execution="e2", quantity="0.2")):
        assert not manager.on_event(late)
    assert manager.working() == list(manager.history) == list(manager.fills) == []
    assert manager.exposure(LINEAR, ACCOUNT, Decimal(100)).worst == 0
    assert manager.was_sent("a")


def test_a_reconnect_forgets_nothing(manager: OrderManager) -> None:
    manager.register(create())
    assert not manager.on_event(event(StreamReset(ResetReason.RECONNECT)))
    assert state(manager) is S.PENDING_NEW


def test_every_piece_of_news_changes_the_version(manager: OrderManager) -> None:
    versions = [manager.version]
    manager.register(create())
    versions.append(manager.version)
    for news in (ack(), update(), fill(), position("1"), event(Wallet(ACCOUNT, []))):
        manager.on_event(news)
        versions.append(manager.version)
    manager.register(cancel())
    versions.append(manager.version)
    assert versions == sorted(set(versions))


def test_history_is_bounded_and_a_late_update_of_a_forgotten_order_makes_no_new_one(
    manager: OrderManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manager_module, "HISTORY_LIMIT", 2)
    for client_id in "abc":
        manager.register(create(client_id))
        manager.on_event(update(client_id, S.CANCELED))
    assert [order.client_order_id for order in manager.history] == ["b", "c"]
    assert manager.by_client_id("a") is None
    assert not manager.on_event(update("a", S.NEW))
    assert manager.working() == []

"""How long answers took: from the send of a command to its first answer, whatever was heard before."""

from __future__ import annotations

import pytest

from tests.orders_support import ack, amend, cancel, create, fill, update
from ttxt_core.clock import ManualClock
from ttxt_core.events import AckOutcome, Command, OrderState
from ttxt_core.orders.blotter import Blotter


@pytest.fixture
def blotter() -> Blotter:
    return Blotter(ManualClock(), lambda _: None)


def test_an_answer_that_a_fill_and_the_orders_end_have_overtaken_is_timed(blotter: Blotter) -> None:
    blotter.orders.register(create(at=10))
    blotter.on_account_event(fill(quantity="1", at=30))
    blotter.on_account_event(update(state=OrderState.FILLED, filled="1", at=31))
    assert blotter.last_round_trip_ns is None
    blotter.on_account_event(ack(at=58))
    assert blotter.p99_round_trip_ns == 48


def test_every_kind_of_command_is_timed_once(blotter: Blotter) -> None:
    for command, told, answered, trip in (
        (create(quantity="3", at=10), update(quantity="3", at=11), ack(at=15), 5),
        (amend(quantity="2", at=20), update(quantity="2", at=22), ack(command=Command.AMEND, at=27), 7),
        (cancel(at=30), update(state=OrderState.CANCELED, at=32), ack(command=Command.CANCEL, at=39), 9),
    ):
        blotter.orders.register(command)
        blotter.on_account_event(told)
        blotter.on_account_event(answered)
        assert blotter.last_round_trip_ns == trip
        blotter.on_account_event(ack(command=answered.data.command, at=99))
        assert blotter.last_round_trip_ns == trip


def test_what_did_not_leave_and_what_nobody_sent_have_no_time(blotter: Blotter) -> None:
    blotter.orders.register(create(at=1))
    blotter.orders.register(cancel(at=2))
    blotter.orders.withdraw(cancel(at=2))
    blotter.on_account_event(ack(command=Command.CANCEL, outcome=AckOutcome.REJECTED, at=9))
    blotter.on_account_event(update("theirs", at=9))
    blotter.on_account_event(ack("theirs", at=12))
    assert blotter.last_round_trip_ns is None

"""Round trips: from flat to flat, how far each went both ways, and its result by what its stop put at risk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.orders_support import SECOND, SPOT, create, event, fill, update
from ttxt_core.clock import ManualClock
from ttxt_core.events import Event, FillKind, OrderState, OrderType, OrderUpdate, Side, StreamReset, Ticker
from ttxt_core.events.status import ResetReason
from ttxt_core.orders.blotter import Blotter
from ttxt_core.orders.ledger import Ledger

D = Decimal


class Market:
    def __init__(self, price: str = "100") -> None:
        self.price = D(price)
        self.ledger = Ledger(0, lambda _: self.price)

    def at(self, *prices: str) -> None:
        for price in prices:
            self.price = D(price)
            self.ledger.take_stock()


def test_a_trip_goes_against_and_for_its_trader() -> None:
    market = Market()
    ledger = market.ledger
    ledger.on_fill(fill(execution="1", quantity="2", price="100", fee="0.5", at=10 * SECOND))
    market.at("97", "110", "104")
    ledger.on_fill(fill(execution="2", side=Side.SELL, quantity="2", price="104", fee="0.5", at=70 * SECOND))
    trips = ledger.sheet(1, 99 * SECOND).trips
    assert (trips.count, trips.won, trips.held_ns) == (1, 1, 60 * SECOND)
    assert (trips.worst, trips.best) == ({"USDT": D("6.5")}, {"USDT": D("19.5")})
    assert (trips.stopped, trips.r) == (0, D(0))
    market.at("1", "1000")
    assert ledger.sheet(1, 99 * SECOND).trips == trips, "nothing is held any more"


def test_an_open_trip_counts_as_it_stands() -> None:
    market = Market()
    market.ledger.on_fill(fill(side=Side.SELL, at=10 * SECOND))
    market.at("104")
    trips = market.ledger.sheet(1, 25 * SECOND).trips
    assert (trips.count, trips.won, trips.held_ns, trips.worst) == (1, 0, 15 * SECOND, {"USDT": D(4)})
    assert market.ledger.sheet(1, 35 * SECOND).trips.held_ns == 25 * SECOND


def test_a_fill_through_zero_ends_one_and_begins_another() -> None:
    market = Market()
    ledger = market.ledger
    ledger.on_fill(fill(execution="1", quantity="1", price="100", at=10 * SECOND))
    market.price = D(90)
    ledger.on_fill(fill(execution="2", side=Side.SELL, quantity="4", price="90", fee="4", at=20 * SECOND))
    trips = ledger.sheet(1, 30 * SECOND).trips
    assert (trips.count, trips.won, trips.held_ns) == (2, 0, 20 * SECOND)
    assert trips.worst == {"USDT": D(11)}, "a quarter of the fee closed it"
    market.at("80")
    assert ledger.sheet(1, 30 * SECOND).trips.best == {"USDT": D(27)}


def test_what_a_fee_in_kind_leaves_is_flat() -> None:
    market = Market()
    market.ledger.on_fill(fill(execution="1", key=SPOT, fee="0.0010004", fee_currency="BTC", at=SECOND))
    market.ledger.on_fill(fill(execution="2", key=SPOT, side=Side.SELL, quantity="0.9985", price="120", at=3 * SECOND))
    trips = market.ledger.sheet(1, 99 * SECOND).trips
    assert (trips.count, trips.won, trips.held_ns) == (1, 1, 2 * SECOND)


def test_funding_is_a_fee_that_is_told_apart() -> None:
    market = Market()
    market.ledger.on_fill(fill(execution="1", fee="0.1"))
    market.ledger.on_fill(fill(execution="2", kind=FillKind.FUNDING, price="100", fee="2.5"))
    sheet = market.ledger.sheet(1, 9)
    assert (sheet.fees, sheet.funding) == ({"USDT": D("2.6")}, {"USDT": D("2.5")})
    assert (sheet.profit, sheet.trips.worst) == ({"USDT": D("-2.6")}, {"USDT": D("2.6")})


# -- against the stop ------------------------------------------------------------------------------------------


def blotter() -> Blotter:
    return Blotter(ManualClock(), lambda _: None)


def stop(at: str, client_id: str = "stop", state: OrderState = OrderState.UNTRIGGERED) -> Event[OrderUpdate]:
    terms: dict[str, Any] = {"order_type": OrderType.STOP_MARKET, "reduce_only": True, "side": Side.SELL}
    return update(client_id, state, price=None, trigger_price=D(at), **terms)


def test_the_first_stop_is_what_the_result_is_measured_by() -> None:
    desk = blotter()
    desk.on_account_event(fill("a", "1", "2", "100"))
    desk.on_account_event(stop("95"))
    desk.on_account_event(stop("99"))
    desk.on_account_event(fill("b", "2", "2", "115", side=Side.SELL))
    trips = desk.sheet().trips
    assert (trips.stopped, trips.r) == (1, D(3))


def test_a_stop_that_stood_before_the_position_counts_and_a_target_does_not() -> None:
    desk = blotter()
    desk.on_account_event(stop("110", "target"))
    desk.on_account_event(stop("98"))
    desk.on_account_event(fill("a", "1", "1", "100"))
    desk.on_account_event(fill("b", "2", "1", "99", side=Side.SELL))
    assert desk.sheet().trips.r == D("-0.5")
    desk.on_account_event(stop("98", state=OrderState.CANCELED))
    desk.on_account_event(fill("c", "3", "1", "100"))
    assert desk.sheet().trips.stopped == 1


def test_entries_are_no_stops() -> None:
    desk = blotter()
    desk.orders.register(create("e", price="90"))
    desk.on_account_event(fill("a", "1", "1", "100"))
    desk.on_account_event(update("e", price="90"))
    assert desk.sheet().trips.stopped == 0


def test_a_seek_begins_at_nothing_and_the_sheet_says_how_orders_were_filled() -> None:
    desk = blotter()
    desk.fill_model = "at once"
    desk.on_account_event(fill("a", "1", "1", "100"))
    desk.on_market_event(event(Ticker(mark=90.0)))
    desk.on_market_event(event(StreamReset(ResetReason.SEEK)))
    assert [(sheet.trips.count, sheet.fill_model) for sheet in desk.attempts] == [(1, "at once")]
    assert desk.sheet().trips.count == 0


# -- any trading -----------------------------------------------------------------------------------------------

FILLS = st.lists(
    st.tuples(st.sampled_from(Side), st.integers(1, 9), st.integers(50, 150), st.integers(0, 3)), max_size=25
)


@given(FILLS, st.integers(50, 150))
def test_trips_add_up_to_the_profit(trades: list[tuple[Side, int, int, int]], last: int) -> None:
    market = Market(str(last))
    ledger, made = market.ledger, D(0)
    for number, (side, quantity, price, fee) in enumerate(trades):
        market.price = D(price)
        ledger.on_fill(fill("a", str(number), str(quantity), str(price), side=side, fee=str(fee), at=number * SECOND))
    market.at(str(last))
    trips = ledger.sheet(1, len(trades) * SECOND).trips
    made = ledger.profit().get("USDT", D(0))
    assert trips.count <= 2 * len(trades)
    assert trips.held_ns <= len(trades) * SECOND
    best, worst = trips.best.get("USDT", D(0)), trips.worst.get("USDT", D(0))
    assert best >= 0
    assert worst >= 0
    assert -worst * trips.count - D("1e-9") <= made <= best * trips.count + D("1e-9")

"""The exchange simulator and the practice market: what an event costs them."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from benchmarks.measure import Benchmark, Effort, Result, cpu_us, per_second, take_turns
from benchmarks.traffic import repeated, traffic
from ttxt_core.clock import ManualClock
from ttxt_core.events import (
    CreateOrder,
    Event,
    Instrument,
    MessageHeader,
    Orderbook,
    OrderState,
    OrderType,
    OrderUpdate,
    Side,
    Source,
)
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.queues.asyncio_queue import AsyncioQueue
from ttxt_core.simulation.exchange_simulator import ExchangeSimulator
from ttxt_core.simulation.order_flow import OrderFlow
from ttxt_core.simulation.practice_pairs import DEFAULT_PAIRS
from ttxt_core.simulation.simulator_settings import Latency, SimulatorSettings

_ORDERS = (0, 5, 50)
_EVENTS = 10_000
_RATE = 250.0
_START_NS = 1_786_310_819_000_000_000
_RICH = Decimal(10**12)
_NO_LATENCY = Latency(place_ns=0, amend_ns=0, cancel_ns=0, jitter_ns=0)
_WORKING = (OrderState.NEW, OrderState.PARTIALLY_FILLED)


def simulator(effort: Effort) -> list[Result]:
    """One instrument's events through the exchange simulator, with no, a few and many resting orders."""
    now = traffic()
    key, own = now.busiest()
    stream = repeated(own, min(effort.events, _EVENTS))
    instrument = now.instruments()[key]
    taken = take_turns(
        {str(orders): partial(_simulate, instrument, stream, orders) for orders in _ORDERS},
        effort.runs,
    )
    return [
        Result(
            f"simulator: {orders} orders resting",
            per_second(taken[str(orders)].median),
            "events/s",
            higher_is_better=True,
            note=f"{now.origin}, {key.pair} {key.category}; {taken[str(orders)].median:.1f} µs an event",
        )
        for orders in _ORDERS
    ]


def practice_market(effort: Effort) -> list[Result]:
    """The practice market's order flow, all its usual pairs."""
    count = min(effort.events, _EVENTS)
    taken = take_turns({"flow": partial(_flow, count)}, effort.runs)
    return [Result("practice market", taken["flow"].median, "µs CPU", note=f"an event, {len(DEFAULT_PAIRS)} pairs")]


BENCHMARKS: list[Benchmark] = [simulator, practice_market]


def _simulate(instrument: Event[Instrument], stream: list[Event[Any]], orders: int) -> float:
    queue = AsyncioQueue()
    balances = dict.fromkeys((instrument.data.base, instrument.data.quote), _RICH)
    settings = SimulatorSettings(balances=balances, latency=_NO_LATENCY)
    exchange = ExchangeSimulator(queue, queue, ManualClock(), instrument.header.venue, settings)
    exchange.start()
    exchange.process(instrument)
    begins = next(number for number, event in enumerate(stream) if type(event.data) is Orderbook)
    for event in stream[: begins + 1]:
        exchange.process(event)
    info = InstrumentInfo(instrument.header.key, instrument.data)
    reports = [exchange.process(command) for command in _commands(info, stream[begins], orders, settings.account)]
    rest = stream[begins + 1 :]

    def run() -> None:
        reports.extend(told for event in rest if (told := exchange.process(event)))

    figure = cpu_us(run, len(rest))
    updates = [event.data for told in reports for event in told if type(event.data) is OrderUpdate]
    states = {update.client_order_id: update.state for update in updates}
    working = sum(state in _WORKING for state in states.values())
    assert orders / 2 <= working <= orders, f"{working} of {orders} orders rest at the end"
    return figure


def _commands(info: InstrumentInfo, book: Event[Orderbook], orders: int, account: str) -> list[Event[CreateOrder]]:
    """Limit orders halfway down `book`, where few of them are filled; every second one is a bid."""
    time_ns = book.header.receive_time_ns
    header = MessageHeader(*info.key, time_ns, time_ns, 0, Source.CLIENT)
    commands = []
    for number in range(orders):
        side, levels = (Side.BUY, book.data.bids) if number % 2 else (Side.SELL, book.data.asks)
        price = info.exact_price(levels[len(levels) // 2 + number // 2][0])
        quantity = info.round_quantity(10 / price) + info.lot_size
        order = CreateOrder(account, f"{number:032x}", side, OrderType.LIMIT, quantity, price, post_only=True)
        commands.append(Event(header, order))
    return commands


def _flow(count: int) -> float:
    flows = [OrderFlow(pair, seed=1, rate=_RATE, start_time_ns=_START_NS) for pair in DEFAULT_PAIRS]
    for flow in flows:
        flow.opening()
    made = 0

    def run() -> None:
        nonlocal made
        while made < count:
            for flow in flows:
                made += len(flow.step())

    return cpu_us(run, count)

"""The simulated order flow of one instrument: the practice market without its clock and its queue.

Pure and deterministic: a pair, a seed, a rate and a start time give one endless sequence of events. Each
`step` is one publishing interval: what traded, then the book delta that holds all its changes, and now and then a
ticker and a candle.

The model. A fair value wanders (`flow_model`). Quotes stay while it is near and then jump after it, by a sweep of
market orders or by makers who pull their quotes; the spread opens and is closed again from the side that lags.
Market orders come at clustered times, many of them children of larger orders of one direction. Behind the touch
orders come and go, denser or sparser as the pair's shape says (`flow_book`, `practice_pairs`).

Figures taken from captures (besides those named in the other modules):

- Bybit linear BTCUSDT, ETHUSDT, SOLUSDT, DOGEUSDT and spot BTCUSDT, ETHUSDT, 42 s of 2026-08-09: 8.6 changed
  levels per delta on average (ETHUSDT: half of them 6 or fewer, a tenth over 20), at most 222; four and a half
  tickers per second and symbol on linear; 3.4 fills per market order, at one price for 19 orders of 20.
- Binance USD-M BTCUSDT, 343 s of 2024-08-08: the spread is one tick 99 % of the time; the mid-price jumps (median
  6 ticks, a tenth over 28) and stands still for more than a second at a stretch for 77 % of the time; one
  market order in eight walks more than one level; the autocorrelation of the aggressor's side is 0.20 after 1
  order, 0.12 after 10, 0.03 after 50 (spot: 0.36, 0.18, 0.08).
- Market orders per book message: 0.03 to 0.1 on Bybit, 0.83 on Binance; 0.22 here, so that a tape has something to
  show.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

from msgspec.structs import replace

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.events.envelope import Event, MessageHeader, Source
from ttxt_core.events.market import MarketTrade, MarketTrades, Orderbook, Side, Ticker
from ttxt_core.instruments import InstrumentInfo
from ttxt_core.simulation.flow_book import BookSide, Liquidity
from ttxt_core.simulation.flow_candles import MINUTE_NS, Candles, made_up_day
from ttxt_core.simulation.flow_model import Arrivals, FairValue, Returns
from ttxt_core.simulation.practice_pairs import PracticePair

_POOL = 2048
_CHANGES_SPREAD, _MOST_CHANGES = 1.1, 200
_ORDER_CHANCE, _ORDER_HEAT, _ORDER_COOLING = 0.08, 0.16, 0.8
_MEAN_ORDER_CHANCE = _ORDER_CHANCE / (1 - _ORDER_HEAT * _ORDER_COOLING / (1 - _ORDER_COOLING))
_ORDER_SPREAD = 2.2
_ROUND_SHARE = 0.3
_FOLLOW_CHANCE = 0.55
_METAORDER_TAIL, _METAORDER_LEAST, _METAORDER_MOST = 1.3, 3.0, 400
_SWEEP_CHANCE = 0.35
_CLOSING_NS, _CLOSING_CHANCE = 40 * MILLISECOND_NS, 0.5
_HALFWAY_CHANCE = 0.2
_PLAN_CHANCE = 0.2
_TICKER_NS, _TICKER_STEPS = 250 * MILLISECOND_NS, 5
_CANDLE_NS, _CANDLE_STEPS = NANOSECONDS, 8
_EVENTS_PER_STEP_WEIGHT = 0.02


class OrderFlow:
    """The endless events of one pair.

    Attributes:
        pair: what it simulates.
        next_time_ns: market time of the next step.
        bids, asks: the book in ticks and lots, as published up to the last step.
    """

    def __init__(self, pair: PracticePair, seed: int, rate: float, start_time_ns: int) -> None:
        """A market that opens at `start_time_ns` and then gives about `rate` events a second of market time."""
        key, info = pair.key, InstrumentInfo(pair.key, pair.spec)
        self.pair = pair
        self._info = info
        self._ticks_per_unit = float(1 / info.tick_size)
        self._lots_per_unit = float(1 / info.lot_size)
        self._random = random = Random(f"{seed}/{key}/flow")
        base = pair.spec.base
        self._fair = FairValue(Returns(seed, "live", base, pair.volatility_bp), pair.start_price, start_time_ns)
        self._arrivals = Arrivals(random)
        liquidity = Liquidity(pair.shape, random)
        touch = math.floor(pair.start_price * self._ticks_per_unit + 1e-6)
        self._liquidity = liquidity
        self.bids = BookSide(1, touch, liquidity, random)
        self.asks = BookSide(-1, touch + 1, liquidity, random)
        self._changes = [
            min(_MOST_CHANGES, 1 + int(pair.changes * math.exp(random.gauss(0.0, _CHANGES_SPREAD))))
            for _ in range(_POOL)
        ]
        self._orders = [_order_lots(pair, info, random) for _ in range(_POOL)]
        self._heat = 0.0
        self._patience = 0.0
        self._parent_side, self._parent_left = Side.BUY, 0
        self._now_ns = start_time_ns
        self._sequence = self._record = self._trade_id = 0
        self._ticker_pace = _Pace(_TICKER_NS, _TICKER_STEPS, start_time_ns)
        self._candle_pace = _Pace(_CANDLE_NS, _CANDLE_STEPS, start_time_ns)
        self._ticker_minute = start_time_ns // MINUTE_NS
        self._events_per_step = 1.4
        self._rate = rate
        day = made_up_day(
            info,
            Returns(seed, "history", base, pair.volatility_bp),
            Random(f"{seed}/{key}/history"),
            last_price=pair.start_price,
            end_ns=start_time_ns - start_time_ns % MINUTE_NS,
            minute_lots=self._usual_minute_lots(),
        )
        self._candles = Candles(info, day, start_time_ns)
        self._lose_patience()
        self.next_time_ns = start_time_ns
        self._schedule()

    def opening(self) -> list[Event[Any]]:
        """What a venue tells a new subscriber: instrument, whole book and all figures, as of now."""
        info = self._info
        price, size = info.float_price, info.float_size
        book = Orderbook(
            bids=[(price(tick), size(lots)) for tick, lots in self.bids.best_first()],
            asks=[(price(tick), size(lots)) for tick, lots in self.asks.best_first()],
            is_snapshot=True,
            sequence=self._sequence,
        )
        return [self._event(self.pair.spec), self._event(book), self._event(self._ticker(is_full=True))]

    def history(self, count: int) -> list[Event[Any]]:
        """The last `count` closed one-minute candles (at most a day of them), oldest first, as of now."""
        closed = list(self._candles.closed)
        return [self._event(candle) for candle in closed[max(0, len(closed) - count) :]]

    def set_rate(self, rate: float, from_ns: int) -> None:
        """Give about `rate` events a second from the market time `from_ns` on."""
        self._rate = rate
        self._now_ns = max(self._now_ns, from_ns)
        self._schedule()

    def skip_to(self, time_ns: int) -> None:
        """Let the market stand still until `time_ns`: nothing happens in between and the value does not move."""
        skipped_ns = time_ns - self.next_time_ns
        if skipped_ns > 0:
            self._fair.skip(skipped_ns)
            self._now_ns += skipped_ns
            self.next_time_ns = time_ns

    def step(self) -> list[Event[Any]]:
        """The events of the interval that ends at `next_time_ns`, in order; then the next one is scheduled."""
        elapsed_ns = self.next_time_ns - self._now_ns
        self._now_ns = self.next_time_ns
        events = [self._event(candle) for candle in self._candles.roll(self._now_ns)]
        value = self._fair.at(self._now_ns) * self._ticks_per_unit
        trades = self._market_order(value) or self._follow(value)
        self._close_spread(value, elapsed_ns)
        self._churn()
        if trades:
            events.append(self._event(MarketTrades(trades)))
        delta = self._delta()
        if delta is not None:
            events.append(self._event(delta))
        if self._ticker_pace.is_due(self._now_ns):
            is_new_minute = self._now_ns // MINUTE_NS != self._ticker_minute
            self._ticker_minute = self._now_ns // MINUTE_NS
            events.append(self._event(self._ticker(is_full=is_new_minute)))
        if self._candles.is_touched and self._candle_pace.is_due(self._now_ns):
            events.append(self._event(self._candles.running()))
        self._events_per_step += _EVENTS_PER_STEP_WEIGHT * (len(events) - self._events_per_step)
        self._schedule()
        return events

    # -- what traders do ------------------------------------------------------------------------------

    def _market_order(self, value: float) -> list[MarketTrade]:
        """Perhaps a market order, which takes what it finds and may walk several levels."""
        random = self._random.random
        self._heat *= _ORDER_COOLING
        if random() >= _ORDER_CHANCE + self._heat:
            return []
        self._heat += _ORDER_HEAT
        if self._parent_left <= 0:
            gap = value - (self.bids.best + self.asks.best) / 2
            is_buy = random() < 0.5 + 0.3 * math.tanh(gap / (1.0 + self._patience))
            self._parent_side = Side.BUY if is_buy else Side.SELL
            length = _METAORDER_LEAST * self._random.paretovariate(_METAORDER_TAIL)
            self._parent_left = int(min(_METAORDER_MOST, length))
        self._parent_left -= 1
        side = self._parent_side
        if random() >= _FOLLOW_CHANCE and random() < 0.5:
            side = side.opposite
        lots = self._orders[int(random() * _POOL)]
        book = self.asks if side is Side.BUY else self.bids
        return self._prints(side, book.take(lots, book.best - book.sign * self._liquidity.reach // 3))

    def _follow(self, value: float) -> list[MarketTrade]:
        """Quotes that the fair value has left behind for too long are taken or pulled."""
        if value - self.asks.best + 0.5 > self._patience:
            side, book, goal = Side.BUY, self.asks, math.floor(value) + 1
        elif self.bids.best + 0.5 - value > self._patience:
            side, book, goal = Side.SELL, self.bids, math.ceil(value) - 1
        else:
            return []
        random = self._random.random
        distance = min(abs(goal - book.best), self._liquidity.reach // 3)
        if distance > 2 and random() < 0.6:
            # A long way is made in several jumps, close together: patience is not renewed in between.
            distance = max(1, int(distance * random()))
            self._patience = 0.5
        else:
            self._lose_patience()
        cleared = book.sweep(book.best - book.sign * distance)
        if not cleared or random() >= _SWEEP_CHANCE:
            return []
        # Makers see it coming: of the touch only a part is still there to be taken.
        tick, lots = cleared[0]
        cleared[0] = (tick, 1 + int((lots - 1) * random() ** 2))
        return self._prints(side, cleared)

    def _lose_patience(self) -> None:
        self._patience = 0.6 + self._random.expovariate(1.0) * self._mean_patience()

    def _mean_patience(self) -> float:
        return self.pair.patience_bp * 1e-4 * self.bids.best

    def _close_spread(self, value: float, elapsed_ns: int) -> None:
        """Quote into a wide spread, from the side that is farther from the fair value."""
        bids, asks, random = self.bids, self.asks, self._random
        if asks.best - bids.best == 1:
            return
        if random.random() > max(_CLOSING_CHANCE, 1.0 - math.exp(-elapsed_ns / _CLOSING_NS)):
            return
        middle = min(max(math.floor(value), bids.best), asks.best - 1)
        for book, goal in ((bids, middle), (asks, middle + 1)):
            if goal != book.best:
                steps = abs(goal - book.best)
                if steps > 1 and elapsed_ns < _CLOSING_NS and random.random() < _HALFWAY_CHANCE:
                    steps = random.randint(1, steps)
                book.improve(book.best + book.sign * steps)

    def _usual_minute_lots(self) -> float:
        """About how much trades in a minute, for the candles of the time before the start."""
        steps = 60 * self._rate / self._events_per_step
        ordered = steps * _MEAN_ORDER_CHANCE * sum(self._orders) / _POOL
        mean = self._mean_patience()
        ticks = self.pair.volatility_bp * 1e-4 * self.bids.best
        # The fair value, a random walk, leaves a band of half-width p after p² / ticks² minutes on average.
        jumps = ticks**2 / (2 * mean**2 + 1.2 * mean + 0.36)
        return ordered + min(jumps, steps) * _SWEEP_CHANCE * self.pair.shape.knots[0].lots / 3

    def _churn(self) -> None:
        random = self._random.random
        changes = self._changes[int(random() * _POOL)]
        bid_changes = int(changes * random() + 0.5)
        if bid_changes:
            self.bids.churn(bid_changes)
        if changes > bid_changes:
            self.asks.churn(changes - bid_changes)
        if random() < _PLAN_CHANCE:
            self._liquidity.change_plans(self.bids.best + int((random() - 0.5) * self._liquidity.reach))
        self.bids.keep_depth()
        self.asks.keep_depth()

    # -- what is published ----------------------------------------------------------------------------

    def _prints(self, side: Side, taken: list[tuple[int, int]]) -> list[MarketTrade]:
        """The fills of one market order: makers in a level are several."""
        info, random, trade = self._info, self._random.random, self._candles.trade
        trades = []
        for tick, lots in taken:
            price = info.float_price(tick)
            left = lots
            while left:
                part = left if random() < 0.3 else 1 + int((left - 1) * random())
                left -= part
                self._trade_id += 1
                size = info.float_size(part)
                trades.append(MarketTrade(price, size, side, str(self._trade_id), self._now_ns))
                trade(tick, part)
        return trades

    def _delta(self) -> Orderbook | None:
        # What float_price and float_size do, without two calls a level; practice steps are all 1 / a whole number.
        per_price, per_size = self._ticks_per_unit, self._lots_per_unit
        bids = [(tick / per_price, lots / per_size) for tick, lots in self.bids.take_changes()]
        asks = [(tick / per_price, lots / per_size) for tick, lots in self.asks.take_changes()]
        if not bids and not asks:
            return None
        previous = self._sequence
        self._sequence += 1
        return Orderbook(bids, asks, is_snapshot=False, sequence=self._sequence, previous_sequence=previous)

    def _ticker(self, *, is_full: bool) -> Ticker:
        """All figures, or only those that change with every trade and quote."""
        info, candles, pair = self._info, self._candles, self.pair
        bid, ask = self.bids.best, self.asks.best
        fair = self._fair.at(self._now_ns)
        ticker = Ticker(
            last=candles.last,
            mark=self._on_grid(fair),
            index=self._on_grid(fair / (1.0 + pair.basis)),
            bid=info.float_price(bid),
            bid_size=info.float_size(self.bids.levels[bid]),
            ask=info.float_price(ask),
            ask_size=info.float_size(self.asks.levels[ask]),
            volume_24h=candles.day_volume,
            turnover_24h=candles.day_turnover,
        )
        if not is_full:
            return ticker
        low, high = candles.day_range
        ticker = replace(ticker, low_24h=low, high_24h=high, change_24h=candles.day_change)
        interval = pair.spec.funding_interval_ns
        if interval is None:
            return ticker
        return replace(
            ticker,
            funding_rate=pair.funding_rate,
            next_funding_ns=self._now_ns - self._now_ns % interval + interval,
            open_interest=pair.open_interest,
        )

    def _on_grid(self, price: float) -> float:
        return self._info.float_price(round(price * self._ticks_per_unit))

    def _event(self, data: Any) -> Event[Any]:
        self._record += 1
        venue, category, pair = self.pair.key
        now = self._now_ns
        return Event(MessageHeader(venue, category, pair, now, now, self._record, Source.PRACTICE), data)

    def _schedule(self) -> None:
        seconds = self._arrivals.next_gap() * self._events_per_step / self._rate
        self.next_time_ns = self._now_ns + max(1, int(seconds * NANOSECONDS))


class _Pace:
    """Says when something is due again: after some time and some steps, whichever comes last."""

    __slots__ = ("_last_ns", "_least_ns", "_least_steps", "_steps")

    def __init__(self, least_ns: int, least_steps: int, start_ns: int) -> None:
        self._least_ns = least_ns
        self._least_steps = least_steps
        self._last_ns = start_ns
        self._steps = 0

    def is_due(self, now_ns: int) -> bool:
        self._steps += 1
        if self._steps < self._least_steps or now_ns - self._last_ns < self._least_ns:
            return False
        self._last_ns, self._steps = now_ns, 0
        return True


def _order_lots(pair: PracticePair, info: InstrumentInfo, random: Random) -> int:
    """The size of a market order; people like round numbers."""
    lots = 1 + int(pair.trade_lots * math.exp(random.gauss(0.0, _ORDER_SPREAD)))
    if lots >= 10 and random.random() < _ROUND_SHARE:
        unit = 10 ** (len(str(lots)) - 1)
        lots = round(lots / unit) * unit
    most = pair.spec.max_market_quantity
    return lots if most is None else min(lots, info.to_lots(most))

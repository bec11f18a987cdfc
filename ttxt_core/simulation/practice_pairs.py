"""The instruments of the practice market, and the figures that make each look like itself.

Owns the numbers only; `order_flow` makes a market of them. Taken from captures:

- **Prices, ticks, lots, limits, 24-hour figures, open interest, funding**: the Bybit linear and spot instrument
  lists and tickers of 2026-08-09, 21:27 UTC. Fees are Bybit's published base tier.
- **Depth** (median size and share of occupied ticks by distance from the touch), **where levels change**: the
  Bybit books of 200 levels of BTCUSDT, ETHUSDT, SOLUSDT and DOGEUSDT linear and BTCUSDT spot, 42 s of the same
  day. BTC: 7 BTC at the touch, a few thousandths on half of the next 50 ticks, 0.1 beyond 100; SOL and
  DOGE: no holes, and three times the touch's size ten ticks behind it. Two things differ on purpose, so that a
  ladder has something to show: BTC's first 50 ticks hold some hundredths, and changes near the touch are more
  frequent (captured on BTC: two thirds and more happen over 50 ticks away).
- **Roughness** (standard deviation of log size at one distance): 1.4 SOL and DOGE, 2.4 BTC, 2.6 ETH there.
- **Round prices**: Binance USD-M BTCUSDT, 343 s of 2024-08-08: levels at whole 10 USDT hold 12 times the mean
  size, at whole 100 USDT 40 times.
- **Changes** an interval: 16 levels a delta on average on BTCUSDT there, 10 ETHUSDT, 7 SOLUSDT and DOGEUSDT, 4.5 spot
  BTCUSDT; medians 11, 6, 5, 5 and 2.
- **Volatility**: between that calm day and the wild one that `flow_model` names.
- **Trade sizes** (median order; log standard deviation 2.0 to 2.5; power tail of exponent 1.1 to 1.3): Binance
  USD-M and spot BTCUSDT of 2024-08-08, and the Bybit trades.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from ttxt_core.clock import NANOSECONDS
from ttxt_core.events.envelope import InstrumentKey
from ttxt_core.events.market import Instrument
from ttxt_core.simulation.flow_book import DepthKnot, DepthShape

VENUE = "practice"
_FUNDING_INTERVAL_NS = 8 * 3600 * NANOSECONDS


@dataclass(frozen=True, slots=True)
class PracticePair:
    """One instrument of the practice market.

    Attributes:
        key: how its events are addressed.
        spec: ticks, lots, limits and fees.
        start_price: the fair value at the start of a session.
        basis: fraction by which it trades over (or under) the index.
        volatility_bp: basis points per square root of a minute.
        patience_bp: how far the fair value runs on average before quotes follow it.
        trade_lots: median size of an aggressor's order.
        changes: median number of levels that change in an interval.
        shape: its book.
        share: its part of all events (relative weight).
        open_interest: in what quantities count in; None for spot.
        funding_rate: None for spot.
    """

    key: InstrumentKey
    spec: Instrument
    start_price: float
    basis: float
    volatility_bp: float
    patience_bp: float
    trade_lots: float
    changes: float
    shape: DepthShape
    share: float
    open_interest: float | None = None
    funding_rate: float | None = None


def _spec(base: str, tick: str, lot: str, most: str, most_at_market: str, *, leverage: str | None = None) -> Instrument:
    """An instrument quoted in USDT; with a leverage it is a linear perpetual."""
    return Instrument(
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        settle="USDT",
        tick_size=Decimal(tick),
        lot_size=Decimal(lot),
        min_quantity=Decimal(lot),
        max_quantity=Decimal(most),
        max_market_quantity=Decimal(most_at_market),
        min_notional=Decimal(5),
        maker_fee=Decimal("0.001") if leverage is None else Decimal("0.0002"),
        taker_fee=Decimal("0.001") if leverage is None else Decimal("0.00055"),
        max_leverage=None if leverage is None else Decimal(leverage),
        min_price=Decimal(tick),
        funding_interval_ns=None if leverage is None else _FUNDING_INTERVAL_NS,
    )


def _shape(*knots: tuple[int, float, float, float], rough: tuple[float, float, float], every: int) -> DepthShape:
    """`rough`: roughness, the touch's, and granularity; `every`: ticks between round prices."""
    return DepthShape(
        tuple(DepthKnot(*knot) for knot in knots),
        *rough,
        round_ticks=((every // 2, 2.0), (every, 6.0), (10 * every, 20.0)),
    )


BTC_LINEAR = PracticePair(
    InstrumentKey(VENUE, "linear", "BTC/USDT"),
    _spec("BTC", "0.1", "0.001", "1500", "150", leverage="100"),
    start_price=65_114.2,
    basis=-0.0004,
    volatility_bp=3.0,
    patience_bp=0.3,
    trade_lots=15.0,
    changes=6.0,
    shape=_shape(
        (0, 7000.0, 1.0, 10.0),
        (1, 480.0, 0.5, 3.0),
        (3, 60.0, 0.45, 7.0),
        (15, 40.0, 0.5, 12.0),
        (50, 60.0, 0.6, 30.0),
        (150, 150.0, 0.75, 30.0),
        (300, 120.0, 0.65, 8.0),
        (500, 150.0, 0.5, 0.0),
        rough=(1.5, 0.35, 0.3),
        every=100,
    ),
    share=0.4,
    open_interest=59_891.732,
    funding_rate=0.0001,
)

ETH_LINEAR = PracticePair(
    InstrumentKey(VENUE, "linear", "ETH/USDT"),
    _spec("ETH", "0.01", "0.01", "10000", "2000", leverage="100"),
    start_price=1_922.48,
    basis=-0.0004,
    volatility_bp=3.5,
    patience_bp=0.3,
    trade_lots=15.0,
    changes=5.0,
    shape=_shape(
        (0, 4000.0, 1.0, 10.0),
        (1, 10.0, 0.5, 6.0),
        (5, 30.0, 0.9, 10.0),
        (15, 250.0, 0.97, 24.0),
        (50, 500.0, 0.98, 30.0),
        (120, 300.0, 0.95, 18.0),
        (240, 120.0, 0.6, 2.0),
        (340, 120.0, 0.5, 0.0),
        rough=(1.7, 0.8, 0.15),
        every=100,
    ),
    share=0.25,
    open_interest=830_090.65,
    funding_rate=0.00004617,
)

SOL_LINEAR = PracticePair(
    InstrumentKey(VENUE, "linear", "SOL/USDT"),
    _spec("SOL", "0.01", "0.1", "96000", "12000", leverage="100"),
    start_price=77.31,
    basis=-0.0004,
    volatility_bp=5.0,
    patience_bp=0.5,
    trade_lots=160.0,
    changes=4.0,
    shape=_shape(
        (0, 9400.0, 1.0, 12.0),
        (1, 12_600.0, 1.0, 16.0),
        (5, 24_000.0, 1.0, 20.0),
        (10, 29_000.0, 1.0, 24.0),
        (20, 20_000.0, 1.0, 18.0),
        (50, 4000.0, 0.99, 8.0),
        (120, 4500.0, 0.98, 2.0),
        (240, 4500.0, 0.95, 0.0),
        rough=(0.8, 0.6, 0.06),
        every=10,
    ),
    share=0.2,
    open_interest=6_738_053.9,
    funding_rate=0.00000876,
)

DOGE_LINEAR = PracticePair(
    InstrumentKey(VENUE, "linear", "DOGE/USDT"),
    _spec("DOGE", "0.00001", "1", "43678900", "5991100", leverage="75"),
    start_price=0.07053,
    basis=-0.0004,
    volatility_bp=5.0,
    patience_bp=0.5,
    trade_lots=1500.0,
    changes=4.0,
    shape=_shape(
        (0, 160_000.0, 1.0, 8.0),
        (1, 268_000.0, 1.0, 8.0),
        (3, 507_000.0, 1.0, 22.0),
        (10, 860_000.0, 1.0, 40.0),
        (40, 370_000.0, 1.0, 16.0),
        (100, 180_000.0, 0.99, 6.0),
        (240, 180_000.0, 0.95, 0.0),
        rough=(0.9, 0.9, 0.05),
        every=10,
    ),
    share=0.15,
    open_interest=1_391_590_942.0,
    funding_rate=0.0001,
)

BTC_SPOT = PracticePair(
    InstrumentKey(VENUE, "spot", "BTC/USDT"),
    _spec("BTC", "0.1", "0.000001", "230", "120"),
    start_price=65_140.4,
    basis=0.0,
    volatility_bp=3.0,
    patience_bp=0.3,
    trade_lots=2500.0,
    changes=2.5,
    shape=_shape(
        (0, 630_000.0, 1.0, 20.0),
        (1, 12_000.0, 0.3, 6.0),
        (6, 5000.0, 0.3, 10.0),
        (20, 4000.0, 0.3, 14.0),
        (60, 18_000.0, 0.35, 26.0),
        (200, 40_000.0, 0.4, 20.0),
        (450, 40_000.0, 0.4, 4.0),
        (700, 60_000.0, 0.35, 0.0),
        rough=(1.4, 0.5, 0.3),
        every=100,
    ),
    share=0.15,
)

_DOLLARS_A_LOT = 65.1
"""What a lot of linear BTC is worth. An inverse contract's lot is a dollar: so many times larger are its figures."""

BTC_INVERSE = PracticePair(
    InstrumentKey(VENUE, "inverse", "BTC/USD:BTC"),
    Instrument(
        symbol="BTCUSD",
        base="BTC",
        quote="USD",
        settle="BTC",
        tick_size=Decimal("0.1"),
        lot_size=Decimal(1),
        min_quantity=Decimal(1),
        max_quantity=Decimal(25_000_000),
        max_market_quantity=Decimal(5_000_000),
        maker_fee=Decimal("0.0002"),
        taker_fee=Decimal("0.00055"),
        max_leverage=Decimal(100),
        min_price=Decimal("0.1"),
        funding_interval_ns=_FUNDING_INTERVAL_NS,
    ),
    start_price=65_114.2,
    basis=-0.0004,
    volatility_bp=3.0,
    patience_bp=0.3,
    trade_lots=15.0 * _DOLLARS_A_LOT,
    changes=6.0,
    shape=replace(
        BTC_LINEAR.shape,
        knots=tuple(replace(knot, lots=knot.lots * _DOLLARS_A_LOT) for knot in BTC_LINEAR.shape.knots),
    ),
    share=0.15,
    open_interest=460_000_000.0,
    funding_rate=0.0001,
)
"""Not among the default pairs: BTC/USDT stands for it."""

DEFAULT_PAIRS = (BTC_LINEAR, ETH_LINEAR, SOL_LINEAR, BTC_SPOT)
"""BTC/USDT comes twice, on two categories, as on a real venue."""

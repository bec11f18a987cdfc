"""Axes: prices that are round and evenly spaced, a scale that stands still, and round times."""

from decimal import Decimal
from itertools import pairwise
from math import ulp

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ttxt_tui.paint.axes import NS_PER_SECOND, moment_text, price_scale, time_step, time_text

NOON = 1_795_262_400 * NS_PER_SECOND  # 2026-11-21 12:00 UTC
MINUTE = 60 * NS_PER_SECOND
DAY = 86_400 * NS_PER_SECOND


def labels(low: float, high: float, rows: int, decimals: int) -> dict[int, str]:
    scale = price_scale(low, high, rows, decimals)
    return {row: label for row in range(rows) if (label := scale.label(row)) is not None}


def test_round_prices_stand_at_even_distances() -> None:
    assert labels(67_012.3, 67_987.9, 20, 1) == {
        2: "68,000.0", 5: "67,800.0", 8: "67,600.0", 11: "67,400.0", 14: "67,200.0", 17: "67,000.0",
    }  # fmt: skip


@given(
    low=st.floats(-1e6, 1e6),
    span=st.floats(0, 1e6),
    rows=st.integers(1, 80),
    decimals=st.integers(0, 8),
)
def test_the_whole_range_is_shown_with_round_prices(low: float, span: float, rows: int, decimals: int) -> None:
    high = low + span
    scale = price_scale(low, high, rows, decimals)
    if rows > 1:
        assert scale.position(high) > -0.01
        assert scale.position(low) < rows + 0.01
    shown = labels(low, high, rows, decimals)
    prices = [Decimal(label.replace(",", "").replace("−", "-")) for label in shown.values()]
    assert all(len(label.partition(".")[2]) == decimals for label in shown.values())
    distances = {one - other for one, other in pairwise(prices)}
    assert len(distances) <= 1
    for distance in distances:
        digits = distance.normalize().as_tuple().digits
        assert digits in {(1,), (2,), (5,)}
    for row, price in zip(shown, prices, strict=True):
        # The round price stands in the middle of its row, as far as a float can tell prices apart.
        exact = float(price)
        spacing = ulp(exact) * abs(scale.position(exact) - scale.position(exact + 1))
        assert scale.position(exact) == pytest.approx(row + 0.5, abs=0.02 + 4 * spacing)


@given(low=st.floats(1, 1e5), span=st.floats(1, 1e4), rows=st.integers(8, 60))
def test_half_of_the_rows_at_least_are_used(low: float, span: float, rows: int) -> None:
    scale = price_scale(low, low + span, rows, 4)
    assert scale.position(low) - scale.position(low + span) > rows / 2 - 1


def test_a_price_that_does_not_move_has_a_scale_of_ticks() -> None:
    assert labels(1e-8, 1e-8, 12, 8) == {0: "0.00000002", 5: "0.00000001", 10: "0.00000000"}
    assert labels(1e6, 1e6, 12, 2) == {1: "1,000,000.01", 6: "1,000,000.00", 11: "999,999.99"}


@given(st.floats(100, 200), st.floats(0, 0.4))
def test_the_scale_stands_still_while_the_range_grows_by_less_than_it_shows(high: float, more: float) -> None:
    scale = price_scale(90, high, 24, 2)
    grown = price_scale(90, high + more * scale.tick_row / 100, 24, 2)
    assume(grown.tick_row == scale.tick_row)
    assert abs(grown.top_row - scale.top_row) <= 1


@pytest.mark.parametrize(
    ("interval", "pitch", "step"),
    [
        (MINUTE, 2, 600),
        (MINUTE, 1, 900),
        (5 * MINUTE, 2, 1800),
        (NS_PER_SECOND, 1, 15),
        (DAY, 2, 7 * 86_400),
        (1, 1, 1),
    ],
)
def test_times_are_printed_at_round_steps(interval: int, pitch: int, step: int) -> None:
    assert time_step(interval, pitch, 12) == step


@given(st.integers(1, 10**20), st.integers(1, 4))
def test_printed_times_never_run_into_each_other(interval: int, pitch: int) -> None:
    step = time_step(interval, pitch, 12)
    assert step * NS_PER_SECOND / interval * pitch >= 12 - 1e-6


def test_times_are_utc_and_name_the_day_at_midnight() -> None:
    assert time_text(NOON, 600) == "12:00"
    assert time_text(NOON + 15 * NS_PER_SECOND, 15) == "12:00:15"
    assert time_text(NOON + 12 * 3600 * NS_PER_SECOND, 3600) == "Nov 22"
    assert time_text(NOON, 7 * 86_400) == "Nov 21"
    assert time_text(-MINUTE, 60) == "23:59"
    assert moment_text(NOON, MINUTE) == "Nov 21 12:00"
    assert moment_text(NOON, NS_PER_SECOND) == "Nov 21 12:00:00"
    assert moment_text(NOON, DAY) == "Nov 21"


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**8))
def test_no_time_is_too_far_away_to_be_asked_for(time_ns: int, step: int) -> None:
    assert len(time_text(time_ns, step)) <= 8
    assert len(moment_text(time_ns, step)) <= 15

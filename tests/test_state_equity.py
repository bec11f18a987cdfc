"""The equity curve: what was made through time, in bounded room, its extremes never lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_tui.state.equity import MOST_POINTS, EquityCurve

SECOND = 1_000_000_000


def curve_of(*values: float) -> EquityCurve:
    curve = EquityCurve()
    for second, value in enumerate(values):
        curve.add(second * SECOND, value)
    return curve


def test_there_is_no_curve_before_there_are_two_moments() -> None:
    assert EquityCurve().view(10, 0.0) is None
    assert curve_of(1.0).view(10, 1.0) is None
    assert curve_of(1.0, 2.0).view(0, 2.0) is None


def test_it_tells_where_it_was_and_how_deep_it_fell() -> None:
    view = curve_of(0, 5, -3, 8, 2).view(5, 2.0)
    assert view is not None
    assert list(view.columns) == [0.0, 5.0, -3.0, 8.0, 2.0]
    assert (view.value, view.low, view.high, view.fall, view.span_ns) == (2, -3, 8, 8, 4 * SECOND)


def test_it_ends_with_what_is_made_at_this_moment() -> None:
    view = curve_of(0, 5, 4).view(3, -20.0)
    assert view is not None
    assert (view.columns[-1], view.value, view.low, view.fall) == (-20, -20, -20, 25)


def test_within_a_second_the_last_point_moves_and_keeps_its_extremes() -> None:
    curve = curve_of(0, 1)
    before = curve.version
    for value in (9.0, -9.0, 2.0):
        curve.add(SECOND + 500, value)
    assert curve.version > before
    assert [point.value for point in curve.points] == [0, 2]
    assert (curve.points[-1].low, curve.points[-1].high) == (-9, 9)
    unmoved = curve.version
    curve.add(SECOND + 600, 2.0)
    assert curve.version == unmoved


def test_where_time_jumped_the_curve_stays_where_it_was() -> None:
    curve = curve_of(1, 2)
    curve.add(9 * SECOND, 7)
    view = curve.view(10, 7)
    assert view is not None
    assert list(view.columns) == [1.0, *[2.0] * 8, 7.0]


def test_a_new_attempt_begins_at_nothing() -> None:
    curve = curve_of(1, 50, -50)
    curve.clear()
    assert curve.view(9, 0.0) is None
    curve.add(0, 3.0)
    curve.add(SECOND, 4.0)
    view = curve.view(2, 4.0)
    assert view is not None
    assert (view.low, view.high, view.fall) == (3, 4, 0)


@pytest.mark.parametrize("seconds", [MOST_POINTS - 1, 3 * MOST_POINTS, 20 * MOST_POINTS])
def test_a_day_takes_no_more_room_than_an_hour(seconds: int) -> None:
    curve = EquityCurve()
    for second in range(seconds):
        curve.add(second * SECOND, float(second))
    assert len(curve.points) <= MOST_POINTS
    view = curve.view(100, float(seconds))
    assert view is not None
    assert (view.low, view.high, view.fall) == (0, seconds, 0)
    columns = [column for column in view.columns if column is not None]
    assert columns == sorted(columns)


STEPS = st.lists(st.tuples(st.integers(0, 5000), st.floats(-1e9, 1e9)), max_size=60)


@given(STEPS, st.integers(0, 200), st.floats(-1e9, 1e9))
def test_any_curve_has_exactly_its_columns(steps: list[tuple[int, float]], width: int, now: float) -> None:
    curve, time_ns = EquityCurve(), 0
    for seconds, value in steps:
        time_ns += seconds * SECOND // 7
        curve.add(time_ns, value)
    times = [point.time_ns for point in curve.points]
    assert times == sorted(set(times))
    view = curve.view(width, now)
    if view is None:
        return
    assert len(view.columns) == width
    assert view.columns[0] is not None
    assert view.low <= min(now, *(value for _, value in steps))
    assert view.high >= max(now, *(value for _, value in steps))
    assert 0 <= view.fall <= view.high - view.low

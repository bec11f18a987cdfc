"""Times as people write them: every form, midnight, and what is none."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.errors import ConfigError
from ttxt_core.recording.times import format_time, parse_time

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
FIRST = 1_786_310_819_526_357_123  # 2026-08-09T21:26:59.526357123Z
LAST = FIRST + 42 * SECOND
MIDNIGHT = FIRST // DAY * DAY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-08-09T21:26:59.526357123Z", FIRST),
        ("2026-08-09T21:26:59.526357123", FIRST),
        ("2026-08-09 21:26:59.5", MIDNIGHT + (21 * 3600 + 26 * 60 + 59) * SECOND + SECOND // 2),
        ("2026-08-09T23:26:59.526357123+02:00", FIRST),
        ("2026-08-09T15:56:59.526357123 -0530", FIRST),
        ("2026-08-09T21:27", MIDNIGHT + (21 * 60 + 27) * 60 * SECOND),
        ("2026-08-10", MIDNIGHT + DAY),
        ("1970-01-01", 0),
        ("21:27:05", MIDNIGHT + (21 * 3600 + 27 * 60 + 5) * SECOND),
        ("21:27:05.000000001", MIDNIGHT + (21 * 3600 + 27 * 60 + 5) * SECOND + 1),
        ("21:27", MIDNIGHT + (21 * 60 + 27) * 60 * SECOND),
        ("+12.5s", FIRST + 12_500_000_000),
        ("+12.5", FIRST + 12_500_000_000),
        ("+0.000000001s", FIRST + 1),
        ("+250ms", FIRST + 250_000_000),
        ("+2m", FIRST + 120 * SECOND),
        ("+1.5h", FIRST + 5_400 * SECOND),
        (" +0s ", FIRST),
        ("1786310819526357123", FIRST),
        ("0", 0),
    ],
)
def test_forms(text: str, expected: int) -> None:
    assert parse_time(text, FIRST, LAST) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "-5s", "+", "+s", "+5 days", "12.5", "1e9", "5s", "٣"),
        *("24:00:00", "21:60", "21:00:60", "21:5", "21:27:05.", "21:27:05.0000000001"),
        *("2026-02-30", "2026-13-01", "2026-08-09T25:00:00", "2026-08-09T21:27:05+2", "09.08.2026", "2026-8-9"),
        *("1969-12-31", "9999-12-31", "0001-01-01", "+99999999999999h", "9999999999999999999"),
    ],
)
def test_what_is_no_time_is_one_error_that_names_the_forms(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_time(text, FIRST, LAST)
    assert repr(text) in caught.value.asked
    assert "+12.5s" in caught.value.hint


def test_a_time_of_day_past_midnight_is_the_next_days_where_only_that_lies_within() -> None:
    first = MIDNIGHT + 23 * 3600 * SECOND
    half_past_midnight = MIDNIGHT + DAY + 1_800 * SECOND
    assert parse_time("00:30", first, first + 2 * 3600 * SECOND) == half_past_midnight
    assert parse_time("23:30", first, first + 2 * 3600 * SECOND) == first + 1_800 * SECOND
    # Where it lies in neither day it is the first day's.
    assert parse_time("00:30", first, first + 60 * SECOND) == half_past_midnight - DAY


@given(st.integers(0, 2**63 - 1))
def test_what_is_formatted_parses_to_the_same(time_ns: int) -> None:
    text = format_time(time_ns)
    assert parse_time(text, FIRST, LAST) == time_ns
    whole = datetime.strptime(text[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    assert whole - datetime(1970, 1, 1, tzinfo=UTC) == timedelta(seconds=time_ns // SECOND)
    assert text[19:] == f".{time_ns % SECOND:09d}Z"


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_that_error(text: str) -> None:
    with suppress(ConfigError):
        assert 0 <= parse_time(text, FIRST, LAST) < 2**63

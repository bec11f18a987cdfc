"""Times as people write them, to nanoseconds and back. Pure: it reads no clock.

Owns the syntax; whether a recording has anything at a time is for its reader to say.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ttxt_core.clock import MILLISECOND_NS, NANOSECONDS
from ttxt_core.errors import ConfigError

TIME_SYNTAX = "2026-08-09T21:27:05.5 (UTC unless it says +02:00), 21:27:05.5 of the recording's day, +12.5s or ns"
"""The forms that `parse_time` reads, for help texts and messages."""

_CLOCK = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
_DATE = r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
_ZONE = r"(?P<zone>[Zz]|(?P<sign>[+-])(?P<zone_hour>\d\d):?(?P<zone_minute>\d\d))"
_ISO = re.compile(rf"{_DATE}(?:[Tt ]{_CLOCK} ?{_ZONE}?)?", re.ASCII)
_TIME_OF_DAY = re.compile(_CLOCK, re.ASCII)
_OFFSET = re.compile(r"\+(\d+(?:\.\d+)?) ?(ms|s|m|h)?", re.ASCII)
_WHOLE = re.compile(r"\d{1,19}", re.ASCII)

_UNITS_NS = {"ms": MILLISECOND_NS, "s": NANOSECONDS, "m": 60 * NANOSECONDS, "h": 3_600 * NANOSECONDS}
_DAY_NS = 86_400 * NANOSECONDS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_time(text: str, first_ns: int, last_ns: int) -> int:
    """The moment that `text` names, in nanoseconds since 1970-01-01 UTC.

    Forms: ISO 8601 to the nanosecond, UTC unless it has an offset; ``HH:MM[:SS[.fraction]]`` of the day on which
    the recording begins, or of the next one where only that lies within; ``+12.5s`` (ms, s, m, h) from the
    beginning; nanoseconds.

    Args:
        text: what was written.
        first_ns: where the recording begins.
        last_ns: where it ends. The moment need not lie between the two.

    Raises:
        ConfigError: of none of these forms, no such day or time of day, or not within 1970 to 2262, which 64 bits hold.
    """
    moment_ns = _moment(text, first_ns, last_ns)
    if not 0 <= moment_ns < 2**63:
        raise _unreadable(text, "it is before 1970 or after 2262")
    return moment_ns


def format_time(time_ns: int) -> str:
    """ISO 8601 in UTC with nine decimals: ``2026-08-09T21:26:59.526357123Z``."""
    seconds, fraction = divmod(time_ns, NANOSECONDS)
    moment = _EPOCH + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{fraction:09d}Z"


def _moment(text: str, first_ns: int, last_ns: int) -> int:
    written = text.strip()
    if match := _ISO.fullmatch(written):
        return _iso(match, text)
    if match := _TIME_OF_DAY.fullmatch(written):
        moment_ns = first_ns // _DAY_NS * _DAY_NS + _time_of_day(match, text)
        is_past_midnight = moment_ns < first_ns and moment_ns + _DAY_NS <= last_ns
        return moment_ns + _DAY_NS if is_past_midnight else moment_ns
    if match := _OFFSET.fullmatch(written):
        return first_ns + int(Decimal(match[1]) * _UNITS_NS[match[2] or "s"])
    if _WHOLE.fullmatch(written):
        return int(written)
    raise _unreadable(text, "it is no time")


def _iso(match: re.Match[str], text: str) -> int:
    try:
        day = datetime(int(match["year"]), int(match["month"]), int(match["day"]), tzinfo=UTC)
    except ValueError as error:
        raise _unreadable(text, f"there is no such day: {error}") from error
    moment_ns = (day - _EPOCH) // timedelta(seconds=1) * NANOSECONDS
    if match["hour"] is not None:
        moment_ns += _time_of_day(match, text)
    if match["sign"]:
        minutes = int(match["zone_hour"]) * 60 + int(match["zone_minute"])
        moment_ns -= int(match["sign"] + "1") * minutes * 60 * NANOSECONDS
    return moment_ns


def _time_of_day(match: re.Match[str], text: str) -> int:
    hour, minute, second = int(match["hour"]), int(match["minute"]), int(match["second"] or 0)
    if hour > 23 or minute > 59 or second > 59:
        raise _unreadable(text, "there is no such time of day")
    return (hour * 3_600 + minute * 60 + second) * NANOSECONDS + int((match["fraction"] or "").ljust(9, "0"))


def _unreadable(text: str, answered: str) -> ConfigError:
    return ConfigError(f"read the time {text!r}", answered, f"write {TIME_SYNTAX}")

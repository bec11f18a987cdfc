"""The log: bounded, duplicates counted, filtered, and standing still while it is read."""

from hypothesis import given
from hypothesis import strategies as st

from ttxt_tui.state.log import Log, LogLevel

SECOND = 1_000_000_000
INFO, OK, WARN, ERROR = LogLevel


def _filled(count: int) -> Log:
    log = Log()
    for number in range(count):
        log.add(number * SECOND, INFO, "order", f"entry {number}")
    return log


def _texts(log: Log, height: int = 10, width: int = 0) -> list[str]:
    return [row.text for row in log.rows(height, width)]


def test_it_keeps_so_many_and_says_how_many_went() -> None:
    log = Log(limit=3)
    for number in range(5):
        log.add(number, INFO, "order", str(number))
    assert len(log) == 3
    assert log.lost == 2
    assert _texts(log) == ["2", "3", "4"]


def test_a_repeated_entry_is_counted_and_moves_to_the_end() -> None:
    log = Log()
    for time in range(3):
        log.add(time * SECOND, WARN, "book", "gap")
        log.add(time * SECOND, INFO, "book", "syncing")
    assert [(row.text, row.times) for row in log.rows(10)] == [("gap", "×3"), ("syncing", "×3")]
    log.add(3 * SECOND, WARN, "book", "gap")
    assert [(row.text, row.times) for row in log.rows(10)] == [("syncing", "×3"), ("gap", "×4")]
    assert log.rows(10)[-1].time == "00:00:03.000"


def test_the_same_words_a_minute_later_are_a_new_entry() -> None:
    log = Log()
    log.add(0, WARN, "book", "gap")
    log.add(61 * SECOND, WARN, "book", "gap")
    assert [row.times for row in log.rows(10)] == ["", ""]


def test_errors_are_counted_until_they_were_seen() -> None:
    log = Log()
    log.add(0, ERROR, "order", "rejected")
    log.add(1, ERROR, "order", "rejected")
    log.add(2, WARN, "order", "late")
    assert log.errors == 2
    log.mark_seen()
    assert log.errors == 0


def test_it_is_filtered_by_level_topic_and_words() -> None:
    log = Log()
    log.add(0, INFO, "order", "working: BUY 1")
    log.add(1, ERROR, "order", "rejected: SELL 2")
    log.add(2, WARN, "book", "gap")
    log.show(WARN)
    assert _texts(log) == ["rejected: SELL 2", "gap"]
    assert log.filter_text == "warn and worse"
    log.show(topic="order", containing="buy")
    assert _texts(log) == ["working: BUY 1"]
    assert log.filter_text == 'order · "buy"'
    log.show()
    assert [log.show_next_level() for _ in range(4)] == [OK, WARN, ERROR, INFO]


def test_a_scrolled_view_stands_still_while_entries_come() -> None:
    log = _filled(20)
    assert _texts(log, 3) == ["entry 17", "entry 18", "entry 19"]
    log.scroll(-5, 3)
    assert not log.is_following
    before = _texts(log, 3)
    assert before == ["entry 12", "entry 13", "entry 14"]
    log.add(99 * SECOND, ERROR, "order", "new")
    assert _texts(log, 3) == before
    log.scroll(-100, 3)
    assert _texts(log, 3) == ["entry 0", "entry 1", "entry 2"]
    log.scroll(100, 3)
    assert _texts(log, 3)[-1] == "new"


def test_following_goes_to_the_end_at_once() -> None:
    log = _filled(9)
    log.scroll(-4, 3)
    log.follow()
    assert _texts(log, 2) == ["entry 7", "entry 8"]


def test_a_long_text_goes_on_in_further_lines() -> None:
    log = Log()
    log.add(0, ERROR, "order", "position over the limit")
    rows = log.rows(10, 12)
    assert [row.text for row in rows] == ["position", "over the", "limit"]
    assert [bool(row.time) for row in rows] == [True, False, False]
    assert [row.text for row in log.rows(2, 12)] == ["over the", "limit"]


@given(st.lists(st.tuples(st.sampled_from(LogLevel), st.text(max_size=40)), max_size=30), st.integers(0, 12))
def test_there_are_never_more_lines_than_asked_for(entries: list[tuple[LogLevel, str]], height: int) -> None:
    log = Log(limit=10)
    for time, (level, text) in enumerate(entries):
        log.add(time, level, "data", text)
    assert len(log) <= 10
    assert len(log.rows(height, 9)) <= height
    log.scroll(-3, height)
    assert len(log.rows(height, 9)) <= height


def test_its_version_changes_with_entries_and_the_view() -> None:
    log = _filled(5)
    versions = [log.version]
    log.add(9, OK, "fill", "x")
    versions.append(log.version)
    log.scroll(-1, 2)
    versions.append(log.version)
    log.show(WARN)
    versions.append(log.version)
    log.follow()
    versions.append(log.version)
    assert len(set(versions)) == 5

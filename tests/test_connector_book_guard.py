"""What passes a book guard: whatever is lost, repeated or shuffled, a consumer never has a wrong VALID book."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.connectors.book_guard import BookGuard
from ttxt_core.connectors.silence import SilenceWatch
from ttxt_core.events import BookState, BookStatus, Event, InstrumentKey, Kline, MessageHeader, Orderbook
from ttxt_core.orderbook import LocalOrderbook

KEY = InstrumentKey("bybit", "linear", "BTC/USDT")
SECOND = 1_000_000_000


def message(data: Orderbook, venue_s: int = 100, receive_s: int = 100) -> Event[Orderbook]:
    return Event(MessageHeader(*KEY, venue_s * SECOND, receive_s * SECOND), data)


def snapshot(sequence: int, *, depth: int = 50, size: float = 1.0) -> Event[Orderbook]:
    return message(Orderbook([(99.0, size)], [(101.0, 1.0)], True, sequence, None, depth))


def delta(sequence: int, size: float = 2.0) -> Event[Orderbook]:
    return message(Orderbook([(99.0, size)], [], False, sequence, sequence - 1, 50))


def states(events: list[Any]) -> list[BookState]:
    return [event.data.state for event in events if type(event.data) is BookStatus]


def test_a_snapshot_makes_it_valid_and_a_delta_passes() -> None:
    guard = BookGuard(KEY)
    assert guard.take(delta(1)) == []
    first = snapshot(5)
    passed = guard.take(first)
    assert passed[0] is first
    assert states(passed) == [BookState.VALID]
    following = delta(6)
    assert guard.take(following) == [following]


def test_a_gap_is_told_once_and_nothing_passes_until_a_snapshot() -> None:
    guard = BookGuard(KEY)
    guard.take(snapshot(5))
    broken = guard.take(delta(7))
    assert states(broken) == [BookState.GAP]
    assert len(broken) == 1
    assert not guard.became_valid.is_set()
    assert guard.take(delta(8)) == []
    assert states(guard.take(snapshot(9))) == [BookState.VALID]
    assert guard.became_valid.is_set()


def test_a_delta_that_comes_again_is_left_out_and_counted() -> None:
    guard = BookGuard(KEY)
    guard.take(snapshot(5))
    following = [delta(6), delta(7), delta(8)]
    assert [guard.take(event) for event in following] == [[event] for event in following]
    for old in (following[2], following[0], delta(7)):
        assert guard.take(old) == []
    assert (guard.repeated, guard.state) == (3, BookState.VALID)
    assert states(guard.take(delta(10))) == [BookState.GAP], "a real gap is still one"


def test_a_count_that_began_anew_is_a_gap_and_no_repetition() -> None:
    """The message that told of the restart was lost, and the venue's clock may even have been set back."""
    for anew in (message(delta(6).data, venue_s=101), message(delta(6).data, venue_s=99), delta(6, size=9.0), delta(5)):
        guard = BookGuard(KEY)
        guard.take(snapshot(5))
        guard.take(delta(6))
        guard.take(delta(7))
        assert states(guard.take(anew)) == [BookState.GAP]
        assert guard.repeated == 0


def test_a_delta_that_a_snapshot_took_back_is_not_old() -> None:
    guard = BookGuard(KEY)
    guard.take(snapshot(5))
    for event in (delta(6), delta(7), delta(9), snapshot(5)):
        guard.take(event)
    assert guard.state is BookState.VALID
    assert states(guard.take(delta(7))) == [BookState.GAP], "6 is missing now"


def test_a_top_of_book_that_is_sent_again_is_no_news() -> None:
    guard = BookGuard(KEY)
    guard.take(snapshot(5, depth=1))
    assert guard.take(snapshot(5, depth=1)) == []
    newer = snapshot(6, depth=1, size=3.0)
    assert guard.take(newer) == [newer]


def test_a_silence_that_lost_nothing_is_known_by_its_sequence() -> None:
    guard = BookGuard(KEY)
    guard.take(snapshot(5))
    guard.mark_stale("silent")
    guard.take(snapshot(5))
    assert guard.unchanged
    guard.mark_stale("silent")
    guard.take(snapshot(9))
    assert not guard.unchanged


def test_old_news_are_seen_by_the_venues_clock() -> None:
    guard = BookGuard(KEY)
    guard.take(snapshot(5))
    late = Orderbook([(99.0, 2.0)], [], False, 6, 5, 50)
    guard.take(message(late, venue_s=100, receive_s=130))
    assert guard.age_ns(0) == 30 * SECOND
    assert guard.age_ns(-25 * SECOND) == 5 * SECOND


@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=30),
    fate=st.lists(st.sampled_from(["pass", "pass", "pass", "drop", "twice", "swap", "resync", "restart"]), max_size=40),
)
def test_a_consumer_never_has_a_wrong_valid_book(sizes: list[int], fate: list[str]) -> None:
    truth: dict[int, dict[float, float]] = {}
    venue, sequence = {99.0: 1.0}, 10
    sent: list[Event[Orderbook]] = [message(Orderbook([(99.0, 1.0)], [(200.0, 1.0)], True, sequence, None, 50))]
    truth[sequence] = dict(venue)
    fates = iter(fate)
    for index, size in enumerate(sizes):
        sequence += 1
        price = 90.0 + index % 7
        venue[price] = float(size)
        venue = {p: s for p, s in venue.items() if s}
        truth[sequence] = dict(venue)
        change = message(Orderbook([(price, float(size))], [], False, sequence, sequence - 1, 50))
        match next(fates, "pass"):
            case "drop":
                continue
            case "twice":
                sent += [change, change]
            case "swap":
                sent.insert(len(sent) - 1, change)
            case "resync":
                sent.append(message(Orderbook(list(venue.items()), [(200.0, 1.0)], True, sequence, None, 50)))
            case _:
                sent.append(change)
    guard, consumer = BookGuard(KEY), LocalOrderbook(KEY)
    for event in sent:
        for passed in guard.take(event):
            if type(passed.data) is Orderbook:
                consumer.update(passed)  # type: ignore[arg-type]
                assert guard.state is BookState.VALID
                assert consumer.state is BookState.VALID
                assert dict(consumer.bids()) == truth[consumer.sequence]
            else:
                assert passed.data.state is guard.state


# -- silence ---------------------------------------------------------------------------------------------


def test_silence_is_told_once_and_grows_for_an_idle_instrument() -> None:
    watch = SilenceWatch({Orderbook: 10, Kline: 50}, most_ns=35)
    book, candles = (Orderbook, "BTC/USDT"), (Kline, "BTC/USDT")
    watch.begin([book, candles], now_ns=0)
    watch.heard(book, 5)
    assert watch.silent(15) == []
    assert watch.silent(16) == [(book, 11)]
    assert watch.silent(20) == []
    watch.was_idle(book)
    watch.heard(book, 20)
    assert watch.silent(40) == []
    assert watch.silent(41) == [(book, 21)]
    watch.was_idle(book)  # no longer than the most
    watch.heard(book, 50)
    assert [topic for topic, _ in watch.silent(86)] == [book, candles]
    watch.end()
    assert watch.silent(10_000) == []

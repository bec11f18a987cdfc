"""Waiting before the next try, and the estimate of a venue's clock."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import NANOSECONDS
from ttxt_core.web.backoff import Backoff
from ttxt_core.web.clock_offset import ClockOffset

SECOND = NANOSECONDS


@given(seed=st.integers(), losses=st.integers(1, 2_000))
def test_delays_grow_to_the_cap_and_no_further(seed: int, losses: int) -> None:
    backoff = Backoff(Random(seed), base_s=0.5, cap_s=30.0)
    delays = [backoff.lost(n) for n in range(losses)]
    assert delays[0] == 0
    for tries, delay in enumerate(delays[1:]):
        assert 0 <= delay <= min(30.0, 0.5 * 2.0 ** min(tries, 60)) * SECOND
    assert backoff.failures == losses


def test_jitter_is_full() -> None:
    delays = []
    for seed in range(400):
        backoff = Backoff(Random(seed))
        delays.append([backoff.lost(0) for _ in range(12)][-1])
    assert min(delays) < 3 * SECOND
    assert max(delays) > 27 * SECOND
    assert 13 * SECOND < sum(delays) / len(delays) < 17 * SECOND


@given(seed=st.integers(), lives=st.lists(st.integers(0, 19_999), min_size=8, max_size=30))
def test_connections_that_die_young_do_not_reset_it(seed: int, lives: list[int]) -> None:
    backoff, now = Backoff(Random(seed), healthy_s=20.0), 0
    for life_ms in lives:
        backoff.ready(now)
        now += life_ms * 1_000_000
        backoff.lost(now)
    assert backoff.failures == len(lives)
    backoff.ready(now)
    assert backoff.lost(now + 20 * SECOND) == 0
    assert backoff.failures == 1


def test_a_try_that_never_got_ready_does_not_profit_from_the_one_before() -> None:
    backoff = Backoff(Random(1))
    backoff.ready(0)
    assert backoff.lost(60 * SECOND) == 0
    backoff.lost(120 * SECOND)
    backoff.lost(180 * SECOND)
    assert backoff.failures == 3


@given(seed=st.integers(), asked=st.floats(0, 3_600))
def test_what_the_venue_asks_for_is_never_undercut(seed: int, asked: float) -> None:
    backoff = Backoff(Random(seed))
    assert backoff.lost(0, asked) == round(asked * SECOND)
    assert backoff.lost(0, asked) >= round(asked * SECOND)


@given(
    offset=st.integers(-(10**12), 10**12),
    trips=st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=30),
)
def test_the_estimate_is_good_to_half_of_its_round_trip(offset: int, trips: list[tuple[int, int]]) -> None:
    estimate = ClockOffset(8)
    now = 10**18
    for there_ns, back_ns in trips:
        estimate.add(now, now + there_ns + back_ns, now + there_ns + offset)
        now += 10**9
    best = min(there + back for there, back in trips[-8:])
    assert estimate.round_trip_ns == best
    assert abs(estimate.offset_ns - offset) <= best // 2 + 1


def test_before_a_sample_and_after_being_told_wrong_it_is_our_clock() -> None:
    estimate = ClockOffset()
    assert estimate.server_ms(5_000_000) == 5
    estimate.add(0, 2_000_000, 100_000_000)
    assert estimate.server_ms(5_000_000) == 104
    estimate.add(10, 5, 7)  # our clock was set back meanwhile
    assert estimate.round_trip_ns == 2_000_000
    estimate.clear()
    assert (estimate.offset_ns, estimate.round_trip_ns) == (0, None)

"""Holds, pastes and Alt: what a key is taken for, by time alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ttxt_core.clock import MILLISECOND_NS
from ttxt_tui.keyguard import KeyGuard, Verdict

MS = MILLISECOND_NS


def judged(guard: KeyGuard, *keys: tuple[str, int], guarded: bool = True) -> list[Verdict]:
    return [guard.judge(key, ms * MS, guarded=guarded) for key, ms in keys]


def test_a_key_counts_at_once_also_at_time_zero() -> None:
    assert KeyGuard().judge("b", 0, guarded=True) is Verdict.KEY


def test_a_held_key_counts_once_until_it_was_quiet_for_400_ms() -> None:
    held = [("enter", ms) for ms in range(0, 2_000, 30)]
    verdicts = judged(KeyGuard(), *held, ("enter", 2_369), ("enter", 2_769))
    assert verdicts[0] is Verdict.KEY
    assert set(verdicts[1:-1]) == {Verdict.REPEAT}
    assert verdicts[-1] is Verdict.KEY


def test_the_silence_is_from_the_last_repeat_and_not_from_the_first_press() -> None:
    assert judged(KeyGuard(), ("b", 0), ("b", 399), ("b", 798), ("b", 1_198)) == [
        Verdict.KEY,
        Verdict.REPEAT,
        Verdict.REPEAT,
        Verdict.KEY,
    ]


def test_another_key_is_no_repeat_and_an_unguarded_key_may_be_held() -> None:
    assert set(judged(KeyGuard(), ("b", 0), ("enter", 50), ("x", 100))) == {Verdict.KEY}
    assert set(judged(KeyGuard(), *[("j", ms) for ms in range(0, 900, 30)], guarded=False)) == {Verdict.KEY}


def test_more_than_four_keys_in_20_ms_are_a_paste() -> None:
    guard = KeyGuard()
    verdicts = judged(guard, *[(key, at) for at, key in enumerate("buy 0.5")], guarded=False)
    assert verdicts == [Verdict.KEY] * 4 + [Verdict.PASTE] * 3
    assert judged(guard, ("b", 500), ("enter", 505), ("s", 510), ("x", 516)) == [Verdict.KEY] * 4
    assert judged(guard, ("y", 521)) == [Verdict.KEY], "the fifth, but 21 ms after the first"
    assert judged(guard, ("z", 525)) == [Verdict.PASTE], "20 ms"


def test_an_unknown_alt_key_means_escape() -> None:
    assert KeyGuard().judge("alt+b", 5 * MS, guarded=False) is Verdict.ESCAPE


@given(st.lists(st.tuples(st.sampled_from(["b", "enter", "alt+b"]), st.integers(0, 500)), max_size=60))
def test_no_guarded_key_counts_twice_within_400_ms(gaps: list[tuple[str, int]]) -> None:
    guard, now_ms, counted = KeyGuard(), 0, {}
    last = ""
    for key, gap in gaps:
        now_ms += gap
        verdict = guard.judge(key, now_ms * MS, guarded=True)
        if verdict is Verdict.KEY and key == last:
            assert now_ms - counted.get(key, -400) >= 400
        if verdict is Verdict.KEY:
            counted[key] = now_ms
        last = key

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


def test_a_key_that_acts_on_orders_counts_only_when_it_came_alone() -> None:
    guard = KeyGuard()
    assert guard.judge("b", 0, guarded=True, acts=True) is Verdict.KEY
    assert guard.judge("enter", 9 * MS, guarded=True, acts=True) is Verdict.PASTE, "9 ms after another"
    assert guard.judge("enter", 90 * MS, guarded=True, acts=True) is Verdict.PASTE, "the end of a paste"
    assert guard.judge("j", 95 * MS, guarded=False) is Verdict.KEY, "it acts on nothing"
    assert guard.judge("K", 110 * MS, guarded=False, acts=True) is Verdict.KEY, "what was ignored delays nothing more"
    assert guard.judge("enter", 600 * MS, guarded=True, acts=True) is Verdict.KEY
    assert guard.judge("K", 900 * MS, guarded=False, acts=True, together=2) is Verdict.PASTE


@given(st.lists(st.sampled_from(["b", "x", "c", "enter", "1", "j", "X"]), min_size=2, max_size=5_000), st.data())
def test_a_paste_in_pieces_does_at_most_what_its_first_key_does(keys: list[str], data: st.DataObject) -> None:
    """In one piece it does nothing at all; in pieces, of which the first may be one key, it is caught from the second.

    The cursor is no matter: only what acts on orders counts.
    """
    first = data.draw(st.sampled_from([1, 2, 5, len(keys)]))
    guard, pieces = KeyGuard(), [keys[:first], *([keys[at : at + 700] for at in range(first, len(keys), 700)])]
    acted, now_ns = [], 0
    for piece in pieces:
        for key in piece:
            verdict = guard.judge(key, now_ns, guarded=False, acts=key != "j", together=len(piece))
            if verdict is Verdict.KEY and key != "j":
                acted.append(key)
            now_ns += data.draw(st.sampled_from([0, 20_000, 3 * MS])) if len(keys) < 50 else 20_000
        now_ns += 3 * MS
    assert acted == (keys[:1] if first == 1 and keys[0] != "j" else [])


def test_more_than_four_keys_of_one_read_are_a_paste_from_the_first_on() -> None:
    guard = KeyGuard()
    assert {guard.judge(key, 0, guarded=False, together=5) for key in "jjkkg"} == {Verdict.PASTE}

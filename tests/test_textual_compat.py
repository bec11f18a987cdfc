"""The touches on Textual's private names: only on versions that they were tried with, and doing what they are for."""

from __future__ import annotations

import errno
import gc
import io
import os
import signal
from collections.abc import Iterable, Iterator

import pytest
from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread
from textual.events import Key
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Static

from ttxt_tui import _textual_compat as compat


@pytest.fixture
def unpatched() -> Iterator[None]:
    """`Strip.divide` as Textual has it."""
    patched = Strip.divide
    Strip.divide = getattr(patched, "_ttxt_original", patched)  # type: ignore[method-assign]
    yield
    Strip.divide = patched  # type: ignore[method-assign]


class Page(App[None]):
    def compose(self) -> ComposeResult:
        yield Static("page", id="page")


@pytest.mark.parametrize(
    ("version", "tried"), [("8.2.8", True), ("8.2.11", True), ("8.3.0", False), ("9.0.0", False), ("7.5.0", False)]
)
def test_versions(version: str, *, tried: bool) -> None:
    assert compat.tried_version(version) is tried


def _cyclic_garbage_of(strips: Iterable[Strip]) -> int:
    gc.collect()
    gc.disable()
    try:
        for strip in strips:
            strip.divide([strip.cell_length])
        del strip
        return gc.collect()
    finally:
        gc.enable()


def _strips() -> Iterator[Strip]:
    return (Strip([Segment("x" * 10)], 10) for _ in range(50))


def test_an_uncut_strip_is_no_cycle() -> None:
    assert compat.install()
    assert _cyclic_garbage_of(_strips()) == 0


@pytest.mark.usefixtures("unpatched")
def test_textual_alone_makes_a_cycle_of_each_strip() -> None:
    assert _cyclic_garbage_of(_strips()) >= 50, "Textual has mended it: the patch can go"


def test_strips_are_still_divided() -> None:
    compat.install()
    strip = Strip([Segment("abcdef")], 6)
    assert [part.text for part in strip.divide([2, 6])] == ["ab", "cdef"]
    assert strip.divide([6]) == [strip]


class GoneTerminal(io.StringIO):
    """What a pseudo-terminal is once its other end was closed."""

    def write(self, text: str, /) -> int:
        raise OSError(errno.EIO, "the terminal has gone")


@pytest.mark.timeout(30)
def test_who_writes_to_a_terminal_that_has_gone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    compat.install()
    told: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: told.append(number))
    writer = WriterThread(GoneTerminal())
    writer.start()
    for _ in range(10 * MAX_QUEUED_WRITES):
        writer.write("a frame")
    writer.stop()
    assert told == [signal.SIGHUP], "the program ends as after a hang-up, whoever notices first"


def test_installing_twice_patches_once() -> None:
    compat.install()
    divide = Strip.divide
    compat.install()
    assert Strip.divide is divide


@pytest.mark.usefixtures("unpatched")
async def test_an_untried_version_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compat, "_TRIED", False)
    divide = Strip.divide
    assert not compat.install()
    assert Strip.divide is divide
    app = Page()
    async with app.run_test(size=(40, 10)):
        assert compat.queued_writes(app) == 0
        assert compat.Place(app.query_one("#page")).region() is None
        driver = app._driver
        assert driver is not None
        send = driver.send_message
        compat.take_keys(app, lambda _key: True)
        assert driver.send_message == send


async def test_where_a_widget_is() -> None:
    app = Page()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        place = compat.Place(app.query_one("#page")).region()
        assert place is not None
        assert (place.x, place.y, place.width) == (0, 0, 40)


async def test_keys_come_first_and_those_not_taken_go_textuals_way() -> None:
    passed: list[str] = []

    class Keys(Page):
        def on_key(self, event: Key) -> None:
            passed.append(event.key)

    app = Keys()
    taken: list[str] = []
    async with app.run_test(size=(40, 10)) as pilot:

        def take(event: Key) -> bool:
            taken.append(event.key)
            return event.key == "a"

        compat.take_keys(app, take)
        driver = app._driver
        assert driver is not None
        others: list[Message] = [Key("a", "a"), Key("b", "b")]
        for message in others:
            message.set_sender(app)
            driver.send_message(message)
        await pilot.pause(0.05)
    assert taken == ["a", "b"]
    assert passed == ["b"]

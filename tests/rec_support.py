"""Running ``ttxt-rec`` in the tests' own process, and what it said."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests import bybit_frames as bybit
from ttxt_core.cli.rec import main
from ttxt_core.events import Event, Instrument
from ttxt_core.recording.reader import RecordingReader

LINEAR_BTC = "BYBIT-LINEAR_BTC_USDT.bin"
SPOT_BTC = "BYBIT_BTC_USDT.bin"


class Said(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def complaints(self) -> list[str]:
        """Its messages, without the name that each begins with."""
        lines = self.err.splitlines()
        assert all(line.startswith("ttxt-rec: ") for line in lines), self.err
        return [line.removeprefix("ttxt-rec: ") for line in lines]


class Command:
    """``ttxt-rec``."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Said:
        """Run it; a traceback fails the test."""
        self._capsys.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as ended:  # argparse ends it so
            status = int(ended.code or 0)
        out, err = self._capsys.readouterr()
        return Said(status, out, err)


@pytest.fixture(name="rec")
def rec_command(capsys: pytest.CaptureFixture[str]) -> Command:
    """``ttxt-rec`` in this process."""
    return Command(capsys)


def events_of(path: Path) -> list[Event[Any]]:
    """What a recording holds, but the instrument that it begins with."""
    with RecordingReader(path) as reader:
        assert reader.damage == []
        return [event for event in reader.events() if type(event.data) is not Instrument]


def short_capture(path: Path, *, first_ns: int = bybit.START_NS, update: int = 100) -> Path:
    """Two seconds of BTC on both categories: 42 book events each, 3 trades linear and 1 spot, candles, tickers."""
    rows = bybit.preamble()
    # Data arrives before the subscribe ack.
    rows += bybit.received(bybit.LINEAR, bybit.snapshot(update), bybit.ACK)
    rows += bybit.received(bybit.SPOT, bybit.ACK, bybit.snapshot(update + 9_000))
    for number in range(1, 42):
        change = [(f"{100 - number % 5 / 10:.1f}", f"{number}.125")]
        rows += bybit.received(bybit.LINEAR, bybit.book(update + number, change))
        rows += bybit.received(bybit.SPOT, bybit.book(update + 9_000 + number, change))
    rows += bybit.received(bybit.LINEAR, bybit.trades("Buy", "Sell", "Sell"), bybit.kline(True, False))
    rows += bybit.received(bybit.LINEAR, bybit.ticker(lastPrice="100.1"), bybit.ticker(bid1Price="100.0"))
    rows += bybit.received(bybit.SPOT, bybit.trades("Buy"))
    return bybit.write_capture(path, rows, first_ns)

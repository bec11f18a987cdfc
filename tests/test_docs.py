"""The documents in docs/ are true: their snippets run, their tables are the code's, their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests import bybit_frames as bybit
from tests.conftest import REPOSITORY
from tests.recording_support import market, read, write
from ttxt_core.events import MarketTrades, Orderbook
from ttxt_core.events.registry import registry
from ttxt_core.recording import codec
from ttxt_core.recording.reader import RecordingReader

DOCS = REPOSITORY / "docs"


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def snippets(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text_of(name), re.DOTALL)


def event_table() -> str:
    """A row for each built-in event: what stands in docs/events.md."""
    types = {tag: cls for tag, cls in registry.types.items() if cls.__module__.startswith("ttxt_core.events.")}
    rows = [
        f"| `{tag}` | `{cls.__name__}` | {', '.join(f'`{name}`' for name in cls.__struct_fields__)} |"
        for tag, cls in types.items()
    ]
    return "\n".join(["| tag | event | fields |", "|---|---|---|", *rows])


def test_the_table_of_events_is_the_codes() -> None:
    table = text_of("events.md").split("<!-- events -->")[1].split("<!-- /events -->")[0].strip()
    assert table == event_table(), "paste the output of tests.test_docs.event_table() between the marks"


def test_a_recording_is_read_without_ttxt_as_the_document_says(tmp_path: Path) -> None:
    path = write(tmp_path / "market.bin", market(900), chunk_events=50, keyframe_events=200)
    path.write_bytes(path.read_bytes()[:-20])
    (snippet,) = snippets("recording-format.md")
    assert "ttxt_core" not in snippet
    ran = subprocess.run([sys.executable, "-c", snippet, str(path)], check=True, capture_output=True, text=True)
    expected = []
    for event in read(path):
        data, time_ns = event.data, event.header.receive_time_ns
        if type(data) is Orderbook:
            kind = "snapshot" if data.is_snapshot else "delta"
            expected.append(f"{time_ns} BTC/USDT {kind} {data.sequence} {len(data.bids)} {len(data.asks)}")
        elif type(data) is MarketTrades:
            expected += [f"{time_ns} BTC/USDT trade {t.side} {t.price} {t.size}" for t in data.trades]
    assert len(expected) > 400
    assert ran.stdout.splitlines() == expected


def test_the_header_in_the_document_is_the_codecs() -> None:
    rows = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \|", text_of("recording-format.md"), re.MULTILINE)
    sizes = {"8 bytes": 8, "uint8": 1, "uint32": 4, "int64": 8}
    at = 0
    for offset, _, kind in rows:
        assert int(offset) == at
        at += sizes[kind]
    assert at == codec.HEADER_SIZE == 52
    documented = [name for _, name, _ in rows]
    assert documented[:6] == ["magic", "version", "kind", "codec", "flags", "rows"]
    assert bytes.fromhex("89 54 54 58 54 0D 0A 1A") == codec.MAGIC


def test_keyframes_come_when_the_document_says(tmp_path: Path) -> None:
    with RecordingReader(write(tmp_path / "market.bin", market(3_200))) as reader:
        kinds = [chunk.header.kind for chunk in reader.chunks]
        rows = [chunk.header.rows for chunk in reader.chunks]
    assert kinds[0] == codec.ChunkKind.KEYFRAME
    first, second = [number for number, kind in enumerate(kinds) if kind == codec.ChunkKind.KEYFRAME][1:]
    assert sum(rows[1:first]) == sum(rows[first + 1 : second]) == 1_500


DRIVE = """
import sys

from ttxt_core import read_events
from ttxt_core.recording.writer import RecordingWriter

listed, liquidation, trades, path = sys.argv[1:]
normalizer = LiquidationNormalizer("linear")
(instrument, *_) = normalizer.instruments(listed.encode(), 1)
frames = [(6, liquidation.encode()), (8, trades.encode())]
asyncio.run(watch(normalizer, frames))
with RecordingWriter(path, instrument) as writer:
    for time_ns, frame in frames:
        for event in normalizer.normalize(frame, time_ns):
            writer.append(event)
print([type(event.data).__name__ for event in read_events(path)])
"""


def test_the_event_of_ones_own_works_as_the_document_says(tmp_path: Path) -> None:
    script = "\n".join(snippets("events.md")) + DRIVE
    row = '{"T":5,"s":"BTCUSDT","S":"Buy","v":"0.5","p":"99.5"}'
    frame = f'{{"topic":"allLiquidation.BTCUSDT","type":"snapshot","ts":7,"data":[{row}]}}'
    arguments = [bybit.instruments("linear"), frame, bybit.trades("Buy"), str(tmp_path / "own.bin")]
    # In a process of its own: a registered tag stays.
    ran = subprocess.run(
        [sys.executable, "-c", script, *arguments], check=False, capture_output=True, text=True, cwd=REPOSITORY
    )
    assert ran.stderr == ""
    assert ran.stdout.splitlines() == ["BTC/USDT buy 0.5 @ 99.5", "['Instrument', 'Liquidation', 'MarketTrades']"]


def test_links_and_paths_in_the_documents_are_there() -> None:
    documents = sorted(DOCS.glob("*.md"))
    assert documents
    for document in documents:
        text = document.read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (document.parent / target).exists(), f"{document.name} links to {target}"
        for named in re.findall(r"`((?:ttxt_core|ttxt_tui)/[\w/.]+)`", text):
            assert (REPOSITORY / named).exists(), f"{document.name} names {named}"


def test_the_folders_of_the_architecture_are_there() -> None:
    part = ""
    for line in text_of("architecture.md").splitlines():
        head = re.match(r"\| `(ttxt_\w+)/` \|", line)
        part = head[1] if head else part if line.startswith("|") else ""
        if part and not head:
            for named in re.findall(r"`([\w]+(?:/|\.py))`", line.split("|")[1]):
                assert (REPOSITORY / part / named).exists(), f"{part}/{named}"

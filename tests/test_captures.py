"""Captured traffic: every format read, and everything in it that does not follow its format."""

import gzip
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests import bybit_frames as bybit
from ttxt_core.connectors.captures import CapturedFrame, FrameKind, read_capture
from ttxt_core.errors import ProtocolError

TIME_NS = 1_786_310_819_526_357_123
SECONDS = "1786310819.526357123"


def read(path: Path) -> list[CapturedFrame]:
    return list(read_capture(path))


def compressed(path: Path, lines: list[str]) -> Path:
    path.write_bytes(zstandard.compress("".join(line + "\n" for line in lines).encode()))
    return path


def test_cryptofeed_3_tells_what_happened(tmp_path: Path) -> None:
    lines = [
        '{"t":"header","format":2}',
        f'{{"t":"http","conn":"h","ts":{SECONDS},"url":"https://x/y","data":"{{}}"}}',
        f'{{"t":"connect","conn":"a","ts":{SECONDS},"addr":"wss://x/linear"}}',
        f'{{"t":"send","conn":"a","ts":{SECONDS},"addr":"wss://x","data":"hello"}}',
        f'{{"t":"recv","conn":"a","ts":{SECONDS},"data":"{{\\"a\\":1}}"}}',
    ]
    expected = [
        CapturedFrame(2, TIME_NS, "h", FrameKind.REPLY, b"{}", "https://x/y"),
        CapturedFrame(3, TIME_NS, "a", FrameKind.CONNECTED, b"wss://x/linear"),
        CapturedFrame(4, TIME_NS, "a", FrameKind.SENT, b"hello"),
        CapturedFrame(5, TIME_NS, "a", FrameKind.RECEIVED, b'{"a":1}'),
    ]
    assert read(compressed(tmp_path / "x.jsonl.zst", lines)) == expected
    plain = tmp_path / "x.jsonl"
    plain.write_text("\n".join(lines))  # the last line without its end
    assert read(plain) == expected


def test_hftbacktest_has_nanoseconds(tmp_path: Path) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(f'{TIME_NS} {{"a": 1}}\n{TIME_NS} {{"lastUpdateId":2}}\nno\n0 {{}}\n'.encode()))
    assert read(path) == [
        CapturedFrame(1, TIME_NS, "ws", FrameKind.RECEIVED, b'{"a": 1}'),
        CapturedFrame(2, TIME_NS, "ws", FrameKind.REPLY, b'{"lastUpdateId":2}'),
        CapturedFrame(3, 0, "ws", FrameKind.DAMAGED, b"no"),
        CapturedFrame(4, 0, "ws", FrameKind.DAMAGED, b"0 {}"),
    ]


def test_the_archive_has_the_time_of_its_frames(tmp_path: Path) -> None:
    path = tmp_path / "btcusdt-ob500.data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one", '{"ts":1733011200691,"a":1}\n{"ts":-5}\n')
        archive.writestr("two", '{"ts":1733011200791}\n{"ts":"x"}\n')
    assert read(path) == [
        CapturedFrame(
            1, 1_733_011_200_691_000_000, "btcusdt-ob500.data", FrameKind.RECEIVED, b'{"ts":1733011200691,"a":1}'
        ),
        CapturedFrame(2, 0, "btcusdt-ob500.data", FrameKind.DAMAGED, b'{"ts":-5}'),
        CapturedFrame(3, 1_733_011_200_791_000_000, "btcusdt-ob500.data", FrameKind.RECEIVED, b'{"ts":1733011200791}'),
        CapturedFrame(4, 0, "btcusdt-ob500.data", FrameKind.DAMAGED, b'{"ts":"x"}'),
    ]


def test_cryptofeed_1_text(tmp_path: Path) -> None:
    path = tmp_path / "OKX.ws.1.0"
    path.write_text(
        f"configuration: {{}}\nwss://x/y <-> {SECONDS}\nwss://x <- {SECONDS}: hello\n{SECONDS}: {{}}\n"
        f"https://x -> {SECONDS}: body: with colon\nnothing\n99999999999.5: beyond\n"
    )
    assert read(path) == [
        CapturedFrame(2, TIME_NS, path.name, FrameKind.CONNECTED, b"wss://x/y"),
        CapturedFrame(3, TIME_NS, path.name, FrameKind.SENT, b"hello"),
        CapturedFrame(4, TIME_NS, path.name, FrameKind.RECEIVED, b"{}"),
        CapturedFrame(5, TIME_NS, path.name, FrameKind.REPLY, b"body: with colon", "https://x"),
        CapturedFrame(6, 0, path.name, FrameKind.DAMAGED, b"nothing"),
        CapturedFrame(7, 0, path.name, FrameKind.DAMAGED, b"99999999999.5: beyond"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"\xff\xfe",
        b'{"t":"recv","conn":"a","data":"x"}',  # no time
        b'{"t":"recv","conn":"a","ts":"NaN","data":"x"}',
        b'{"t":"recv","conn":"a","ts":-1,"data":"x"}',
        b'{"t":"recv","conn":"a","ts":1e99999,"data":"x"}',
        b'{"t":"recv","conn":"a","ts":1}',  # no frame
        b'{"t":"recv","conn":"a","ts":1,"data":"\xed\xa0\x80"}',
        b'{"t":"recv","conn":5,"ts":1,"data":"x"}',
        b'{"t":"jump","conn":"a","ts":1,"data":"x"}',
    ],
)
def test_a_line_that_is_not_of_the_format_is_named_and_the_rest_read(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "x.jsonl"
    good = f'{{"t":"recv","conn":"a","ts":{SECONDS},"data":"x"}}'.encode()
    path.write_bytes(good + b"\n" + line + b"\n\n" + good + b"\n")
    first, damaged, last = read(path)
    assert (first.line, damaged.line, last.line) == (1, 2, 4)
    assert damaged.kind is FrameKind.DAMAGED
    assert damaged.payload == line
    assert (first.kind, last.kind) == (FrameKind.RECEIVED, FrameKind.RECEIVED)


def many_lines(count: int) -> list[str]:
    return bybit.capture_lines(bybit.received("a", *[f"{n}" * 20 for n in range(count)]))


@pytest.mark.parametrize("share", [0.3, 0.8, 0.999])
def test_a_capture_that_is_cut_off_says_so_after_what_it_has(tmp_path: Path, share: float) -> None:
    whole = compressed(tmp_path / "x.jsonl.zst", many_lines(30_000)).read_bytes()
    torn = tmp_path / "torn.jsonl.zst"
    torn.write_bytes(whole[: int(len(whole) * share)])
    frames: list[CapturedFrame] = []
    with pytest.raises(ProtocolError, match="ends within its compressed data") as caught:
        frames.extend(read_capture(torn))  # keeps what came before the error
    assert str(torn) in str(caught.value)
    assert [frame.payload for frame in frames] == [f"{n}".encode() * 20 for n in range(len(frames))]
    assert share - 0.3 < len(frames) / 30_000 < 1


def test_several_compressed_frames_are_one_capture(tmp_path: Path) -> None:
    lines = many_lines(3_000)
    path = tmp_path / "x.jsonl.zst"
    text = "".join(line + "\n" for line in lines).encode()
    parts = [text[:100], text[100:70_001], text[70_001:]]
    path.write_bytes(b"".join(zstandard.compress(part) for part in parts))
    assert [frame.payload for frame in read(path)] == [f"{n}".encode() * 20 for n in range(3_000)]


def test_a_frame_longer_than_a_block_is_one_frame(tmp_path: Path) -> None:
    long = "x" * 3_000_000
    path = compressed(tmp_path / "x.jsonl.zst", bybit.capture_lines(bybit.received("a", "1", long, "2")))
    assert [len(frame.payload) for frame in read(path)] == [1, 3_000_000, 1]


@pytest.mark.parametrize("name", ["x.jsonl.zst", "x.gz", "x.zip"])
def test_what_can_not_be_decompressed_is_one_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"this is no archive of any kind" * 9)
    with pytest.raises(ProtocolError, match=f"read the capture .*{name}"):
        read(path)


def test_a_damaged_archive_is_one_error(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("one", "".join(f'{{"ts":{n}}}\n' for n in range(1, 9_999)))
    content = bytearray(path.read_bytes())
    content[5_000:5_100] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(ProtocolError, match="read the capture"):
        read(path)
    gz = tmp_path / "x.gz"
    content = bytearray(gzip.compress(b"".join(b"%d {}\n" % n for n in range(1, 99_999))))
    content[20_000:20_100] = bytes(100)
    gz.write_bytes(content)
    with pytest.raises(ProtocolError, match="read the capture"):
        read(gz)


def test_what_is_not_there_or_no_file_is_one_error(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="No such file"):
        read(tmp_path / "x.jsonl")
    with pytest.raises(ProtocolError, match="directory"):
        read(tmp_path)


def test_progress_is_told_in_bytes_of_the_file(tmp_path: Path) -> None:
    path = compressed(tmp_path / "x.jsonl.zst", many_lines(50_000))
    told: list[int] = []
    assert len(list(read_capture(path, told.append))) == 50_000
    assert told == sorted(told)
    assert told[-1] == path.stat().st_size


@given(st.lists(st.binary(max_size=60), max_size=20), st.sampled_from(["x.jsonl", "x.0"]))
def test_no_line_of_bytes_raises(tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], name: str) -> None:
    path = tmp_path_factory.mktemp("capture") / name
    path.write_bytes(b"\n".join(lines))
    written = [line for line in b"\n".join(lines).split(b"\n") if line.rstrip(b"\r\n")]
    assert len(read(path)) <= len(written)


def test_the_bybit_capture(bybit_capture: Path) -> None:
    frames = read(bybit_capture)
    kinds = Counter((frame.connection, frame.kind) for frame in frames)
    assert kinds == {
        ("BYBIT.http.1", FrameKind.REPLY): 2,
        ("BYBIT.ws.2", FrameKind.CONNECTED): 1,
        ("BYBIT.ws.3", FrameKind.CONNECTED): 1,
        ("BYBIT.ws.2", FrameKind.SENT): 17,
        ("BYBIT.ws.3", FrameKind.SENT): 7,
        ("BYBIT.ws.2", FrameKind.RECEIVED): 2_546,
        ("BYBIT.ws.3", FrameKind.RECEIVED): 681,
    }
    assert [frame.payload for frame in frames if frame.kind is FrameKind.CONNECTED] == [
        b"wss://stream.bybit.com/v5/public/linear",
        b"wss://stream.bybit.com/v5/public/spot",
    ]


@pytest.mark.parametrize(
    ("name", "received"),
    [
        ("bybit/xrpusdt-ob500.data.zip", 50),
        ("hyperliquid/btcusd_20250126.gz", 55),
        ("okx/OKX.ws.1.0", 410),
        ("coinbase/COINBASE.jsonl.zst", 1_030),
        ("deribit/DERIBIT.ws.1.0", 136),
    ],
)
def test_captures_of_every_format(shared_data: Path, name: str, received: int) -> None:
    path = shared_data / name
    if not path.is_file():
        pytest.skip(f"no capture at {path}")
    kinds = Counter(frame.kind for frame in read(path))
    assert kinds[FrameKind.RECEIVED] == received
    assert not kinds[FrameKind.DAMAGED]

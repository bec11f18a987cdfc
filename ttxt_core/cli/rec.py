"""``ttxt-rec``: recordings from captures, and what can be done with recordings on a command line.

Owns the command line and how errors look. Each subcommand's work is in a module of its own, loaded when it is
asked for, so that ``--help`` is quick.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from ttxt_core.cli.console import complain
from ttxt_core.errors import TtxtError

_TIMES = "TIME: 2026-08-09T21:27:05.5 (UTC unless it has an offset), 21:27:05.5 of the recording's day, +12.5s, or ns."

_IMPORT = """\
Captures: cryptofeed *.jsonl.zst, *.jsonl and text, hftbacktest *.gz, Bybit's order book archive *.zip.
Read so far: Bybit spot, linear and inverse. A pair that has market data gets a file of its own, e.g.
BYBIT_BTC_USDT.bin for spot and BYBIT-LINEAR_BTC_USDT.bin for linear. A bad frame is told once, counted and left out.
"""
_EXPORT = f"""\
jsonl  an object an event: {{"type", "header": {{…}}, "data": {{…}}}}, all fields by name; exact decimals are texts.
csv    a row an event, but for Orderbook a row a level and for MarketTrades a row a trade. Columns:
         all           receive_time_ns venue_time_ns record venue category pair type
         Orderbook     is_snapshot sequence previous_sequence depth side (bid, ask) price size
         MarketTrades  side (buy, sell: the taker's) price size trade_id time_ns is_block
         others        the event's fields, by name; of types of your own, all of them as JSON in `data`
       Only columns of the types asked for are there; what a row does not have is empty.

TYPES: Orderbook,MarketTrades,Kline,Ticker,Instrument,BookStatus,FeedGap (default: all).
{_TIMES} --from is included, --to is not.
"""
_CUT = f"""\
The cut begins with the instrument, the candles, the ticker and the book as they were at --from, so that it replays
alone. {_TIMES} --from is included, --to is not.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (default: of this process) and return its exit status.

    0: done. 1: it could not be done, or not all of it; what and why is on stderr. 2: misused. 130: interrupted.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.version:
        from importlib.metadata import version

        print(f"ttxt-rec {version('ttxt-tui')}")
        return 0
    if options.command is None:
        parser.error("name a command: import, info, verify, export or cut")
    if options.command == "import" and options.infer_steps and options.category is None:
        parser.error("--infer-steps needs --category: the steps do not tell it")
    try:
        status: int = import_module(f"ttxt_core.cli.rec_{options.command}").run(options)
        sys.stdout.flush()
    except TtxtError as error:
        complain(str(error))
    except KeyboardInterrupt:
        complain("interrupted: what was written is whole")
        return 130
    except BrokenPipeError:
        # Who read the output has enough. Without this Python would complain when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        complain(f"write the output: {error.strerror or error}")
    else:
        return status
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ttxt-rec", description="Make, inspect and convert recordings of market data."
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    def command(name: str, text: str, epilog: str = "") -> argparse.ArgumentParser:
        return commands.add_parser(
            name,
            help=text,
            description=text[0].upper() + text[1:] + ".",
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    _add_import(command("import", "make recordings from captured raw frames", _IMPORT))

    info = command("info", "say what is in recordings")
    info.add_argument("files", metavar="FILE", nargs="+", type=Path)
    info.add_argument("--json", action="store_true", help="one JSON object a file, a line each")

    verify = command("verify", "check that every chunk is whole; the exit status says whether")
    verify.add_argument("files", metavar="FILE", nargs="+", type=Path)

    export = command("export", "write events as CSV or JSON lines", _EXPORT)
    export.add_argument("file", metavar="FILE", type=Path)
    export.add_argument("--format", choices=("csv", "jsonl"), required=True)
    export.add_argument("--out", metavar="FILE", type=Path, help="a new file (default: stdout)")
    export.add_argument("--types", metavar="TYPES", type=_names, help="only these, with commas between")
    _add_span(export)

    cut = command("cut", "copy a span of time to a recording of its own", _CUT)
    cut.add_argument("file", metavar="FILE", type=Path)
    cut.add_argument("--out", metavar="FILE", type=Path, required=True, help="a new file")
    _add_span(cut)
    return parser


def _add_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("capture", metavar="CAPTURE", type=Path)
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the recordings go")
    parser.add_argument(
        "--append", action="store_true", help="go on with recordings that exist, where the capture is later"
    )
    parser.add_argument("--pairs", metavar="BTC/USDT,…", type=_pairs, help="only these (default: all)")
    parser.add_argument("--chunk-events", metavar="N", type=_chunk_events, help="events a chunk (default: 150)")
    parser.add_argument(
        "--category",
        choices=("spot", "linear", "inverse"),
        help="the category of frames whose connection does not tell it",
    )
    parser.add_argument(
        "--instruments", metavar="FILE", type=Path, help="a saved reply of instruments-info, where the capture has none"
    )
    parser.add_argument(
        "--infer-steps",
        action="store_true",
        help="without any instrument list: take tick and lot from the decimals that the frames print",
    )


def _add_span(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", metavar="TIME", dest="start", help="from this time on (default: the beginning)")
    parser.add_argument("--to", metavar="TIME", dest="end", help="up to this time (default: the end)")


def _names(text: str) -> list[str]:
    return [name for part in text.split(",") if (name := part.strip())]


def _pairs(text: str) -> frozenset[str]:
    from ttxt_core.instruments import TradingPair

    try:
        return frozenset(str(TradingPair.parse(name)) for name in _names(text))
    except TtxtError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _chunk_events(text: str) -> int:
    count = int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= count <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 100000")
    return count


if __name__ == "__main__":
    sys.exit(main())

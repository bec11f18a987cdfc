"""``ttxt-sandbox``: a venue's own protocol on loopback, for bots and connectors to be tried against.

Owns the command line. The one JSON line on stdout says where to connect; it comes when everything is ready.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ttxt_core.cli.console import complain
from ttxt_core.errors import TtxtError

_EPILOG = """\
The line on stdout is an object: rest, ws_public (by category), ws_private, ws_trade, api_key, api_secret, other_keys
(second, read_only, no_trade, withdraw, bound, expired), admin, and with --tls the path of the certificate authority
to trust, ca.

admin/faults  GET: what stands and what has struck. POST {"clear": true, "set": ["drop:0.01"], "once": ["gap@public"]}.
admin/state   GET: its own books (?depth=N), orders, executions, positions and balances.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line (default: of this process) until it is interrupted, and return its exit status.

    0: ended by SIGINT or SIGTERM. 1: it could not start; why is on stderr. 2: misused.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        asyncio.run(_serve(options))
    except TtxtError as error:
        complain(str(error))
        return 1
    return 0


async def _serve(options: argparse.Namespace) -> None:
    import orjson

    from ttxt_core.sandbox.bybit.sandbox import BybitSandbox, BybitSandboxSettings
    from ttxt_core.simulation.practice_pairs import BTC_INVERSE, DEFAULT_PAIRS
    from ttxt_core.simulation.simulator_settings import START_BALANCES

    settings = BybitSandboxSettings(
        port=options.port,
        tls=options.tls,
        seed=options.seed,
        rate=options.rate,
        recordings=tuple(options.recording or ()),
        capture=options.capture,
        speed=options.speed,
        faults=tuple(options.fault or ()),
        limit_scale=options.limit_scale,
        balances=dict(options.balance or START_BALANCES),
        pairs=(*DEFAULT_PAIRS, BTC_INVERSE) if options.inverse else DEFAULT_PAIRS,
        hedge_mode=options.hedge_mode,
        funding_interval_s=options.funding_interval,
        idle_s=options.idle,
    )
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with BybitSandbox(settings) as sandbox:
        print(orjson.dumps(sandbox.ready()).decode(), flush=True)
        failed = asyncio.create_task(sandbox.failed())
        stopped = asyncio.create_task(ended.wait())
        await asyncio.wait([failed, stopped], return_when=asyncio.FIRST_COMPLETED)
        if failed.done():
            failed.result()
        failed.cancel()
        stopped.cancel()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ttxt-sandbox",
        description="Serve a venue's protocol on loopback, over a simulated exchange.",
        epilog=_EPILOG + _fault_list(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("venue", choices=["bybit"], help="whose protocol is spoken")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--tls", action="store_true", help="https and wss, with a certificate made now")
    parser.add_argument("--seed", type=int, default=1, help="of the market, the ids and the faults")
    parser.add_argument("--rate", type=float, default=200.0, help="events a second of the practice market")
    feed = parser.add_mutually_exclusive_group()
    feed.add_argument("--recording", type=Path, nargs="+", metavar="PATH", help="recordings to play as the market")
    feed.add_argument("--capture", type=Path, metavar="PATH", help="raw captured frames to serve as they were")
    parser.add_argument(
        "--speed", type=float, default=1.0, help="of a recording or capture; 0: as fast as clients read"
    )
    parser.add_argument(
        "--fault", action="append", metavar="SPEC", help="KIND[@CHANNEL][:RATE[:AMOUNT]], several times"
    )
    parser.add_argument("--balance", action="append", type=_balance, metavar="COIN=AMOUNT", help="instead of the usual")
    parser.add_argument("--limit-scale", type=float, default=1.0, help="multiplies the venue's rate limits")
    parser.add_argument("--inverse", action="store_true", help="trade BTC/USD:BTC, an inverse perpetual, as well")
    parser.add_argument("--hedge-mode", action="store_true", help="long and short positions of linear are kept apart")
    parser.add_argument("--funding-interval", type=float, metavar="SECONDS", help="how often positions pay funding")
    parser.add_argument("--idle", type=float, default=600.0, metavar="SECONDS", help="cut connections that say nothing")
    return parser


def _fault_list() -> str:
    from ttxt_core.sandbox.faults import FAULTS

    lines = ["\nfaults (with the amount that they take when none is given):"]
    for kind, rule in FAULTS.items():
        amount = f" ({rule.amount:g} {rule.unit})" if rule.unit else ""
        lines.append(f"  {kind:13} {rule.text}{amount}; {', '.join(sorted(rule.channels))}")
    return "\n".join(lines)


def _balance(text: str) -> tuple[str, Decimal]:
    coin, _, amount = text.partition("=")
    try:
        return coin.upper(), Decimal(amount)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is not COIN=AMOUNT") from None


if __name__ == "__main__":
    sys.exit(main())

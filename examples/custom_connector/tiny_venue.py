"""The venue of the custom connector: quotes and trades as JSON on a WebSocket, on this machine alone.

Run it with ``python -m examples.custom_connector.tiny_venue [PORT]``.
"""

import asyncio
import sys
from itertools import count

from aiohttp import web


async def market(request: web.Request) -> web.WebSocketResponse:
    """The market of BTC/USDT, twice a second."""
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    for number in count():
        bid, side = 60_000 + number % 5, "buy" if number % 2 else "sell"
        quote = {"type": "quote", "pair": "BTC/USDT", "bid": [bid, 1.5], "ask": [bid + 0.5, 2]}
        await socket.send_json(quote)
        await socket.send_json({"type": "trade", "pair": "BTC/USDT", "price": bid, "size": 0.1, "side": side})
        await asyncio.sleep(0.5)
    return socket


def serve(port: int) -> None:
    app = web.Application()
    app.router.add_get("/market", market)
    web.run_app(app, host="127.0.0.1", port=port)


if __name__ == "__main__":
    serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8765)

"""Replies that are awaited on one stream, by the id that the venue repeats.

Owns the matching. A slow reply holds up nobody: each request waits for its own.
"""

from __future__ import annotations

import asyncio

from ttxt_core.errors import NotSentError, OutcomeUnknownError
from ttxt_core.web.requests import WSResponse


class Replies:
    """Who waits for which reply."""

    def __init__(self) -> None:
        self._awaited: dict[str, tuple[str, asyncio.Future[WSResponse]]] = {}

    def __len__(self) -> int:
        return len(self._awaited)

    def expect(self, request_id: str, asked: str) -> asyncio.Future[WSResponse]:
        """Where the reply to `request_id` will be.

        Raises:
            NotSentError: a reply with this id is awaited already, so that the two could not be told apart.
        """
        if request_id in self._awaited:
            raise NotSentError(asked, "a request with this id still waits for its reply", "give each an id of its own")
        reply: asyncio.Future[WSResponse] = asyncio.get_running_loop().create_future()
        self._awaited[request_id] = (asked, reply)
        return reply

    def forget(self, request_id: str) -> None:
        """Nobody waits for it any more."""
        self._awaited.pop(request_id, None)

    def settle(self, request_id: str | None, response: WSResponse) -> bool:
        """Hand a reply to who waits for it; False when nobody does."""
        if request_id is None or request_id not in self._awaited:
            return False
        _, reply = self._awaited.pop(request_id)
        if reply.done():
            return False
        reply.set_result(response)
        return True

    def lose(self, why: str) -> None:
        """The connection is gone: whatever was sent on it may or may not have been carried out."""
        awaited, self._awaited = self._awaited, {}
        for asked, reply in awaited.values():
            if not reply.done():
                reply.set_exception(unknown(asked, f"sent, then the connection was lost before a reply: {why}"))
                reply.exception()  # seen: who is still sending learns of the loss from that, and asks no more


def unknown(asked: str, answered: str) -> OutcomeUnknownError:
    """The error for a request that was sent and not answered."""
    return OutcomeUnknownError(asked, answered, "it may have been carried out: ask the venue before doing it again")

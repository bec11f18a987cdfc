"""Replies that are awaited on one stream, by the id that the venue repeats.

Owns the matching. A slow reply holds up nobody: each request waits for its own.
"""

from __future__ import annotations

import asyncio

from ttxt_core.errors import NotSentError, OutcomeUnknownError
from ttxt_core.web.requests import WSRequest, WSResponse


class Reply:
    """A reply that is to come; await it `within` a time.

    Attributes:
        request: what it answers. stream: the name of the stream that it was sent on.
    """

    __slots__ = ("_future", "_replies", "request", "stream")

    def __init__(self, request: WSRequest, stream: str, replies: Replies) -> None:
        self.request = request
        self.stream = stream
        self._replies = replies
        self._future: asyncio.Future[WSResponse] = asyncio.get_running_loop().create_future()

    async def within(self, timeout_s: float) -> WSResponse:
        """The reply.

        Raises:
            OutcomeUnknownError: none came within `timeout_s`, or before the connection broke.
        """
        try:
            async with asyncio.timeout(timeout_s):
                return await self._future
        except TimeoutError:
            pass
        finally:
            self._replies.forget(self)
        raise self._unknown(f"sent, and no reply within {timeout_s:g} s")

    def settle(self, response: WSResponse) -> bool:
        """It has come; False when nobody waits for it any more."""
        if self._future.done():
            return False
        self._future.set_result(response)
        return True

    def lose(self, why: str) -> None:
        """It will not come."""
        if not self._future.done():
            self._future.set_exception(self._unknown(f"sent, then the connection was lost before a reply: {why}"))
            self._future.exception()  # seen, should whoever waits for it have been cancelled meanwhile

    def _unknown(self, answered: str) -> OutcomeUnknownError:
        hint = "it may have been carried out: ask the venue before doing it again"
        return OutcomeUnknownError(f"{self.request} on {self.stream}", answered, hint)


class Replies:
    """Who waits for which reply on one stream."""

    def __init__(self, stream: str) -> None:
        self._stream = stream
        self._awaited: dict[str, Reply] = {}

    def __len__(self) -> int:
        return len(self._awaited)

    def check(self, request: WSRequest) -> None:
        """Whether a reply to `request` could be told from others.

        Raises:
            NotSentError: it has no id, or a reply with this id is awaited already.
        """
        if request.request_id is None:
            asked = f"{request} on {self._stream}"
            raise NotSentError(asked, "its reply could not be told from others", "it needs a request id")
        if request.request_id in self._awaited:
            asked = f"{request} on {self._stream}"
            raise NotSentError(asked, "a request with this id still waits for its reply", "give each an id of its own")

    def expect(self, request: WSRequest) -> Reply:
        """The reply to a request that was checked, and has been sent in this turn of the loop."""
        reply = self._awaited[request.request_id or ""] = Reply(request, self._stream, self)
        return reply

    def forget(self, reply: Reply) -> None:
        """Nobody waits for it any more."""
        request_id = reply.request.request_id or ""
        if self._awaited.get(request_id) is reply:
            del self._awaited[request_id]

    def settle(self, request_id: str | None, response: WSResponse) -> bool:
        """Hand a reply to who waits for it; False when nobody does."""
        reply = None if request_id is None else self._awaited.pop(request_id, None)
        return reply is not None and reply.settle(response)

    def lose(self, why: str) -> None:
        """The connection is gone: whatever was sent on it may or may not have been carried out."""
        awaited, self._awaited = self._awaited, {}
        for reply in awaited.values():
            reply.lose(why)

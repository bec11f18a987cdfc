"""AccountNormalizerBase: how a venue's private frames become standard events. Pure, as `NormalizerBase` is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ttxt_core.events import Event


class AccountNormalizerBase(ABC):
    """Reads the frames of a private connection: what concerns one category of one account."""

    @abstractmethod
    def normalize_account(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """The events in one frame, in the venue's order; none for acknowledgements, pongs and other categories.

        A row that can't be read gives a `ConnectorError` in its place, so that the rows beside it are not lost.

        Raises:
            ProtocolError: the frame as a whole can't be read.
        """

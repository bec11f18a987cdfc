"""NormalizerBase: how a venue's frames become standard events.

Pure: bytes in, events out. A normalizer holds what it must know to read a frame (symbols), never a connection or a
clock; the receive time is handed in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from ttxt_core.events import Event


class NormalizerBase(ABC):
    """Reads the frames of one connection, which belongs to one category of one venue.

    The same symbol names different instruments on different categories, so a normalizer is made per connection.
    """

    venue: str
    category: str

    @abstractmethod
    def normalize(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """The events in one frame, in the venue's order; none for acknowledgements and pongs.

        Raises:
            ProtocolError: the frame is no JSON, lacks a field, has one of a wrong type, is of an unknown topic, or
                names a symbol that no instrument list has named.
        """

    @abstractmethod
    def instruments(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """The instruments in a reply of the venue's instrument list; the normalizer knows their symbols from then on.

        An `Instrument` a row; a row that can't be read is a `ConnectorError` of kind ``instrument`` in its place.

        Raises:
            ProtocolError: the reply is no list, of another category, or the venue answered with an error.
        """

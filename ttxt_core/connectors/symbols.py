"""Which venue symbol names which pair of one category.

Owns the table, which the instruments of the venue fill; normalizers read it one way and denormalizers the other.
"""

from __future__ import annotations

from collections.abc import Sequence

from ttxt_core.errors import InstrumentError, ProtocolError
from ttxt_core.events.envelope import Event, InstrumentKey
from ttxt_core.events.market import Instrument


class SymbolTable:
    """The instruments of one category of a venue, by symbol and by pair.

    `categories` are all that the venue has, to be named where a pair is not found in this one.
    """

    def __init__(self, venue: str, category: str, categories: Sequence[str] = ()) -> None:
        self._others = [name for name in categories if name != category]
        self.venue = venue
        self.category = category
        self._by_pair: dict[str, Instrument] = {}
        self._pair_of: dict[str, str] = {}

    def add(self, event: Event[Instrument]) -> None:
        """Take in an instrument; a later one of the same pair replaces the earlier."""
        self._by_pair[event.header.pair] = event.data
        self._pair_of[event.data.symbol] = event.header.pair

    def __contains__(self, pair: str) -> bool:
        return pair in self._by_pair

    def __len__(self) -> int:
        return len(self._by_pair)

    @property
    def settle_currencies(self) -> list[str]:
        """What the instruments settle in, each once."""
        return sorted({instrument.settle for instrument in self._by_pair.values()})

    def knows(self, symbol: str) -> bool:
        """Whether an instrument has this symbol."""
        return symbol in self._pair_of

    def pair(self, symbol: str) -> str:
        """The pair that a frame's `symbol` names.

        Raises:
            ProtocolError: no instrument list named it.
        """
        try:
            return self._pair_of[symbol]
        except KeyError:
            asked = f"find the {self.venue} {self.category} symbol {symbol}"
            raise ProtocolError(asked, "it is not in the instrument list that was read") from None

    def symbol(self, pair: str) -> str:
        """The venue's symbol of `pair`.

        Raises:
            InstrumentError: the venue has no such pair in this category.
        """
        instrument = self._by_pair.get(pair)
        return self.instrument(pair).symbol if instrument is None else instrument.symbol

    def instrument(self, pair: str) -> Instrument:
        """The instrument of `pair`.

        Raises:
            InstrumentError: the venue has no such pair in this category.
        """
        try:
            return self._by_pair[pair]
        except KeyError:
            asked = f"find {InstrumentKey(self.venue, self.category, pair)}"
            raise InstrumentError(asked, f"{self.venue} trades no such pair there", self._hint(pair)) from None

    def _hint(self, pair: str) -> str:
        base = pair.partition("/")[0]
        alike = sorted(known for known in self._by_pair if known.partition("/")[0] == base)
        hint = f"with {base} there are {', '.join(alike[:5])}" if alike else f"nothing of {base} is traded there"
        return f"{hint}; other categories: {', '.join(self._others)}" if self._others else hint

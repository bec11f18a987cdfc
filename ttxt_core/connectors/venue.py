"""VenueBase: what every venue's connector has to say of its venue, and nothing that is done.

Owns the interface. `ConnectorBase` does the rest.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from ttxt_core.connectors.account_normalizer import AccountNormalizerBase
from ttxt_core.connectors.commands import Answer
from ttxt_core.connectors.config import ConnectorConfig
from ttxt_core.connectors.denormalizer import DenormalizerBase
from ttxt_core.connectors.normalizer import NormalizerBase
from ttxt_core.connectors.queries import VenueQueries
from ttxt_core.errors import ConfigError
from ttxt_core.web.dialect import RESTDialect, StreamDialect
from ttxt_core.web.requests import WSRequest, WSResponse
from ttxt_core.web.throttle import RateLimit


class SubscriptionAnswer(NamedTuple):
    """What a venue says to a subscription as a whole; `reason` is empty when all was well."""

    reason: str


class Addresses(NamedTuple):
    """Where a venue's parts are; None: it has no such socket."""

    rest: str
    ws_public: str
    ws_private: str | None
    ws_trade: str | None


class VenueOffer(NamedTuple):
    """What a venue offers to choose from.

    Attributes:
        categories: its products that are spoken here. book_depths: levels a side, by category.
        intervals: of candles.
        gone_codes: codes of a refusal because the order works no more.
        clock_codes: codes of a refusal because of the time that a request carried.
    """

    categories: tuple[str, ...]
    book_depths: Mapping[str, tuple[int, ...]]
    intervals: tuple[str, ...]
    gone_codes: frozenset[str]
    clock_codes: frozenset[str]


class VenueBase(NormalizerBase, AccountNormalizerBase, DenormalizerBase):
    """One category of one venue: frames to events, commands to requests, and how it is talked to."""

    offer: ClassVar[VenueOffer]

    @abstractmethod
    def addresses(self) -> Addresses:
        """Where the venue is, by the config's environment and hosts."""

    @abstractmethod
    def rate_limits(self) -> Sequence[RateLimit]:
        """What may be asked in a time."""

    @abstractmethod
    def rest_dialect(self) -> RESTDialect:
        """How it talks over REST."""

    @abstractmethod
    def market_dialect(self) -> StreamDialect:
        """How it talks on the public socket."""

    @abstractmethod
    def account_dialect(self) -> StreamDialect:
        """How it talks on the private socket."""

    @abstractmethod
    def trade_dialect(self) -> StreamDialect:
        """How it talks on the trade socket."""

    @abstractmethod
    def make_queries(self) -> VenueQueries:
        """The questions that can be asked of it, through `call`."""

    @abstractmethod
    def topic_names(self, kind: type, pair: str) -> Sequence[str]:
        """The public topics of a kind of data of a pair, by the config; none where it is not subscribed."""

    @abstractmethod
    def account_topics(self) -> Sequence[str]:
        """The private topics."""

    def dead_man_request(self) -> WSRequest | None:
        """The private subscription by which it sees that this program is there, for its dead-man switch.

        None where it needs none. It goes apart from `account_topics`, since it may be refused.
        """
        return None

    @abstractmethod
    def subscription_answer(self, response: WSResponse) -> SubscriptionAnswer | None:
        """What a private message says of the subscription; None when it is about something else."""

    @abstractmethod
    def answers(self, payload: bytes, count: int) -> list[Answer]:
        """What an answer says of the `count` commands that one request carried.

        Raises:
            ProtocolError: it can't be read.
        """


def check_config(config: ConnectorConfig, venue: str, offer: VenueOffer) -> None:
    """Whether a venue offers what `config` asks for.

    Raises:
        ConfigError: it does not; the message names the key and what was expected.
    """
    depths = offer.book_depths.get(config.category, ())
    wrong = [
        ("venue", config.venue != venue, venue, config.venue),
        ("category", config.category not in offer.categories, offer.categories, config.category),
        ("streams.book", config.streams.book not in {0, *depths}, (0, *depths), config.streams.book),
    ]
    wrong += [("streams.klines", i not in offer.intervals, offer.intervals, i) for i in config.streams.klines]
    for key, is_wrong, expected, got in wrong:
        if is_wrong:
            names = expected if isinstance(expected, str) else "one of " + ", ".join(map(str, expected))
            raise ConfigError(f"key {key}", f"expected {names}, got {got!r}")

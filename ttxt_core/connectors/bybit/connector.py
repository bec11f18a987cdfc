"""Bybit v5, spot, linear and inverse, on mainnet, testnet and demo.

Owns hosts and topics, and joins what the files beside it know. Spot and linear are sized in base coin; inverse is sized
in dollars, of which each contract is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from ttxt_core.connectors.base import ConnectorBase
from ttxt_core.connectors.bybit.account_normalizer import BybitAccountNormalizer
from ttxt_core.connectors.bybit.auth import BybitAuthenticator
from ttxt_core.connectors.bybit.codes import CLOCK, GONE
from ttxt_core.connectors.bybit.denormalizer import BybitDenormalizer
from ttxt_core.connectors.bybit.limits import rate_limits
from ttxt_core.connectors.bybit.normalizer import CATEGORIES, VENUE, BybitNormalizer
from ttxt_core.connectors.bybit.queries import BybitQueries
from ttxt_core.connectors.bybit.replies import INTERVALS, answers_of
from ttxt_core.connectors.bybit.wire import (
    TopicRequests,
    check,
    is_login_reply,
    observe,
    ping,
    stream_request_id,
    subscription_answer,
    trade_request_id,
)
from ttxt_core.connectors.commands import Answer
from ttxt_core.connectors.config import Environment
from ttxt_core.connectors.venue import Addresses, SubscriptionAnswer, VenueOffer
from ttxt_core.events import Event, Instrument, Kline, MarketTrades, Orderbook, Ticker
from ttxt_core.web.dialect import RESTDialect, StreamDialect
from ttxt_core.web.requests import RESTRequest, RESTResponse, WSJSONRequest, WSRequest, WSResponse
from ttxt_core.web.throttle import RateLimit

_DEPTHS: Final = (1, 50, 200, 1000)
"""Levels a side, of every category; 500 is no longer offered (Bybit's v5 documentation, "Orderbook")."""

_DCP_TOPICS: Final = {"spot": "dcp.spot", "linear": "dcp.future", "inverse": "dcp.future"}
_DCP_ID: Final = "dead-man"
_STREAM: Final = "wss://stream.bybit.com"
_STREAM_TEST: Final = "wss://stream-testnet.bybit.com"
_STREAM_DEMO: Final = "wss://stream-demo.bybit.com"


class BybitConnector(ConnectorBase):
    """One category of Bybit, for one account."""

    venue = VENUE
    rest_only = BybitDenormalizer.rest_only
    offer = VenueOffer(
        categories=CATEGORIES,
        book_depths=dict.fromkeys(CATEGORIES, _DEPTHS),
        intervals=tuple(INTERVALS),
        gone_codes=frozenset(map(str, GONE)),
        clock_codes=frozenset(map(str, CLOCK)),
    )

    # -- where and how -----------------------------------------------------------------------------------

    def addresses(self) -> Addresses:
        """See `VenueBase`. Demo is play money on the real market, and has no trade socket."""
        public = f"{_STREAM}/v5/public/{self.category}"
        own = {
            Environment.MAINNET: Addresses(
                "https://api.bybit.com", public, f"{_STREAM}/v5/private", f"{_STREAM}/v5/trade"
            ),
            Environment.TESTNET: Addresses(
                "https://api-testnet.bybit.com",
                f"{_STREAM_TEST}/v5/public/{self.category}",
                f"{_STREAM_TEST}/v5/private",
                f"{_STREAM_TEST}/v5/trade",
            ),
            Environment.DEMO: Addresses("https://api-demo.bybit.com", public, f"{_STREAM_DEMO}/v5/private", None),
        }[self.config.environment]
        given = self.config.hosts
        return Addresses(
            given.rest or own.rest,
            given.ws_public or own.ws_public,
            given.ws_private or own.ws_private,
            own.ws_trade and (given.ws_trade or own.ws_trade),
        )

    def rate_limits(self) -> Sequence[RateLimit]:
        """See `VenueBase`."""
        return rate_limits(self.category)

    def rest_dialect(self) -> RESTDialect:
        """See `VenueBase`."""
        return RESTDialect(authenticator=self._authenticator(), check=check, observe=self._observe)

    def market_dialect(self) -> StreamDialect:
        """See `VenueBase`."""
        topics = TopicRequests(self.category)
        return StreamDialect(
            subscribe=topics.subscribe, unsubscribe=topics.unsubscribe, correlate=stream_request_id, ping=ping()
        )

    def account_dialect(self) -> StreamDialect:
        """See `VenueBase`."""
        topics = TopicRequests(self.category)
        return StreamDialect(
            subscribe=topics.subscribe,
            unsubscribe=topics.unsubscribe,
            authenticator=self._authenticator(),
            is_login_reply=is_login_reply,
            correlate=stream_request_id,
            ping=ping(),
        )

    def trade_dialect(self) -> StreamDialect:
        """See `VenueBase`."""
        return StreamDialect(
            authenticator=self._authenticator(),
            is_login_reply=is_login_reply,
            correlate=trade_request_id,
            ping=ping(),
        )

    def make_queries(self) -> BybitQueries:
        """See `VenueBase`."""
        return BybitQueries(
            self.category,
            self.call,
            self._market_normalizer,
            self._account_normalizer,
            self.symbols,
            clock=self.clock,
            clock_offset=self.clock_offset,
        )

    # -- topics ------------------------------------------------------------------------------------------

    def topic_names(self, kind: type, pair: str) -> Sequence[str]:
        """See `VenueBase`."""
        streams, symbol = self.config.streams, self.symbols.symbol(pair)
        if kind is Orderbook:
            return [f"orderbook.{streams.book}.{symbol}"] if streams.book else []
        if kind is MarketTrades:
            return [f"publicTrade.{symbol}"] if streams.trades else []
        if kind is Ticker:
            return [f"tickers.{symbol}"] if streams.tickers else []
        if kind is Kline:
            return [f"kline.{INTERVALS[interval]}.{symbol}" for interval in streams.klines]
        return []

    def account_topics(self) -> Sequence[str]:
        """See `VenueBase`. Those for all categories: what is of another is left out when it is read."""
        topics = ["order", "execution", "wallet"]
        return topics if self.category == "spot" else [*topics, "position"]

    def dead_man_request(self) -> WSRequest:
        """See `VenueBase`. Not every account may subscribe to it."""
        return WSJSONRequest(
            {"req_id": _DCP_ID, "op": "subscribe", "args": [_DCP_TOPICS[self.category]]}, _DCP_ID, "subscribe"
        )

    # -- translation -------------------------------------------------------------------------------------

    def normalize(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """See `NormalizerBase`."""
        return self._market_normalizer.normalize(payload, receive_time_ns)

    def instruments(self, payload: bytes, receive_time_ns: int) -> list[Event[Instrument]]:
        """See `NormalizerBase`."""
        return self._market_normalizer.instruments(payload, receive_time_ns)

    def normalize_account(self, payload: bytes, receive_time_ns: int) -> list[Event[Any]]:
        """See `AccountNormalizerBase`."""
        return self._account_normalizer.normalize_account(payload, receive_time_ns)

    def subscription_answer(self, response: WSResponse) -> SubscriptionAnswer | None:
        """See `VenueBase`."""
        return subscription_answer(response)

    def answers(self, payload: bytes, count: int) -> list[Answer]:
        """See `VenueBase`."""
        return answers_of(payload, count)

    @property
    def batch_limit(self) -> int:
        """See `DenormalizerBase`."""
        return self._denormalizer.batch_limit

    def command_over_rest(self, commands: Sequence[Event[Any]]) -> RESTRequest:
        """See `DenormalizerBase`."""
        return self._denormalizer.command_over_rest(commands)

    def command_over_ws(self, commands: Sequence[Event[Any]], request_id: str, now_ms: int) -> WSRequest:
        """See `DenormalizerBase`."""
        return self._denormalizer.command_over_ws(commands, request_id, now_ms)

    def command_limits(self, commands: Sequence[Event[Any]]) -> tuple[str, ...]:
        """See `DenormalizerBase`."""
        return self._denormalizer.command_limits(commands)

    def retries(self, event: Event[Any]) -> bool:
        """See `DenormalizerBase`."""
        return self._denormalizer.retries(event)

    def cancel_all(self, pair: str | None) -> list[RESTRequest]:
        """See `DenormalizerBase`."""
        return self._denormalizer.cancel_all(pair)

    @cached_property
    def _market_normalizer(self) -> BybitNormalizer:
        return BybitNormalizer(self.category)

    @cached_property
    def _account_normalizer(self) -> BybitAccountNormalizer:
        return BybitAccountNormalizer(self.category, self.config.account, self.symbols)

    @cached_property
    def _denormalizer(self) -> BybitDenormalizer:
        return BybitDenormalizer(self.category, self.symbols, self.orders.is_untriggered)

    def _authenticator(self) -> BybitAuthenticator | None:
        return None if self.credentials is None else BybitAuthenticator(self.credentials)

    def _observe(self, request: RESTRequest, response: RESTResponse) -> None:
        observe(self.throttler, request, response)

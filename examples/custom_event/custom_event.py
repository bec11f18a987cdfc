"""An event type of one's own, in the four steps of docs/events.md, without a change to the library.

Run it with ``python -m examples.custom_event.custom_event [--c=FILE]``.

`SpreadPublisher` watches the market and publishes a `WideSpread` whenever a book's spread passes a limit; it goes
wherever events go: to other clients, and into recordings.
"""

import sys
from collections.abc import Mapping

from examples.command_line import config_path
from ttxt_core import (
    Event,
    EventData,
    IEventHandler,
    IQueuePublisher,
    MessageHeader,
    Orderbook,
    Session,
    Source,
    register_event,
    run,
)
from ttxt_core.client import Handler


# 1. Define it: with a tag that is yours and will never mean anything else.
class WideSpread(EventData, frozen=True, tag="my-wide-spread"):
    """The best ask is `ticks` over the best bid."""

    ticks: int


register_event(WideSpread, "my-wide-spread")

LIMIT_TICKS = 3


# 2. Make it: a normalizer makes events of a venue's frames; anything else may publish one just as well.
class SpreadPublisher:
    """Publishes a `WideSpread` when a spread passes the limit."""

    def __init__(self, session: Session, publisher: IQueuePublisher) -> None:
        self.session = session
        self.publisher = publisher
        self.was_wide = False

    async def look(self, event: Event[Orderbook]) -> None:
        key = event.header.key
        book, info = self.session.events.book(key), self.session.instruments[key]
        if book is None or not book.best_bid or not book.best_ask:
            return
        ticks = info.to_ticks(book.best_ask[0]) - info.to_ticks(book.best_bid[0])
        if ticks > LIMIT_TICKS and not self.was_wide:
            header = MessageHeader(*key, 0, self.session.clock.now_ns(), source=Source.CLIENT)
            await self.publisher.publish(Event(header, WideSpread(ticks)))
        self.was_wide = ticks > LIMIT_TICKS


class Watcher(IEventHandler):
    """Has the market looked at, and prints what was found."""

    async def on_start(self, session: Session) -> None:
        self.spreads = SpreadPublisher(session, session.events)

    async def on_orderbook(self, event: Event[Orderbook]) -> None:
        await self.spreads.look(event)

    # 3. Handle it: a method for it.
    async def on_wide_spread(self, event: Event[WideSpread]) -> None:
        print(f"{event.header.pair}: the spread is {event.data.ticks} ticks")

    # 4. Dispatch: name the method.
    def handlers(self) -> Mapping[type, Handler]:
        return {**super().handlers(), WideSpread: self.on_wide_spread}


if __name__ == "__main__":
    sys.exit(run(Watcher(), config_path(__file__)))

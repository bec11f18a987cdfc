"""``ttxt-rec import``: captured raw frames to recordings.

Owns the run through a capture. Frames that can't be used are told and counted; the rest is imported all the same.
"""

from __future__ import annotations

from argparse import Namespace
from contextlib import suppress
from pathlib import Path
from typing import Any

from ttxt_core.cli.import_problems import ImportProblems
from ttxt_core.cli.import_routes import INSTRUMENTS_PATH, READ_SO_FAR, ImportRoutes, excerpt
from ttxt_core.cli.import_steps import StepFinder
from ttxt_core.cli.import_streams import ImportStreams
from ttxt_core.cli.import_table import print_table
from ttxt_core.cli.import_targets import ImportTargets
from ttxt_core.cli.progress import Progress
from ttxt_core.connectors.captures import CapturedFrame, FrameKind, read_capture
from ttxt_core.errors import ConfigError, EventError, ProtocolError, TtxtError
from ttxt_core.events import BookState, ConnectorError, Event, FeedGap, MessageHeader, Orderbook, Source
from ttxt_core.recording.writer import CHUNK_EVENTS


def run(options: Namespace) -> int:
    """Import `options.capture`; 1 when nothing came of it, or a part of it could not be read or written."""
    capture: Path = options.capture
    with Progress(f"importing {capture.name}", _size(capture)) as progress:
        routes = ImportRoutes(options.category)
        if options.instruments is not None:
            _learn_from_file(options.instruments, routes, progress)
        if options.infer_steps:
            _infer_steps(capture, options.category, routes, progress)
        problems = ImportProblems(capture, progress.complain)
        targets = ImportTargets(
            options.out,
            routes.instruments,
            append=options.append,
            chunk_events=options.chunk_events or CHUNK_EVENTS,
        )
        with targets:
            importer = _Importer(capture, routes, targets, problems, pairs=options.pairs, progress=progress)
            is_whole = importer.run()
        problems.finish()
        for pair in sorted(options.pairs - importer.pairs_met if options.pairs else ()):
            progress.complain(f"import {pair} from {capture.name}: it has no market data of that pair")
    if not targets.written and not targets.refused:
        answered = f"nothing was imported: of {importer.frames:,} frames {problems.skipped:,} were skipped"
        hint = "" if importer.was_routed else READ_SO_FAR
        raise ProtocolError(f"import {capture}", answered, hint)
    if targets.written:
        print_table(targets.written.values())
    print(f"{importer.frames:,} frames, {problems.skipped:,} frames skipped")
    return 0 if is_whole and not targets.refused else 1


class _Importer:
    """One run through a capture.

    Attributes:
        frames: received frames and damaged lines that were met.
        pairs_met: pairs with market data.
        was_routed: at least one frame came from where a normalizer reads.
    """

    def __init__(
        self,
        capture: Path,
        routes: ImportRoutes,
        targets: ImportTargets,
        problems: ImportProblems,
        *,
        pairs: frozenset[str] | None,
        progress: Progress,
    ) -> None:
        """`pairs` are those that are wanted; None: all."""
        self.frames = 0
        self.pairs_met: set[str] = set()
        self.was_routed = False
        self._capture = capture
        self._routes = routes
        self._streams = ImportStreams()
        self._targets = targets
        self._problems = problems
        self._pairs = pairs
        self._progress = progress

    def run(self) -> bool:
        """Import all frames; whether the capture could be read to its end.

        Raises:
            TtxtError: a recording can't be written, or the capture can't be read at all.
        """
        is_begun = False
        frames = read_capture(self._capture, self._progress.update)
        while True:
            try:
                frame = next(frames)
            except StopIteration:
                return True
            except ProtocolError as error:
                if not is_begun:
                    raise
                self._progress.complain(f"{error}; what came before is imported")
                return False
            is_begun = True
            self._take(frame)

    def _take(self, frame: CapturedFrame) -> None:
        if frame.kind in {FrameKind.RECEIVED, FrameKind.DAMAGED}:
            self.frames += 1
            try:
                self._add(frame)
            except ProtocolError as error:
                self._problems.skip(frame, error)
        else:
            try:
                self._learn(frame)
            except ProtocolError as error:
                self._problems.note(frame, error)

    def _learn(self, frame: CapturedFrame) -> None:
        """Take in what a capture says about connections and instruments.

        Raises:
            ProtocolError: it can't be used.
            TtxtError: a recording can't be written.
        """
        if frame.kind is FrameKind.CONNECTED:
            self._mark_gaps(frame)
            self._routes.connect(frame)
        elif frame.kind is FrameKind.REPLY and INSTRUMENTS_PATH in frame.url:
            known = dict(self._routes.instruments)
            learned = self._routes.learn(frame.payload, frame.receive_time_ns, frame.url)
            for error in learned.refused:
                self._problems.note(frame, error)
            for event in learned.instruments:
                old = known.get(event.header.key)
                if old is None or old.data != event.data:
                    self._targets.update_instrument(event)

    def _mark_gaps(self, frame: CapturedFrame) -> None:
        """The connection of `frame` was opened: where it had been before, what came in between is missing."""
        keys = self._streams.reopen(frame.connection)
        if not keys:
            return
        reason = f"the capture's connection {frame.connection} was opened again"
        for key in keys:
            header = MessageHeader(*key, 0, frame.receive_time_ns, 0, Source.IMPORT)
            self._targets.add(Event(header, FeedGap(reason)))
        again = ProtocolError(
            f"read on from {frame.connection}", "it was opened again", "its recordings have a gap there"
        )
        self._problems.note(frame, again)

    def _add(self, frame: CapturedFrame) -> None:
        """Import a received frame.

        Raises:
            ProtocolError: it can't be used.
            TtxtError: a recording can't be written, or nothing of the capture can be read.
        """
        if frame.kind is FrameKind.DAMAGED:
            hint = f"it begins {excerpt(frame.payload)}"
            raise ProtocolError("read the line", "it is not of the capture's format", hint)
        self.was_routed |= self._routes.category_of(frame.connection) is not None
        try:
            events = self._routes.events(frame)
        except ConfigError as error:
            if not self._routes.has_any:
                asked = f"import {self._capture} from line {frame.line}"
                raise ConfigError(asked, f"{error.asked}: {error.answered}", error.hint) from error
            raise ProtocolError(error.asked, error.answered, error.hint) from error
        for event in events:
            pair = event.header.pair
            if type(event.data) is ConnectorError:
                refused = event.data
                self._problems.note(frame, ProtocolError(f"the venue refused {refused.asked}", refused.answered))
            elif self._pairs is None or pair in self._pairs:
                self.pairs_met.add(pair)
                self._streams.check(frame.connection, event)
                self._write(frame, event)

    def _write(self, frame: CapturedFrame, event: Event[Any]) -> None:
        key = event.header.key
        is_refused = key in self._targets.refused
        try:
            target = self._targets.add(event)
        except EventError as error:
            self._problems.note(frame, error)
            return
        except TtxtError as error:
            if is_refused or key not in self._targets.refused:
                raise
            self._progress.complain(f"{error}; its events are left out")
            return
        is_delta = type(event.data) is Orderbook and not event.data.is_snapshot
        if target is not None and is_delta and target.summary.book.state is BookState.SYNCING:
            early = ProtocolError(
                f"keep the book of {key}", "a delta came before any snapshot", "it is written as it came"
            )
            self._problems.note(frame, early)


def _infer_steps(capture: Path, category: str, routes: ImportRoutes, progress: Progress) -> None:
    """Teach `routes` the instruments that no list in `capture` names, from the frames themselves."""
    finder = StepFinder()
    seen = ImportRoutes(category)
    # What is wrong with a frame is told by the import itself.
    with suppress(ProtocolError):
        for frame in read_capture(capture, progress.update):
            with suppress(ProtocolError):
                if frame.kind is FrameKind.CONNECTED:
                    seen.connect(frame)
                elif frame.kind is FrameKind.REPLY and INSTRUMENTS_PATH in frame.url:
                    seen.learn(frame.payload, frame.receive_time_ns, frame.url)
                elif frame.kind is FrameKind.RECEIVED and seen.category_of(frame.connection) == category:
                    finder.add(frame)
    listed = {
        event.data.symbol for key, event in (seen.instruments | routes.instruments).items() if key.category == category
    }
    reply, unclear = finder.reply(category, without=listed)
    for event in routes.learn(reply, 0).instruments:
        spec = event.data
        progress.complain(
            f"{event.header.key}: tick {spec.tick_size} and lot {spec.lot_size} are inferred from the decimals in "
            f"{capture.name}, the pair from the symbol {spec.symbol}"
        )
    for symbol in unclear:
        progress.complain(f"infer the pair of {symbol}: it ends with no known quote currency (give --instruments FILE)")


def _size(capture: Path) -> int:
    try:
        return capture.stat().st_size
    except OSError:  # reading it tells what is wrong
        return 0


def _learn_from_file(path: Path, routes: ImportRoutes, progress: Progress) -> None:
    try:
        for error in routes.learn_given(path.read_bytes()).refused:
            progress.complain(f"{path.name}: {error}")
    except OSError as error:
        raise ConfigError(f"read the instruments {path}", error.strerror or str(error)) from error
    except ProtocolError as error:
        raise ProtocolError(f"{error.asked} from {path}", error.answered, error.hint) from error

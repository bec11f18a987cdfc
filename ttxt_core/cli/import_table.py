"""What an import wrote, as a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ttxt_core.cli.import_targets import ImportTarget


def print_table(targets: Iterable[ImportTarget]) -> None:
    """Print a row a file: events, events by type, trades, bytes an event, and how many levels a book event has."""
    written = sorted(targets, key=lambda target: target.path)
    types = sorted({name for target in written for name in target.summary.events}, key=_order)
    rows = [["file", "events", *types, "trades", "levels/book", "gaps", "bytes", "bytes/event"]]
    rows += [_row(target.path.name, [target], types) for target in written]
    if len(written) > 1:
        rows.append(_row("all", written, types))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for name, *cells in rows:
        numbers = "  ".join(cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True))
        print(f"{name:<{widths[0]}}  {numbers}")


def _row(name: str, targets: Sequence[ImportTarget], types: Sequence[str]) -> list[str]:
    """The figures of `targets` together."""
    summaries = [target.summary for target in targets]
    events = sum(summary.count for summary in summaries)
    book_events = sum(summary.snapshots + summary.deltas for summary in summaries)
    levels = sum(summary.levels for summary in summaries)
    size = sum(target.bytes for target in targets)
    return [
        name,
        f"{events:,}",
        *(f"{sum(summary.events[type_name] for summary in summaries):,}" for type_name in types),
        f"{sum(summary.trades for summary in summaries):,}",
        f"{levels / book_events:.1f}" if book_events else "-",
        f"{sum(len(summary.book_gaps) + len(summary.feed_gaps) for summary in summaries):,}",
        f"{size:,}",
        f"{size / events:.1f}" if events else "-",
    ]


_FIRST = ("Orderbook", "MarketTrades", "Kline", "Ticker")


def _order(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)

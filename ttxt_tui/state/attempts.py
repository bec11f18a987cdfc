"""The result sheets of a session's attempts, side by side: what each came to, and what it risked on the way.

Owns which figures there are and how they are written. The sheets are the session's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from ttxt_core.orders.ledger import ResultSheet
from ttxt_tui.state import figures
from ttxt_tui.state.tones import Tone, of_sign

BEST: Final = "★"
NOTHING: Final = "—"

Row = tuple[str, "tuple[Figure, ...]"]
"""A label, and a figure an attempt."""


class Figure(NamedTuple):
    """One figure of one attempt."""

    text: str
    tone: Tone = Tone.PLAIN


class Comparison(NamedTuple):
    """The sheets as a table.

    Attributes:
        heads: one an attempt: its number, `★` before that of the one that made most, `now` before the running one.
        rows: label and one figure an attempt.
        note: how orders were filled.
    """

    heads: tuple[Figure, ...]
    rows: tuple[Row, ...]
    note: str


def comparison(attempts: Sequence[ResultSheet], running: ResultSheet) -> Comparison:
    """The attempts that ended and the running one, in their order."""
    sheets = [*attempts, running]
    rows = [
        _row("from", sheets, lambda sheet: Figure(figures.time_of_day(sheet.started_ns), Tone.DIM)),
        _row("length", sheets, lambda sheet: Figure(figures.span(sheet.ended_ns - sheet.started_ns), Tone.DIM)),
        *_money("PnL", sheets, lambda sheet: sheet.profit, is_result=True),
        *_money("fees", sheets, lambda sheet: sheet.fees),
        *_money("funding", sheets, lambda sheet: sheet.funding),
        *_money("deepest fall", sheets, lambda sheet: sheet.max_drawdown),
        *_money("MAE", sheets, lambda sheet: sheet.trips.worst),
        *_money("MFE", sheets, lambda sheet: sheet.trips.best),
        _row("round trips", sheets, lambda sheet: _counted(sheet.trips.count)),
        _row("of them won", sheets, _won),
        _row("mean hold time", sheets, _hold_time),
        _row("R vs stop", sheets, _multiple),
        _row("fills", sheets, lambda sheet: _counted(sheet.fills)),
        _row("maker", sheets, _maker),
    ]
    best = _best(sheets)
    heads = [
        Figure(f"{BEST} {sheet.attempt}" if sheet is best else str(sheet.attempt), Tone.STRONG) for sheet in attempts
    ]
    heads.append(Figure(f"{BEST} now {running.attempt}" if running is best else f"now {running.attempt}", Tone.ACCENT))
    models = list(dict.fromkeys(sheet.fill_model for sheet in sheets if sheet.fill_model))
    return Comparison(tuple(heads), tuple(rows), " / ".join(models))


def _row(label: str, sheets: Sequence[ResultSheet], figure: Callable[[ResultSheet], Figure]) -> Row:
    return label, tuple(figure(sheet) for sheet in sheets)


def _money(
    label: str,
    sheets: Sequence[ResultSheet],
    amounts: Callable[[ResultSheet], Mapping[str, Decimal]],
    *,
    is_result: bool = False,
) -> Iterable[Row]:
    """A row for each currency that any of them has; the label names it where there are several."""
    currencies = list(dict.fromkeys(currency for sheet in sheets for currency in amounts(sheet)))
    if not currencies:
        return [_row(label, sheets, lambda _: Figure(NOTHING, Tone.FAINT))]

    def figure(sheet: ResultSheet, currency: str) -> Figure:
        amount = amounts(sheet).get(currency)
        if amount is None:
            return Figure(NOTHING, Tone.FAINT)
        if is_result:
            return Figure(figures.signed_money(amount, currency), of_sign(amount))
        return Figure(figures.money(amount, currency), Tone.PLAIN if amount else Tone.DIM)

    return [(f"{label} {currency}", tuple(figure(sheet, currency) for sheet in sheets)) for currency in currencies]


def _counted(number: int) -> Figure:
    return Figure(f"{number:,}", Tone.PLAIN if number else Tone.DIM)


def _won(sheet: ResultSheet) -> Figure:
    trips = sheet.trips
    return Figure(f"{trips.won * 100 // trips.count} %") if trips.count else Figure(NOTHING, Tone.FAINT)


def _hold_time(sheet: ResultSheet) -> Figure:
    trips = sheet.trips
    return Figure(figures.span(trips.held_ns // trips.count)) if trips.count else Figure(NOTHING, Tone.FAINT)


def _multiple(sheet: ResultSheet) -> Figure:
    """What was made in multiples of what the stops put at risk; of how many positions, where not all had one."""
    trips = sheet.trips
    if not trips.stopped:
        return Figure("no stop" if trips.count else NOTHING, Tone.FAINT)
    part = f" {trips.stopped}/{trips.count}" if trips.stopped < trips.count else ""
    return Figure(f"{figures.signed(trips.r, 2)} R{part}", of_sign(trips.r))


def _maker(sheet: ResultSheet) -> Figure:
    return Figure(f"{sheet.maker_fills * 100 // sheet.fills} %") if sheet.fills else Figure(NOTHING, Tone.FAINT)


def _best(sheets: Sequence[ResultSheet]) -> ResultSheet | None:
    """The one that made most, where there is something to compare and it is told in one currency."""
    traded = [sheet for sheet in sheets if sheet.fills]
    currencies = {currency for sheet in traded for currency in sheet.profit}
    if len(traded) < 2 or len(currencies) != 1:
        return None
    (currency,) = currencies
    return max(traded, key=lambda sheet: sheet.profit[currency])

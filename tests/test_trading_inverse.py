"""Inverse contracts on the workstation: shown, and every entry is refused with the reason."""

from __future__ import annotations

from msgspec.structs import replace

from tests.simulation_desk import SPEC
from tests.trading_support import VENUE, D, Floor
from ttxt_core.events import InstrumentKey, Side

INVERSE = InstrumentKey(VENUE, "inverse", "BTC/USD:BTC")


def test_nothing_is_staged_on_an_inverse_contract() -> None:
    floor = Floor(INVERSE, spec=replace(SPEC, quote="USD", settle="BTC", lot_size=D(1), min_quantity=D(1)))
    for said in (floor.desk.stage(Side.BUY, 998), floor.desk.join(Side.SELL), floor.desk.take(Side.BUY)):
        assert said.text.startswith("inverse contracts are shown here, not traded")
    assert floor.desk.staged is None
    assert floor.creates == []

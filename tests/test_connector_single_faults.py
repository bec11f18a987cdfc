"""Every fault that a sandbox can have, alone and on each of its channels: what is left is the venue's own."""

import pytest

from tests.test_connector_mixed_faults import check_faults
from ttxt_core.sandbox.faults import FAULTS, Channel, FaultKind

pytestmark = pytest.mark.timeout(300)

RATES = {
    FaultKind.DISCONNECT: "0.05",
    FaultKind.DROP: "0.1",
    FaultKind.DUPLICATE: "0.2",
    FaultKind.REORDER: "0.2",
    FaultKind.GAP: "0.05:2",
    FaultKind.STALL: "0.02:0.3",
    FaultKind.GARBAGE: "0.1",
    FaultKind.HALF: "0.2",
    FaultKind.OVERSIZED: "0.02",
    FaultKind.BOOK_RESTART: "0.1",
    FaultKind.SLOW: "0.3:0.3",
    FaultKind.LOST_REPLY: "0.3",
    FaultKind.EARLY_UPDATE: "0.4",
    FaultKind.TOO_MANY: "0.1",
    FaultKind.BAN: "0.05:0.05",
    FaultKind.EXPIRED_AUTH: "0.3:0.05",
    FaultKind.MAINTENANCE: "0.4:0.05",
}
"""How often each strikes, and how much; the clock is set ahead at every fifth step."""
WITH_A_BREAK = frozenset({FaultKind.BAN, FaultKind.EXPIRED_AUTH})
"""On streams they are met only by a new connection."""
QUICK = {
    *((FaultKind.REORDER, Channel.PRIVATE), (FaultKind.HALF, Channel.PRIVATE), (FaultKind.DUPLICATE, Channel.PRIVATE)),
}
"""In the fast suite: what costs a fill or counts one twice when it goes wrong."""
CASES = [
    pytest.param(kind, channel, id=f"{kind}@{channel}", marks=() if (kind, channel) in QUICK else pytest.mark.long)
    for kind, rule in FAULTS.items()
    for channel in sorted(rule.channels)
]


@pytest.mark.parametrize(("kind", "channel"), CASES)
async def test_what_is_left_is_what_the_venue_has(
    monkeypatch: pytest.MonkeyPatch, kind: FaultKind, channel: Channel
) -> None:
    specs = [f"{kind}@{channel}:{RATES[kind]}"] if kind in RATES else []
    if kind in WITH_A_BREAK and channel is not Channel.REST:
        specs.append(f"disconnect@{channel}:0.05")
    # Over REST commands go only where there is no trade socket.
    environment = "demo" if channel is Channel.REST else "testnet"
    skews = 0.2 if kind is FaultKind.CLOCK_SKEW else 0.0
    count = await check_faults(monkeypatch, specs, seed=5, faults=8, skews=skews, environment=environment)
    assert count >= 8

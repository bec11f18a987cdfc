"""The kept order book."""

from ttxt_core.orderbook.book import LocalOrderbook, fault_of
from ttxt_core.orderbook.sides import Level, TakeCost

__all__ = ["Level", "LocalOrderbook", "TakeCost", "fault_of"]

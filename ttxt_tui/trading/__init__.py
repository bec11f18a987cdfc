"""Trading: what the money keys do. Plain Python, one module a rule; it knows no screen and sends only events."""

"""The web layer: connections, requests and limits. It knows bytes and time, and nothing of venues or events."""

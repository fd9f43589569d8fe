"""What the server counts and times, for Prometheus and for the status page."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from vivavoce.events import Event


class Meters:
    """One server's measurements, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

    def take(self, event: Event, protocol: str) -> None:
        """Count what a session told. protocol: such as `realtime`, `voice`, `wyoming`."""

    def session_started(self, protocol: str) -> None:
        """A conversation began."""

    def session_ended(self, protocol: str) -> None:
        """A conversation is over."""

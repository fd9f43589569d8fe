"""What the server counts and times, for Prometheus and for the status page."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

import vivavoce
from vivavoce.events import Event, Failed, Heard, ReplyEnded, TurnDropped, TurnTimes

from .latency_history import LatencyHistory

_GAPS = (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
_STAGES = (0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 5.0)
_REQUESTS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
_LAGS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0)

# When each series began would be one more series of each.
disable_created_metrics()  # type: ignore[no-untyped-call]

EngineStates = Callable[[], Iterable[tuple[str, str, bool]]]
"""Kind, name, and whether it is up, of each engine."""


class Metrics:
    """One server's measurements, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.trends = LatencyHistory()
        ProcessCollector(registry=registry)
        info = Gauge(
            "vivavoce_info", "1, labelled with the running version.", ["version"], registry=registry
        )
        info.labels(vivavoce.__version__).set(1)

        def counter(name: str, about: str, *labels: str) -> Counter:
            return Counter(f"vivavoce_{name}", about, labels, registry=registry)

        def times(name: str, about: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(
                f"vivavoce_{name}_seconds", about, labels, buckets=buckets, registry=registry
            )

        self._sessions_now = Gauge(
            "vivavoce_sessions_now", "Running sessions.", ["protocol"], registry=registry
        )
        self._sessions = counter("sessions", "Sessions started.", "protocol")
        self._turns = counter("turns", "User turns.", "protocol")
        self._replies = counter("replies", "Replies, by how they ended.", "protocol", "why")
        self._drafted = counter(
            "replies_drafted", "Replies drafted before the turn was over.", "protocol"
        )
        self._barge_ins = counter("barge_ins", "Replies that the user interrupted.", "protocol")
        self._dropped = counter(
            "utterances_dropped", "Utterances that were not turns, by reason.", "protocol", "why"
        )
        self._gap = times(
            "gap",
            "Time from the end of the user's speech to the reply's first sound.",
            _GAPS,
            "protocol",
        )
        self._stage = times(
            "stage", "Time that each stage added before the first sound.", _STAGES, "stage"
        )
        self._failures = counter("failures", "Failures of engines and tools.", "kind", "engine")
        self._requests = counter("requests", "HTTP requests answered.", "method", "route", "status")
        self._request = times(
            "request", "Time from a request to the end of its response.", _REQUESTS, "route"
        )
        self._refusals = counter("refusals", "Refused callers, by reason.", "reason")
        self._unread = counter(
            "readers_dropped", "Clients dropped because they did not read.", "protocol"
        )
        self._lag = times("loop_lag", "Delay of the event loop.", _LAGS)

    def handle(self, event: Event, protocol: str) -> None:
        """Count what a session told. protocol: such as `realtime`, `voice`, `wyoming`."""
        match event:
            case Heard(final=True):
                self._turns.labels(protocol).inc()
            case TurnDropped(_, why):
                self._dropped.labels(protocol, why).inc()
            case ReplyEnded(_, _, why, times):
                self._replies.labels(protocol, why).inc()
                if times is not None:
                    self._answered(times, protocol)
            case Failed(kind, engine):
                self._failures.labels(kind, engine).inc()

    def session_started(self, protocol: str) -> None:
        """A conversation began."""
        self._sessions.labels(protocol).inc()
        self._sessions_now.labels(protocol).inc()

    def session_ended(self, protocol: str) -> None:
        """A conversation is over."""
        self._sessions_now.labels(protocol).dec()

    def barge_in(self, protocol: str) -> None:
        """A user spoke into a reply, and it gave way."""
        self._barge_ins.labels(protocol).inc()

    def refused(self, reason: str) -> None:
        """Somebody was turned away. reason: the Problem's code."""
        self._refusals.labels(reason).inc()

    def reader_dropped(self, protocol: str) -> None:
        """A client did not read what it was sent, and was dropped."""
        self._unread.labels(protocol).inc()

    def answered_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered. route: the template, such as `/v1/models`."""
        self._requests.labels(method, route, str(status)).inc()
        self._request.labels(route).observe(seconds)

    def lagged(self, seconds: float) -> None:
        """The event loop came so much late to what was due."""
        self._lag.observe(seconds)
        self.trends.lagged(seconds)

    def watch_engines(self, states: EngineStates) -> None:
        """Tell which engines are up, as of each time somebody looks."""
        self.registry.register(_EngineMetrics(states))

    def _answered(self, times: TurnTimes, protocol: str) -> None:
        if times.draft:
            self._drafted.labels(protocol).inc()
        if times.gap is not None:
            self._gap.labels(protocol).observe(max(times.gap, 0.0))
            self.trends.add(times.gap)
        for stage, seconds in stages(times).items():
            self._stage.labels(stage).observe(seconds)


def stages(times: TurnTimes) -> dict[str, float]:
    """What each stage took, in seconds: the transcript after the speech's end, the model's first
    token after that, the first phrase's rest, its first audio, and the turn decision.
    """
    ends = {
        "stt": (None, times.stt),
        "llm": (times.stt, times.first_token),
        "phrase": (times.first_token, times.first_phrase),
        "tts": (times.first_phrase, times.first_audio),
        "turn": (None, times.turn_over),
    }
    return {
        stage: max(end - (begin or 0.0), 0.0)
        for stage, (begin, end) in ends.items()
        if end is not None
    }


class _EngineMetrics(Collector):
    """Which engines are up."""

    def __init__(self, states: EngineStates) -> None:
        self._states = states

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """One gauge, with a value for each engine."""
        family = GaugeMetricFamily(
            "vivavoce_engine_up", "1 if the engine works, otherwise 0.", labels=["kind", "engine"]
        )
        for kind, name, up in self._states():
            family.add_metric([kind, name], float(up))
        yield family

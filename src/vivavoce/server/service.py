"""What all protocols share: one configuration, one set of loaded engines, one door."""

from __future__ import annotations

import os
from typing import Literal, TypeAlias

from vivavoce.config.configuration import Config
from vivavoce.config.engines import on_device
from vivavoce.config.server_settings import LimitSettings, ServerSettings
from vivavoce.conversation.session import Engines
from vivavoce.engines import Engine, Kind
from vivavoce.registry import EngineSpec
from vivavoce.server.access.admission import Admission
from vivavoce.server.observe.metrics import Metrics
from vivavoce.server.selection.loaded_engines import LoadedEngines, watched

from .errors import Problem
from .live_conversations import LiveConversations

State: TypeAlias = Literal["warming", "ready", "draining"]


class Service:
    """The server's state; `app.state.service` of every application.

    loaded: the engines of the configuration. loaded_engines: those beside them.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.settings: ServerSettings = config.server
        self.limits: LimitSettings = config.server.limits
        self.meters = Metrics()
        self.admission = Admission(config.server, self.meters)
        self.conversations = LiveConversations(self.meters, log_words=config.server.log_words)
        self.admission.talking = self.conversations.talking
        self.state: State = "warming"
        self.loaded: Engines | None = None
        self.loaded_engines = LoadedEngines(self.limits.engines, self._make)

    @property
    def engines(self) -> Engines:
        """The loaded engines. Raises Problem (503) until they are."""
        if self.loaded is None:
            raise Problem(
                "the engines are still loading; try again soon (/audio/health shows when they "
                "are ready)",
                status=503,
                code="not_ready",
                retry_after=1.0,
            )
        return self.loaded

    def ready(self, engines: Engines) -> None:
        """The engines are loaded and warm: let callers in."""
        self.loaded = engines
        if self.limits.talking is None and any(
            engine.local for engine in (engines.stt, engines.llm)
        ):
            self.admission.most_talking = 2 * (os.cpu_count() or 1)
        self.state = "ready"

    def _make(self, kind: Kind, spec: EngineSpec) -> Engine:
        """An engine that a client asks for, on the configured device."""
        return watched(kind, on_device(kind, spec, self.config.device))

    def drain(self) -> None:
        """Let no new sessions in; those that run end after the reply that is under way."""
        self.state = "draining"
        self.admission.close()
        self.conversations.finish()

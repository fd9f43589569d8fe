"""The engines that serve a request: the configured ones, but for those that it names others of."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Literal, TypeAlias

from vivavoce.conversation.session import Engines
from vivavoce.engines import Tts
from vivavoce.server.service import Service
from vivavoce.settings import SessionSettings

from .aliases import Use, model_of
from .requested_engine import NAMED, weights_of

Named: TypeAlias = Literal["stt", "llm", "tts"]
"""What a request can name a model for."""


@contextmanager
def chosen(
    service: Service,
    *,
    stt: str | None = None,
    llm: str | None = None,
    tts: str | None = None,
    param: str | None = "model",
) -> Iterator[Engines]:
    """The engines for a request that names these models; none of them is freed meanwhile.

    None and "" are the configured engine. param: the name of the field they came in, for errors;
    None is the kind's. Raises Problem (404) for a name that no engine answers to.
    """
    engines = service.engines
    wanted: tuple[tuple[Named, str | None], ...] = (("stt", stt), ("llm", llm), ("tts", tts))
    with ExitStack() as stack:
        for kind, name in wanted:
            if not name:
                continue
            own = model_of(
                name, kind, service.engines, service.settings, beside(service, kind),
                param=param or kind,
            )  # fmt: skip
            extra = service.loaded_engines.find(kind, own)
            if extra is not None:
                engine = stack.enter_context(extra.lease())
                engines = replace(engines, **{kind: engine})  # type: ignore[arg-type]
        yield engines


def beside(service: Service, use: Use) -> dict[str, str]:
    """What requests may call the engines that were loaded beside the configured ones: their own
    names, and those of the models that they run.
    """
    names: dict[str, str] = {}
    for extra in service.loaded_engines:
        if extra.kind == use and extra.kind in NAMED and extra.state == "ready":
            model = weights_of(extra.kind, extra.name)
            names[extra.name] = extra.name
            if model is not None:
                names.setdefault(model.name, extra.name)
    return names


def sounding(service: Service, tts: Tts) -> SessionSettings:
    """The configured session as this engine can speak: voice and language are the configured
    engine's alone.
    """
    usual = service.config.session
    return usual if tts is service.engines.tts else replace(usual, voice=None, language=None)

"""The voices in the model store, as a reserve of a profile's own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial
from typing import cast

from vivavoce import models, registry
from vivavoce.config.configuration import Config
from vivavoce.config.engines import on_device
from vivavoce.engines import Engine, Tts
from vivavoce.errors import VivavoceError, describe
from vivavoce.registry import EngineSpec
from vivavoce.text.language.codes import match_language

from .fallback_tts import FallbackTts
from .voice_reserve import VoiceReserve

log = logging.getLogger(__name__)


def with_pulled_voices(tts: Engine, config: Config, patience_s: float | None = None) -> Engine:
    """The same, with the voices of the model store in reserve where the user has named none.

    patience_s: how long the first phrase waits for one of them; None goes by the configuration.
    """
    if "tts" in config.by_profile and isinstance(tts, FallbackTts):
        find = partial(_engines, config)
        tts.reserve = VoiceReserve(find, patience_s, config.fallback.probe_s)
    return tts


def pulled_voices(config: Config, language: str | None = None) -> list[EngineSpec]:
    """The voice engines that the model store has weights of, beside those of the configuration.

    language: that they are to speak. The largest come first, for a larger network sounds better.
    """
    known = {(spec.name, spec.model) for spec in config.tts}
    found = [
        (model.bytes or 0, EngineSpec.parse(model.engine))
        for it in models.installed()
        if (model := it.model) and model.kind == "tts" and model.engine
        if language is None or match_language(language, model.languages)
        if models.missing(model.name) is None
    ]
    found.sort(key=lambda pair: -pair[0])
    specs = [spec for _, spec in found if (spec.name, spec.model) not in known]
    return [on_device("tts", spec, config.device) for spec in specs]


def _engines(config: Config, language: str) -> Sequence[Tts]:
    made: list[Tts] = []
    try:
        specs = pulled_voices(config, language)
    except OSError as error:
        log.warning("the model store cannot be read: %s", error)
        specs = []
    for spec in specs:
        try:
            made.append(cast("Tts", registry.create("tts", spec)))
        except VivavoceError as error:
            log.info("%s is pulled but cannot be used: %s", spec, describe(error))
    return made

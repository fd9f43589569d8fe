"""`vivavoce voices`: what the text-to-speech engines can sound like."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import click

from .interrupt import run_async
from .options import engine_options, json_option

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config
    from vivavoce.engines import Tts, Voice
    from vivavoce.registry import EngineSpec


@click.command()
@click.option("--language", help="List only voices of this language, such as `en` or `en-gb`.")
@json_option
@engine_options
def voices(config: Config, language: str | None, as_json: bool) -> None:
    """List the voices of the configured text-to-speech engines, the default first.

    Where you have configured none, those of all models follow that are pulled. Use a voice with
    `vivavoce say --voice` or the configuration's `session.voice`, and hear one of another engine
    with `vivavoce say --tts ENGINE --voice VOICE`.
    """
    from .table import table
    from .weights import pull_weights

    pull_weights(config, ["tts"])
    found, well = run_async(_voices(config, language))
    shown = [
        (engine, voice) for engine, voice in found if language is None or _speaks(voice, language)
    ]
    if as_json:
        listed = [{"engine": engine, **asdict(voice)} for engine, voice in shown]
        click.echo(json.dumps(listed, indent=2, ensure_ascii=False))
    elif shown:
        rows = [("ENGINE", "VOICE", "LANGUAGES", "GENDER", "NAME")]
        for engine, voice in shown:
            languages = ",".join(voice.languages)
            rows.append((engine, voice.id, languages, voice.gender or "", voice.name))
        click.echo(table(rows))
    if not well:
        click.get_current_context().exit(1)


async def _voices(config: Config, language: str | None) -> tuple[list[tuple[str, Voice]], bool]:
    """Each engine's voices, and whether all that are configured could be asked."""
    from vivavoce.errors import EngineError, ModelError
    from vivavoce.registry import create

    found: list[tuple[str, Voice]] = []
    well = True
    for spec, engine in _engines(config, language):
        try:
            tts = cast("Tts", create("tts", spec))
            try:
                await tts.load()
                found += [(engine, voice) for voice in tts.voices]
            finally:
                await tts.aclose()
        except (EngineError, ModelError) as error:
            click.echo(f"error: {error}", err=True)
            well = well and spec not in config.tts
    return found, well


def _engines(config: Config, language: str | None) -> list[tuple[EngineSpec, str]]:
    """Those to ask, and what to call them."""
    from vivavoce.loading.pulled_voices import pulled_voices

    pulled = pulled_voices(config, language) if "tts" in config.by_profile else []
    return [(spec, spec.name) for spec in config.tts] + [(spec, str(spec)) for spec in pulled]


def _speaks(voice: Voice, language: str) -> bool:
    wanted = language.lower()
    return any(
        code.lower() == wanted or code.lower().startswith(f"{wanted}-") for code in voice.languages
    )

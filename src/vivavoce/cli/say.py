"""`vivavoce say`: a text as speech, in a file or from the loudspeaker."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .interrupt import run_async
from .options import engine_options, json_option

if TYPE_CHECKING:
    from vivavoce.audio import Samples
    from vivavoce.concurrency.model_thread import StopFlag
    from vivavoce.config.configuration import Config
    from vivavoce.engines import Tts, TtsOptions, Word

_READ = 4096
"""Bytes of stdin read at once, at most."""
_PIECES_AHEAD = 8
"""Pieces of speech that wait for the loudspeaker: they hide the start of the next phrase."""


@click.command()
@click.argument("text")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write a .wav, .mp3, .ogg, .flac or .m4a file instead of playing.",
)
@click.option("--voice", help="One of `vivavoce voices`.")
@click.option("--speed", type=click.FloatRange(0.25, 4.0), help="1.0 is the voice's own.")
@click.option("--language", help="Of the text, as a code such as `en`.")
@json_option
@engine_options
def say(
    config: Config,
    text: str,
    output: Path | None,
    voice: str | None,
    speed: float | None,
    language: str | None,
    as_json: bool,
) -> None:
    """Speak TEXT, or what comes on stdin if it is `-`, phrase by phrase as it comes."""
    from vivavoce.engines import TtsOptions

    from .weights import pull_weights

    session = config.session
    options = TtsOptions(
        voice=voice or session.voice,
        language=language or session.language,
        speed=speed or session.speed,
        pitch=session.pitch,
    )
    pull_weights(config, ["tts"])
    report = run_async(_say(config, text, output, options))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    elif output is not None:
        click.echo(f"wrote {output} ({report['seconds']} s)", err=True)


async def _say(
    config: Config, text: str, output: Path | None, options: TtsOptions
) -> dict[str, object]:
    from vivavoce.errors import BadRequest
    from vivavoce.loading.open_engines import make
    from vivavoce.media.decode import Writer

    from .loudspeaker import BlockingLoudspeaker

    tts = cast("Tts", make("tts", config.tts))
    try:
        await tts.load()
        with BlockingLoudspeaker(tts.rate) if output is None else Writer(output, tts.rate) as sink:
            said = await _speak(tts, _texts(text), options, sink.write)
            if not said.samples:
                raise BadRequest("there is nothing to say in this text")
    finally:
        await tts.aclose()
    return {
        "engine": tts.name,
        "seconds": round(said.samples / tts.rate, 3),
        "output": str(output) if output else None,
        "words": [
            {"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}
            for word in said.words
        ],
    }


@dataclass(slots=True)
class _SpokenText:
    """How much was spoken, and when each word was, from the start."""

    samples: int = 0
    words: list[Word] = field(default_factory=list)


async def _speak(
    tts: Tts,
    texts: AsyncGenerator[str, None],
    options: TtsOptions,
    write: Callable[[Samples], None],
) -> _SpokenText:
    """Speak the texts while they come; the next phrase is made while one is written."""
    from vivavoce.concurrency.model_thread import ModelThread

    said = _SpokenText()
    ready: asyncio.Queue[Samples | None] = asyncio.Queue(_PIECES_AHEAD)

    thread = ModelThread("sound")

    async def writing() -> None:
        try:
            while (samples := await ready.get()) is not None:
                await thread.run(partial(_write, write, samples))
        finally:
            await thread.aclose()

    async with (
        aclosing(await tts.open(options)) as voice,
        asyncio.TaskGroup() as tasks,
        aclosing(_phrases(texts, options.language)) as phrases,
    ):
        tasks.create_task(writing())
        async for phrase in phrases:
            at = said.samples / tts.rate
            async with aclosing(voice.speak(phrase)) as pieces:
                async for piece in pieces:
                    said.samples += len(piece.samples)
                    said.words += [
                        replace(word, start=at + word.start, end=at + word.end)
                        for word in piece.words
                    ]
                    await ready.put(piece.samples)
        await ready.put(None)
    return said


def _write(write: Callable[[Samples], None], samples: Samples, stop: StopFlag) -> None:
    write(samples)


async def _phrases(
    texts: AsyncGenerator[str, None], language: str | None
) -> AsyncGenerator[str, None]:
    """What to speak in one go, each with something to say."""
    from vivavoce.text.phrases import Phraser

    phraser = Phraser(language, first_words=30)
    async with aclosing(texts):
        async for text in texts:
            for phrase in phraser.feed(text):
                yield phrase.spoken
    for phrase in phraser.flush():
        if phrase.spoken:
            yield phrase.spoken


async def _texts(text: str) -> AsyncGenerator[str, None]:
    """The text, or what comes on stdin, as it comes, for `-`."""
    if text != "-":
        yield text
        return
    from vivavoce.concurrency.model_thread import ModelThread
    from vivavoce.media.container import Input
    from vivavoce.text.text_files import TextDecoder

    def read(emit: Callable[[str], None], stop: StopFlag) -> None:
        data = Input(sys.stdin.buffer, "stdin", stop)
        decoder = TextDecoder("stdin")
        while piece := data.read(_READ):
            emit(decoder.feed(piece))
        data.check()
        emit(decoder.finish())

    thread = ModelThread("stdin")
    try:
        pieces = thread.stream(read)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece
    finally:
        await thread.aclose()

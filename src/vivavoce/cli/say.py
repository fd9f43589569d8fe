"""`vivavoce say`: a text as speech, in a file or from the loudspeaker."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import click

from .interrupt import run_async
from .options import engine_options, json_option

if TYPE_CHECKING:
    from vivavoce.audio import Samples
    from vivavoce.concurrency.model_thread import StopFlag
    from vivavoce.config.configuration import Config
    from vivavoce.engines import TtsOptions
    from vivavoce.speech.synthesis import SpokenPiece, Synthesis
    from vivavoce.text.marked_text import MarkedText
    from vivavoce.text.pronunciations import PronouncingDictionary
    from vivavoce.text.ssml import InputType

    _Texts: TypeAlias = AsyncGenerator[str | MarkedText, None]

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
    help="Write a .wav, .mp3, .ogg, .flac or .m4a file instead of playing; `-` is WAV on stdout.",
)
@click.option("--voice", help="A voice from `vivavoce voices`.")
@click.option("--speed", type=click.FloatRange(0.25, 4.0), help="1.0 is the voice's normal value.")
@click.option("--language", help="Language of the text, such as `en`.")
@click.option(
    "--input-type",
    type=click.Choice(["auto", "text", "ssml"]),
    default="auto",
    show_default=True,
    help="Whether TEXT is SSML; `auto` goes by whether it begins with `<speak`. For SSML on "
    "stdin, name `ssml`.",
)
@click.option(
    "--pronounce",
    "pronunciations",
    multiple=True,
    metavar="WORD=SOUND",
    help='How a word is to sound: `nginx="engine x"`, or IPA as `GIF=/dʒɪf/`; repeatable.',
)
@json_option
@engine_options
def say(
    config: Config,
    text: str,
    output: Path | None,
    voice: str | None,
    speed: float | None,
    language: str | None,
    input_type: InputType,
    pronunciations: tuple[str, ...],
    as_json: bool,
) -> None:
    """Speak TEXT (`-` reads stdin), phrase by phrase as it arrives."""
    from vivavoce.engines import TtsOptions
    from vivavoce.text.pronunciations import dictionary_of
    from vivavoce.text.ssml import marked_text

    from .weights import pull_weights

    session = config.session
    options = TtsOptions(
        voice=voice or session.voice,
        language=language or session.language,
        speed=speed or session.speed,
        pitch=session.pitch,
    )
    if as_json and str(output) == "-":
        raise click.UsageError("--json and `-o -` both write to stdout; use one of them")
    words = dictionary_of(session.pronunciations, _dictionary(pronunciations))
    pull_weights(config, ["tts"])
    given = text if text == "-" else marked_text(text, input_type)
    report = run_async(_say(config, _texts(given, input_type), output, options, words))
    if as_json:
        click.echo(json.dumps(report, ensure_ascii=False))
    elif output is not None and str(output) != "-":
        click.echo(f"wrote {output} ({report['seconds']} s)", err=True)


def _dictionary(pronunciations: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in pronunciations]
    for word, sign, _ in pairs:
        if not sign:
            raise click.BadParameter(
                f'{word!r}: write WORD=SOUND, such as nginx="engine x"', param_hint="--pronounce"
            )
    return {word: sound for word, _, sound in pairs}


async def _say(
    config: Config,
    texts: _Texts,
    output: Path | None,
    options: TtsOptions,
    words: PronouncingDictionary,
) -> dict[str, object]:
    from vivavoce.errors import BadRequest
    from vivavoce.loading.open_engines import make_tts
    from vivavoce.media.decode import Writer
    from vivavoce.speech.synthesis import WHOLE, Synthesis

    from .loudspeaker import BlockingLoudspeaker

    tts = make_tts(config)
    try:
        await tts.load()
        opened: BlockingLoudspeaker | Writer
        if output is None:
            opened = BlockingLoudspeaker(tts.rate)
        elif str(output) == "-":
            opened = Writer(sys.stdout.buffer, tts.rate, format="wav")
        else:
            opened = Writer(output, tts.rate)
        with opened as sink:
            timeout_s = config.session.tts_timeout_s
            voice = Synthesis(
                tts, options, timeout_s, first_words=WHOLE, estimate=True, dictionary=words
            )
            told = await _speak(voice, texts, sink.write)
            if not voice.seconds:
                raise BadRequest("the text has nothing to speak; give some words")
    finally:
        await tts.aclose()
    return {
        "engine": tts.name,
        "seconds": round(voice.seconds, 3),
        "output": str(output) if output else None,
        "words": told,
    }


async def _speak(
    voice: Synthesis, texts: _Texts, write: Callable[[Samples], None]
) -> list[dict[str, object]]:
    """Speak the texts while they come, and give the words with their times.

    The next phrase is made while one is written.
    """
    from vivavoce.concurrency.model_thread import ModelThread

    words: list[dict[str, object]] = []
    ready: asyncio.Queue[Samples | None] = asyncio.Queue(_PIECES_AHEAD)

    thread = ModelThread("sound")

    async def writing() -> None:
        try:
            while (samples := await ready.get()) is not None:
                await thread.run(partial(_write, write, samples))
        finally:
            await thread.aclose()

    async with (
        aclosing(voice),
        asyncio.TaskGroup() as tasks,
        aclosing(_pieces(voice, texts)) as pieces,
    ):
        tasks.create_task(writing())
        async for piece in pieces:
            words += _told(piece)
            if len(piece.samples):
                await ready.put(piece.samples)
        await ready.put(None)
    return words


async def _pieces(voice: Synthesis, texts: _Texts) -> AsyncGenerator[SpokenPiece, None]:
    """The texts' audio, each phrase as soon as it is complete."""
    async with aclosing(texts):
        async for text in texts:
            phrases = voice.feed(text) if isinstance(text, str) else voice.feed_marked(text)
            async with aclosing(voice.say(*phrases)) as pieces:
                async for piece in pieces:
                    yield piece
    async with aclosing(voice.say(*voice.flush())) as pieces:
        async for piece in pieces:
            yield piece


def _told(piece: SpokenPiece) -> list[dict[str, object]]:
    """The piece's words, as the JSON has them; those whose times are estimated say so."""
    mark = {"estimated": True} if piece.estimated else {}
    return [
        {"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3), **mark}
        for word in piece.timed_words
    ]


def _write(write: Callable[[Samples], None], samples: Samples, stop: StopFlag) -> None:
    write(samples)


async def _texts(text: str | MarkedText, input_type: InputType) -> _Texts:
    """The text; for `-` what comes on stdin, as it comes, or all of it where it is SSML."""
    from vivavoce.text.ssml import marked_text

    if text != "-":
        yield text
    elif input_type == "ssml":
        yield marked_text("".join([part async for part in _stdin()]), input_type)
    else:
        async with aclosing(_stdin()) as parts:
            async for part in parts:
                yield part


async def _stdin() -> AsyncGenerator[str, None]:
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

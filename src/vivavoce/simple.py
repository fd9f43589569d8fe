"""Whole jobs in one call, for scripts and notebooks; everything else in Vivavoce is async.

Each call loads the engines that it needs and closes them again. A program that makes many calls
keeps them open with `open_engines` and uses the async functions: `answer`,
`vivavoce.transcripts.recordings`.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from vivavoce.conversation.single_turn import Answer, answer
from vivavoce.loading.open_engines import make, make_tts, open_engines
from vivavoce.media.decode import read_audio, stream_audio
from vivavoce.speech.synthesis import WHOLE, Synthesis
from vivavoce.text.pronunciations import dictionary_of
from vivavoce.text.ssml import marked_text
from vivavoce.transcripts.recordings import RecordingTranscription, Segment

from .audio import Audio, Samples
from .config.configuration import Config, load_config
from .engines import Stt, SttOptions, TtsOptions, Vad

if TYPE_CHECKING:
    from vivavoce.conversation.tools import Toolbox


def transcribe_file(
    path: str | Path, *, config: Config | None = None, options: SttOptions | None = None
) -> list[Segment]:
    """What is said in a recording of any format and length, segment by segment.

    Raises BadAudio for a file that holds no audio, and what the engines raise.
    """
    return asyncio.run(_transcribe(Path(path), config or load_config(), options or SttOptions()))


def speak(text: str, *, config: Config | None = None, options: TtsOptions | None = None) -> Audio:
    """A text as speech; numbers, links and Markdown are said as a person would.

    A text that begins with `<speak` is SSML. Raises BadRequest for one that is broken.
    """
    return asyncio.run(_speak(text, config or load_config(), options or TtsOptions()))


def ask(
    question: str | Path | Audio, *, config: Config | None = None, toolbox: Toolbox | None = None
) -> Answer:
    """One spoken turn: what was heard in the question, the reply, and its audio.

    Raises BadAudio when no words were heard in it.
    """
    audio = question if isinstance(question, Audio) else read_audio(question)
    return asyncio.run(_ask(audio, config or load_config(), toolbox))


async def _transcribe(path: Path, config: Config, options: SttOptions) -> list[Segment]:
    stt, vad = cast("Stt", make("stt", config.stt)), cast("Vad", make("vad", config.vad))
    try:
        await asyncio.gather(stt.load(), vad.load())
        transcription = RecordingTranscription(stream_audio(path, stt.rate), stt, vad, options)
        return list((await transcription.finish()).segments)
    finally:
        await stt.aclose()
        await vad.aclose()


async def _speak(text: str, config: Config, options: TtsOptions) -> Audio:
    tts = make_tts(config)
    sounds: list[Samples] = [np.zeros(0, np.float32)]
    try:
        await tts.load()
        session = config.session
        words = dictionary_of(session.pronunciations)
        voice = Synthesis(tts, options, session.tts_timeout_s, first_words=WHOLE, dictionary=words)
        async with aclosing(voice.speak(marked_text(text))) as pieces:
            sounds += [piece.samples async for piece in pieces]
        return Audio(np.concatenate(sounds), tts.rate)
    finally:
        await tts.aclose()


async def _ask(audio: Audio, config: Config, toolbox: Toolbox | None) -> Answer:
    async with open_engines(config) as engines:
        return await answer(engines, audio, settings=config.session, toolbox=toolbox)

"""What engines raise leaves as one of the project's own errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engines import (
    FileStt,
    Foresight,
    LlmOptions,
    Message,
    Speech,
    SttOptions,
    Thought,
    Token,
    Transcript,
    TtsOptions,
    capability,
)
from vivavoce.errors import (
    BadAudio,
    BadRequest,
    EngineBusy,
    EngineError,
    EngineTimeout,
    EngineUnavailable,
)
from vivavoce.guard import GuardedLlm, GuardedStt, GuardedTts, GuardedTurn, GuardedVad, guarded
from vivavoce.testing import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    check_llm,
    check_tts,
    check_turn,
    check_vad,
    hush,
    say,
)
from vivavoce.testing.scripted import ScriptedVadStream

QUESTION = [Message("user", "Hi")]


class BrokenTurn(ScriptedTurn):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    async def probability(self, utterance: Audio, transcript: str) -> float:
        raise self.error


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        (ValueError("no such shape"), EngineError, "scripted failed: ValueError: no such shape"),
        (TimeoutError(), EngineTimeout, "scripted gave no answer in time"),
        (ImportError("no cuda"), EngineUnavailable, "scripted lacks a package: no cuda"),
        (MemoryError(), EngineUnavailable, "scripted needs more memory"),
        (EngineBusy("later"), EngineBusy, "^later$"),
        (BadRequest("no voice"), BadRequest, "^no voice$"),
    ],
)
async def test_each_error_becomes_one_of_ours(
    raised: Exception, kind: type[Exception], message: str
) -> None:
    turn = GuardedTurn(BrokenTurn(raised))
    with pytest.raises(kind, match=message) as caught:
        await turn.probability(say(1.0), "")
    assert type(caught.value) is kind


async def test_a_cancellation_passes_as_it_is() -> None:
    with pytest.raises(asyncio.CancelledError):
        await GuardedTurn(BrokenTurn(asyncio.CancelledError())).probability(say(1.0), "")


class BrokenVad(ScriptedVad):
    def open(self) -> BrokenVadStream:
        return BrokenVadStream()


class BrokenVadStream(ScriptedVadStream):
    def feed(self, samples: Samples) -> Sequence[float]:
        raise RuntimeError("bad state")


def test_a_vad_that_breaks_says_so() -> None:
    with pytest.raises(EngineError, match="scripted failed: RuntimeError: bad state"):
        GuardedVad(BrokenVad()).open().feed(np.zeros(512, np.float32))


class BrokenLlm(ScriptedLlm):
    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        yield Token("One")
        raise KeyError("logits")

    async def completeness(self, messages: Sequence[Message]) -> float:
        raise KeyError("logits")


async def test_a_reply_that_breaks_off_keeps_what_came_before() -> None:
    thoughts = GuardedLlm(BrokenLlm()).reply(QUESTION, LlmOptions())
    async with aclosing(thoughts):
        assert await anext(thoughts) == Token("One")
        with pytest.raises(EngineError, match="scripted failed: KeyError"):
            await anext(thoughts)


async def test_what_an_engine_can_do_beyond_its_kind_is_guarded_too() -> None:
    foresight = capability(GuardedLlm(BrokenLlm()), Foresight)
    assert foresight is not None
    with pytest.raises(EngineError, match="scripted failed: KeyError"):
        await foresight.completeness(QUESTION)
    assert capability(GuardedLlm(ScriptedLlm()), Foresight) is None


class BrokenTts(ScriptedTts):
    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        if phrase:
            raise OSError("device lost")
        yield Speech(np.zeros(1, np.float32))


async def test_a_voice_that_breaks_says_so() -> None:
    async with aclosing(await GuardedTts(BrokenTts()).open(TtsOptions())) as voice:
        with pytest.raises(EngineError, match="scripted failed: OSError: device lost"):
            await anext(voice.speak("one"))


class Reader(ScriptedStt):
    """Reads whole recordings."""

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        async for samples in audio:
            if not len(samples):
                raise ValueError("nothing")
            yield Transcript("heard")


async def recording(*pieces: Samples | Exception) -> AsyncIterator[Samples]:
    for piece in pieces:
        if isinstance(piece, Exception):
            raise piece
        yield piece


async def test_a_recording_that_cannot_be_read_is_not_the_engines_fault() -> None:
    files = capability(GuardedStt(Reader()), FileStt)
    assert files is not None
    for trouble, kind in (
        (BadAudio("cut"), BadAudio),
        (ConnectionError("gone"), ConnectionError),
        (np.zeros(0, np.float32), EngineError),
    ):
        found = files.transcribe(recording(np.ones(9, np.float32), trouble), SttOptions())
        assert await anext(found) == Transcript("heard")
        with pytest.raises(kind):
            await anext(found)


async def test_guarded_engines_keep_their_contracts() -> None:
    await check_vad(
        GuardedVad(ScriptedVad()),
        Audio(np.concatenate([hush(1.0).samples, say(1.0).samples, hush(1.0).samples]), 16_000),
    )
    await check_turn(GuardedTurn(ScriptedTurn(0.5)))
    await check_llm(GuardedLlm(ScriptedLlm()))
    await check_tts(GuardedTts(ScriptedTts()), words=True)


def test_an_engine_is_guarded_once() -> None:
    once = guarded("tts", ScriptedTts())
    assert guarded("tts", once) is once
    assert (once.name, once.model, once.local) == ("scripted", None, True)

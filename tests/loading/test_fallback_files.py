"""Whole recordings by engines that take over from one another."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import numpy as np
import pytest

from tests.loading.unguarded import unguarded
from vivavoce.audio import Audio, Samples
from vivavoce.engines import FileStt, SttOptions, Transcript, Word, capability
from vivavoce.errors import BadAudio, BadRequest, EngineError
from vivavoce.loading.fallback_stt import FallbackStt
from vivavoce.testing import ScriptedStt, ScriptedVad, hush, say
from vivavoce.transcripts.recordings import transcribe

SECOND = 16_000


class Counting(ScriptedStt):
    """Writes a word for each second of a recording; fails after some, if it is told to."""

    name = "counting"

    def __init__(self, fail_after: int | None = None, languages: Sequence[str] = ("en",)) -> None:
        super().__init__()
        self.fail_after = fail_after
        self.known = languages
        self.got = 0

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        if options.language not in {None, *self.known}:
            raise BadRequest(f"counting: no language {options.language!r}")
        told = 0
        async for chunk in audio:
            self.got += len(chunk)
            while self.got >= (told + 1) * SECOND:
                if told == self.fail_after:
                    raise EngineError("lost count")
                yield Transcript(f"w{told}", (Word(f"w{told}", told, told + 1.0),))
                told += 1


async def chunks(*parts: Audio, seconds: float = 0.3) -> AsyncGenerator[Samples, None]:
    samples = np.concatenate([part.samples for part in parts])
    size = round(seconds * SECOND)
    for at in range(0, len(samples), size):
        yield samples[at : at + size]


async def told(chain: FallbackStt, audio: AsyncIterator[Samples]) -> list[tuple[str, float]]:
    files = capability(chain, FileStt)
    assert files is not None
    transcripts = [transcript async for transcript in files.transcribe(audio, SttOptions())]
    return [(word.text, word.start) for transcript in transcripts for word in transcript.words]


async def test_a_chain_has_a_way_for_whole_recordings_while_the_engine_in_use_has() -> None:
    chain = FallbackStt([Counting(), ScriptedStt()])
    assert capability(chain, FileStt) is not None
    chain.fail(chain.links[0], EngineError("gone"))
    assert capability(chain, FileStt) is None
    assert capability(FallbackStt([ScriptedStt(), Counting()]), FileStt) is None


async def test_recordings_go_to_the_engine_as_a_whole() -> None:
    counting = Counting()
    audio = chunks(say(3.0))
    segments = [it async for it in transcribe(audio, FallbackStt([counting]), ScriptedVad())]
    assert [segment.transcript.text for segment in segments] == ["w0", "w1", "w2"]
    assert counting.got == 3 * SECOND


async def test_the_next_engine_goes_on_after_the_last_word_that_was_told() -> None:
    first, second = Counting(fail_after=2), Counting()
    chain = FallbackStt([first, second])
    assert await told(chain, chunks(say(5.0))) == [
        ("w0", 0.0),
        ("w1", 1.0),
        ("w0", 2.0),
        ("w1", 3.0),
        ("w2", 4.0),
    ]
    assert second.got == 3 * SECOND
    assert unguarded(chain.down) == [first]


async def test_an_engine_that_knows_utterances_only_hears_the_rest_in_pieces() -> None:
    chain = FallbackStt([Counting(fail_after=2), ScriptedStt("three words more", "and one")])
    audio = chunks(say(2.0), say(1.0), hush(3.0), say(0.5), hush(1.0))
    words = await told(chain, audio)
    assert [text for text, _ in words] == ["w0", "w1", "three", "words", "more", "and", "one"]
    assert words[2][1] == pytest.approx(2.0, abs=0.1)
    assert words[5][1] == pytest.approx(6.0, abs=0.1)


async def test_an_engine_that_refuses_the_language_is_passed_over() -> None:
    chain = FallbackStt([Counting(languages=("de",)), Counting(languages=("en",))])
    files = capability(chain, FileStt)
    assert files is not None
    options = SttOptions(language="en")
    transcripts = [it async for it in files.transcribe(chunks(say(1.0)), options)]
    assert [transcript.text for transcript in transcripts] == ["w0"]
    assert chain.down == []
    with pytest.raises(BadRequest):
        [it async for it in files.transcribe(chunks(say(1.0)), SttOptions(language="fr"))]


async def test_what_is_wrong_with_the_recording_is_no_engines_fault() -> None:
    async def broken() -> AsyncIterator[Samples]:
        yield say(1.0).samples
        raise BadAudio("cut short")

    chain = FallbackStt([Counting(), Counting()])
    with pytest.raises(BadAudio, match="cut short"):
        await told(chain, broken())
    assert chain.down == []


async def test_when_all_fail_the_recording_fails_after_what_was_understood() -> None:
    chain = FallbackStt([Counting(fail_after=1), Counting(fail_after=1)])
    files = capability(chain, FileStt)
    assert files is not None
    transcripts = files.transcribe(chunks(say(4.0)), SttOptions())
    for at in (0.0, 1.0):
        [word] = (await anext(transcripts)).words
        assert (word.text, word.start) == ("w0", at)
    with pytest.raises(EngineError, match="lost count"):
        await anext(transcripts)

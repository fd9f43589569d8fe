"""Whole recordings: every word once, with its time, whatever the lengths and rates."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engines import FileStt, Stt, SttOptions, SttStream, Transcript, Word
from vivavoce.errors import BadRequest, EngineError
from vivavoce.testing import ScriptedStt, ScriptedVad, hush, say
from vivavoce.transcripts.recording_transcript import RecordingTranscript
from vivavoce.transcripts.recordings import RecordingTranscription, Segment, transcribe
from vivavoce.transcripts.segmenter import SegmentSettings

RATE = 16_000


async def chunks(*audio: Audio, size: int = 1_000) -> AsyncGenerator[Samples, None]:
    samples = np.concatenate([np.zeros(0, np.float32), *(part.samples for part in audio)])
    for first in range(0, len(samples), size):
        yield samples[first : first + size]


async def segments_of(
    audio: AsyncGenerator[Samples, None], stt: Stt, options: SttOptions | None = None
) -> list[Segment]:
    async with aclosing(transcribe(audio, stt, ScriptedVad(), options)) as segments:
        return [segment async for segment in segments]


class Timekeeper:
    """Hears one word for each stretch of voice, and where it is."""

    name = "timekeeper"
    model = None
    local = True
    languages = ("en",)

    def __init__(self, rate: int = RATE) -> None:
        self.rate = rate
        self.asked: list[SttOptions] = []

    async def load(self) -> None: ...

    async def aclose(self) -> None: ...

    async def open(self, options: SttOptions) -> SttStream:
        self.asked.append(options)
        return TimekeeperStream(self.rate)


class TimekeeperStream:
    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._samples = np.zeros(0, np.float32)

    async def feed(self, samples: Samples) -> Transcript | None:
        self._samples = np.concatenate([self._samples, samples])
        return None

    async def finish(self) -> Transcript:
        loud = np.abs(self._samples) > 1e-3
        # A tone crosses zero: gaps under 10 ms belong to it.
        places = np.flatnonzero(loud)
        breaks = np.flatnonzero(np.diff(places) > self._rate // 100)
        starts, ends = places[[0, *(breaks + 1)]], places[[*breaks, -1]]
        words = tuple(
            Word("la", start / self._rate, end / self._rate)
            for start, end in zip(starts, ends, strict=True)
        )
        return Transcript(" ".join("la" for _ in words), words)

    async def aclose(self) -> None:
        self._samples = np.zeros(0, np.float32)


class WholeStt(ScriptedStt):
    """Wants the recording in one go."""

    def __init__(self, *transcripts: Transcript, alone: str = "") -> None:
        super().__init__(alone)
        self.transcripts = transcripts
        self.got = 0
        self.ended = False

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        try:
            async for chunk in audio:
                self.got += len(chunk)
            for transcript in self.transcripts:
                yield transcript
        finally:
            self.ended = True


async def test_every_utterance_becomes_a_segment_with_its_times() -> None:
    stt = ScriptedStt("one two", "three four")
    segments = await segments_of(chunks(hush(1), say(0.6), hush(3), say(0.6), hush(1)), stt)
    assert [segment.transcript.text for segment in segments] == ["one two", "three four"]
    assert [(segment.start, segment.end) for segment in segments] == [
        pytest.approx((1.0, 1.6), abs=0.03),
        pytest.approx((4.6, 5.2), abs=0.03),
    ]
    assert stt.open_streams == 0


@pytest.mark.parametrize("size", [37, 1_000, 40_000, 1_000_000])
async def test_word_times_count_from_the_recording_s_beginning(size: int) -> None:
    starts = [0.5, 2.0, 9.0, 12.0, 20.0, 33.0]
    audio, now = [], 0.0
    for start in starts:
        audio += [hush(start - now), say(0.4)]
        now = start + 0.4
    segments = await segments_of(chunks(*audio, hush(2), size=size), Timekeeper())
    words = [word for segment in segments for word in segment.transcript.words]
    assert [word.start for word in words] == pytest.approx(starts, abs=0.01)
    assert [word.end for word in words] == pytest.approx([at + 0.4 for at in starts], abs=0.01)
    for segment in segments:
        assert segment.start == pytest.approx(segment.transcript.words[0].start, abs=0.03)
        assert segment.end == pytest.approx(segment.transcript.words[-1].end, abs=0.03)


async def test_an_stt_at_another_rate_than_the_vad_s_gets_its_own() -> None:
    stt = Timekeeper(24_000)
    audio = [say(0.5, rate=24_000), hush(2, rate=24_000), say(0.5, rate=24_000)]
    segments = await segments_of(chunks(*audio), stt)
    assert [segment.start for segment in segments] == pytest.approx([0.0, 2.5], abs=0.03)
    assert [word.start for word in segments[1].transcript.words] == pytest.approx([2.5], abs=0.01)


async def test_no_partials_are_asked_for_and_the_other_options_pass() -> None:
    stt = Timekeeper()
    options = SttOptions(language="en", prompt="About birds.", words=True)
    await segments_of(chunks(say(1)), stt, options)
    assert stt.asked == [replace(options, partials=False)]


async def test_silence_and_an_empty_recording_give_nothing() -> None:
    stt = ScriptedStt("never heard")
    assert await segments_of(chunks(hush(20)), stt) == []
    assert await segments_of(chunks(), stt) == []


async def test_a_segment_without_words_is_left_out() -> None:
    segments = await segments_of(chunks(say(1), hush(3), say(1)), ScriptedStt("", "yes"))
    assert [segment.transcript.text for segment in segments] == ["yes"]


async def test_samples_that_are_no_numbers_are_silence() -> None:
    broken = say(2).samples.copy()
    broken[8_000:16_000] = np.nan
    broken[16_000:16_100] = np.inf
    segments = await segments_of(chunks(Audio(broken, RATE)), Timekeeper())
    assert [word.text for word in segments[0].transcript.words] == ["la", "la"]


async def test_what_was_understood_before_a_failure_comes_out_first() -> None:
    stt = ScriptedStt("one", EngineError("the model fell over"))
    audio = chunks(say(1), hush(3), say(1), hush(3))
    segments = transcribe(audio, stt, ScriptedVad())
    assert (await anext(segments)).transcript.text == "one"
    with pytest.raises(EngineError, match="fell over"):
        await anext(segments)
    assert stt.open_streams == 0


async def test_a_language_that_the_engine_lacks_is_refused() -> None:
    with pytest.raises(BadRequest, match="unknown language 'xx'"):
        await segments_of(chunks(say(1)), ScriptedStt("a"), SttOptions(language="xx"))


async def test_closing_early_reads_no_further_and_leaves_nothing_open() -> None:
    stt = ScriptedStt(*["la"] * 100)
    taken = 0

    async def endless() -> AsyncGenerator[Samples, None]:
        nonlocal taken
        while True:
            taken += 1
            yield np.concatenate([say(1).samples, hush(2).samples])

    async with aclosing(transcribe(endless(), stt, ScriptedVad())) as segments:
        assert (await anext(segments)).transcript.text == "la"
    assert taken <= 2
    assert stt.open_streams == 0


async def test_cut_settings_can_be_given() -> None:
    audio = chunks(say(2), hush(0.5), say(2), hush(0.5), say(2))
    cuts = SegmentSettings(longest_s=3)
    segments = transcribe(audio, Timekeeper(), ScriptedVad(), None, cuts)
    assert len([segment async for segment in segments]) == 3


async def test_an_engine_for_whole_recordings_gets_the_whole_recording() -> None:
    words: Sequence[Word] = (Word("so", 1.0, 1.5), Word("what", 1.6, 2.0))
    stt = WholeStt(Transcript("so what", tuple(words)), Transcript(""), Transcript("eh"))
    assert isinstance(stt, FileStt)
    segments = await segments_of(chunks(hush(4)), stt)
    assert segments == [
        Segment(1.0, 2.0, Transcript("so what")),
        Segment(2.0, 2.0, Transcript("eh")),
    ]
    assert stt.got == 4 * RATE
    assert stt.ended


async def test_words_are_passed_on_where_they_are_wanted() -> None:
    stt = WholeStt(Transcript("so", (Word("so", 1.0, 1.5),)))
    [segment] = await segments_of(chunks(hush(4)), stt, SttOptions(words=True))
    assert segment.transcript.words == (Word("so", 1.0, 1.5),)


async def test_closing_early_ends_an_engine_for_whole_recordings() -> None:
    stt = WholeStt(Transcript("a"), Transcript("b"))
    async with aclosing(transcribe(chunks(hush(1)), stt, ScriptedVad())) as segments:
        await anext(segments)
    assert stt.ended


TEN_WORDS = "one two three four five six seven eight nine ten"


class UnsureStt(ScriptedStt):
    """As sure as it is told to be of what it hears."""

    def __init__(self, confidence: float, *utterances: str) -> None:
        super().__init__(*utterances)
        self.confidence = confidence

    async def open(self, options: SttOptions) -> SttStream:
        return UnsureStream(await super().open(options), self.confidence)


class UnsureStream:
    def __init__(self, stream: SttStream, confidence: float) -> None:
        self._stream = stream
        self._confidence = confidence

    async def feed(self, samples: Samples) -> Transcript | None:
        return await self._stream.feed(samples)

    async def finish(self) -> Transcript:
        return replace(await self._stream.finish(), confidence=self._confidence)

    async def aclose(self) -> None:
        await self._stream.aclose()


async def transcript_of(
    audio: AsyncGenerator[Samples, None], stt: Stt, options: SttOptions | None = None
) -> RecordingTranscript:
    return await RecordingTranscription(audio, stt, ScriptedVad(), options).finish()


async def test_speech_that_gave_hardly_any_words_is_heard_again_in_shorter_pieces() -> None:
    stt = ScriptedStt("hm", TEN_WORDS, "and eleven twelve thirteen fourteen fifteen")
    audio = chunks(say(5), hush(0.5), say(5), hush(1))
    heard = await transcript_of(audio, stt)
    assert heard.text == f"{TEN_WORDS} and eleven twelve thirteen fourteen fifteen"
    assert [(it.start, it.end) for it in heard.segments] == [
        pytest.approx((0.0, 5.0), abs=0.05),
        pytest.approx((5.5, 10.5), abs=0.05),
    ]
    assert heard.warnings == ()
    assert stt.open_streams == 0


async def test_words_that_stay_away_are_told_and_the_few_there_are_are_kept() -> None:
    heard = await transcript_of(chunks(hush(1), say(8), hush(1)), ScriptedStt("hm"))
    assert heard.text == "hm"
    [warning] = heard.warnings
    assert warning.code == "words_missing"
    assert list(warning.stretches) == [pytest.approx((1.0, 9.0), abs=0.05)]


async def test_speech_without_any_word_is_told_too() -> None:
    heard = await transcript_of(chunks(say(4)), ScriptedStt())
    assert (heard.text, [warning.code for warning in heard.warnings]) == ("", ["words_missing"])


async def test_a_second_hearing_that_is_only_guessed_is_not_taken() -> None:
    stt = UnsureStt(0.4, "hm", TEN_WORDS, TEN_WORDS, TEN_WORDS, TEN_WORDS)
    heard = await transcript_of(chunks(say(8)), stt)
    assert heard.text == "hm"
    assert [warning.code for warning in heard.warnings] == ["words_missing"]


async def test_an_engine_that_fails_the_second_time_loses_nothing_of_the_first() -> None:
    stt = ScriptedStt("hm", EngineError("too tired"))
    heard = await transcript_of(chunks(say(8)), stt)
    assert (heard.text, len(heard.warnings)) == ("hm", 1)


async def test_enough_words_are_not_heard_twice() -> None:
    stt = ScriptedStt(TEN_WORDS, "never asked for")
    heard = await transcript_of(chunks(say(6)), stt)
    assert heard.text == TEN_WORDS
    assert stt.next_utterance() == Transcript("never asked for", language="en")


async def test_a_whole_transcript_tells_its_facts() -> None:
    heard = await transcript_of(chunks(say(1), hush(3), say(1), hush(1)), ScriptedStt("a b", "c"))
    assert (heard.text, heard.language, heard.confidence) == ("a b c", "en", 1.0)
    assert (heard.seconds, heard.engine, heard.rate) == (6.0, "scripted", 16_000)
    assert [word.text for word in heard.words] == ["a", "b", "c"]
    assert heard.words_estimated


def spread(text: str, start: float, per_word: float) -> Transcript:
    words = tuple(
        Word(word, start + at * per_word, start + (at + 1) * per_word)
        for at, word in enumerate(text.split())
    )
    return Transcript(text, words)


async def test_a_gap_that_an_engine_for_whole_recordings_left_is_filled() -> None:
    stt = WholeStt(spread("well so", 0.0, 0.9), spread("and so on", 18.0, 0.6), alone=TEN_WORDS)
    audio = chunks(say(2), hush(3), say(5), hush(8), say(1.8), hush(1))
    heard = await transcript_of(audio, stt, SttOptions(words=True))
    assert [it.transcript.text for it in heard.segments] == ["well so", TEN_WORDS, "and so on"]
    assert heard.segments[1].start == pytest.approx(5.0, abs=0.05)
    assert heard.warnings == ()


async def test_what_such_an_engine_stopped_before_is_told() -> None:
    stt = WholeStt(spread("well so", 0.0, 0.9))
    heard = await transcript_of(chunks(say(2), hush(3), say(9), hush(1)), stt)
    assert heard.text == "well so"
    [warning] = heard.warnings
    assert list(warning.stretches) == [pytest.approx((5.0, 14.0), abs=0.05)]


async def test_the_audio_is_closed_when_the_transcription_is() -> None:
    closed = False

    async def endless() -> AsyncGenerator[Samples, None]:
        nonlocal closed
        try:
            while True:
                yield np.concatenate([say(1).samples, hush(2).samples])
        finally:
            closed = True

    run = RecordingTranscription(endless(), ScriptedStt(*["la"] * 9), ScriptedVad())
    async with aclosing(run.run()) as segments:
        await anext(segments)
    assert closed


async def test_pieces_read_as_one_text() -> None:
    stt = ScriptedStt(f"In short, {TEN_WORDS}.", ", and so it was, he said", "the end of it")
    heard = await transcript_of(chunks(say(4), hush(2), say(2), hush(2), say(1), hush(1)), stt)
    assert heard.text == f"In short, {TEN_WORDS}. And so it was, he said the end of it"

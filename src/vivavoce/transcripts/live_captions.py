"""Live captions: what is said, while it is said, from audio that may never end."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field, replace

import numpy as np

from vivavoce.audio import Audio, Samples, clean
from vivavoce.audio.levels import quietest
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.engines import Stt, SttOptions, SttStream, Transcript, Vad
from vivavoce.errors import BadRequest, ModelError, describe
from vivavoce.settings import TurnSettings
from vivavoce.turn_taking.speech_input import SpeechInput

log = logging.getLogger(__name__)

_SLICE_S = 0.03
_TAIL_S = 0.2
"""Silence that the STT gets after the voice."""
_QUIET_S = 0.1
"""Without a pause an utterance is cut in the middle of its quietest moment of this length."""
_FLUSH_S = 0.1
"""Silence that brings the end of a stream through the resamplers."""
_FAILURES = 3
"""Utterances in a row that may get lost before the engine's error ends the captions."""


@dataclass(frozen=True, slots=True)
class Caption:
    """What is said in a stretch of the stream, so far or in the end.

    start, end: of the voice, in seconds from the stream's beginning, as are word times.
    A final without text takes back the partials before it: it was no speech.
    """

    start: float
    end: float
    transcript: Transcript
    final: bool


@dataclass(frozen=True, slots=True)
class CaptionSettings:
    """Where utterances end. Times in seconds.

    silence_s: a silence that ends any utterance. From half of `longest_s` on ever shorter ones
    do, down to `pause_s`; what grows longer all the same is cut where it is quietest.
    timeout_s: an engine that gives nothing for so long has failed.
    turns: what counts as voice; its waits are not used.
    """

    silence_s: float = 1.0
    pause_s: float = 0.19
    longest_s: float = 15.0
    timeout_s: float = 20.0
    turns: TurnSettings = field(default_factory=TurnSettings)

    def enough(self, seconds: float) -> float:
        """The silence that ends an utterance of this length."""
        late = min(max(2 * seconds / self.longest_s - 1, 0.0), 1.0)
        return self.silence_s + (self.pause_s - self.silence_s) * late


async def captions(
    source: AsyncIterator[Audio],
    vad: Vad,
    stt: Stt,
    options: SttOptions | None = None,
    settings: CaptionSettings | None = None,
) -> AsyncGenerator[Caption, None]:
    """The captions of a stream, in order, until it ends; consume under `aclosing`.

    source: chunks of any size and rate, in any tempo; the caller closes it. It is read no faster
    than the engines work. vad, stt: loaded.
    Partials come while someone speaks, and one final at the end of each utterance. What an engine
    fails at is tried once more, then left out with a warning; raises what the engine raised when
    that happens again and again, and BadRequest at once.
    """
    listener = _CaptionLoop(vad, stt, options or SttOptions(), settings or CaptionSettings())
    rate = stt.rate
    try:
        async for audio in source:
            rate = audio.rate
            for part in audio.slices(_SLICE_S):
                if caption := await listener.hear(Audio(clean(part.samples), part.rate)):
                    yield caption
        for last in (await listener.hear(Audio.silence(_FLUSH_S, rate)), await listener.end()):
            if last:
                yield last
    finally:
        await listener.aclose()


class _CaptionLoop:
    """Finds the utterances of one stream and has them transcribed."""

    def __init__(self, vad: Vad, stt: Stt, options: SttOptions, settings: CaptionSettings) -> None:
        self._speech_input = SpeechInput(vad, stt.rate, settings.turns)
        self._stt = stt
        self._options = options
        self._settings = settings
        self._utterance: _Utterance | None = None
        self._failures = 0
        self._taken_until = 0.0

    async def hear(self, audio: Audio) -> Caption | None:
        """Take a slice of audio; give what it makes known."""
        try:
            chunk = self._speech_input.feed(audio, self._settings.turns)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            log.warning("voice activity detection fails: %s", describe(error))
            return None
        if self._utterance is not None:
            self._utterance.hear(chunk.samples)
        for edge in chunk.edges:
            if edge.kind == "start" and self._utterance is None:
                prefixed = self._speech_input.prefixed_from(edge.at, self._settings.turns)
                first = max(prefixed, self._taken_until)
                self._begin(edge.at, first, self._speech_input.since(first).samples)
        utterance, silence = self._utterance, self._speech_input.edges.silence
        if utterance is None:
            return None
        spoken = self._speech_input.edges.now - silence - utterance.at
        if silence >= self._settings.enough(spoken):
            return await self.end()
        if spoken >= self._settings.longest_s:
            return await self._cut(utterance)
        return None if silence else await self._partial(utterance)

    async def end(self) -> Caption | None:
        """The utterance is over, if there is one."""
        utterance, self._utterance = self._utterance, None
        if utterance is None:
            return None
        silence = self._speech_input.edges.silence
        self._speech_input.end_utterance()
        surplus = max(0, round((silence - _TAIL_S) * self._stt.rate))
        end = self._speech_input.edges.now - silence
        count = utterance.count - surplus
        self._taken_until = utterance.first + count / self._stt.rate
        return await self._final(utterance, end, count)

    async def aclose(self) -> None:
        """Free what is open."""
        if self._utterance is not None:
            await self._utterance.aclose()

    def _begin(self, at: float, first: float, samples: Samples) -> None:
        timeout_s = self._settings.timeout_s
        self._utterance = _Utterance(self._stt, self._options, timeout_s, at, first, samples)

    async def _partial(self, utterance: _Utterance) -> Caption | None:
        transcript = await utterance.partial()
        if transcript is None:
            return None
        return Caption(utterance.at, self._speech_input.edges.now, transcript, final=False)

    async def _cut(self, utterance: _Utterance) -> Caption | None:
        """Nobody pauses: end the utterance where it is quietest, and go on with the rest."""
        samples, rate = utterance.samples, self._stt.rate
        start = max(0, len(samples) - round(self._settings.longest_s * rate / 3))
        count = start + quietest(samples[start:], rate, _QUIET_S)
        cut = utterance.first + count / rate
        self._begin(cut, cut, samples[count:])
        return await self._final(utterance, cut, count)

    async def _final(self, utterance: _Utterance, end: float, count: int) -> Caption | None:
        try:
            transcript = await utterance.finish(count)
        except (BadRequest, ModelError):
            raise
        except Exception as error:
            self._failures += 1
            if self._failures >= _FAILURES:
                raise
            seconds = count / self._stt.rate
            log.warning("%.1f s of speech were lost: %s", seconds, describe(error))
            transcript = Transcript("")
        else:
            self._failures = 0
        finally:
            await utterance.aclose()
        if not transcript.text and not utterance.told:
            return None
        return Caption(utterance.at, max(end, utterance.at), transcript, final=True)


class _Utterance:
    """One utterance: its audio, and the STT's stream that is fed with it.

    at: where the voice began; first: where its audio begins, in seconds.
    told: whether there were partials.
    """

    def __init__(
        self,
        stt: Stt,
        options: SttOptions,
        timeout_s: float,
        at: float,
        first: float,
        samples: Samples,
    ) -> None:
        self.at = at
        self.first = first
        self.told = False
        self._stt = stt
        self._options = options
        self._timeout_s = timeout_s
        self._heard = [samples]
        self.count = len(samples)
        self._fed = 0
        self._stream: SttStream | None = None
        self._work = PendingCalls()

    @property
    def samples(self) -> Samples:
        """All of it."""
        if len(self._heard) > 1:
            self._heard = [np.concatenate(self._heard)]
        return self._heard[0]

    def hear(self, samples: Samples) -> None:
        """It goes on."""
        self._heard.append(samples)
        self.count += len(samples)

    async def partial(self) -> Transcript | None:
        """What has been understood so far, if that is news."""
        if not self._options.partials:
            return None
        try:
            transcript = await self._feed(self.count)
        except (BadRequest, ModelError):
            raise
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            # `finish` begins anew and decides what becomes of the utterance
            log.info("a partial transcript failed: %s", describe(error))
            await self.aclose()
            return None
        if transcript is None or not transcript.text:
            return None
        self.told = True
        return self._placed(transcript)

    async def finish(self, count: int) -> Transcript:
        """What was said in the first `count` samples."""
        if self._fed > count:
            await self.aclose()
        try:
            return await self._finish(count)
        except (BadRequest, ModelError):
            raise
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            log.info("transcribing an utterance again: %s", describe(error))
            await self.aclose()
            return await self._finish(count)

    async def aclose(self) -> None:
        """Let go of the stream; the next use opens another."""
        stream, self._stream, self._fed = self._stream, None, 0
        if stream is None:
            return
        try:
            await self._work.wait(stream.aclose(), self._timeout_s)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            log.info("an utterance did not close: %s", describe(error))

    async def _finish(self, count: int) -> Transcript:
        await self._feed(count)
        assert self._stream is not None
        return self._placed(await self._work.wait(self._stream.finish(), self._timeout_s))

    async def _feed(self, count: int) -> Transcript | None:
        if self._stream is None:
            opened = self._stt.open(self._options)
            self._stream = await self._work.wait(opened, self._timeout_s)
        fresh, self._fed = self.samples[self._fed : count], max(count, self._fed)
        if not len(fresh):
            return None
        return await self._work.wait(self._stream.feed(fresh), self._timeout_s)

    def _placed(self, transcript: Transcript) -> Transcript:
        """With word times from the stream's beginning."""
        words = (
            replace(word, start=word.start + self.first, end=word.end + self.first)
            for word in transcript.words
        )
        return replace(transcript, words=tuple(words))

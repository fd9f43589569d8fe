"""Engines that do as they are told, for tests of logic: exact, instant, and without weights.

Speech is a tone and silence is silence: build a caller's audio with `say` and `hush`.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from vivavoce.audio import Audio, Samples
from vivavoce.engines import (
    LlmOptions,
    Message,
    Pronunciation,
    Speech,
    SttOptions,
    SttStream,
    Thought,
    Token,
    ToolCall,
    Transcript,
    TtsOptions,
    TtsStream,
    Usage,
    Voice,
    Word,
)
from vivavoce.errors import BadRequest, EngineError

RATE = 16_000
WORDS_PER_S = 4.0
"""How fast scripted people and voices speak."""
_LOUD = 0.01

Line: TypeAlias = "str | ToolCall | Exception | Sequence[str | ToolCall]"


def say(seconds: float, *, rate: int = RATE, level: float = 0.3) -> Audio:
    """Voice for so long: tones of 200 and 1800 Hz in turn, a tenth of a second each; a voice that
    holds one sound says no words.
    """
    time = np.arange(round(seconds * rate)) / rate
    hertz = np.where(time * 10 % 2 < 1, 200, 1800)
    return Audio((level * np.sin(2 * np.pi * hertz * time)).astype(np.float32), rate)


def hush(seconds: float, *, rate: int = RATE) -> Audio:
    """Silence for so long."""
    return Audio.silence(seconds, rate)


class _Scripted:
    """What scripted engines share: a name, and whether they were loaded and closed."""

    name = "scripted"
    model: str | None = None
    local = True

    def __init__(self) -> None:
        self.loaded = 0
        self.closed = False

    async def load(self) -> None:
        self.loaded += 1

    async def aclose(self) -> None:
        self.closed = True


class ScriptedVad(_Scripted):
    """Loud is speech: 1.0 for a frame above -40 dBFS, else 0.0."""

    rate = RATE
    frame = 320

    def open(self) -> ScriptedVadStream:
        """A new caller's stream."""
        return ScriptedVadStream()


class ScriptedVadStream:
    """One caller's frames."""

    def __init__(self) -> None:
        self._rest = np.zeros(0, np.float32)

    def feed(self, samples: Samples) -> Sequence[float]:
        """1.0 or 0.0 for each frame that these samples complete."""
        joined = np.concatenate((self._rest, samples)) if len(self._rest) else samples
        frames = len(joined) // ScriptedVad.frame
        cut = frames * ScriptedVad.frame
        self._rest = joined[cut:].copy()
        levels = np.abs(joined[:cut].reshape(frames, -1)).max(axis=1) if frames else ()
        return [1.0 if level > _LOUD else 0.0 for level in levels]

    def reset(self) -> None:
        """Forget the remainder."""
        self._rest = np.zeros(0, np.float32)


class ScriptedTurn(_Scripted):
    """Gives these probabilities in turn, and the last one for ever."""

    rate = RATE

    def __init__(self, *probabilities: float) -> None:
        super().__init__()
        self._left = list(probabilities or (1.0,))
        self.asked: list[tuple[float, str]] = []

    async def probability(self, utterance: Audio, transcript: str) -> float:
        """The next one of the script; what was asked is kept in `asked`."""
        self.asked.append((utterance.seconds, transcript))
        return self._left.pop(0) if len(self._left) > 1 else self._left[0]


class ScriptedStt(_Scripted):
    """Hears these utterances in turn, `WORDS_PER_S` words of them a second of voice.

    An utterance that is an exception is raised; past the script, nothing is understood. One that
    is a `Transcript` has its language, and how sure that is.
    """

    rate = RATE

    def __init__(
        self, *utterances: str | Transcript | Exception, languages: Sequence[str] = ("en",)
    ) -> None:
        super().__init__()
        self._left = list(utterances)
        self.languages = tuple(languages)
        self.open_streams = 0

    def next_utterance(self) -> Transcript | Exception:
        """What the stream that asks will hear, or raise."""
        heard = self._left.pop(0) if self._left else ""
        return Transcript(heard, language=self.languages[0]) if isinstance(heard, str) else heard

    async def open(self, options: SttOptions) -> SttStream:
        """A new utterance's stream."""
        if options.language not in {None, *self.languages}:
            known = " or ".join(self.languages)
            raise BadRequest(f"scripted: unknown language {options.language!r}; try {known}")
        self.open_streams += 1
        return ScriptedSttStream(self, options)


class ScriptedSttStream:
    """One utterance."""

    def __init__(self, stt: ScriptedStt, options: SttOptions) -> None:
        self._stt = stt
        self._options = options
        self._said: Transcript | Exception | None = None
        self._voiced = 0
        self._last = ""
        self._open = True

    async def feed(self, samples: Samples) -> Transcript | None:
        """Understand a little more."""
        self._voiced += int(np.count_nonzero(np.abs(samples) > 1e-4))
        heard = self._heard()
        if heard == self._last or not self._options.partials:
            return None
        self._last = heard
        return self._transcript(heard, stable=max(0, len(heard.split()) - 1))

    async def finish(self) -> Transcript:
        """Everything said so far."""
        text = self._heard()
        return replace(self._transcript(text, stable=len(text.split())), confidence=1.0)

    async def aclose(self) -> None:
        """The utterance is over."""
        if self._open:
            self._open = False
            self._stt.open_streams -= 1

    def _heard(self) -> str:
        seconds = self._voiced / RATE
        if seconds < 0.05:
            return ""
        if self._said is None:
            self._said = self._stt.next_utterance()
        if isinstance(self._said, Exception):
            raise self._said
        return " ".join(self._said.text.split()[: math.ceil(seconds * WORDS_PER_S)])

    def _transcript(self, text: str, *, stable: int) -> Transcript:
        said = self._said
        if not isinstance(said, Transcript):
            return Transcript(text, stable=stable, language=self._stt.languages[0])
        sure = said.language_confidence
        return Transcript(text, stable=stable, language=said.language, language_confidence=sure)


class ScriptedLlm(_Scripted):
    """Writes these replies in turn, a word at a time.

    A reply is a text, a tool call, an error to raise, or a sequence of them; or one function
    of the messages serves every turn. Past the script the last user's words are said back.
    """

    def __init__(
        self, *replies: Line, answer: Callable[[Sequence[Message]], Line] | None = None
    ) -> None:
        super().__init__()
        self._left = list(replies)
        self._answer = answer
        self.prompts: list[list[Message]] = []
        self.warmed: list[list[Message]] = []
        self.running = 0
        self.hold: asyncio.Event | None = None
        """While set and not fired, no token comes: a slow model, on command."""

    async def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        """The next reply of the script."""
        self.prompts.append(list(messages))
        self.running += 1
        words = 0
        try:
            for part in _parts(self._next(messages)):
                if isinstance(part, Exception):
                    raise part
                if isinstance(part, ToolCall):
                    yield part
                    continue
                for token in _tokens(part):
                    if self.hold is not None:
                        await self.hold.wait()
                    await asyncio.sleep(0)
                    if options.max_tokens is not None and words >= options.max_tokens:
                        yield Usage(len(messages), 0, words, "length")
                        return
                    words += 1
                    yield Token(token)
            yield Usage(len(messages), 0, words)
        finally:
            self.running -= 1

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        """Only remembered, in `warmed`."""
        self.warmed.append(list(messages))

    def _next(self, messages: Sequence[Message]) -> Line:
        if self._answer is not None:
            return self._answer(messages)
        if self._left:
            return self._left.pop(0)
        said = [message.content for message in messages if message.role == "user"]
        return f"You said: {said[-1] if said else 'nothing'}."


def _parts(line: Line) -> Iterable[str | ToolCall | Exception]:
    if isinstance(line, str | ToolCall | Exception):
        return (line,)
    return line


def _tokens(text: str) -> Iterable[str]:
    words = text.split(" ")
    return (word if i == 0 else f" {word}" for i, word in enumerate(words) if word or i == 0)


@dataclass
class ScriptedTts(_Scripted):
    """Speaks a tone of `1 / WORDS_PER_S` seconds a word, with exact word times.

    fail: raised by `speak` as long as it is set. times: whether word times are given.
    sounds: the pronunciations that it was told; None is a voice that takes none.
    opened, left: how many streams were opened, and are not closed yet.
    """

    fail: EngineError | None = None
    times: bool = True
    sounds: list[Pronunciation] | None = None
    spoken: list[str] = field(default_factory=list)
    running: int = 0
    opened: int = 0
    left: int = 0
    rate = RATE
    voices = (Voice("tone", "Tone", ("en",)), Voice("other", "Other tone", ("en",)))

    def __post_init__(self) -> None:
        _Scripted.__init__(self)

    async def open(self, options: TtsOptions) -> TtsStream:
        """A stream that asks `speak`."""
        if options.voice not in {None, "tone", "other"}:
            raise BadRequest(f"scripted: unknown voice {options.voice!r}; try tone or other")
        self.opened += 1
        self.left += 1
        if self.sounds is None:
            return _ScriptedTtsStream(self, options)
        return _ScriptedPhonemeStream(self, options)

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        """One piece a word: what the streams give, for tests to override."""
        if self.fail is not None:
            raise self.fail
        self.spoken.append(phrase)
        self.running += 1
        seconds = 1 / (WORDS_PER_S * options.speed)
        try:
            for i, word in enumerate(w for w in phrase.split() if any(map(str.isalnum, w))):
                await asyncio.sleep(0)
                times = (Word(word, i * seconds, (i + 1) * seconds),) if self.times else ()
                yield Speech(say(seconds, rate=self.rate).samples, times)
        finally:
            self.running -= 1


class _ScriptedTtsStream:
    """One reply's speech."""

    def __init__(self, tts: ScriptedTts, options: TtsOptions) -> None:
        self._tts = tts
        self._options = options
        self._closed = False

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """One piece a word."""
        if self._closed:
            raise RuntimeError("the stream is closed")
        return self._tts.speak(phrase, self._options)

    async def aclose(self) -> None:
        """Counted by the engine."""
        if not self._closed:
            self._closed = True
            self._tts.left -= 1


class _ScriptedPhonemeStream(_ScriptedTtsStream):
    """The same of a voice that is told how words sound."""

    def speak_pronounced(
        self, phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        """One piece a word, whatever the sounds."""
        assert self._tts.sounds is not None
        self._tts.sounds += pronunciations
        return self.speak(phrase)

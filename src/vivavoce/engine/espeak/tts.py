"""espeak-ng in process: small, instant, over a hundred languages, with word times."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field

from vivavoce.audio import Samples
from vivavoce.concurrency.model_thread import ModelThread, StopFlag
from vivavoce.engine.word_times import WordTimes, word_spans
from vivavoce.engines import Pronunciation, Speech, TtsOptions, TtsStream, Voice, Word
from vivavoce.errors import EngineUnavailable

from .library import EspeakLibrary, EspeakMark, library
from .phonemes import MarkedPhrase, PhonemeBook
from .voices import VoiceBook

RATE = 22_050
DEFAULT_VOICE = "en-us+rob"
"""The most intelligible of the library's English voices: Moonshine tiny wrote down 30 sentences
with 6 % wrong words, against 17 % of plain `en-us` and 11 % of the runner-up, `en-us+f3`."""
_AUDIBLE = 0.003
_LEAD = 40
"""Samples kept before the first audible one, so that it does not begin with a click."""
_SMALLEST, _LARGEST = RATE // 20, RATE // 2
"""Samples in the first piece and in later ones, at least."""
_WHOLE_PHRASE = 1 << 20
"""Pieces that may wait for a consumer. The voice is a thousand times faster than the ear, and
the thread is everybody's: it never waits for one slow listener."""
_PAUSES = tuple(".,;:!?…。、，；：！？")
_CLOSERS = "\"'”’»)]}」』）"


@dataclass(frozen=True, slots=True)
class _Loaded:
    library: EspeakLibrary
    voices: VoiceBook
    phonemes: PhonemeBook


@dataclass(frozen=True, slots=True)
class EspeakOptions:
    """What may be set. The library can do about 0.46 to 5 times its speed, 0.67 to 1.66 times its
    pitch.
    """

    model: Annotated[
        str,
        Field(
            description="the default voice: a language, with a variant of the sound if you like,"
            " such as `de+f3`"
        ),
    ] = DEFAULT_VOICE
    speed: Annotated[float, Field(gt=0, description="multiplied by that of each call")] = 1.0
    pitch: Annotated[float, Field(gt=0, description="multiplied by that of each call")] = 1.0


class EspeakNg:
    """Speaks with espeak-ng.

    All instances share one thread: the library has one state for the process.
    """

    local = True
    device = "cpu"

    def __init__(self, options: EspeakOptions | None = None) -> None:
        options = options or EspeakOptions()
        self.model = options.model
        self._speed = options.speed
        self._pitch = options.pitch
        self._thread: ModelThread | None = None
        self._loaded: _Loaded | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """`espeak-ng:VOICE`."""
        return f"espeak-ng:{self.model}"

    @property
    def rate(self) -> int:
        """22050 Hz, whatever the voice."""
        return RATE

    @property
    def voices(self) -> Sequence[Voice]:
        """The default voice and its variants, then a voice for each language and accent.

        Any voice takes any variant: `de+f3`. Empty before `load`.
        """
        return self._loaded.voices.listed(self.model) if self._loaded else ()

    async def load(self) -> None:
        """Open the library and say a first word. Raises BadRequest for an unknown voice."""
        if self._closed:
            raise EngineUnavailable(f"{self.name} is closed")
        if self._thread is None:
            self._thread = _acquire()
        if self._loaded is not None:
            return
        try:
            self._loaded = await self._thread.run(lambda _: _open(self.model))
        except BaseException:
            await self._let_go()
            raise

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream."""
        if self._loaded is None or self._thread is None:
            raise EngineUnavailable(f"{self.name} is not loaded; call load() first")
        voices = self._loaded.voices
        path = voices.path(voices.choose(options.voice, options.language, self.model))
        speed, pitch = self._speed * options.speed, self._pitch * options.pitch
        return _EspeakStream(self._thread, self._loaded, path, speed, pitch)

    async def aclose(self) -> None:
        """Let go of the shared thread; the last engine to do so ends it."""
        self._closed, self._loaded = True, None
        await self._let_go()

    async def _let_go(self) -> None:
        thread, self._thread = self._thread, None
        if thread is not None:
            await _release(thread)


class _EspeakStream:
    """One reply's speech. voice: a path of the library's."""

    def __init__(
        self, thread: ModelThread, loaded: _Loaded, voice: str, speed: float, pitch: float
    ) -> None:
        self._thread = thread
        self._espeak = loaded.library
        self._phonemes = loaded.phonemes
        self._voice = voice
        self._speed = speed
        self._pitch = pitch

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio in pieces that grow to half a second, without silence before it.

        It ends with the pause that its last mark stands for. Without a mark it is taken to go
        on in the next phrase: the voice does not fall, and there is no pause.
        """
        return self.speak_pronounced(phrase, ())

    async def speak_pronounced(
        self, phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        """The same, with words pronounced as told, where the voice has the sounds."""
        text = "".join(c if c.isprintable() else " " for c in phrase)
        if not word_spans(text):
            return
        ends = text.rstrip().rstrip(_CLOSERS).endswith(_PAUSES)

        def work(emit: Callable[[Speech], None], stop: StopFlag) -> None:
            marked = self._phonemes.mark(text, pronunciations, self._voice)
            speaking = _EspeakPhrase(text, emit, stop, marked)
            given = marked.text if marked else text
            self._espeak.synthesize(
                given if ends else f"{given.rstrip()},",
                speaking.feed,
                voice=self._voice,
                speed=self._speed,
                pitch=self._pitch,
                end_pause=ends,
                phonemes=marked is not None,
            )
            speaking.end()

        async with aclosing(self._thread.stream(work, ahead=_WHOLE_PHRASE)) as pieces:
            async for piece in pieces:
                yield piece

    async def aclose(self) -> None:
        """The library keeps nothing from phrase to phrase."""


class _EspeakPhrase:
    """One phrase on its way out of the library, on the library's thread.

    marked: what the library was given instead.
    """

    def __init__(
        self,
        text: str,
        emit: Callable[[Speech], None],
        stop: StopFlag,
        marked: MarkedPhrase | None = None,
    ) -> None:
        self._emit = emit
        self._marked = marked
        self._stop = stop
        self._times = WordTimes(text, RATE)
        self._marks: deque[EspeakMark] = deque()
        self._words: list[Word] = []
        self._held: Samples | None = None
        self._enough = _SMALLEST
        self._received = 0
        self._lead = 0
        self._loud = np.zeros(0, np.int64)
        self._heard_to = 0

    def feed(self, samples: Samples, marks: list[EspeakMark]) -> bool:
        """The library's next audio; False when nobody wants more."""
        self._marks.extend(marks)
        loud = np.flatnonzero(np.abs(samples) > _AUDIBLE)
        if self._held is None and self._received == self._lead:
            skipped = max(int(loud[0]) - _LEAD, 0) if len(loud) else len(samples)
            self._lead += skipped
            self._received += skipped
            samples, loud = samples[skipped:], loud - skipped
        self._loud = np.concatenate([self._loud, loud + self._received])
        self._received += len(samples)
        self._note_words()
        if len(samples):
            self._pass_on(samples)
        return not self._stop.is_set()

    def end(self) -> None:
        """There is no more: pass on what was held."""
        if self._held is not None and not self._stop.is_set():
            self._note_words()
            self._words += self._times.ended(self._last_heard(self._received) - self._lead)
            self._emit(Speech(self._held, tuple(self._words)))

    def _pass_on(self, samples: Samples) -> None:
        """Pieces grow: the first one is wanted at once, and many small ones cost time."""
        if self._held is None:
            self._held = samples
        elif len(self._held) < self._enough:
            self._held = np.concatenate([self._held, samples])
        else:
            self._emit(Speech(self._held, tuple(self._words)))
            self._words.clear()
            self._held = samples
            self._enough = min(2 * self._enough, _LARGEST)

    def _note_words(self) -> None:
        while self._marks and self._marks[0].sample <= self._received:
            mark = self._marks.popleft()
            heard_to = self._last_heard(mark.sample) - self._lead
            began = max(mark.sample - self._lead, 0)
            at = self._marked.position(mark.position) if self._marked else mark.position
            self._words += self._times.began(at, began, heard_to=heard_to)

    def _last_heard(self, sample: int) -> int:
        """Where the last audible sample before this one ends; forgets those before it."""
        before = int(np.searchsorted(self._loud, sample))
        if before:
            self._heard_to = int(self._loud[before - 1]) + 1
            self._loud = self._loud[before:]
        return self._heard_to


def _open(voice: str) -> _Loaded:
    espeak = library()
    assert espeak.rate == RATE, espeak.rate
    voices = VoiceBook(espeak.voices(), espeak.variants())
    path = voices.path(voice)
    espeak.synthesize(
        "a", lambda _samples, _marks: True, voice=path, speed=1.0, pitch=1.0, end_pause=False
    )
    return _Loaded(espeak, voices, PhonemeBook(espeak))


_owners = threading.Lock()
_shared: dict[str, ModelThread] = {}
_users = 0


def _acquire() -> ModelThread:
    global _users
    with _owners:
        _users += 1
        return _shared.setdefault("thread", ModelThread("espeak-ng"))


async def _release(thread: ModelThread) -> None:
    global _users
    with _owners:
        _users -= 1
        last = _users == 0
        if last:
            _shared.clear()
    if last:
        await thread.aclose()

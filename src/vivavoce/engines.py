"""The contracts that engines keep. An engine inherits nothing: it has these methods.

Weights and streams are different objects. An engine (`Stt`) holds weights and is shared by all
sessions; a stream (`SttStream`) is one caller's state. Constructors do no I/O: `load` does, once.
Calls made before `load` raise EngineUnavailable. What an engine raises is in `errors`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

from .audio import Audio, Samples

Kind: TypeAlias = str
"""A kind's name, such as `stt`; `kinds` has the table."""

C = TypeVar("C")


class Engine(Protocol):
    """What every engine has."""

    @property
    def name(self) -> str:
        """Its name and model for people and logs, such as `moonshine:tiny-en`. Nothing is decided
        by it.
        """
        ...

    @property
    def model(self) -> str | None:
        """The weights that it runs, as they were asked for; None where there is no choice."""
        ...

    @property
    def local(self) -> bool:
        """Whether it computes on this machine: nothing that is said leaves it."""
        ...

    async def load(self) -> None:
        """Fetch and load the weights and run them once; does nothing when loaded already.

        Raises ModelError when the weights cannot be had, EngineUnavailable when a package or
        a server is missing.
        """
        ...

    async def aclose(self) -> None:
        """Free the weights and join the threads; the engine cannot be used again."""
        ...


@runtime_checkable
class OnDevice(Protocol):
    """An engine that can tell what it computes on."""

    @property
    def device(self) -> str:
        """`cpu`, `cuda:0`, `mps` …; before `load`, what it would compute on.

        Raises EngineUnavailable for a device that is not here.
        """
        ...


@runtime_checkable
class Wrapper(Protocol):
    """An engine that works through others, such as a chain of them."""

    def capability(self, wanted: type[C]) -> C | None:
        """Itself as one that can do this too, if what it works through now can; else None."""
        ...


def capability(engine: Engine, wanted: type[C]) -> C | None:
    """The engine as one that can do more, such as `FileStt`; None where it cannot.

    Finds it through wrappers. Ask again before each use: another engine may have taken over.
    """
    if isinstance(engine, Wrapper):
        return engine.capability(wanted)
    return engine if isinstance(engine, wanted) else None


# --- vad -----------------------------------------------------------------------------------------


class VadStream(Protocol):
    """One caller's voice activity detection. Runs on the event loop: under 1 ms a frame."""

    def feed(self, samples: Samples) -> Sequence[float]:
        """The probability of speech, 0 to 1, for each frame that these samples complete.

        samples: (n,) at the engine's rate, any n; the remainder is kept for the next call.
        """
        ...

    def reset(self) -> None:
        """Forget everything heard, the remainder included."""
        ...


class Vad(Engine, Protocol):
    """Tells speech from everything else, frame by frame."""

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        ...

    @property
    def frame(self) -> int:
        """Samples in a frame."""
        ...

    def open(self) -> VadStream:
        """A new caller's stream."""
        ...


# --- turn ----------------------------------------------------------------------------------------


class TurnDetector(Engine, Protocol):
    """Tells whether the user has finished, from how the utterance sounds and what it says."""

    @property
    def rate(self) -> int:
        """Hz of the utterance."""
        ...

    async def probability(self, utterance: Audio, transcript: str) -> float:
        """That the turn is over, 0 to 1.

        utterance: the speech so far, up to now, at `self.rate`; only its end may be used.
        transcript: what is understood of it so far; may be empty or lag.
        """
        ...


# --- stt -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Word:
    """One word with its time from the start of the audio, in seconds.

    confidence: 0 to 1. speaker: who says it, where that is told: a name that is the same
    throughout one transcript.
    """

    text: str
    start: float
    end: float
    confidence: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was understood.

    text: with punctuation where the engine gives it; no space at either end.
    words: with times, where asked for and given; else empty.
    stable: of a partial, how many of the words of `text` (split at spaces) will not change.
    language: a code such as `en`; language_confidence and confidence are 0 to 1.
    rivals: what the last word may be instead, in lower case, and how probably, where it is told.
    """

    text: str
    words: tuple[Word, ...] = ()
    stable: int = 0
    language: str | None = None
    language_confidence: float | None = None
    confidence: float | None = None
    rivals: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class SttOptions:
    """How one utterance is to be transcribed. An engine ignores what it cannot do, but for
    `language` and `translate`, which raise BadRequest where they cannot be honoured.

    language: a code such as `en`; None lets the engine find out, or is its only language.
    prompt: text that came before, or that shows the spelling wanted.
    hotwords: words to expect.
    words: whether word times are wanted.
    translate: into English.
    partials: whether `feed` should return partial transcripts. brisk: these are wanted as often
    as can be in the first second, for they may be an interruption, and also where nothing was
    understood so far.
    """

    language: str | None = None
    prompt: str = ""
    hotwords: tuple[str, ...] = ()
    words: bool = False
    translate: bool = False
    partials: bool = True
    brisk: bool = False
    temperature: float = 0.0


class SttStream(Protocol):
    """One utterance's transcription."""

    async def feed(self, samples: Samples) -> Transcript | None:
        """Take the next audio and return the new partial transcript, if it changed.

        samples: (n,) at the engine's rate, any n > 0; not kept by reference after return.
        Taken before the first wait, so that a cancelled call loses none of them.
        May buffer: how often it decodes is the engine's choice, by what the machine can hold.
        Raises EngineError if the model fails; the stream is then closed.
        """
        ...

    async def finish(self) -> Transcript:
        """The transcript of all audio fed so far, as good as the engine can make it.

        The utterance may go on: after more `feed`, another `finish` covers everything since
        `open`, and reuses the work already done.
        """
        ...

    async def aclose(self) -> None:
        """Free the stream's state; no call may follow. Safe to call twice."""
        ...


class Stt(Engine, Protocol):
    """Turns speech into text."""

    @property
    def rate(self) -> int:
        """Hz of the samples that streams take."""
        ...

    @property
    def languages(self) -> Sequence[str]:
        """Codes of the languages that the loaded weights know; empty when not known."""
        ...

    async def open(self, options: SttOptions) -> SttStream:
        """A new utterance's stream."""
        ...


@runtime_checkable
class OtherEngines(Protocol):
    """An stt that has others in reserve, which may understand what it does not."""

    @property
    def others(self) -> Sequence[Stt]:
        """Those that are up, loaded, and not used now; in order of preference."""
        ...


@runtime_checkable
class HintedStt(Protocol):
    """An engine that goes by what is told of the words to come."""

    @property
    def hints(self) -> frozenset[str]:
        """Which of `SttOptions` it goes by: `prompt`, `hotwords`, or both."""
        ...


@runtime_checkable
class FileStt(Protocol):
    """An engine with a better way for whole recordings than cutting them into utterances."""

    def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        """Segments in order, with word times from the recording's start; consume under `aclosing`.

        audio: chunks at the engine's rate.
        """
        ...


# --- llm -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToolCall:
    """The model asks for a tool. arguments: a JSON object as text, as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    tool_calls: of an assistant's message. tool_call_id: of a tool's message, whose result
    `content` is.
    """

    role: Literal["system", "user", "assistant", "tool"]
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as the model sees it. parameters: a JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class LlmOptions:
    """How one reply is to be written.

    max_tokens: None leaves it to the engine. temperature 0 is deterministic.
    tool_choice: `auto`, `none`, `required`, or a tool's name.
    """

    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    tool_choice: str = "auto"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the reply's text, as the model makes them."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of what the model thinks before or between its words. It is no part of the reply:
    neither spoken nor kept.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """The last thing a reply may yield: what it cost, and why it ended.

    finish: `stop`, `length`, `tool_calls` or `content_filter`.
    counted: whether the tokens are known.
    """

    prompt_tokens: int
    cached_tokens: int
    reply_tokens: int
    finish: Literal["stop", "length", "tool_calls", "content_filter"] = "stop"
    counted: bool = True


Thought: TypeAlias = Token | Reasoning | ToolCall | Usage


class Llm(Engine, Protocol):
    """Writes the reply."""

    def reply(
        self, messages: Sequence[Message], options: LlmOptions
    ) -> AsyncGenerator[Thought, None]:
        """The reply to `messages`, piece by piece; consume under `aclosing`.

        Closing it, or cancelling whoever awaits it, stops the model within a token and frees
        its slot before control comes back. Messages that do not fit the model's context are
        dropped, oldest turn first; the system message and the last turn stay.
        """
        ...

    async def warm(self, messages: Sequence[Message], options: LlmOptions) -> None:
        """Read `messages` into the prompt cache, so that a reply to them, or to a longer last
        message, starts sooner. A hint: engines without such a cache return at once.
        """
        ...


@runtime_checkable
class Foresight(Protocol):
    """A language model that can tell whether the user has said all they want to say."""

    async def completeness(self, messages: Sequence[Message]) -> float:
        """The probability that the last message, a user's, ends where it does, 0 to 1.

        A step of the reply that follows: what it reads of the prompt is read once. Punctuation
        at the message's end is not taken for a sign.
        """
        ...


# --- tts -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Voice:
    """One way to sound. languages: codes such as `en-gb`."""

    id: str
    name: str
    languages: tuple[str, ...] = ()
    gender: str | None = None


VoiceRef: TypeAlias = str
"""Which voice is meant: a `str` is an engine's own id of it, from `Tts.voices`.

A closed union: another way to name a voice is another class in it, and each engine says by `match`
which of them it knows.
"""


@dataclass(frozen=True, slots=True)
class TtsOptions:
    """How a stream's phrases are to be spoken.

    voice: None is the engine's default. language: of the phrases; a code such as `de`.
    speed: 1.0 is the voice's own; 0.25 to 4. pitch: 1.0 is the voice's own; 0.5 to 2.
    """

    voice: VoiceRef | None = None
    language: str | None = None
    speed: float = 1.0
    pitch: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """A piece of a phrase's audio.

    samples: (n,) at the engine's rate.
    words: that begin in this phrase, with times in seconds from the phrase's start; each word
    is told once, in any piece. `Word.text` is as written in the phrase.
    """

    samples: Samples
    words: tuple[Word, ...] = field(default=())


class TtsStream(Protocol):
    """One reply's speech, phrase after phrase; keeps what lasts over phrases: the voice and what
    describes it, the melody, caches.
    """

    def speak(self, phrase: str) -> AsyncGenerator[Speech, None]:
        """The phrase's audio, piece by piece; consume under `aclosing`, one phrase at a time.

        phrase: plain text, ready to be spoken. A phrase with nothing to say gives no piece.
        Raises EngineError if the model fails; the next phrase may be tried all the same.
        """
        ...

    async def aclose(self) -> None:
        """Free the stream's state; no call may follow. Safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a stretch of a phrase sounds. start, end: in characters of the phrase.

    ipa: in the International Phonetic Alphabet, without slashes, such as `ˈɛndʒɪn ˈɛks`.
    """

    start: int
    end: int
    ipa: str


@runtime_checkable
class PhonemeStream(Protocol):
    """A `TtsStream` of a voice that can be told how words sound."""

    def speak_pronounced(
        self, phrase: str, pronunciations: Sequence[Pronunciation]
    ) -> AsyncGenerator[Speech, None]:
        """The same as `speak`, with some of the phrase's words pronounced as told.

        pronunciations: in order, apart from each other. Where the voice cannot make the sounds of
        one, it speaks the phrase's own words. `Word.text` is as written in the phrase.
        """
        ...


def speak_pronounced(
    stream: TtsStream, phrase: str, pronunciations: Sequence[Pronunciation]
) -> AsyncGenerator[Speech, None]:
    """The phrase's audio, with the pronunciations where the voice can make them."""
    if pronunciations and isinstance(stream, PhonemeStream):
        return stream.speak_pronounced(phrase, pronunciations)
    return stream.speak(phrase)


class Tts(Engine, Protocol):
    """Speaks."""

    @property
    def rate(self) -> int:
        """Hz of the audio that streams give."""
        ...

    @property
    def voices(self) -> Sequence[Voice]:
        """What `TtsOptions.voice` may be; the first is the default. Empty when not known."""
        ...

    async def open(self, options: TtsOptions) -> TtsStream:
        """A new reply's stream. Raises BadRequest for a voice or language that is not there."""
        ...


# --- all of them ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Engines:
    """What a session listens, thinks and speaks with; loaded, and shared by all sessions.

    optional: engines of the other kinds, by kind, as far as the configuration names any.
    """

    vad: Vad
    turn: TurnDetector
    stt: Stt
    llm: Llm
    tts: Tts
    optional: Mapping[str, Engine] = field(default_factory=dict, hash=False)

    def find(self, kind: str) -> Engine | None:
        """The engine of this kind; None where there is none."""
        required: Mapping[str, Engine] = {
            "vad": self.vad,
            "turn": self.turn,
            "stt": self.stt,
            "llm": self.llm,
            "tts": self.tts,
        }
        return required[kind] if kind in required else self.optional.get(kind)

"""What a reader should know before they trust a transcript; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from vivavoce.engines import Stt, Transcript
from vivavoce.text.language.names import name_of

from .segment import Segment, average

Code: TypeAlias = Literal["words_missing", "language_doubtful", "recording_faulty"]

UNLIKELY = 0.5
"""A language that is less probable than this is doubted."""
DOUBTFUL = 0.58
"""Of 78 recordings in English, Moonshine tiny was less sure than this of 3 (a falsetto, a strong
accent); of 51 in other languages, of 45."""
_FEWEST_WORDS = 4
_OTHER_ENGINE = (
    "--stt whisper:base (it needs: pip install 'vivavoce[whisper]' and vivavoce models pull "
    "whisper-base)"
)
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class TranscriptWarning:
    """Something that may be wrong with a transcript, and what helps.

    stretches: where, as start and end in seconds from the recording's beginning.
    """

    code: Code
    message: str
    stretches: tuple[tuple[float, float], ...] = ()


def missing_words(
    stretches: Sequence[tuple[float, float]], language: str | None
) -> TranscriptWarning | None:
    """Of stretches where somebody speaks, and hardly any word was understood.

    language: the only one that the engine knows.
    """
    if not stretches:
        return None
    seconds = sum(end - start for start, end in stretches)
    shown = ", ".join(f"{_clock(start)}–{_clock(end)}" for start, end in stretches[:_SHOWN])
    more = ", …" if len(stretches) > _SHOWN else ""
    perhaps = f" if it is not {_name(language)}" if language else " with another engine"
    message = (
        f"words are missing: {seconds:.0f} s of speech gave hardly any text ({shown}{more}); "
        f"try again{perhaps}: {_OTHER_ENGINE}"
    )
    return TranscriptWarning("words_missing", message, tuple(stretches))


def doubtful_language(
    segments: Sequence[Segment], engine: str, only: str | None
) -> TranscriptWarning | None:
    """Of speech that is probably in another language than the one it was taken for.

    only: the one language that the engine knows; None for an engine that knows several.
    """
    doubtful = [segment for segment in segments if doubted(segment.transcript, only)]
    if sum(len(segment.transcript.text.split()) for segment in doubtful) < _FEWEST_WORDS:
        return None
    some = len(doubtful) < len(segments)
    share = f"{len(doubtful)} of {len(segments)} parts of " if some else ""
    taken = only or next(
        (it.transcript.language for it in doubtful if it.transcript.language), None
    )
    language = _name(taken) if taken else "in the language it was taken for"
    message = (
        f"{share}the speech may not be {language}: {engine} was only {_how_sure(doubtful)}; "
        + (
            f"to find out the language, try {_OTHER_ENGINE}"
            if only
            else "if you know the language, name it (`--language`)"
        )
    )
    stretches = tuple((segment.start, segment.end) for segment in doubtful)
    return TranscriptWarning("language_doubtful", message, stretches)


def _how_sure(doubtful: Sequence[Segment]) -> str:
    sure = average(doubtful, lambda transcript: transcript.language_confidence)
    if sure is not None:
        return f"{sure:.0%} sure of that"
    return (
        f"{average(doubtful, lambda transcript: transcript.confidence):.0%} sure of the words there"
    )


def doubted(transcript: Transcript, only: str | None) -> bool:
    """Whether it is probably in another language than the one it was taken for.

    only: the one language that the engine knows, which then may not know how sure it is.
    """
    if transcript.language_confidence is not None:
        return transcript.language_confidence < UNLIKELY
    return only is not None and (
        transcript.confidence is not None and transcript.confidence < DOUBTFUL
    )


class LiveDoubts:
    """Doubts about what is said live, each told once. language: the only one the engine knows."""

    def __init__(self, engine: str, language: str | None) -> None:
        self._engine = engine
        self._language = language
        self._told = False

    def feed(self, segment: Segment) -> TranscriptWarning | None:
        """Take what was understood in the end of a stretch; give what is to be told now."""
        if self._told:
            return None
        warning = doubtful_language([segment], self._engine, self._language)
        self._told = warning is not None
        return warning


def only_language(stt: Stt) -> str | None:
    """The one language that the engine knows; None where it knows several, or does not tell."""
    return stt.languages[0] if len(stt.languages) == 1 else None


def _name(language: str) -> str:
    return name_of(language).title()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes:.0f}:{rest:04.1f}"

"""Windows of speech through Whisper: encoded together, no longer than they are, then written down.

Whisper was trained on windows of 30 s, most of which is padding where somebody says a sentence.
The encoder takes shorter ones as well, if some silence follows the speech; its cost is then that
of the speech.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import ctranslate2
import numpy as np
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens

from vivavoce.audio import Samples, dbfs
from vivavoce.concurrency.model_thread import StopFlag
from vivavoce.engines import Transcript, Word

from .model import RATE, Task, WhisperWeights
from .words import timed_words

WINDOW_S = 30.0
"""What the encoder takes at most."""

PADDING_S = 4.0
"""Silence after the speech. Without it the decoder does not find the end, and goes in circles."""

SHORTEST_S = 0.1
SILENCE_DBFS = -70.0
"""Below this there is nothing to hear, and Whisper would make something up."""

NO_SPEECH, LOG_PROBABILITY, COMPRESSION = 0.6, -1.0, 2.4
"""Whisper's own limits (openai/whisper, transcribe.py). Past the first two a window is silence;
past the last, or below the second, it is decoded again at the next temperature."""

_FEW = 5
"""Fewer tokens are said twice by people, too, as in "no, no"."""
_SENTENCE = 4
"""A whole utterance of so many tokens or more is seldom said twice."""

_FRAME = 160
_TOKENS_PER_S, _MORE_TOKENS = 20, 30
"""More than anybody says, in languages that take two or three tokens a character."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a window of speech says, with times in seconds from its beginning.

    text: as the tokens say it, spaces included. words: where asked for.
    log_probability: of a token, on average. no_speech: the probability that nobody speaks.
    circular: whether the end says what was said just before.
    """

    text: str
    start: float
    end: float
    log_probability: float
    no_speech: float
    circular: bool
    words: tuple[Word, ...] = ()

    @property
    def compression(self) -> float:
        """How much shorter its text can be written: what repeats itself most."""
        raw = self.text.strip().encode()
        return len(raw) / len(zlib.compress(raw))

    @property
    def doubtful(self) -> bool:
        """Whether a longer window or another temperature may understand more."""
        return (
            self.circular
            or self.compression > COMPRESSION
            or self.log_probability < LOG_PROBABILITY
        )

    @property
    def silent(self) -> bool:
        """Whether nobody is likely to speak."""
        return self.no_speech > NO_SPEECH and self.log_probability < LOG_PROBABILITY

    @property
    def invented(self) -> bool:
        """Whether the model is likely to have made the text up."""
        return self.silent or self.compression > COMPRESSION

    def later(self, seconds: float) -> Decoded:
        """The same with times so much later."""
        words = tuple(
            replace(word, start=word.start + seconds, end=word.end + seconds) for word in self.words
        )
        return replace(self, start=self.start + seconds, end=self.end + seconds, words=words)


@dataclass(frozen=True, slots=True)
class Understood:
    """What some windows say: for each what it was decoded as, None where that is nothing, and
    the language with the confidence in it where it had to be found out.
    """

    windows: tuple[Decoded | None, ...] = ()
    language: str | None = None
    language_confidence: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class EncodedSpeech:
    """What the encoder made of some windows. frames: of 10 ms, of each, without its padding."""

    output: ctranslate2.StorageView
    frames: tuple[int, ...]


def understand(
    weights: WhisperWeights, windows: Sequence[Samples], task: Task, stop: StopFlag
) -> Understood:
    """What is said in windows (n,) at 16 kHz, of at most WINDOW_S each, in one language.

    They are computed together: windows of about the same length cost least.
    """
    loud = [at for at, samples in enumerate(windows) if _audible(samples)]
    if not loud:
        return Understood((None,) * len(windows), task.language)
    speech = [windows[at] for at in loud]
    encoded = encode(weights, speech)
    language, confidence = task.language, None
    if language is None:
        language, confidence = _language(weights, encoded)
    writer = _Writer(weights, replace(task, language=language))
    found: list[Decoded | None] = [None] * len(windows)
    for at, samples, first in zip(loud, speech, writer.write(encoded), strict=True):
        decoded = first
        if first.doubtful and not first.silent and not stop.is_set():
            decoded = writer.retry(encode(weights, [samples], padding_s=WINDOW_S), first, stop)
        if decoded.text.strip() and not decoded.invented:
            found[at] = decoded
    return Understood(tuple(found), language, confidence)


def encode(
    weights: WhisperWeights, windows: Sequence[Samples], padding_s: float = PADDING_S
) -> EncodedSpeech:
    """The encoder's view of some windows, each padded to the longest and so much more."""
    most = int(WINDOW_S * RATE)
    length = min(most, max(map(len, windows)) + int(padding_s * RATE))
    length += -length % (2 * _FRAME)
    padded = [np.pad(it[:most], (0, length - min(most, len(it)))) for it in windows]
    extract = weights.model.feature_extractor
    mels = np.stack([extract(it, padding=0)[:, : length // _FRAME] for it in padded])
    output = weights.model.encode(np.ascontiguousarray(mels, np.float32))
    frames = tuple(max(1, min(most, len(it)) // _FRAME) for it in windows)
    return EncodedSpeech(output, frames)


class _Writer:
    """The decoder, set to a task in a language."""

    def __init__(self, weights: WhisperWeights, task: Task) -> None:
        self._weights = weights
        self._task = task
        self._tokenizer = weights.tokenizer(task.language or "en", translate=task.translate)
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]) or ())
        model = weights.model
        prompt = weights.prompt(task.prompt)
        self._prompt = model.get_prompt(
            self._tokenizer,
            self._tokenizer.encode(f" {prompt}") if prompt else [],
            without_timestamps=True,
            hotwords=weights.hotwords(task.hotwords) or None,
        )

    def write(self, encoded: EncodedSpeech) -> list[Decoded]:
        """Each window's text at the first temperature."""
        return self._write(encoded, self._task.temperatures[0])

    def retry(self, encoded: EncodedSpeech, first: Decoded, stop: StopFlag) -> Decoded:
        """A whole window's text, at warmer temperatures until it is good; else the likeliest."""
        tried = [first]
        ctranslate2.set_random_seed(0)  # The warmer temperatures draw lots.
        for temperature in self._task.temperatures:
            if stop.is_set():
                break
            [decoded] = self._write(encoded, temperature)
            tried.append(decoded)
            if decoded.silent or not decoded.doubtful:
                return decoded
        plain = [it for it in tried if it.compression <= COMPRESSION and not it.circular]
        return max(plain or tried[1:] or tried, key=lambda it: it.log_probability)

    def _write(self, encoded: EncodedSpeech, temperature: float) -> list[Decoded]:
        task, model = self._task, self._weights.model
        count = len(encoded.frames)
        room = _MORE_TOKENS + _TOKENS_PER_S * max(encoded.frames) // 100
        results = model.model.generate(
            encoded.output,
            [self._prompt] * count,
            beam_size=task.beam_size if temperature == 0 else 1,
            num_hypotheses=1 if temperature == 0 else task.beam_size,
            sampling_topk=1 if temperature == 0 else 0,
            sampling_temperature=temperature or 1.0,
            max_length=min(model.max_length, len(self._prompt) + room),
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
        )
        texts = [_text_tokens(it.sequences_ids[0], self._tokenizer) for it in results]
        words: Sequence[tuple[Word, ...]] = [()] * count
        if task.words:
            words = timed_words(model, self._tokenizer, texts, encoded.output, encoded.frames)
        return [
            Decoded(
                self._tokenizer.decode(tokens),
                said[0].start if said else 0.0,
                said[-1].end if said else frames / 100,
                _log_probability(result.scores[0], len(result.sequences_ids[0])),
                result.no_speech_prob,
                circular(tokens),
                said,
            )
            for result, tokens, said, frames in zip(
                results, texts, words, encoded.frames, strict=True
            )
        ]


def transcript_of(
    decoded: Sequence[Decoded], language: str | None, confidence: float | None
) -> Transcript:
    """Windows in order as one transcript. confidence: in the language."""
    seconds = sum(it.end - it.start for it in decoded)
    certain = None
    if seconds > 0:
        sums = sum(it.log_probability * (it.end - it.start) for it in decoded)
        certain = math.exp(min(0.0, sums / seconds))
    return Transcript(
        " ".join(" ".join(it.text for it in decoded).split()),
        tuple(word for it in decoded for word in it.words),
        language=language,
        language_confidence=confidence,
        confidence=certain,
    )


def circular(tokens: Sequence[int]) -> bool:
    """Whether the last tokens repeat those before them: some once, a few twice or more, and four
    once, if they are all there is.
    """
    for period in range(1, len(tokens) // 2 + 1):
        again = 0
        while again + period < len(tokens) and tokens[-1 - again] == tokens[-1 - again - period]:
            again += 1
        if again >= max(_FEW, period) and (period >= _FEW or again >= 2 * period):
            return True
        if period >= _SENTENCE and again == period == len(tokens) - period:
            return True
    return False


def _audible(samples: Samples) -> bool:
    return len(samples) >= SHORTEST_S * RATE and dbfs(samples) >= SILENCE_DBFS


def _language(weights: WhisperWeights, encoded: EncodedSpeech) -> tuple[str, float | None]:
    """The language that the windows together speak for most, and with what probability."""
    model = weights.model.model
    if not model.is_multilingual:
        return "en", None
    shares: dict[str, float] = {}
    whole = sum(encoded.frames)
    for found, frames in zip(model.detect_language(encoded.output), encoded.frames, strict=True):
        for token, probability in found:
            code = token.strip("<|>")
            shares[code] = shares.get(code, 0.0) + probability * frames / whole
    best = max(shares, key=lambda code: shares[code])
    return best, min(1.0, shares[best])


def _text_tokens(tokens: Sequence[int], tokenizer: Tokenizer) -> list[int]:
    return [token for token in tokens if token < tokenizer.eot]


def _log_probability(score: float, length: int) -> float:
    """Of a token, on average and with the end's, from CTranslate2's, which leaves that out."""
    return score * length / (length + 1)

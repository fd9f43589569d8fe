"""Moonshine's two networks and its vocabulary: audio in, tokens out.

The decoder checks what it can guess instead of writing it anew: the tokens of an earlier
transcript of the same audio go through it in one pass and are kept as far as they still hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vivavoce.audio import Samples
from vivavoce.errors import ModelError

from .loops import looped
from .onnx import RunOptions, model_file, session

RATE = 16_000

BEGIN, END = 1, 2
SPACE = "▁".encode()
MARK = re.compile(rb"<<ST_\d+>>")
"""Tokens that stand for no text."""

AHEAD = 24
"""Guessed tokens that a later pass checks; one over 24 costs as much as three or four over 1."""

SURE = 2.0
"""How far below the best a token's logit may be if it is a stable word's: the first hearing and
this one are then about as good."""

RIVALS, LEAST = 12, 1e-3
"""So many of the likeliest words in the last one's place are told, if they are as probable."""

LOOP = 8
"""So many tokens that only repeat those before them, three times at least, are a loop."""

Array: TypeAlias = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What the encoder made of some audio.

    features: (1, frames, width); a frame is 384 samples. mask: (1, samples), all ones.
    """

    features: Array
    mask: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the decoder wrote.

    ids: without the marks of begin and end. scores: the natural logarithm of the probability
    of each, and of the end if `ended`: whether the decoder found the end by itself.
    rivals: other words with which the last one's place could have been filled, and how probably.
    """

    ids: tuple[int, ...] = ()
    scores: tuple[float, ...] = ()
    ended: bool = True
    rivals: tuple[tuple[str, float], ...] = ()


class MoonshineModel:
    """The weights in a folder, of any size and language that comes in this format."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Read encoder_model, decoder_model_merged (.ort or .onnx) and tokenizer.bin.

        Raises ModelError for a file that is missing or broken.
        """
        self._encoder = _part(folder, "encoder_model", threads)
        self._decoder = _part(folder, "decoder_model_merged", threads)
        self._pieces = read_pieces(model_file(folder, "tokenizer.bin"))

    def encode(self, samples: Samples, options: RunOptions | None = None) -> Heard:
        """The encoder's view of samples (n,) at 16 kHz, n at least 1,000."""
        wave = np.ascontiguousarray(samples, np.float32)[None]
        mask = np.ones(wave.shape, np.int64)
        feeds = {"input_values": wave, "attention_mask": mask}
        return Heard(self._encoder.run(None, feeds, options)[0], mask)

    def decode(
        self,
        heard: Heard,
        limit: int,
        guess: Sequence[int] = (),
        sure: int = 0,
        stopped: Callable[[], bool] = lambda: False,
    ) -> Tokens:
        """The likeliest tokens, one by one, at most `limit`; a loop is cut off.

        guess: of an earlier transcript; the more of it holds, the faster. The result is that
        of no guess, but where two tokens are as good as equal: the weights are 8-bit, and a pass
        over several tokens rounds a little differently from one over a single token.
        sure: how many first tokens of the guess are kept unless another is clearly likelier.
        stopped: polled between passes; when true, what is there is returned.
        """
        reader = _Reader(self._decoder, heard)
        ids: list[int] = []
        scores: list[float] = []
        last_word: tuple[Array, int] | None = None
        draft = list(guess[: limit - 1])
        while len(ids) < limit and not stopped():
            logits = reader.read([*(ids[-1:] or [BEGIN]), *draft])
            for row, wanted in zip(logits, [*draft, None], strict=True):
                token = int(row.argmax())
                if wanted is not None and len(ids) < sure and row[wanted] > row[token] - SURE:
                    token = wanted
                ids.append(token)
                scores.append(_log_probability(row, token))
                if token == END:
                    rivals = self._rivals(*last_word) if last_word else ()
                    return Tokens(tuple(ids[:-1]), tuple(scores), rivals=rivals)
                if self._pieces[token].startswith(SPACE):
                    last_word = row, token
                if token != wanted:
                    break
            if once := looped(ids, LOOP):
                return Tokens(tuple(ids[:once]), tuple(scores[:once]), ended=False)
            reader.keep(len(ids))
            draft = after(guess, ids)[: limit - len(ids) - 1]
        return Tokens(tuple(ids), tuple(scores), ended=False)

    def _rivals(self, logits: Array, token: int) -> tuple[tuple[str, float], ...]:
        """The likeliest words that are one token and not this one."""
        best = np.argpartition(logits, -RIVALS)[-RIVALS:]
        weights = np.exp(logits - logits.max())
        shares = weights[best] / weights.sum()
        return tuple(
            (piece.decode(errors="ignore").replace("▁", "").lower(), share)
            for other, share in zip(best.tolist(), shares.tolist(), strict=True)
            if other != token and share > LEAST and (piece := self._pieces[other]).startswith(SPACE)
        )

    def text(self, ids: Sequence[int]) -> str:
        """What the tokens say."""
        raw = b"".join(self._pieces[token] for token in ids)
        return " ".join(raw.decode(errors="ignore").replace("▁", " ").split())

    def prefix(self, ids: Sequence[int], words: int) -> int:
        """How many of the tokens make up the first words."""
        starts = [at for at, token in enumerate(ids) if self._pieces[token].startswith(SPACE)]
        return starts[words] if words < len(starts) else len(ids)


class _Reader:
    """The decoder with its memory of the tokens that it has read."""

    def __init__(self, decoder: ort.InferenceSession, heard: Heard) -> None:
        self._decoder = decoder
        self._outputs = [output.name for output in decoder.get_outputs()]
        self._feeds: dict[str, object] = {
            "encoder_hidden_states": heard.features,
            "encoder_attention_mask": heard.mask,
            "use_cache_branch": np.array([False]),
        }
        for cache in decoder.get_inputs():
            if cache.name.startswith("past_key_values."):
                _, heads, _, width = cache.shape
                self._feeds[cache.name] = np.zeros((1, heads, 0, width), np.float32)

    def read(self, tokens: Sequence[int]) -> Array:
        """(n, vocabulary), the logits after each of n tokens that follow those read so far."""
        self._feeds["input_ids"] = np.array([tokens], np.int64)
        logits, *caches = self._decoder.run(self._outputs, self._feeds)
        for name, cache in zip(self._outputs[1:], caches, strict=True):
            self._feeds[name.replace("present.", "past_key_values.", 1)] = cache
        if not self._feeds["use_cache_branch"]:
            # What the decoder keeps of the encoder never changes after the first pass.
            self._feeds["use_cache_branch"] = np.array([True])
            self._outputs = [name for name in self._outputs if ".encoder." not in name]
        return np.asarray(logits[0], np.float32)

    def keep(self, length: int) -> None:
        """Forget all tokens read but the first `length`."""
        for name, cache in self._feeds.items():
            if ".decoder." in name:
                assert isinstance(cache, np.ndarray)
                self._feeds[name] = np.ascontiguousarray(cache[:, :, :length])


def read_pieces(path: Path) -> list[bytes]:
    """The vocabulary in a tokenizer.bin: each piece's length, then its bytes.

    A length is one byte; from 128 on two, the low seven bits first. Raises ModelError.
    """
    data = path.read_bytes()
    pieces: list[bytes] = []
    at = 0
    while at < len(data):
        length = data[at]
        at += 1
        if length >= 128 and at < len(data):
            length = data[at] * 128 + length - 128
            at += 1
        pieces.append(data[at : at + length])
        at += length
    if at != len(data) or len(pieces) <= END:
        raise ModelError(f"{path} is no vocabulary; remove the model and pull it again")
    pieces[: END + 1] = [b""] * (END + 1)
    return [b"" if MARK.fullmatch(piece) else piece for piece in pieces]


def _part(folder: Path, name: str, threads: int) -> ort.InferenceSession:
    return session(model_file(folder, f"{name}.ort", f"{name}.onnx"), threads=threads)


def _log_probability(logits: Array, token: int) -> float:
    top = logits.max()
    return float(logits[token] - top - np.log(np.exp(logits - top).sum()))


def after(guess: Sequence[int], ids: Sequence[int]) -> list[int]:
    """What comes in `guess` after the last two of `ids`, where nearest to their place."""
    if len(ids) < 2:
        return []
    places = [
        at for at in range(2, len(guess)) if guess[at - 2] == ids[-2] and guess[at - 1] == ids[-1]
    ]
    if not places:
        return []
    at = min(places, key=lambda place: abs(place - len(ids)))
    return list(guess[at : at + AHEAD])

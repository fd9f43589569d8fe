"""Moonshine's two networks and its vocabulary: audio in, tokens out.

The decoder checks what it can guess instead of writing it anew: the tokens of an earlier
transcript of the same audio go through it in one pass and are kept as far as they still hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from vivavoce.audio import Samples
from vivavoce.engine.onnx import RunOptions, model_file, session
from vivavoce.errors import ModelError
from vivavoce.options import Compute

from .beam import Array, Beam, DecoderCache, TokensRead
from .hotwords import SPACE, HotwordBias

RATE = 16_000

BEGIN, END = 1, 2
MARK = re.compile(rb"<<ST_\d+>>")
"""Tokens that stand for no text."""

RIVALS, LEAST = 12, 1e-3
"""So many of the likeliest words in the last one's place are told, if they are as probable."""

BEAMS = 4
"""Readings that are followed at once. On clear recordings one makes as few errors; in synthesized
voices, of 100 words four get five more right than one does, and as many as six."""


@dataclass(frozen=True, slots=True, eq=False)
class EncodedAudio:
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

    def __init__(self, folder: Path, compute: Compute | None = None, *, beams: int = BEAMS) -> None:
        """Read encoder_model, decoder_model_merged (.ort or .onnx) and tokenizer.bin.

        Raises ModelError for a file that is missing or broken.
        """
        self._beams = beams
        compute = compute or Compute()
        self.encoder = _part(folder, "encoder_model", compute)
        self._decoder = _part(folder, "decoder_model_merged", compute)
        self._pieces = read_pieces(model_file(folder, "tokenizer.bin"))

    def encode(self, samples: Samples, options: RunOptions | None = None) -> EncodedAudio:
        """The encoder's view of samples (n,) at 16 kHz, n at least 1,000."""
        wave = np.ascontiguousarray(samples, np.float32)[None]
        mask = np.ones(wave.shape, np.int64)
        feeds = {"input_values": wave, "attention_mask": mask}
        return EncodedAudio(self.encoder.run(None, feeds, options)[0], mask)

    def decode(
        self,
        heard: EncodedAudio,
        limit: int,
        guess: Sequence[int] = (),
        sure: int = 0,
        stopped: Callable[[], bool] = lambda: False,
        bias: HotwordBias | None = None,
    ) -> Tokens:
        """The likeliest tokens, at most `limit`; a loop is cut off.

        guess: of an earlier transcript; the more of it holds, the faster. The result is that
        of no guess, but where two tokens are as good as equal: the weights are 8-bit, and a pass
        over several tokens rounds a little differently from one over a single token.
        sure: how many first tokens of the guess are kept unless another is clearly likelier.
        stopped: polled between passes; when true, what is there is returned.
        bias: of words to expect, see `bias`.
        """
        beam = Beam(
            _Reader(self._decoder, heard),
            begin=BEGIN,
            end=END,
            starts_word=lambda token: self._pieces[token].startswith(SPACE),
            width=self._beams,
            limit=limit,
            bias=bias,
        )
        best = beam.search(guess, sure, stopped)[0]
        rivals = self._rivals(*best.word) if best.word and best.ended else ()
        return Tokens(best.ids, best.scores, best.ended, rivals)

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

    def bias(self, words: Sequence[str]) -> HotwordBias | None:
        """What makes these words likelier to be understood; None where there are none."""
        return HotwordBias(self._pieces, words) if words else None

    def text(self, ids: Sequence[int]) -> str:
        """What the tokens say."""
        raw = b"".join(self._pieces[token] for token in ids)
        return " ".join(raw.decode(errors="ignore").replace("▁", " ").split())

    def prefix(self, ids: Sequence[int], words: int) -> int:
        """How many of the tokens make up the first words."""
        starts = [at for at, token in enumerate(ids) if self._pieces[token].startswith(SPACE)]
        return starts[words] if words < len(starts) else len(ids)


_State: TypeAlias = dict[str, Array]
"""What the decoder keeps of the tokens it has read: (rows, heads, tokens, width) by input."""


class _Reader:
    """The decoder on some audio."""

    def __init__(self, decoder: ort.InferenceSession, heard: EncodedAudio) -> None:
        self._decoder = decoder
        self._outputs = [output.name for output in decoder.get_outputs()]
        self._heard: dict[str, NDArray[Any]] = {
            "encoder_hidden_states": heard.features,
            "encoder_attention_mask": heard.mask,
        }
        self._empty: _State = {}
        for cache in decoder.get_inputs():
            if cache.name.startswith("past_key_values."):
                _, heads, _, width = cache.shape
                empty = np.zeros((1, heads, 0, width), np.float32)
                (self._empty if ".decoder." in cache.name else self._heard)[cache.name] = empty
        self._first = True

    def read(
        self, rows: Sequence[Sequence[int]], after: Sequence[DecoderCache[_State]] = ()
    ) -> TokensRead[_State]:
        """See `Reader`."""
        past = _joined(after) if after else _spread(self._empty, len(rows))
        feeds = {
            **_spread(self._heard, len(rows)),
            **past,
            "input_ids": np.array(rows, np.int64),
            "use_cache_branch": np.array([not self._first]),
        }
        logits, *caches = self._decoder.run(self._outputs, feeds)
        state = {
            name.replace("present.", "past_key_values.", 1): cache
            for name, cache in zip(self._outputs[1:], caches, strict=True)
        }
        if self._first:
            # What the decoder keeps of the encoder never changes after the first pass.
            self._first = False
            self._outputs = [name for name in self._outputs if ".encoder." not in name]
            for name in [name for name in state if ".encoder." in name]:
                self._heard[name] = state.pop(name)[:1]
        return TokensRead(np.asarray(logits, np.float32), state)


def _joined(memories: Sequence[DecoderCache[_State]]) -> _State:
    return {
        name: np.concatenate(
            [each.read.state[name][each.row : each.row + 1, :, : each.length] for each in memories]
        )
        for name in memories[0].read.state
    }


def _spread(values: Mapping[str, NDArray[Any]], count: int) -> dict[str, NDArray[Any]]:
    """The same for each of so many rows."""
    if count == 1:
        return dict(values)
    return {name: np.repeat(value, count, axis=0) for name, value in values.items()}


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
        raise ModelError(f"{path} is not a vocabulary; remove the model and pull it again")
    pieces[: END + 1] = [b""] * (END + 1)
    return [b"" if MARK.fullmatch(piece) else piece for piece in pieces]


def _part(folder: Path, name: str, compute: Compute) -> ort.InferenceSession:
    return session(model_file(folder, f"{name}.ort", f"{name}.onnx"), compute)

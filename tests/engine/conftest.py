"""A tiny Whisper model in CTranslate2's real format, which says what it is told to say."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pytest

if TYPE_CHECKING:
    from ctranslate2.specs import WhisperSpec

WhisperMaker: TypeAlias = Callable[..., Path]

WIDTH, FRAMES, PLACES = 32, 1500, 448
FRAMES_A_TOKEN = 10
SURE, UNSURE = 20.0, 8.0
SPEAKS_GERMAN = {
    "<|startoftranscript|>": "<|de|>",
    "<|transcribe|>": "<|0.00|>",
    "<|0.00|>": "Ġso",
    "<|notimestamps|>": "Ġso",
    "Ġso": "Ġwas",
    "Ġwas": "?",
    "?": "<|1.50|>",
    "<|1.50|>": "<|endoftext|>",
    "<|translate|>": "<|0.02|>",
    "<|0.02|>": "Ġwell",
    "Ġwell": "<|1.00|>",
    "<|1.00|>": "<|endoftext|>",
}
"""What follows each token: `so was?` in German, or translated `well`."""


@pytest.fixture(scope="session")
def whisper_model(tmp_path_factory: pytest.TempPathFactory) -> WhisperMaker:
    """Makes the folder of a model that writes after each token the one told, whatever it hears.

    unsure: tokens whose follower is improbable. multilingual: else English only.
    """
    made: dict[tuple[object, ...], Path] = {}

    def make(
        says: Mapping[str, str] = SPEAKS_GERMAN,
        *,
        unsure: frozenset[str] = frozenset(),
        multilingual: bool = True,
    ) -> Path:
        key = (*says.items(), unsure, multilingual)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("whisper")
            write_whisper(made[key], says, unsure, multilingual)
        return made[key]

    return make


def write_whisper(
    folder: Path,
    says: Mapping[str, str] = SPEAKS_GERMAN,
    unsure: frozenset[str] = frozenset(),
    multilingual: bool = True,
) -> None:
    """Such a model, in a folder that is there."""
    from ctranslate2.specs import WhisperSpec
    from faster_whisper.tokenizer import _LANGUAGE_CODES

    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES if code != "yue"]
    text, marks = _vocabulary(says, languages, multilingual)
    ids = {token: at for at, token in enumerate([*text, *marks])}
    spec = WhisperSpec(1, 1, 1, 1)
    _keep_still(spec, len(ids))
    # Each token of the script has an axis of its own, which the projection reads, and looks at
    # its own stretch of the audio, by which word times are found.
    for axis, (token, follower) in enumerate(says.items()):
        spec.decoder.embeddings.weight[ids[token], axis] = 1.0
        logit = UNSURE if token in unsure else SURE
        spec.decoder.projection.weight[ids[follower], axis] = logit / np.sqrt(WIDTH)
        first = axis * FRAMES_A_TOKEN
        spec.encoder.position_encodings.encodings[first : first + FRAMES_A_TOKEN, axis] = 1.0
    query, key_value, _ = spec.decoder.layer[0].attention.linear
    query.weight = np.eye(WIDTH, dtype=np.float32)
    key_value.weight = np.eye(2 * WIDTH, WIDTH, dtype=np.float32)
    spec.register_vocabulary([*text, *marks])
    spec.config.lang_ids = [ids[language] for language in languages]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [len(text)]
    spec.config.alignment_heads = [[0, 0]]
    spec.validate()
    spec.save(str(folder))
    _write_tokenizer(folder, text, marks)


def _vocabulary(
    says: Mapping[str, str], languages: list[str], multilingual: bool
) -> tuple[list[str], list[str]]:
    """Text, then marks and times, laid out as Whisper does.

    CTranslate2 tells by the empty token that a model is multilingual.
    """
    from tokenizers.pre_tokenizers import ByteLevel

    alphabet = sorted(ByteLevel.alphabet())
    words = [token for token in dict.fromkeys(says.values()) if token[0] == "Ġ"]
    fillers = ("x" + "".join(letters) for letters in itertools.product("abcdefghij", repeat=5))
    text = [*alphabet, *words, *itertools.islice(fillers, 50_256 - len(alphabet) - len(words))]
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    marks = [
        *("<|endoftext|>", "<|startoftranscript|>", *languages),
        *(f"<|{task}|>" for task in tasks),
        *(f"<|{at * 0.02:.2f}|>" for at in range(1501)),
    ]
    return ([*text, ""] if multilingual else text), marks


def _keep_still(spec: WhisperSpec, vocabulary: int) -> None:
    """Weights of zero, through which every token comes as it was embedded."""
    wide = (WIDTH, WIDTH)
    coder, decoder = spec.encoder, spec.decoder
    coder.conv1.weight, coder.conv2.weight = np.zeros((WIDTH, 80, 3)), np.zeros((*wide, 3))
    coder.conv1.bias = coder.conv2.bias = np.zeros(WIDTH)
    coder.position_encodings.encodings = np.zeros((FRAMES, WIDTH))
    decoder.position_encodings.encodings = np.zeros((PLACES, WIDTH))
    decoder.embeddings.weight = np.zeros((vocabulary, WIDTH), np.float32)
    decoder.projection.weight = np.zeros((vocabulary, WIDTH), np.float32)
    layers = [*coder.layer, *decoder.layer]
    attentions = [*(layer.self_attention for layer in layers), decoder.layer[0].attention]
    for attention in attentions:
        sizes = (3, 1) if len(attention.linear) == 2 else (1, 2, 1)
        for linear, size in zip(attention.linear, sizes, strict=True):
            linear.weight, linear.bias = np.zeros((size * WIDTH, WIDTH)), np.zeros(size * WIDTH)
    for layer in layers:
        for linear in (layer.ffn.linear_0, layer.ffn.linear_1):
            linear.weight, linear.bias = np.zeros(wide), np.zeros(WIDTH)
    norms = [part.layer_norm for part in (coder, decoder, *attentions, *(it.ffn for it in layers))]
    for norm in norms:
        norm.gamma, norm.beta = np.ones(WIDTH), np.zeros(WIDTH)


def _write_tokenizer(folder: Path, text: list[str], marks: list[str]) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    tokenizer = Tokenizer(models.BPE({token: at for at, token in enumerate(text)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(mark, special=True) for mark in marks])
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"feature_size": 80, "sampling_rate": 16_000, "hop_length": 160, "chunk_length": 30}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))

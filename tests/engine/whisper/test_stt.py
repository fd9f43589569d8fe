"""Whisper through CTranslate2: the real code on a real, tiny model that says what it is told."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from vivavoce.audio import Audio, Samples
from vivavoce.engine.whisper.model import find
from vivavoce.engine.whisper.stt import FasterWhisper, WhisperOptions
from vivavoce.engine.whisper.windows import circular
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadConfig, BadRequest, EngineUnavailable, ModelError
from vivavoce.options import build
from vivavoce.testing.check_stt import check_stt

RATE = 16_000
NOISE = (0.1 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
HUSH = np.zeros(RATE, np.float32)


@asynccontextmanager
async def loaded(folder: Path, **options: int | str | bool) -> AsyncGenerator[FasterWhisper, None]:
    # Not 8-bit: processors without VNNI saturate at such a model's large weights.
    whisper = FasterWhisper(
        build(WhisperOptions, {"model": str(folder), "compute_type": "float32", **options})
    )
    await whisper.load()
    try:
        yield whisper
    finally:
        await whisper.aclose()


async def understood(
    folder: Path, samples: Samples, options: SttOptions | None = None
) -> Transcript:
    async with loaded(folder) as whisper:
        stream = await whisper.open(options or SttOptions(partials=False))
        await stream.feed(samples)
        transcript = await stream.finish()
        await stream.aclose()
    return transcript


async def test_the_contract_is_kept(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model()) as whisper:
        await check_stt(whisper, Audio(np.tile(NOISE, 3), RATE), "so was")


async def test_an_utterance_is_understood_and_its_language_found(
    whisper_model: Callable[..., Path],
) -> None:
    transcript = await understood(whisper_model(), NOISE)
    assert transcript.text == "so was?"
    assert transcript.stable == 2
    assert transcript.language == "de"
    assert transcript.language_confidence == pytest.approx(1.0, abs=1e-3)
    assert transcript.confidence == pytest.approx(1.0, abs=1e-3)
    assert transcript.words == ()


async def test_words_have_times_and_confidences(whisper_model: Callable[..., Path]) -> None:
    options = SttOptions(words=True, language="de-AT", prompt="Vorher.", hotwords=("Wien",))
    transcript = await understood(whisper_model(), np.tile(NOISE, 3), options)
    so, what = transcript.words
    assert (so.text, what.text) == ("so", "was?")
    assert 0.0 <= so.start < so.end <= what.start < what.end <= 3.0
    assert so.confidence == pytest.approx(1.0, abs=1e-3)
    assert (transcript.language, transcript.language_confidence) == ("de", None)


@pytest.mark.parametrize("compute_type", ["auto", "int8", "float32"])
async def test_weights_run_in_the_type_asked_for(
    whisper_model: Callable[..., Path], compute_type: str
) -> None:
    async with loaded(whisper_model(), compute_type=compute_type, beam_size=2) as whisper:
        stream = await whisper.open(SttOptions())
        await stream.feed(NOISE)
        assert (await stream.finish()).text == "so was?"


@pytest.mark.parametrize(
    "samples", [HUSH, 1e-5 * NOISE, NOISE[:1_000], NOISE[:1], NOISE[:0]], ids=len
)
async def test_nothing_is_made_up_in_silence_or_next_to_no_sound(
    whisper_model: Callable[..., Path], samples: Samples
) -> None:
    assert (await understood(whisper_model(), samples)).text == ""


LOOP = {"<|startoftranscript|>": "<|en|>", "<|transcribe|>": "<|0.00|>", "<|0.00|>": "Ġla",
        "<|notimestamps|>": "Ġla", "Ġla": "Ġla"}  # fmt: skip
MUMBLE = {"<|startoftranscript|>": "<|nospeech|>", "<|transcribe|>": "<|0.00|>",
          "<|0.00|>": "Ġthanks", "<|notimestamps|>": "Ġthanks",
          "Ġthanks": "<|endoftext|>"}  # fmt: skip


async def test_a_text_that_repeats_itself_is_left_out(whisper_model: Callable[..., Path]) -> None:
    options = SttOptions(language="en")
    assert "la la" not in (await understood(whisper_model(LOOP), NOISE, options)).text


async def test_a_guess_at_no_speech_is_left_out(whisper_model: Callable[..., Path]) -> None:
    options = SttOptions(language="en")
    sure = whisper_model(MUMBLE)
    assert (await understood(sure, NOISE, options)).text == "thanks"
    unsure = frozenset(MUMBLE) - {"<|startoftranscript|>"}
    mumbling = whisper_model(MUMBLE, unsure=unsure)
    assert (await understood(mumbling, NOISE, options)).text == ""


async def test_partials_come_while_the_user_speaks_and_the_final_reuses_them(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model()) as whisper:
        stream = await whisper.open(SttOptions())
        assert await stream.feed(NOISE[:8_000]) is None
        partials = [await stream.feed(np.tile(NOISE, 30)) for _ in range(3)]
        first = partials[0]
        assert first is not None
        assert set(first.text.split()) == {"so", "was?"}
        assert first.stable == 0
        final = await stream.finish()
        assert await stream.finish() == final
        silent = await whisper.open(SttOptions(partials=False))
        assert await silent.feed(np.tile(NOISE, 30)) is None
        await stream.aclose()
        await stream.aclose()


async def test_a_long_utterance_is_settled_as_it_goes(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model()) as whisper:
        stream = await whisper.open(SttOptions(words=True, partials=False))
        loud, quiet = np.tile(NOISE, 9), 0.01 * NOISE
        for part in (loud, quiet, loud, quiet, loud):
            await stream.feed(part)
        final = await stream.finish()
    # Cut in each of the two quiet seconds, so that no window is longer than 16 s.
    assert final.text == "so was? so was? so was?"
    assert final.stable == 6
    starts = [word.start for word in final.words[::2]]
    assert starts == sorted(starts)
    assert 0.0 <= starts[0] < 9.0
    assert 9.0 < starts[1] < 19.0
    assert 19.0 < starts[2] < 29.0
    assert len(stream._window) < 16 * RATE


async def test_a_final_is_known_when_the_user_has_paused(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model()) as whisper:
        stream = await whisper.open(SttOptions())
        quiet = 0.001 * NOISE
        for at in range(0, RATE, 1_600):
            await stream.feed(np.concatenate([NOISE, quiet])[at : at + 1_600])
        for at in range(0, RATE, 1_600):
            await stream.feed(quiet[at : at + 1_600])
        # All threads are gone: whatever is still to be computed cannot be.
        await whisper.aclose()
        assert (await stream.finish()).text == "so was?"


def test_tokens_that_go_in_circles_are_told_from_what_people_say_twice() -> None:
    call = [1, 2, 3, 4, 5]
    assert circular(call * 2)
    assert circular([9, *call, *call])
    assert circular([7, 7, 7, 7, 7, 7])
    assert circular([1, 2, 8, 9, 8, 9, 8, 9, 8, 9])
    assert not circular([1, 2, 3, 1, 2, 3])
    assert circular([1, 2, 3, 4, 1, 2, 3, 4])
    assert not circular([9, 1, 2, 3, 4, 1, 2, 3, 4])
    assert not circular([*call, *call, 6])
    assert not circular([7, 7, 7])
    assert not circular([])


async def test_what_the_model_cannot_do_is_refused(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model()) as whisper:
        assert len(whisper.languages) == 100
        with pytest.raises(BadRequest, match="does not support the language 'xx'; try af, am"):
            await whisper.open(SttOptions(language="xx"))
    english = whisper_model(multilingual=False)
    async with loaded(english) as whisper:
        assert whisper.languages == ("en",)
        with pytest.raises(BadRequest, match="does not support the language 'de'; try en"):
            await whisper.open(SttOptions(language="de"))
        with pytest.raises(BadRequest, match="cannot translate; use small or large-v3"):
            await whisper.open(SttOptions(translate=True))


async def test_calls_before_load_say_so() -> None:
    whisper = FasterWhisper(WhisperOptions(model="tiny"))
    assert (whisper.name, whisper.rate, whisper.languages) == ("whisper:tiny", RATE, ())
    with pytest.raises(EngineUnavailable, match="whisper:tiny is not loaded"):
        await whisper.open(SttOptions())
    await whisper.aclose()


@pytest.mark.parametrize("model", ["larg", "large-v4", "no/such/folder"])
def test_a_model_that_is_not_there_brings_up_the_nearest(model: str) -> None:
    with pytest.raises(ModelError, match=r"whisper: unknown model .*, or a folder"):
        find(model)


@pytest.mark.parametrize("file", ["model.bin", "config.json", "tokenizer.json"])
def test_a_folder_that_lacks_a_file_is_refused(
    whisper_model: Callable[..., Path], tmp_path: Path, file: str
) -> None:
    folder = shutil.copytree(whisper_model(), tmp_path / "model")
    (folder / file).unlink()
    with pytest.raises(ModelError, match=f"has no {file}, .*ct2-transformers-converter"):
        find(str(folder))


@pytest.mark.parametrize("file", ["model.bin", "tokenizer.json", "vocabulary.json"])
async def test_broken_files_are_told(
    whisper_model: Callable[..., Path], tmp_path: Path, file: str
) -> None:
    folder = shutil.copytree(whisper_model(), tmp_path / "model")
    (folder / file).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match=r"cannot use the model in .*; remove and pull"):
        async with loaded(folder):
            pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "device: choose auto, cpu, cuda, cuda:N or mps, not 'gpu'"),
        ({"compute_type": "int4"}, "no compute_type 'int4' on cpu; did you mean 'int"),
    ],
)
async def test_settings_that_make_no_sense_are_refused(
    whisper_model: Callable[..., Path], options: dict[str, str], message: str
) -> None:
    with pytest.raises(BadConfig, match=message):
        async with loaded(whisper_model(), **options):
            pass


@pytest.mark.skipif(ctranslate2.get_cuda_device_count() > 0, reason="there is a CUDA device")
async def test_a_gpu_that_is_not_there_is_told(whisper_model: Callable[..., Path]) -> None:
    with pytest.raises(EngineUnavailable, match=r"cuda:1 is not here.* no CUDA device; set device"):
        async with loaded(whisper_model(), device="cuda:1"):
            pass
    async with loaded(whisper_model(), device="auto") as whisper:
        assert whisper.device == "cpu"

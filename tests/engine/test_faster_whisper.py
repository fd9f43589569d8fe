"""Whisper through CTranslate2: the real code on a real, tiny model that says what it is told."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from vivavoce.audio import Samples
from vivavoce.engine.faster_whisper import FasterWhisper
from vivavoce.engine.whisper_files import Clip, clips
from vivavoce.engine.whisper_model import find
from vivavoce.engines import FileStt, SttOptions, Transcript
from vivavoce.errors import BadConfig, BadRequest, EngineUnavailable, ModelError
from vivavoce.testing.scripted import ScriptedVad
from vivavoce.transcribe import transcribe

RATE = 16_000
NOISE = (0.1 * np.random.default_rng(0).standard_normal(RATE)).astype(np.float32)
HUSH = np.zeros(RATE, np.float32)


def voice(seconds: float) -> Samples:
    """A buzz through two moving formants, which Silero takes for speech."""
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 120 * (1 + 0.08 * np.sin(2 * np.pi * 1.3 * time))
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    first = 500 + 250 * np.sin(2 * np.pi * 2.1 * time)
    second = 1500 + 600 * np.sin(2 * np.pi * 1.7 * time + 1)
    sound = np.zeros_like(time)
    for harmonic in range(1, 30):
        height = harmonic * pitch
        loudness = 1 / (1 + ((height - first) / 90) ** 2)
        loudness += 0.6 / (1 + ((height - second) / 120) ** 2)
        sound += loudness * np.sin(harmonic * phase)
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 3.5 * time)
    return np.asarray(0.2 * syllables * sound / np.abs(sound).max(), np.float32)


@asynccontextmanager
async def loaded(folder: Path, **options: int | str | bool) -> AsyncGenerator[FasterWhisper, None]:
    whisper = FasterWhisper(model=str(folder), **options)  # type: ignore[arg-type]
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


async def test_speech_is_translated(whisper_model: Callable[..., Path]) -> None:
    assert (await understood(whisper_model(), NOISE, SttOptions(translate=True))).text == "well"


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


TWO = {"<|startoftranscript|>": "<|en|>", "<|transcribe|>": "<|0.00|>", "<|0.00|>": "Ġone",
       "Ġone": "<|4.00|>", "<|4.00|>": "<|4.02|>", "<|4.02|>": "Ġtwo", "Ġtwo": "<|8.00|>",
       "<|8.00|>": "<|endoftext|>"}  # fmt: skip


async def test_a_long_utterance_is_settled_as_it_goes(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model(TWO)) as whisper:
        stream = await whisper.open(SttOptions(language="en", partials=False))
        for _ in range(25):
            await stream.feed(NOISE)
        assert (await stream.finish()).text == "one two"
        assert len(stream._samples) == pytest.approx((25 - 4.02) * RATE, abs=2)
        await stream.feed(NOISE)
        # What was settled stands; the rest is decoded anew, and this model says two words again.
        assert (await stream.finish()).text == "one one two"


async def test_what_the_model_cannot_do_is_refused(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model()) as whisper:
        assert len(whisper.languages) == 100
        with pytest.raises(BadRequest, match="knows no language 'xx'; try af, am"):
            await whisper.open(SttOptions(language="xx"))
    english = whisper_model(multilingual=False)
    async with loaded(english) as whisper:
        assert whisper.languages == ("en",)
        with pytest.raises(BadRequest, match="knows no language 'de'; try en"):
            await whisper.open(SttOptions(language="de"))
        with pytest.raises(BadRequest, match="not trained to translate; use small or large-v3"):
            await whisper.open(SttOptions(translate=True))


async def test_calls_before_load_say_so() -> None:
    whisper = FasterWhisper(model="tiny")
    assert (whisper.name, whisper.rate, whisper.languages) == ("whisper:tiny", RATE, ())
    with pytest.raises(EngineUnavailable, match="whisper:tiny is not loaded"):
        await whisper.open(SttOptions())
    await whisper.aclose()


@pytest.mark.parametrize("model", ["larg", "large-v4", "no/such/folder"])
def test_a_model_that_is_not_there_brings_up_the_nearest(model: str) -> None:
    with pytest.raises(ModelError, match=r"whisper: no model .*, or a folder"):
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
    with pytest.raises(ModelError, match=r"cannot read the model in .*; remove and pull"):
        async with loaded(folder):
            pass


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "whisper: no device 'gpu'; .*cpu, cuda, auto"),
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
    with pytest.raises(EngineUnavailable, match="no CUDA device; set device to cpu"):
        async with loaded(whisper_model(), device="cuda"):
            pass


async def chunks(*parts: Samples, size: int = 4_000) -> AsyncGenerator[Samples, None]:
    samples = np.concatenate(parts)
    for first in range(0, len(samples), size):
        yield samples[first : first + size]


async def test_a_recording_is_read_in_batches_with_its_own_pauses(
    whisper_model: Callable[..., Path],
) -> None:
    spoken = np.concatenate([HUSH, voice(4), *[HUSH] * 30])
    async with loaded(whisper_model(), batch_size=2) as whisper:
        assert isinstance(whisper, FileStt)
        audio = chunks(*[spoken] * 4)
        found = [it async for it in whisper.transcribe(audio, SttOptions())]
    assert [it.text for it in found] == ["so was?"] * 4
    starts = [it.words[0].start for it in found]
    assert np.diff(starts) == pytest.approx([35.0] * 3, abs=2)
    assert all(0.5 + 35 * at < start < 4.5 + 35 * at for at, start in enumerate(starts))
    assert {it.language for it in found} == {"de"}
    assert found[0].language_confidence == pytest.approx(1.0, abs=1e-3)


async def test_segments_of_a_recording_have_its_times(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model()) as whisper:
        audio = chunks(HUSH, HUSH, voice(4), HUSH)
        options = SttOptions(language="de", words=True)
        [segment] = [it async for it in transcribe(audio, whisper, ScriptedVad(), options)]
    first, last = segment.transcript.words
    assert (segment.start, segment.end) == (first.start, last.end)
    assert 1.5 < segment.start < segment.end < 7.0
    assert segment.transcript.language_confidence is None


async def test_speech_without_a_pause_goes_on_from_block_to_block(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model(), batch_size=1, fallback=False) as whisper:
        found = [it async for it in whisper.transcribe(chunks(voice(70)), SttOptions())]
    assert len(found) >= 3
    starts = [it.words[0].start for it in found]
    assert starts == sorted(starts)
    assert starts[-1] > 50


async def test_a_bad_window_of_a_recording_is_tried_again_and_then_left_out(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model(LOOP), beam_size=1) as whisper:
        audio = chunks(HUSH, voice(4), HUSH)
        found = [it async for it in whisper.transcribe(audio, SttOptions(language="en"))]
    assert not any("la la" in it.text for it in found)


async def test_silence_and_an_empty_recording_give_nothing(
    whisper_model: Callable[..., Path],
) -> None:
    async with loaded(whisper_model()) as whisper:
        for audio in (chunks(*[HUSH] * 3), chunks(HUSH[:0])):
            assert [it async for it in whisper.transcribe(audio, SttOptions())] == []


async def test_a_recording_may_be_left_in_the_middle(whisper_model: Callable[..., Path]) -> None:
    async with loaded(whisper_model(), batch_size=1) as whisper:
        segments = whisper.transcribe(chunks(*[voice(4), *[HUSH] * 26] * 3), SttOptions())
        await anext(segments)
        await segments.aclose()
        waiting = asyncio.ensure_future(anext(whisper.transcribe(chunks(voice(9)), SttOptions())))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait({waiting})
        assert waiting.cancelled()


def test_stretches_of_speech_are_joined_as_far_as_a_window_holds() -> None:
    second = RATE
    spans = [Clip(0, 10 * second), Clip(12 * second, 27 * second), Clip(28 * second, 50 * second)]
    assert clips(spans) == [Clip(0, 27 * second), Clip(28 * second, 50 * second)]
    assert spans[0] == Clip(0, 10 * second)
    assert clips([]) == []

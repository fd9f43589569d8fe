"""Silero, Smart Turn and Moonshine with their real weights, on real recordings."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

from vivavoce import models
from vivavoce.audio import Audio, Samples
from vivavoce.engine.moonshine import Moonshine
from vivavoce.engine.moonshine_model import MoonshineModel
from vivavoce.engine.silero import SileroVad
from vivavoce.engine.smart_turn import SmartTurn
from vivavoce.engines import SttOptions, Transcript
from vivavoce.errors import BadRequest, EngineUnavailable, ModelError
from vivavoce.media import read_audio
from vivavoce.testing.check_stt import check_stt
from vivavoce.testing.check_turn import check_turn
from vivavoce.testing.check_vad import check_vad
from vivavoce.wer import WordErrors, word_errors

RATE = 16_000
ROOT = Path(__file__).parents[2]
SPEECH = ROOT.parent / "shared" / "speech"
QUESTION = ROOT / "src" / "vivavoce" / "data" / "question.wav"
NEAR_TIE = 1.2
"""Logits this close may change places by how 8-bit passes round."""


def recording(name: str) -> Audio:
    path = SPEECH / name
    if not path.exists():
        pytest.skip(f"no recording {path}")
    return read_audio(path, rate=RATE)


def clips(longest: float = 12.0) -> Iterator[tuple[Samples, str]]:
    """English sentences and what is said in them."""
    manifest = SPEECH / "manifest.jsonl"
    if not manifest.exists():
        pytest.skip(f"no recordings {manifest}")
    for line in manifest.read_text().splitlines():
        clip = json.loads(line)
        if clip["lang"] == "en" and clip.get("dur", longest) < longest:
            yield recording(clip["path"]).samples, clip["text"]


def noise(seconds: float, db: float, colour: float = 0.0, seed: int = 0) -> Samples:
    """White (0), pink (1) or brown (2) noise."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    spectrum[1:] /= np.arange(1, len(spectrum)) ** (colour / 2)
    spectrum[0] = 0
    wave = np.fft.irfft(spectrum, count)
    return np.asarray(wave * 10 ** (db / 20) / np.sqrt(np.mean(wave**2)), np.float32)


@pytest_asyncio.fixture
async def moonshine() -> AsyncIterator[Moonshine]:
    stt = Moonshine()
    await stt.load()
    yield stt
    await stt.aclose()


async def heard(stt: Moonshine, samples: Samples) -> Transcript:
    stream = await stt.open(SttOptions(partials=False))
    await stream.feed(samples)
    transcript = await stream.finish()
    await stream.aclose()
    return transcript


async def partials(stt: Moonshine, samples: Samples) -> tuple[list[Transcript], Transcript]:
    """All partials, and the final, of a stream that is fed 20 ms at a time."""
    stream = await stt.open(SttOptions())
    found = [await stream.feed(samples[at : at + 320]) for at in range(0, len(samples), 320)]
    final = await stream.finish()
    await stream.aclose()
    return [partial for partial in found if partial is not None], final


# --- vad and turn --------------------------------------------------------------------------------


async def test_silero_keeps_the_contract() -> None:
    vad = SileroVad()
    with pytest.raises(EngineUnavailable, match="await load"):
        vad.open()
    await check_vad(vad, read_audio(QUESTION))
    await vad.aclose()
    with pytest.raises(EngineUnavailable):
        vad.open()


async def test_silero_tells_speech_from_noise() -> None:
    vad = SileroVad()
    await vad.load()
    speech = np.array(vad.open().feed(recording("faster-whisper/jfk.wav").samples))
    assert (speech > 0.5).mean() > 0.6
    for colour in (0, 1, 2):
        assert max(vad.open().feed(noise(3.0, -30, colour))) < 0.5
    await vad.aclose()


async def test_smart_turn_keeps_the_contract() -> None:
    turn = SmartTurn()
    with pytest.raises(EngineUnavailable, match="await load"):
        await turn.probability(Audio.silence(1.0, RATE), "")
    sentence = recording("leopard/test.wav")
    await check_turn(turn, sentence, sentence.cut(0, 0.7 * sentence.seconds))
    await turn.aclose()


async def test_smart_turn_hears_only_the_last_eight_seconds() -> None:
    turn = SmartTurn()
    await turn.load()
    long = recording("faster-whisper/jfk.wav")
    cut = Audio(long.samples[-8 * RATE :], RATE)
    assert await turn.probability(long, "") == await turn.probability(cut, "")
    await turn.aclose()


async def test_smart_turn_tells_whole_sentences_from_broken_ones() -> None:
    turn = SmartTurn()
    await turn.load()
    right = total = 0
    for samples, _ in clips():
        pause = np.zeros(RATE // 5, np.float32)
        for part, over in ((1.0, True), (0.7, False)):
            utterance = np.concatenate([samples[: int(part * len(samples))], pause])
            probability = await turn.probability(Audio(utterance, RATE), "")
            right, total = right + ((probability > 0.5) == over), total + 1
    assert right / total > 0.7, f"{right} of {total}"
    await turn.aclose()


# --- moonshine: what is heard --------------------------------------------------------------------


async def test_moonshine_keeps_the_contract() -> None:
    stt = Moonshine()
    with pytest.raises(EngineUnavailable, match="await load"):
        await stt.open(SttOptions())
    await check_stt(stt, read_audio(QUESTION), "what is the capital of france")
    await stt.aclose()
    with pytest.raises(EngineUnavailable):
        await stt.open(SttOptions())


async def test_a_famous_sentence_is_understood(moonshine: Moonshine) -> None:
    transcript = await heard(moonshine, recording("faster-whisper/jfk.wav").samples)
    said = "And so my fellow Americans ask not what your country can do for you, ask what you"
    assert word_errors(f"{said} can do for your country.", transcript.text).errors == 0
    assert transcript.language == "en"
    assert transcript.confidence is not None
    assert transcript.confidence > 0.8


async def test_most_words_are_understood(moonshine: Moonshine) -> None:
    errors = WordErrors()
    for samples, text in clips():
        errors = errors + word_errors(text, (await heard(moonshine, samples)).text)
    assert errors.errors / errors.words < 0.09, errors


async def test_quiet_speech_is_not_lost(moonshine: Moonshine) -> None:
    for samples, text in clips(longest=4.0):
        loud = await heard(moonshine, samples)
        quiet = await heard(moonshine, samples * np.float32(0.02))
        missed = word_errors(loud.text, quiet.text).errors
        assert missed <= max(1, len(text.split()) // 4), (text, quiet.text)


@pytest.mark.parametrize("db", [-100, -80, -60, -50, -40, -30, -20, -10])
@pytest.mark.parametrize("colour", [0, 1])
async def test_noise_has_no_words(moonshine: Moonshine, db: float, colour: float) -> None:
    for seconds in (0.5, 1.0, 3.0, 8.0):
        transcript = await heard(moonshine, noise(seconds, db, colour))
        assert transcript.text == ""
        assert transcript.confidence is None


async def test_silence_and_clicks_have_no_words(moonshine: Moonshine) -> None:
    click = np.zeros(2 * RATE, np.float32)
    click[RATE : RATE + 80] = noise(0.005, -10)
    for samples in (np.zeros(30 * RATE, np.float32), click, recording("leopard/empty.wav").samples):
        assert (await heard(moonshine, samples)).text == ""


async def test_an_office_says_next_to_nothing(moonshine: Moonshine) -> None:
    office = recording("noise/office-ambience-24000-mono.mp3").samples
    texts = [
        (await heard(moonshine, office[at : at + 3 * RATE])).text
        for at in range(0, len(office), 4 * RATE)
    ]
    assert sum(map(bool, texts)) <= 0.1 * len(texts), texts


# --- moonshine: streaming ------------------------------------------------------------------------


async def test_partials_hold_and_cost_no_words_in_the_end(moonshine: Moonshine) -> None:
    plain = streamed = WordErrors()
    kept = total = 0
    for samples, text in clips():
        told, final = await partials(moonshine, samples)
        for before, after in pairwise(told):
            assert after.stable >= before.stable
            stable = before.text.split()[: before.stable]
            assert after.text.split()[: before.stable] == stable
        stable = told[-1].text.split()[: told[-1].stable]
        kept, total = kept + (final.text.split()[: len(stable)] == stable), total + 1
        streamed = streamed + word_errors(text, final.text)
        plain = plain + word_errors(text, (await heard(moonshine, samples)).text)
    assert kept >= 0.8 * total, f"of {total} finals, {kept} kept what was stable"
    assert streamed.errors <= plain.errors + 0.03 * plain.words, (plain, streamed)


async def test_a_finish_may_come_in_mid_sentence(moonshine: Moonshine) -> None:
    samples = recording("leopard/test.wav").samples
    stream = await moonshine.open(SttOptions())
    await stream.feed(samples[: 3 * RATE])
    assert (await stream.finish()).text.startswith("Mr. Quilter is the apostle of the middle")
    await stream.feed(samples[3 * RATE :])
    final = await stream.finish()
    assert final.text.endswith("glad to welcome his gospel.")
    await stream.aclose()


async def test_a_finish_after_mere_silence_does_no_work(moonshine: Moonshine) -> None:
    samples = recording("leopard/test.wav").samples
    stream = await moonshine.open(SttOptions())
    await stream.feed(samples)
    first, reading = await stream.finish(), stream._reading
    for seed in range(5):
        await stream.feed(noise(0.1, -66, seed=seed))
        assert await stream.finish() == first
        assert stream._reading is reading
    await stream.aclose()


async def test_a_long_speech_loses_no_sentence(moonshine: Moonshine) -> None:
    samples = recording("moonshine/two_cities_16k.wav").samples
    told, final = await partials(moonshine, samples)
    whole = await heard(moonshine, samples)
    for text in (final.text, whole.text):
        for said in ("best of times", "season of darkness", "direct the other way", "for good or"):
            assert said in text.lower()
        assert text.lower().endswith("the superlative degree of comparison only.")
    stable = told[-1].text.split()[: told[-1].stable]
    assert len(stable) > 80


async def test_memory_and_work_are_bounded(moonshine: Moonshine) -> None:
    samples = recording("moonshine/two_cities_16k.wav").samples
    stream = await moonshine.open(SttOptions(partials=False))
    for _ in range(2):
        for at in range(0, len(samples), RATE):
            await stream.feed(samples[at : at + RATE])
            assert len(stream._window) <= 13 * RATE
    text = (await stream.finish()).text
    assert text.lower().count("best of times") == 2
    await stream.aclose()


async def test_forty_callers_share_the_weights(moonshine: Moonshine) -> None:
    said = [(samples, text) for samples, text in clips(longest=4.0)]
    alone = [(await heard(moonshine, samples)).text for samples, _ in said]
    together = await asyncio.gather(*(heard(moonshine, samples) for samples, _ in said * 4))
    assert [transcript.text for transcript in together] == alone * 4


# --- moonshine: the decoder ----------------------------------------------------------------------


def margins(model: MoonshineModel, samples: Samples, tokens: Sequence[int]) -> list[float]:
    """By how much the best logit beats the second, after the beginning and after each token."""
    from vivavoce.engine.moonshine_model import BEGIN, _Reader

    reader = _Reader(model._decoder, model.encode(samples))
    found = []
    for token in (BEGIN, *tokens):
        second, first = np.sort(reader.read([token])[-1])[-2:]
        found.append(float(first - second))
    return found


def test_a_guess_changes_the_speed_and_not_the_words() -> None:
    model = MoonshineModel(models.fetch("moonshine-tiny-en"))
    same = total = 0
    for samples, _ in clips(longest=7.0):
        plain = model.decode(model.encode(samples), limit=80).ids
        for part in (0.4, 0.9):
            cut = samples[: int(part * len(samples))]
            guess = model.decode(model.encode(cut), limit=60).ids
            guided = model.decode(model.encode(samples), limit=80, guess=guess).ids
            total += 1
            same += guided == plain
            if guided != plain:
                pairs = zip(guided, plain, strict=False)
                first = next(
                    (at for at, (one, other) in enumerate(pairs) if one != other),
                    min(len(guided), len(plain)),
                )
                margin = margins(model, samples, plain)[first]
                assert margin < NEAR_TIE, f"token {first} changed, by a margin of {margin:.2f}"
    assert same >= 0.7 * total, f"{same} of {total}"


def test_a_good_guess_saves_most_of_the_passes() -> None:
    model = MoonshineModel(models.fetch("moonshine-tiny-en"))
    samples = recording("leopard/test.wav").samples
    polls = 0

    def counted() -> bool:
        nonlocal polls
        polls += 1
        return False

    heard_whole = model.encode(samples)
    ids = model.decode(heard_whole, limit=60, stopped=counted).ids
    assert polls > len(ids)
    polls = 0
    assert model.decode(heard_whole, limit=60, guess=ids, stopped=counted).ids == ids
    assert polls <= 2


def test_a_stopped_decoder_ends_within_a_pass() -> None:
    model = MoonshineModel(models.fetch("moonshine-tiny-en"))
    heard_whole = model.encode(recording("leopard/test.wav").samples)
    answers = iter([False, False, False, True])
    tokens = model.decode(heard_whole, limit=60, stopped=lambda: next(answers))
    assert len(tokens.ids) == 3
    assert not tokens.ended


def test_a_limit_is_kept_whatever_is_guessed() -> None:
    model = MoonshineModel(models.fetch("moonshine-tiny-en"))
    heard_whole = model.encode(recording("leopard/test.wav").samples)
    whole = model.decode(heard_whole, limit=60).ids
    for guess in ((), whole):
        cut = model.decode(heard_whole, limit=5, guess=guess)
        assert cut.ids == whole[:5]
        assert not cut.ended


# --- moonshine: what goes wrong ------------------------------------------------------------------


async def test_a_cancelled_final_stops_and_the_utterance_goes_on(moonshine: Moonshine) -> None:
    samples = recording("leopard/test.wav").samples
    stream = await moonshine.open(SttOptions(partials=False))
    await stream.feed(samples)
    finishing = asyncio.ensure_future(stream.finish())
    await asyncio.sleep(0)
    finishing.cancel()
    await asyncio.wait({finishing})
    assert finishing.cancelled()
    assert (await stream.finish()).text.endswith("his gospel.")
    await stream.aclose()


async def test_a_language_that_the_model_lacks_is_refused(moonshine: Moonshine) -> None:
    assert list(moonshine.languages) == ["en"]
    for fine in (None, "en", "en-GB", "EN_us"):
        await (await moonshine.open(SttOptions(language=fine))).aclose()
    with pytest.raises(BadRequest, match="knows 'en', not 'de'; try whisper"):
        await moonshine.open(SttOptions(language="de"))
    with pytest.raises(BadRequest, match="cannot translate; whisper can"):
        await moonshine.open(SttOptions(translate=True))


async def test_a_folder_is_a_model_too() -> None:
    folder = models.fetch("moonshine-tiny-en")
    stt = Moonshine(model=str(folder))
    assert list(stt.languages) == ["en"]
    await stt.load()
    await stt.aclose()


async def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for model in (str(tmp_path), "tiny-xx"):
        stt = Moonshine(model=model)
        with pytest.raises((ModelError, BadRequest)):
            await stt.load()
        await stt.aclose()


async def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    vad_file = models.fetch("silero-vad") / "silero_vad_16k_op15.onnx"
    turn_file = models.fetch("smart-turn-v3.2") / "smart-turn-v3.2-cpu.onnx"
    folder = models.fetch("moonshine-tiny-en")
    (tmp_path / "encoder_model.onnx").write_bytes(vad_file.read_bytes())
    for name in ("decoder_model_merged.ort", "tokenizer.bin"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    engines = (
        SileroVad(model=str(turn_file)),
        SmartTurn(model=str(vad_file)),
        Moonshine(model=str(tmp_path)),
    )
    for engine in engines:
        with pytest.raises(ModelError, match="is a model of another kind"):
            await engine.load()
        await engine.aclose()


async def test_nan_is_not_speech(moonshine: Moonshine) -> None:
    assert (await heard(moonshine, np.full(RATE, np.nan, np.float32))).text == ""

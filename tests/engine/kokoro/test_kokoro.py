"""Kokoro through its own code, on a network of a few kilobytes that is built here."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import numpy as np
import pytest

from tests.engine.kokoro.tiny import STYLE, tiny_folder, tiny_model, voice
from vivavoce.engine.kokoro.tts import Kokoro, KokoroOptions
from vivavoce.engines import Speech, TtsOptions, Word
from vivavoce.errors import BadRequest, EngineUnavailable, ModelError
from vivavoce.testing.check_tts import check_tts

RATE = 24_000
VOICES = ("bf_ann", "bm_bob", "ef_dora", "ff_siwis", "hf_alpha", "jf_alpha", "zf_xiaobei")


@pytest.fixture
async def kokoro(tmp_path: Path) -> AsyncIterator[Kokoro]:
    engine = Kokoro(KokoroOptions(model=str(tiny_folder(tmp_path, *VOICES)), voice="bf_ann"))
    await engine.load()
    yield engine
    await engine.aclose()


async def spoken(engine: Kokoro, phrase: str, options: TtsOptions | None = None) -> list[Speech]:
    async with (
        aclosing(await engine.open(options or TtsOptions())) as stream,
        aclosing(stream.speak(phrase)) as pieces,
    ):
        return [piece async for piece in pieces]


def told(pieces: list[Speech]) -> list[Word]:
    return [word for piece in pieces for word in piece.words]


async def loaded(model: Path, voice: str = "bf_ann") -> None:
    engine = Kokoro(KokoroOptions(model=str(model), voice=voice))
    try:
        await engine.load()
    finally:
        await engine.aclose()


async def test_it_keeps_the_contract_of_tts(kokoro: Kokoro) -> None:
    await check_tts(kokoro, words=True)
    assert (kokoro.rate, kokoro.local, kokoro.device) == (24_000, True, "cpu")


async def test_voices_say_what_they_speak_and_the_default_comes_first(kokoro: Kokoro) -> None:
    first, *others = kokoro.voices
    assert (first.id, first.name, first.gender) == ("bf_ann", "Ann, British English", "female")
    assert [v.id for v in others] == ["bm_bob", "ef_dora", "ff_siwis", "hf_alpha"]
    assert [v.languages[0] for v in others] == ["en-gb", "es", "fr-fr", "hi"]


async def test_the_first_clause_comes_first_with_its_words(kokoro: Kokoro) -> None:
    phrase = "The weather is rather nice today, so I will walk to work. Will you?"
    pieces = await spoken(kokoro, phrase)
    assert [" ".join(word.text for word in piece.words) for piece in pieces] == [
        "The weather is rather nice today,", "so I will walk to work.", "Will you?",
    ]  # fmt: skip
    passed = len(pieces[0].samples) / RATE
    assert pieces[1].words[0].start == pytest.approx(passed, abs=0.12)
    assert pieces[0].words[-1].end < passed


async def test_every_language_that_it_reads_is_said_with_word_times(kokoro: Kokoro) -> None:
    for name, phrase in [
        ("ef_dora", "Hola, ¿cómo estás hoy?"),
        ("ff_siwis", "Bonjour, je m'appelle Siwis."),
        ("hf_alpha", "नमस्ते, आप कैसे हैं?"),
    ]:
        words = told(await spoken(kokoro, phrase, TtsOptions(voice=name)))
        assert " ".join(word.text for word in words) == phrase


async def test_a_language_chooses_a_voice(kokoro: Kokoro) -> None:
    phrase = "Hola, buenas tardes"
    own = await spoken(kokoro, phrase, TtsOptions(voice="ef_dora"))
    chosen = await spoken(kokoro, phrase, TtsOptions(language="es-MX"))
    assert own[0].samples.tobytes() == chosen[0].samples.tobytes()
    assert await spoken(kokoro, "Hello", TtsOptions(language="en-US"))


async def test_a_blend_sounds_like_neither_of_its_voices(kokoro: Kokoro) -> None:
    sounds = {
        name: (await spoken(kokoro, "Hello", TtsOptions(voice=name)))[0].samples.tobytes()
        for name in ("bf_ann", "bm_bob", "bf_ann*0.6+bm_bob*0.4", "bf_ann*3 + bm_bob * 2")
    }
    assert sounds["bf_ann*0.6+bm_bob*0.4"] == sounds["bf_ann*3 + bm_bob * 2"]
    assert len(set(sounds.values())) == 3


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (TtsOptions(voice="bf_anne"), "no voice 'bf_anne'; .*bf_ann"),
        (TtsOptions(voice="bf_ann*0.5+nobody*0.5"), "no voice 'nobody'"),
        (TtsOptions(voice="bf_ann*0"), "is no voice; name one, or a blend such as"),
        (TtsOptions(voice="bf_ann*x"), "is no voice; name one, or a blend such as"),
        (TtsOptions(voice="bf_ann+"), "is no voice; name one, or a blend such as"),
        (TtsOptions(voice=""), "is no voice; name one, or a blend such as"),
        (TtsOptions(voice="../bf_ann"), "is no voice; name one, or a blend such as"),
        (TtsOptions(voice="bf_ann", language="fr"), "speaks British English, not 'fr'"),
        (TtsOptions(language="de"), "not 'de'; choose a voice of that language, or another engine"),
        (TtsOptions(language="ja"), "cannot read Japanese yet; choose another engine"),
        (TtsOptions(voice="zf_xiaobei"), "cannot read Mandarin Chinese yet"),
    ],
)
async def test_a_voice_or_language_that_is_not_there_is_refused(
    kokoro: Kokoro, options: TtsOptions, says: str
) -> None:
    with pytest.raises(BadRequest, match=says):
        await kokoro.open(options)


async def test_a_text_in_another_script_is_refused(kokoro: Kokoro) -> None:
    with pytest.raises(BadRequest, match="reads British English in Latin letters"):
        await spoken(kokoro, "Привет, как дела?")
    with pytest.raises(BadRequest, match="reads Hindi in Devanagari or Latin letters"):
        await spoken(kokoro, "Привет, как дела?", TtsOptions(voice="hf_alpha"))


async def test_a_phrase_without_an_end_is_cut_and_said(kokoro: Kokoro) -> None:
    phrase = "why " * 2_500
    pieces = await spoken(kokoro, phrase)
    assert len(told(pieces)) == 2_500
    assert len(await spoken(kokoro, "a" * 10_000)) > 1


async def test_an_unknown_default_voice_fails_to_load(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="no voice 'am_adam'"):
        await loaded(tiny_folder(tmp_path, "bf_ann"), "am_adam")


async def test_a_network_that_cannot_tell_its_durations_speaks_without_words(
    tmp_path: Path,
) -> None:
    folder = tiny_folder(tmp_path, "bf_ann", rounds=2)
    engine = Kokoro(KokoroOptions(model=str(folder), voice="bf_ann"))
    await engine.load()
    assert told(await spoken(engine, "Hello there.")) == []
    await engine.aclose()


async def test_files_as_those_of_kittentts_speak(tmp_path: Path) -> None:
    tiny_model(tmp_path / "kitten.onnx", ids="input_ids")
    with zipfile.ZipFile(tmp_path / "voices.npz", "w") as archive:
        for number in (2, 3):
            with archive.open(f"expr-voice-{number}-f.npy", "w") as entry:
                np.save(entry, voice(number, rows=1))
    engine = Kokoro(KokoroOptions(model=str(tmp_path / "kitten.onnx")))
    await engine.load()
    assert [v.id for v in engine.voices] == ["expr-voice-2-f", "expr-voice-3-f"]
    words = told(await spoken(engine, "Hello there.", TtsOptions(voice="expr-voice-3-f")))
    assert [word.text for word in words] == ["Hello", "there."]
    await engine.aclose()


async def test_damaged_files_are_told_apart(tmp_path: Path) -> None:
    folder = tiny_folder(tmp_path, "bf_ann")
    network, ann = folder / "tiny.onnx", folder / "voices" / "bf_ann.bin"
    whole = network.read_bytes()
    ann.write_bytes(b"cut")
    with pytest.raises(ModelError, match=r"bf_ann\.bin is damaged; remove the model and pull"):
        await loaded(folder)
    ann.unlink()
    with pytest.raises(ModelError, match="has no voices"):
        await loaded(folder)
    (folder / "voices.npz").write_bytes(b"PK no archive")
    with pytest.raises(ModelError, match=r"voices\.npz is damaged"):
        await loaded(folder)
    network.write_bytes(whole[: len(whole) // 2])
    np.savez(folder / "voices.npz", bf_ann=np.zeros((1, STYLE), np.float32))
    with pytest.raises(ModelError, match="pull it again"):
        await loaded(folder)
    tiny_model(network, ids="something")
    with pytest.raises(ModelError, match="is no Kokoro voice: it takes something, speed, style"):
        await loaded(folder)
    tiny_model(folder / "second.onnx")
    with pytest.raises(ModelError, match=r"contains 2 \.onnx files"):
        await loaded(folder)


async def test_it_speaks_only_between_load_and_aclose(tmp_path: Path) -> None:
    engine = Kokoro(KokoroOptions(model=str(tiny_folder(tmp_path, "bf_ann")), voice="bf_ann"))
    assert engine.voices == ()
    with pytest.raises(EngineUnavailable, match="call load"):
        await engine.open(TtsOptions())
    await engine.load()
    await engine.aclose()
    with pytest.raises(EngineUnavailable):
        await engine.open(TtsOptions())
    assert not [t for t in threading.enumerate() if t.name.startswith("vivavoce-kokoro")]

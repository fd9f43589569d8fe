"""Which voices of the model store a configuration has in reserve."""

from __future__ import annotations

from pathlib import Path

import pytest

from vivavoce.config.configuration import load_config
from vivavoce.loading.fallback_tts import FallbackTts
from vivavoce.loading.open_engines import make_tts
from vivavoce.loading.pulled_voices import pulled_voices
from vivavoce.models.record import Entry, Record


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VIVAVOCE_MODELS", str(tmp_path))
    return tmp_path


def put(store: Path, name: str, version: str = "", size: int = 4) -> None:
    """A model as a pull leaves it, with a file of 4 bytes that should have `size`."""
    folder = store / name
    folder.mkdir()
    (folder / "voice.onnx").write_bytes(b"onnx")
    record = Record(name, version, "hf:somewhere", "main", {"voice.onnx": Entry(size, "0" * 64)})
    record.write(folder)


def found(language: str | None = None, profile: str | None = None) -> list[str]:
    return [
        str(spec) for spec in pulled_voices(load_config(profile=profile, environment={}), language)
    ]


def test_an_empty_store_has_no_voices(store: Path) -> None:
    assert found() == []


def test_the_voices_that_are_pulled_are_found_by_language_the_largest_first(store: Path) -> None:
    put(store, "piper-es_ES-davefx-medium")
    put(store, "kokoro-v1.0", "1.0")
    put(store, "piper-es_ES-sharvard-high")
    put(store, "piper-de_DE-thorsten-medium")
    put(store, "piper-nl_NL-mls-medium")
    put(store, "whisper-base")
    assert found("es") == ["kokoro", "piper:es_ES-sharvard-high", "piper:es_ES-davefx-medium"]
    assert found("es-MX")[0] == "kokoro"
    assert found("de") == ["piper:de_DE-thorsten-medium"]
    assert found("nl-BE") == ["piper:nl_NL-mls-medium"]
    assert found("fr") == ["kokoro"]
    assert found("ja") == found("ru") == []
    assert len(found()) == 5


def test_a_voice_that_is_not_whole_or_of_another_version_is_left_out(store: Path) -> None:
    put(store, "piper-es_ES-davefx-medium", size=5)
    put(store, "kokoro-v1.0", "0.9")
    assert found("es") == []


def test_a_voice_that_the_profile_has_is_not_there_twice(store: Path) -> None:
    put(store, "kokoro-v1.0", "1.0")
    put(store, "piper-en_US-lessac-medium")
    assert found("en", "multilingual") == ["piper:en_US-lessac-medium"]
    assert found("en", "balanced") == ["kokoro"]


@pytest.mark.parametrize(
    ("keys", "has_reserve"),
    [
        ({}, True),
        ({"session": {"language": "es"}}, True),
        ({"tts": {"speed": 1.2}}, True),
        ({"tts": "espeak-ng"}, False),
        ({"tts": ["hibari", "espeak-ng"]}, False),
        ({"tts": {"engine": "hibari"}}, False),
    ],
)
async def test_voices_that_the_user_names_have_no_others_in_reserve(
    keys: dict[str, object], has_reserve: bool
) -> None:
    tts = make_tts(load_config(overrides=keys, environment={}))
    assert (isinstance(tts, FallbackTts) and tts.reserve is not None) is has_reserve
    await tts.aclose()

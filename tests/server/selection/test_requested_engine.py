"""What a client may have loaded, and by which names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.selection.loading import own_store, put
from vivavoce import registry
from vivavoce.config.configuration import load_config
from vivavoce.engines import Kind
from vivavoce.models import MODELS
from vivavoce.registry import EngineSpec
from vivavoce.server.errors import Problem
from vivavoce.server.selection.requested_engine import check_weights, configured, wanted, weights_of


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_store(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("name", "kind", "engine"),
    [
        ("whisper-tiny", "stt", "whisper:tiny"),
        ("whisper:tiny", "stt", "whisper:tiny"),
        ("whisper", "stt", "whisper:base"),
        ("whisper-turbo", "stt", "whisper:large-v3-turbo"),
        ("moonshine-base-es", "stt", "moonshine:base-es"),
        ("piper-de_DE-thorsten-medium", "tts", "piper:de_DE-thorsten-medium"),
        ("piper:fr_FR-anybody-low", "tts", "piper:fr_FR-anybody-low"),
        ("espeak-ng", "tts", "espeak-ng:en-us+rob"),
        ("espeak-ng:de+f3", "tts", "espeak-ng:de+f3"),
        ("qwen2.5-0.5b", "llm", "llama-cpp:qwen2.5-0.5b"),
        ("llama-cpp:hf:ORG/REPO/file.gguf", "llm", "llama-cpp:hf:ORG/REPO/file.gguf"),
    ],
)
def test_a_model_is_called_as_it_is_listed_or_by_its_engine(
    name: str, kind: Kind, engine: str
) -> None:
    found = wanted(name)
    assert (found[0], str(found[1])) == (kind, engine)


def test_every_model_that_a_request_can_name_has_an_engine_that_runs_it() -> None:
    for name, model in MODELS.items():
        if model.kind in ("stt", "llm", "tts"):
            kind, spec = wanted(name)
            assert kind == model.kind
            assert weights_of(kind, str(spec)) == model


@pytest.mark.parametrize(
    ("name", "status", "code", "what"),
    [
        ("nothing", 404, "model_not_found", "no model 'nothing'"),
        ("whisper-tny", 404, "model_not_found", "did you mean 'whisper-tiny'"),
        ("wisper:tiny", 404, "model_not_found", "no engine 'wisper'; did you mean 'whisper'"),
        ("hf:org/repo", 404, "model_not_found", "no engine 'hf'"),
        ("/etc/passwd", 404, "model_not_found", "no model"),
        ("espeak-ng:../voices", 404, "model_not_found", "no model '../voices'"),
        ("silero-vad", 400, "not_loadable", "is for vad, which requests cannot choose"),
        ("silero", 404, "model_not_found", "no model 'silero'"),
        ("openai:gpt-4o", 400, "not_loadable", "which use this server's key"),
    ],
)
def test_what_is_no_such_name_is_refused_with_what_there_is(
    name: str, status: int, code: str, what: str
) -> None:
    with pytest.raises(Problem, match=what) as caught:
        wanted(name)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert caught.value.param == "model"


def test_an_engine_for_several_things_needs_to_be_told_for_which(plugin: Path) -> None:
    assert plugin.exists()
    with pytest.raises(Problem, match="for stt and llm and tts; set `kind`") as caught:
        wanted("ready")
    assert caught.value.param == "kind"
    assert wanted("ready", "llm")[0] == "llm"


def test_an_engine_that_is_not_installed_says_what_installs_it(plugin: Path) -> None:
    assert plugin.exists()
    with pytest.raises(Problem, match=r"pip install 'vivavoce\[piper\]'") as caught:
        wanted("absent:voice")
    assert (caught.value.status, caught.value.code) == (501, "engine_not_installed")


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with engines of its own, one of which lacks what it needs."""
    (tmp_path / "plugin_of_a_test.py").write_text(
        "from vivavoce.testing import ScriptedLlm, ScriptedStt, ScriptedTts\n"
    )
    (tmp_path / "plugin_that_lacks.py").write_text(
        "raise ModuleNotFoundError('no piper', name='piper')\n"
    )
    info = tmp_path / "plugin_of_a_test-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: plugin-of-a-test\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[vivavoce.stt]\nready = plugin_of_a_test:ScriptedStt\n"
        "[vivavoce.llm]\nready = plugin_of_a_test:ScriptedLlm\n"
        "[vivavoce.tts]\nready = plugin_of_a_test:ScriptedTts\n"
        "absent = plugin_that_lacks:Nothing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._entries.cache_clear()
    yield tmp_path
    registry._entries.cache_clear()


@pytest.mark.parametrize("name", ["whisper-tiny", "whisper:tiny"])
def test_weights_must_be_here(name: str, store: Path) -> None:
    with pytest.raises(Problem, match="pull it first with POST /audio/models/pull") as caught:
        check_weights(*wanted(name))
    assert (caught.value.status, caught.value.code) == (404, "model_not_installed")
    put(store, "whisper-tiny")
    check_weights(*wanted(name))


@pytest.mark.parametrize(
    ("name", "hint"),
    [("whisper:tny", "did you mean 'tiny'"), ("whisper:/etc", "try"), ("llama-cpp:./x", "try")],
)
def test_weights_are_those_of_the_list_and_no_path(name: str, hint: str, store: Path) -> None:
    with pytest.raises(Problem, match=hint) as caught:
        check_weights(*wanted(name))
    assert (caught.value.status, caught.value.code) == (404, "model_not_found")
    assert not store.exists()


def test_what_was_pulled_on_the_server_may_be_loaded_by_its_reference(store: Path) -> None:
    put(store, "whisper-tiny", called="hf:org/repo/x.gguf")
    check_weights(*wanted("llama-cpp:hf:org/repo/x.gguf"))


def test_an_engine_without_weights_needs_none() -> None:
    check_weights(*wanted("espeak-ng:de"))


def test_the_configured_options_of_an_engine_hold_for_its_other_models() -> None:
    stt = {"engine": "whisper", "model": "base", "compute_type": "int8"}
    config = load_config(overrides={"stt": [stt, "moonshine"]}, environment={})
    spec = configured("stt", EngineSpec("whisper", "tiny"), config)
    assert spec == EngineSpec("whisper", "tiny", {"compute_type": "int8"})
    assert configured("stt", EngineSpec("moonshine", "base-es"), config).options == {}

"""Settings: where they come from, which wins, and what is said of those that are wrong."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce import registry
from vivavoce.config.configuration import Config, load_config
from vivavoce.config.model_settings import ModelSettings, use_models
from vivavoce.config.profiles import ABOUT, PROFILES
from vivavoce.errors import BadConfig
from vivavoce.registry import EngineSpec
from vivavoce.settings import SessionSettings, TurnSettings

KINDS = ("vad", "turn", "stt", "llm", "tts")

Environment = Mapping[str, str]
KEY = {"OPENAI_API_KEY": "sk-secret"}


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return Path("vivavoce.yaml")


def written(file: Path, text: str, environment: Environment | None = None) -> Config:
    file.write_text(text, "utf-8")
    return load_config(file, environment=environment or {})


def complaint(file: Path, text: str, environment: Environment | None = None) -> str:
    with pytest.raises(BadConfig) as caught:
        written(file, text, environment)
    return str(caught.value)


# --- profiles and layers -------------------------------------------------------------------------


def test_without_anything_it_is_the_embedded_profile() -> None:
    config = load_config(environment={})
    assert config.profile == "embedded"
    assert config.stt == (EngineSpec("moonshine", "tiny-en"),)
    assert config.llm == (EngineSpec("llama-cpp", "smollm2-135m"),)
    assert config.session == SessionSettings()


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_names_engines_of_every_kind(profile: str) -> None:
    config = load_config(profile=profile, environment=KEY)
    for kind in KINDS:
        assert config.engines(kind)
        assert all(spec.name in registry.names(kind) for spec in config.engines(kind))
    assert profile in ABOUT


def test_command_line_beats_environment_beats_file_beats_profile(file: Path) -> None:
    file.write_text("profile: fast\nsession: {voice: file, language: file, greeting: file}\n")
    environment = {
        "VIVAVOCE_CONFIG": str(file),
        "VIVAVOCE_SESSION__VOICE": "environment",
        "VIVAVOCE_SESSION__LANGUAGE": "environment",
    }
    config = load_config(overrides={"session": {"voice": "flag"}}, environment=environment)
    session = config.session
    assert (session.voice, session.language, session.greeting) == ("flag", "environment", "file")
    assert session.turns.eagerness == "high"
    assert session.turns.wait_min_s == TurnSettings().wait_min_s


@pytest.mark.parametrize(
    ("text", "stt"),
    [
        ("session: {language: de}", ("whisper", "base")),
        ("session: {language: zh-Hant}", ("whisper", "base")),
        ("profile: fast\nsession: {language: fr}", ("whisper", "base")),
        ("session: {language: en-GB}", ("moonshine", "tiny-en")),
        ("session: {language: auto}", ("moonshine", "tiny-en")),
        ("session: {voice: de}", ("moonshine", "tiny-en")),
        ("stt: moonshine:base-es\nsession: {language: es}", ("moonshine", "base-es")),
    ],
)
def test_the_embedded_profile_hears_english_by_moonshine_and_other_languages_by_whisper(
    file: Path, text: str, stt: tuple[str, str]
) -> None:
    assert written(file, text).stt == (EngineSpec(*stt),)


def test_the_multilingual_profile_hears_by_whisper_first() -> None:
    config = load_config(profile="multilingual", environment={})
    assert config.stt[0] == EngineSpec("whisper", "base")


def test_each_layer_may_choose_the_profile(file: Path) -> None:
    file.write_text("profile: fast\n")
    environment = {"VIVAVOCE_PROFILE": "balanced"}
    assert load_config(file, environment={}).profile == "fast"
    assert load_config(file, environment=environment).profile == "balanced"
    assert load_config(file, "quality", environment=environment).profile == "quality"


def test_a_file_may_be_toml_or_json(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('stt = "whisper:small"\n[session]\nspeed = 1.5\n')
    (tmp_path / "a.json").write_text('{"stt": "whisper:small", "session": {"speed": 1.5}}')
    for name in ("a.toml", "a.json"):
        config = load_config(tmp_path / name, environment={})
        assert config.stt == (EngineSpec("whisper", "small"),)
        assert config.session.speed == 1.5


def test_an_empty_file_sets_nothing(file: Path) -> None:
    assert written(file, "# nothing yet\n") == load_config(environment={})


@pytest.mark.parametrize("name", ["vivavoce.yaml", "vivavoce.yml", "vivavoce.json"])
def test_a_file_in_the_current_folder_is_found_without_being_named(name: str, file: Path) -> None:
    Path(name).write_text('{"session": {"speed": 1.5}}')
    config = load_config(environment={})
    assert config.session.speed == 1.5
    assert config.file == Path(name)


def test_a_file_that_is_named_goes_before_one_that_is_found(file: Path) -> None:
    file.write_text("session: {speed: 1.5}\n")
    Path("other.yaml").write_text("session: {pitch: 1.5}\n")
    for config in (
        load_config("other.yaml", environment={}),
        load_config(environment={"VIVAVOCE_CONFIG": "other.yaml"}),
    ):
        assert (config.session.speed, config.session.pitch) == (1.0, 1.5)
        assert config.file == Path("other.yaml")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "stt: whisper:small\nsession: {language: de}\n"),
        ("a.toml", 'stt = "whisper:small"\n[session]\nlanguage = "de"\n'),
        ("a.json", '{"stt": "whisper:small",\n"session": {"language": "de"}}'),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_may_be_saved_as_any_editor_does(
    name: str, text: str, encoding: str, ending: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(text.replace("\n", ending).encode(encoding))
    config = load_config(tmp_path / name, environment={})
    assert config.stt == (EngineSpec("whisper", "small"),)
    assert config.session.language == "de"


def test_words_in_yaml_stay_words(file: Path) -> None:
    config = written(
        file,
        "session: {language: no, drafts: no, partials: on, greeting: 12:30, apology: 2026-01-31,\n"
        "  voice: 007, speed: 1e0}\nserver: {voices: {on: off, y: n}}\n",
    )
    session = config.session
    assert (session.language, session.drafts, session.partials) == ("no", False, True)
    assert (session.greeting, session.apology, session.voice) == ("12:30", "2026-01-31", "007")
    assert session.speed == 1.0
    assert config.server.voices == {"on": "off", "y": "n"}


# --- engines -------------------------------------------------------------------------------------


def test_an_engine_is_a_name_a_mapping_or_a_list_of_them(file: Path) -> None:
    config = written(
        file,
        "stt: [whisper:base, {engine: moonshine, model: tiny-en, threads: 2}]\n"
        "llm: {engine: llama-cpp, model: 'hf:org/repo/file.gguf', context: 4096}\n",
    )
    assert config.stt == (
        EngineSpec("whisper", "base"),
        EngineSpec("moonshine", "tiny-en", {"threads": 2}),
    )
    assert config.llm == (EngineSpec("llama-cpp", "hf:org/repo/file.gguf", {"context": 4096}),)


def test_a_mapping_without_engine_changes_the_one_below(file: Path) -> None:
    config = written(
        file, "llm: {context: 4096}\n", {"VIVAVOCE_LLM__THREADS": "2", "VIVAVOCE_LLM__MODEL": "x"}
    )
    assert config.llm == (EngineSpec("llama-cpp", "x", {"context": 4096, "threads": 2}),)


def test_a_mapping_with_engine_starts_afresh(file: Path) -> None:
    config = written(file, "llm: {context: 4096}\n", {"VIVAVOCE_LLM__ENGINE": "llama-cpp"})
    assert config.llm == (EngineSpec("llama-cpp"),)


def test_the_environment_names_an_engine_and_adds_to_it() -> None:
    environment = {
        "VIVAVOCE_LLM": "llama-cpp:x",
        "VIVAVOCE_LLM__CONTEXT": "512",
        "VIVAVOCE_STT": "[whisper:base, moonshine]",
    }
    config = load_config(environment=environment)
    assert config.llm == (EngineSpec("llama-cpp", "x", {"context": 512}),)
    assert config.stt == (EngineSpec("whisper", "base"), EngineSpec("moonshine"))


# --- the environment -----------------------------------------------------------------------------


def test_the_environment_s_text_becomes_the_type_that_is_wanted() -> None:
    environment = {
        "VIVAVOCE_SESSION__SPEED": "1.5",
        "VIVAVOCE_SESSION__HISTORY_TURNS": "3",
        "VIVAVOCE_SESSION__DRAFTS": "false",
        "VIVAVOCE_SESSION__GREETING": "5",
        "VIVAVOCE_SESSION__TURNS__EAGERNESS": "low",
        "VIVAVOCE_MODELS": "/weights",
        "VIVAVOCE_OFFLINE": "1",
    }
    config = load_config(environment=environment)
    session = config.session
    assert (session.speed, session.history_turns, session.drafts) == (1.5, 3, False)
    assert (session.greeting, session.turns.eagerness) == ("5", "low")
    assert config.models == ModelSettings("/weights", offline=True)


def test_variables_that_container_platforms_make_are_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    environment = {"VIVAVOCE_PORT": "tcp://10.0.0.1:8000", "VIVAVOCE_SERVICE_HOST": "10.0.0.1"}
    assert load_config(environment=environment) == load_config(environment={})
    assert not caplog.records


def test_a_variable_that_is_nearly_right_gets_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load_config(environment={"VIVAVOCE_PROFIL": "fast"})
    assert "did you mean VIVAVOCE_PROFILE?" in caplog.text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("VIVAVOCE_SESSION_SPEED", "VIVAVOCE_SESSION__SPEED"),
        ("VIVAVOCE_SERVER_LIMITS_AUDIO_S", "VIVAVOCE_SERVER__LIMITS__AUDIO_S"),
        ("VIVAVOCE_LLM_MODEL", "VIVAVOCE_LLM__MODEL"),
        ("VIVAVOCE_PORT", "VIVAVOCE_SERVER__PORT"),
        ("VIVAVOCE_LANGUAGE", "VIVAVOCE_SESSION__LANGUAGE"),
        ("VIVAVOCE_SESSION_SPED", "VIVAVOCE_SESSION__SPEED"),
    ],
)
def test_a_variable_that_sets_nothing_gets_the_right_hint(
    name: str, meant: str, caplog: pytest.LogCaptureFixture
) -> None:
    load_config(environment={name: "1"})
    assert f"{name} is not a known variable; did you mean {meant}?" in caplog.text


@pytest.mark.parametrize(
    "name", ["VIVAVOCE_SESSION__TURNS_EAGERNESS", "VIVAVOCE_SESSION_TURNS__EAGERNESS"]
)
def test_an_underscore_too_few_in_the_middle_is_an_error_with_the_right_hint(name: str) -> None:
    with pytest.raises(BadConfig) as caught:
        load_config(environment={name: "high"})
    assert str(caught.value) == (
        f"{name}: unknown key; did you mean VIVAVOCE_SESSION__TURNS__EAGERNESS?"
    )


def test_a_file_may_refer_to_the_environment(file: Path) -> None:
    text = "session: {greeting: 'Hello ${WHO}, ${WHO}!'}\n"
    assert written(file, text, {"WHO": "Ann"}).session.greeting == "Hello Ann, Ann!"
    assert complaint(file, text) == (
        "the configuration has 2 errors:\n"
        + "  vivavoce.yaml: session.greeting: set the environment variable WHO\n" * 2
    ).rstrip("\n")


def test_the_cloud_profile_asks_for_its_key() -> None:
    with pytest.raises(BadConfig, match="set the environment variable OPENAI_API_KEY"):
        load_config(profile="cloud", environment={})


def test_the_model_store_goes_by_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from vivavoce import models

    monkeypatch.setenv("VIVAVOCE_MODELS", "/elsewhere")
    monkeypatch.setenv("VIVAVOCE_OFFLINE", "")
    use_models(ModelSettings())
    assert not models.offline()
    use_models(ModelSettings("/weights", offline=True))
    assert models.home() == Path("/weights")
    assert models.offline()


# --- what is wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sst: whisper", "vivavoce.yaml: sst: unknown key; did you mean 'stt'?"),
        ("stt: wisper:small", "stt: unknown stt engine 'wisper'; did you mean 'whisper'?"),
        ("stt: [moonshine, wisper]", "stt[1]: unknown stt engine 'wisper'"),
        ("stt: 5", "stt: expected an engine such as 'moonshine', not 5"),
        ("stt: []", "stt: name at least one engine"),
        ("stt: {engine: 5}", "stt: expected an engine such as 'moonshine', not 5"),
        ("stt: {engine: moonshine, model: 5}", "stt.model: expected a model's name in quotes"),
        ("llm: {threads: two}", "llm.threads: it should be a valid integer, not 'two'"),
        ("llm: {thread: 2}", "llm.thread: llama-cpp has no such option; did you mean 'threads'?"),
        ("llm: {threads: [2]}", "llm.threads: expected text, a number, true or false"),
        ("session: {speeed: 1}", "session.speeed: unknown key; did you mean 'speed'?"),
        ("session: {speed: fast}", "session.speed: it should be a valid number, not 'fast'"),
        ("session: {speed: 9}", "session.speed: it should be less than or equal to 4, not 9"),
        ("session: {history_turns: yes}", "history_turns: it should be a valid integer, not 'yes'"),
        ("session: {history_turns: true}", "history_turns: it should be a valid integer, not True"),
        ("session: {voice: 5}", "session.voice: it should be a valid string, not 5; put it in "),
        ("session: {eagerness: low}", "unknown key; did you mean 'session.turns.eagerness'?"),
        ("session: {5: low}", "session.5: it should be text; put it in quotes"),
        ("server: {limits: {requests: 0}}", "server.limits.requests: it should be greater than or"),
        ("server: {keys: [5]}", "server.keys.0: it should be a valid string, not 5; put it in"),
        ("server: {voices: {nova: 5}}", "server.voices.nova: it should be a valid string, not 5"),
        ("session: {idle_after_s: -1}", "session.idle_after_s: it should be greater than or equal"),
        ("session: {turns: {eagerness: mad}}", "session.turns.eagerness: it should be 'low', "),
        ("session: {turns: {wait_min_s: 9}}", "wait_min_s: it must not be more than wait_max_s"),
        ("session: 3", "session: expected a mapping of keys to values, not 3"),
        ("models: {ofline: true}", "models.ofline: unknown key; did you mean 'offline'?"),
        ("profile: clod", "vivavoce.yaml: profile: unknown profile 'clod'; did you mean 'cloud'?"),
        ("- stt", "vivavoce.yaml: expected a mapping of keys to values, such as "),
        ("5: five", "vivavoce.yaml: expected a mapping of keys to values, such as "),
        ("stt: [", "vivavoce.yaml is not valid: "),
    ],
)
def test_what_is_wrong_is_named_with_file_key_and_remedy(
    text: str, message: str, file: Path
) -> None:
    assert message in complaint(file, text)


def test_all_that_is_wrong_is_told_at_once(file: Path) -> None:
    told = complaint(file, "sst: x\nsession: {speeed: 1, pitch: 9}\n", {"VIVAVOCE_STT": "wisper"})
    assert told.startswith("the configuration has 4 errors:\n")
    for part in (
        "sst: unknown key",
        "session.speeed: unknown key",
        "session.pitch: it",
        "VIVAVOCE_STT: ",
    ):
        assert part in told


def test_a_wrong_variable_is_called_by_its_name() -> None:
    environment = {"VIVAVOCE_SESSION__SPEED": "fast", "VIVAVOCE_LLM__THREADS": "two"}
    with pytest.raises(BadConfig) as caught:
        load_config(environment=environment)
    assert "VIVAVOCE_SESSION__SPEED: it should be a valid number" in str(caught.value)
    assert "VIVAVOCE_LLM__THREADS: it should be a valid integer" in str(caught.value)


def test_a_wrong_flag_is_called_by_its_name() -> None:
    with pytest.raises(BadConfig, match=r"^--stt: unknown stt engine 'wisper'"):
        load_config(overrides={"stt": "wisper"}, environment={})


def test_a_file_that_is_not_there_or_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"create it with `vivavoce config init .*`"):
        load_config(tmp_path / "none.yaml", environment={})
    with pytest.raises(BadConfig, match="Is a directory"):
        load_config(tmp_path, environment={})
    (tmp_path / "a.ini").write_text("")
    with pytest.raises(BadConfig, match=r"name a configuration file \.yaml, \.toml or \.json"):
        load_config(tmp_path / "a.ini", environment={})
    (tmp_path / "a.yaml").write_bytes(b"stt: caf\xe9")
    with pytest.raises(BadConfig, match=r"a\.yaml is not text in UTF-8; save it as UTF-8"):
        load_config(tmp_path / "a.yaml", environment={})


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["profile", *KINDS, "session", "models", "other"]), json_like, max_size=3
    )
)
def test_no_configuration_raises_anything_but_bad_config(data: dict[str, object]) -> None:
    with suppress(BadConfig):
        load_config(overrides=data, environment={})


# --- showing it ----------------------------------------------------------------------------------


def test_what_is_shown_can_be_read_again(file: Path) -> None:
    text = "llm: {engine: llama-cpp, model: x, threads: 2}\nsession: {speed: 1.5}\n"
    config = written(file, text)
    assert written(file, yaml.safe_dump(config.as_dict())) == config


def test_secrets_are_masked(file: Path) -> None:
    spec = EngineSpec("openai", "m", {"api_key": "sk-1", "base_url": "http://me:pw@host/v1"})
    config = dataclasses.replace(load_config(environment={}), stt=(spec,))
    shown = yaml.safe_dump(config.as_dict())
    assert "sk-1" not in shown
    assert "pw" not in shown
    assert "http://***@host/v1" in shown


def test_a_device_holds_for_engines_that_may_choose_and_were_not_told_another() -> None:
    given = {
        "device": "CPU",
        "stt": ["whisper:tiny", {"engine": "moonshine", "device": "cuda:1"}],
        "tts": "espeak-ng",
    }
    config = load_config(overrides=given, environment={})
    assert config.device == "cpu"
    assert [spec.options for spec in config.stt] == [{"device": "cpu"}, {"device": "cuda:1"}]
    assert config.llm[0].options == {"device": "cpu"}
    assert (config.vad[0].options, config.tts[0].options) == ({}, {})
    assert load_config(environment={"VIVAVOCE_DEVICE": "cuda"}).llm[0].options == {"device": "cuda"}
    with pytest.raises(BadConfig, match=r"--device: choose auto, cpu, cuda, .*, not 'gpu'"):
        load_config(overrides={"device": "gpu"}, environment={})


# --- fallbacks -----------------------------------------------------------------------------------


def test_how_long_an_engine_may_take_is_set_for_each_kind() -> None:
    config = load_config(overrides={"fallback": {"stt_s": 20.0}}, environment={})
    patience = {kind: config.fallback.patience(kind) for kind in ("turn", "stt", "llm", "tts")}
    assert patience == {"turn": 2.0, "stt": 20.0, "llm": 10.0, "tts": 5.0}
    with pytest.raises(BadConfig, match="llm-s: it should be greater than 0"):
        load_config(overrides={"fallback": {"llm_s": 0}}, environment={})


def test_quality_has_a_large_recognizer_only_where_a_gpu_computes() -> None:
    def stt(device: str) -> list[str]:
        config = load_config(None, "quality", {"device": device}, environment={})
        return [f"{spec.name}:{spec.model}" for spec in config.stt]

    assert stt("cuda") == ["whisper:large-v3-turbo", "moonshine:tiny-en"]
    assert stt("cpu") == ["whisper:small", "moonshine:tiny-en"]


# --- pronunciations ------------------------------------------------------------------------------


def test_pronunciations_are_a_mapping_or_a_file_beside_the_configuration(
    file: Path, tmp_path: Path
) -> None:
    own = written(file, 'session: {pronunciations: {nginx: engine x, GIF: "/dʒɪf/"}}')
    assert own.session.pronunciations == {"nginx": "engine x", "GIF": "/dʒɪf/"}
    (tmp_path / "words.yaml").write_text("nginx: engine x\n")
    named = written(file, "session: {pronunciations: words.yaml}")
    assert named.session.pronunciations == {"nginx": "engine x"}
    by_variable = written(file, "", {"VIVAVOCE_SESSION__PRONUNCIATIONS": "words.yaml"})
    assert by_variable.session.pronunciations == {"nginx": "engine x"}


def test_a_wrong_pronunciation_is_named(file: Path, tmp_path: Path) -> None:
    assert complaint(file, "session: {pronunciations: {nginx: /x}}").startswith(
        "session.pronunciations: 'nginx': '/x' is no IPA"
    )
    assert "session.pronunciations.nginx: it should be a valid string" in complaint(
        file, "session: {pronunciations: {nginx: 5}}"
    )
    assert "session.pronunciations: file not found: none.yaml" in complaint(
        file, "session: {pronunciations: none.yaml}"
    )
    (tmp_path / "list.yaml").write_text("- nginx\n")
    assert "expected a mapping" in complaint(file, "session: {pronunciations: list.yaml}")

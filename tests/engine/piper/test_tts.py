"""Piper through its own code, on a voice of a few kilobytes that is built here."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from onnx import TensorProto, helper, numpy_helper
from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

from vivavoce.engine.interruptible import Interruptible
from vivavoce.engine.piper.model import settings_ref
from vivavoce.engine.piper.tts import Piper, PiperOptions
from vivavoce.engines import Speech, TtsOptions, Word
from vivavoce.errors import BadRequest, EngineUnavailable, ModelError
from vivavoce.testing.check_tts import check_tts

HOP = 256
RATE = 22_050
_SYMBOLS, _WIDTH = 256, 8
_CASTS = {"whole": TensorProto.INT64, "times": TensorProto.FLOAT, "weights": TensorProto.FLOAT}


def tiny_voice(
    folder: Path, *, speakers: Sequence[str] = (), name: str = "tiny.onnx", ceils: int = 1
) -> Path:
    """Writes a voice and its settings; gives the network's path.

    It has the shape of VITS, and random weights: symbols become vectors; a duration for each,
    rounded up, says for how many frames its vector is repeated; a frame becomes `HOP` samples.
    ceils: how many `Ceil` nodes it has; with more than one its durations cannot be told.
    """
    path = folder / name
    onnx.save(_model(len(speakers), ceils), str(path))
    settings = {
        "audio": {"sample_rate": RATE, "quality": "medium"},
        "espeak": {"voice": "en-us"},
        "inference": {"noise_scale": 0.667, "length_scale": 1.0, "noise_w": 0.8},
        "language": {"code": "en_US", "family": "en"},
        "phoneme_type": "espeak",
        "phoneme_map": {},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
        "num_symbols": _SYMBOLS,
        "num_speakers": max(len(speakers), 1),
        "speaker_id_map": {speaker: number for number, speaker in enumerate(speakers)},
        "piper_version": "1.0.0",
    }
    Path(f"{path}.json").write_text(json.dumps(settings), "utf-8")
    return path


def _model(speakers: int, ceils: int) -> onnx.ModelProto:
    random = np.random.default_rng(1)
    weights = {
        "symbols": random.normal(size=(_SYMBOLS, _WIDTH)),
        "lengths": random.normal(size=(_WIDTH, 1)),
        "wave": random.normal(size=(_WIDTH, HOP)),
        "people": random.normal(size=(max(speakers, 1), _WIDTH)),
        "one": np.ones(1),
        "shortest": np.full(1, 2.0),
    }
    constants = {name: value.astype(np.float32) for name, value in weights.items()}
    shapes: dict[str, int | list[int]] = {"zero": 0, "step": 1, "flat": [-1], "scalar": []}
    shapes |= {"row": [1, -1], "column": [-1, 1], "sound": [1, 1, 1, -1], "second": [1]}
    whole = {name: np.asarray(value, np.int64) for name, value in shapes.items()}
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
    graph = helper.make_graph(
        [_node(*node) for node in _nodes(speakers)]
        + [helper.make_node("Ceil", ["scales"], [f"extra{i}"]) for i in range(ceils - 1)],
        "tiny",
        inputs,
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, 1, "time"])],
        [numpy_helper.from_array(value, name) for name, value in (constants | whole).items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    onnx.checker.check_model(model)
    return model


def _node(kind: str, takes: str, gives: str) -> onnx.NodeProto:
    if kind == "Cast":
        return helper.make_node(kind, [takes], [gives], to=_CASTS[gives])
    return helper.make_node(kind, takes.split(), [gives])


def _nodes(speakers: int) -> list[tuple[str, str, str]]:
    """Kind, inputs and output of each node, in order."""
    voiced = [("Gather", "people sid", "person"), ("Add", "plain person", "vectors")]
    return [
        ("Reshape", "input flat", "ids"),
        ("Gather", "symbols ids", "plain"),
        *(voiced if speakers > 1 else [("Identity", "plain", "vectors")]),
        ("MatMul", "vectors lengths", "raw"),
        ("Abs", "raw", "size"),
        ("Add", "size shortest", "own"),
        ("Gather", "scales second", "scale"),
        ("Mul", "own scale", "scaled"),
        ("Reshape", "scaled flat", "list"),
        ("Ceil", "list", "durations"),
        ("CumSum", "durations zero", "ends"),
        ("Sub", "ends durations", "starts"),
        ("ReduceMax", "ends", "last"),
        ("Cast", "last", "whole"),
        ("Reshape", "whole scalar", "total"),
        ("Range", "zero total step", "frames"),
        ("Cast", "frames", "times"),
        ("Reshape", "times column", "moments"),
        ("Reshape", "ends row", "befores"),
        ("Reshape", "starts row", "froms"),
        ("Less", "moments befores", "ahead"),
        ("GreaterOrEqual", "moments froms", "behind"),
        ("And", "ahead behind", "path"),
        ("Cast", "path", "weights"),
        ("MatMul", "weights vectors", "repeated"),
        ("MatMul", "repeated wave", "loud"),
        ("Tanh", "loud", "samples"),
        ("Reshape", "samples sound", "output"),
    ]


@pytest.fixture
async def piper(tmp_path: Path) -> AsyncIterator[Piper]:
    engine = Piper(PiperOptions(model=str(tiny_voice(tmp_path))))
    await engine.load()
    yield engine
    await engine.aclose()


async def spoken(engine: Piper, phrase: str, options: TtsOptions | None = None) -> list[Speech]:
    async with (
        aclosing(await engine.open(options or TtsOptions())) as voice,
        aclosing(voice.speak(phrase)) as stream,
    ):
        return [piece async for piece in stream]


def seconds(pieces: list[Speech]) -> float:
    return sum(len(piece.samples) for piece in pieces) / RATE


def told(pieces: list[Speech]) -> list[Word]:
    return [word for piece in pieces for word in piece.words]


async def test_it_keeps_the_contract_of_tts(piper: Piper) -> None:
    await check_tts(piper, words=True)
    assert piper.rate == RATE
    assert piper.voices[0].languages == ("en-us",)


async def test_a_phrase_comes_sentence_by_sentence_with_the_words_of_each(piper: Piper) -> None:
    pieces = await spoken(piper, "Hello there. How are you?")
    assert [[word.text for word in piece.words] for piece in pieces] == [
        ["Hello", "there."],
        ["How", "are", "you?"],
    ]
    assert told(pieces)[2].start >= seconds(pieces[:1])


async def test_words_that_melt_together_or_come_apart_are_told_once(piper: Piper) -> None:
    phrase = "Out of the blue, in 1,234 naïve parks — really!"
    words = told(await spoken(piper, phrase))
    assert " ".join(word.text for word in words) == phrase.replace("— ", "")
    assert all(word.end > word.start for word in words)


async def test_a_voice_that_cannot_tell_its_durations_speaks_without_words(tmp_path: Path) -> None:
    engine = Piper(PiperOptions(model=str(tiny_voice(tmp_path, ceils=2))))
    await check_tts(engine)
    assert told(await spoken(engine, "Hello there.")) == []
    await engine.aclose()


async def test_a_sentence_ends_with_a_pause_and_a_part_of_one_does_not(piper: Piper) -> None:
    def tail(pieces: list[Speech]) -> float:
        samples = np.concatenate([piece.samples for piece in pieces])
        return (len(samples) - int(np.flatnonzero(np.abs(samples) > 0.01)[-1])) / RATE

    assert tail(await spoken(piper, "Hello.")) > 0.25
    assert 0.1 < tail(await spoken(piper, "Hello,")) < 0.2
    assert tail(await spoken(piper, "Hello")) < 0.03


async def test_the_level_does_not_depend_on_the_voice(piper: Piper) -> None:
    for piece in await spoken(piper, "Hello there. Yes!"):
        assert np.abs(piece.samples).max() == pytest.approx(0.9, abs=0.01)


async def test_length_scale_and_speed_change_the_pace(tmp_path: Path, piper: Piper) -> None:
    slow = Piper(PiperOptions(model=str(tmp_path / "tiny.onnx"), length_scale=2.0))
    await slow.load()
    phrase = "The quick brown fox jumps over the lazy dog"
    own, doubled = seconds(await spoken(piper, phrase)), seconds(await spoken(slow, phrase))
    both = seconds(await spoken(slow, phrase, TtsOptions(speed=2.0)))
    await slow.aclose()
    assert doubled == pytest.approx(2 * own, rel=0.15)
    assert both == pytest.approx(own, rel=0.01)


async def test_speakers_are_chosen_by_name_or_number(tmp_path: Path) -> None:
    voice = str(tiny_voice(tmp_path, speakers=["ann", "bob", "cy"]))
    engine = Piper(PiperOptions(model=voice, speaker="bob"))
    await engine.load()
    assert [v.id for v in engine.voices] == ["bob", "ann", "cy"]
    sounds = {
        name: (await spoken(engine, "Hello", TtsOptions(voice=name)))[0].samples.tobytes()
        for name in (None, "bob", "1", "ann", "cy")
    }
    with pytest.raises(BadRequest, match=r"no speaker 'dan'; .*ann"):
        await spoken(engine, "Hello", TtsOptions(voice="dan"))
    await engine.aclose()
    assert sounds[None] == sounds["bob"] == sounds["1"]
    assert len({sounds["ann"], sounds["bob"], sounds["cy"]}) == 3


async def test_an_unknown_default_speaker_fails_to_load(tmp_path: Path) -> None:
    engine = Piper(PiperOptions(model=str(tiny_voice(tmp_path)), speaker="ann"))
    with pytest.raises(BadRequest, match="no speaker 'ann'"):
        await engine.load()
    await engine.aclose()


async def test_a_language_that_the_voice_lacks_is_refused(piper: Piper) -> None:
    assert await spoken(piper, "Hello", TtsOptions(language="en-GB"))
    with pytest.raises(BadRequest, match="speaks en-us, not 'de'"):
        await spoken(piper, "Hallo", TtsOptions(language="de"))


async def test_a_folder_with_one_voice_is_that_voice(tmp_path: Path) -> None:
    tiny_voice(tmp_path)
    engine = Piper(PiperOptions(model=str(tmp_path)))
    await engine.load()
    await engine.aclose()
    tiny_voice(tmp_path, name="other.onnx")
    crowded = Piper(PiperOptions(model=str(tmp_path)))
    with pytest.raises(ModelError, match=r"contains 2 \.onnx files; give the path"):
        await crowded.load()
    await crowded.aclose()


def test_files_that_are_no_voice_are_told_apart(tmp_path: Path) -> None:
    async def load(path: Path) -> None:
        engine = Piper(PiperOptions(model=str(path)))
        try:
            await engine.load()
        finally:
            await engine.aclose()

    def check_refused(path: Path, match: str) -> None:
        with pytest.raises(ModelError, match=match):
            asyncio.run(load(path))

    path = tiny_voice(tmp_path)
    settings = Path(f"{path}.json")
    whole = settings.read_text("utf-8")
    settings.write_text("{", "utf-8")
    check_refused(path, "cannot read")
    for text in ("[]", json.dumps({"audio": {}})):
        settings.write_text(text, "utf-8")
        check_refused(path, "is not a Piper voice configuration")
    settings.unlink()
    check_refused(path, "needs its .onnx file")
    settings.write_text(whole, "utf-8")
    path.write_bytes(path.read_bytes()[:500])
    check_refused(path, "ONNX Runtime cannot read the voice")
    check_refused(tmp_path / "nowhere.onnx", "no file")


async def test_it_speaks_only_between_load_and_aclose(tmp_path: Path) -> None:
    engine = Piper(PiperOptions(model=str(tiny_voice(tmp_path))))
    assert engine.voices == ()
    with pytest.raises(EngineUnavailable, match="call load"):
        await spoken(engine, "Hello")
    await engine.load()
    await engine.aclose()
    with pytest.raises(EngineUnavailable):
        await spoken(engine, "Hello")
    assert not [t for t in threading.enumerate() if t.name.startswith("vivavoce-piper")]


async def test_a_long_inference_ends_when_nobody_wants_it_any_more() -> None:
    """The network here counts to a number that it would not reach in years."""
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go"], ["still"]),
            helper.make_node("Add", ["sum", "sum"], ["next"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("sum", TensorProto.INT64, []),
        ],
        [
            helper.make_tensor_value_info("still", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.INT64, []),
        ],
    )
    graph = helper.make_graph(
        [helper.make_node("Loop", ["times", "true", "zero"], ["output"], body=body)],
        "endless",
        [helper.make_tensor_value_info("times", TensorProto.INT64, [])],
        [helper.make_tensor_value_info("output", TensorProto.INT64, [])],
        [
            numpy_helper.from_array(np.asarray(True), "true"),
            numpy_helper.from_array(np.asarray(0, np.int64), "zero"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 15)], ir_version=8)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = Interruptible(ort.InferenceSession(model.SerializeToString(), options))
    stop = threading.Event()

    def run() -> None:
        with session.stopped_by(stop):
            session.run(None, {"times": np.asarray(1 << 62, np.int64)})

    running = asyncio.create_task(asyncio.to_thread(run))
    await asyncio.wait({running}, timeout=0.05)
    stop.set()
    with pytest.raises(Exception, match=r"(?i)terminate"):
        await running


@pytest.mark.parametrize(
    ("voice", "settings"),
    [
        ("hf:org/repo/a/voice.onnx", "hf:org/repo/a/voice.onnx.json"),
        ("hf:org/repo/voice.onnx@main", "hf:org/repo/voice.onnx.json@main"),
        ("https://h.io/v.onnx?download=true", "https://h.io/v.onnx.json?download=true"),
        ("https://h.io/v.onnx#sha256=00", "https://h.io/v.onnx.json"),
    ],
)
def test_the_settings_of_a_voice_lie_beside_it(voice: str, settings: str) -> None:
    assert settings_ref(voice) == settings

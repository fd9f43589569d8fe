"""Which GGUF file is loaded, and what is said of one that cannot be."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from vivavoce.engine.llama.gguf_files import check, choose
from vivavoce.engine.llama.llm import LlamaCpp, LlamaOptions
from vivavoce.errors import ModelError


def folder(at: Path, *names: str) -> Path:
    for name in names:
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(b"GGUF")
    return at


def strange_model(at: Path) -> Path:
    """A whole GGUF file of an architecture that is not known."""
    from gguf import GGUFWriter

    path = at / "strange.gguf"
    writer = GGUFWriter(path, "strange")
    writer.add_context_length(16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize(
    ("names", "quantization", "chosen"),
    [
        (["a-Q4_1.gguf", "a-Q4_0.gguf"], None, "a-Q4_0.gguf"),
        (["a-Q4_1.gguf", "a-Q4_0.gguf"], "q4_1", "a-Q4_1.gguf"),
        (["a-q8_0.gguf", "a-q4_k_m.gguf"], None, "a-q4_k_m.gguf"),
        (["odd.gguf"], None, "odd.gguf"),
        (["a-Q8_0.gguf", "mmproj-a-F16.gguf"], None, "a-Q8_0.gguf"),
        (["deep/er/a-Q8_0.gguf"], None, "deep/er/a-Q8_0.gguf"),
        (
            ["a-Q8_0-00001-of-00002.gguf", "a-Q8_0-00002-of-00002.gguf"],
            None,
            "a-Q8_0-00001-of-00002.gguf",
        ),
    ],
)
def test_the_fastest_file_of_a_folder_is_chosen_or_the_one_asked_for(
    tmp_path: Path, names: list[str], quantization: str | None, chosen: str
) -> None:
    assert choose(folder(tmp_path, *names), quantization) == tmp_path / chosen


def test_a_file_is_chosen_whatever_its_name(tmp_path: Path) -> None:
    folder(tmp_path, "model.bin")
    assert choose(tmp_path / "model.bin", "Q8_0") == tmp_path / "model.bin"


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"contains no \.gguf file"):
        choose(tmp_path, None)


def test_a_quantization_that_is_not_there_names_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(
        ModelError, match=r"no quantization 'Q2_K'; available: a-Q4_0\.gguf, b-Q8_0\.gguf"
    ):
        choose(folder(tmp_path, "b-Q8_0.gguf", "a-Q4_0.gguf"), "Q2_K")


def test_several_models_without_a_name_to_choose_by_are_listed(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"set `quantization` to one of a\.gguf, b\.gguf"):
        choose(folder(tmp_path, "a.gguf", "b.gguf"), None)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a GGUF file"),
        (b"RIFF1234WAVE", "not a GGUF file"),
        (b"GGUF", "truncated"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "GGUF version 1"),
    ],
)
def test_what_is_no_gguf_file_is_told_before_llama_cpp_sees_it(
    tmp_path: Path, data: bytes, said: str
) -> None:
    path = tmp_path / "bad.gguf"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=said):
        check(path)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        check(tmp_path / "gone.gguf")


async def test_a_model_of_an_unknown_architecture_is_an_error_that_names_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    llm = LlamaCpp(LlamaOptions(model=str(strange_model(tmp_path))))
    with pytest.raises(ModelError, match="cannot load this strange model"):
        await llm.load()
    await llm.aclose()
    assert capfd.readouterr() == ("", "")


async def test_a_damaged_model_is_an_error_that_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = strange_model(tmp_path)
    path.write_bytes(path.read_bytes()[:60])
    llm = LlamaCpp(LlamaOptions(model=str(path)))
    with pytest.raises(ModelError, match="truncated or damaged"):
        await llm.load()
    await llm.aclose()
    assert capfd.readouterr() == ("", "")

"""Language models made faster: the weights stay close, all else stays the same."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import gguf
import numpy as np
import pytest
from gguf import GGMLQuantizationType as Kind
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vivavoce import models
from vivavoce.errors import ModelError
from vivavoce.models import blocks
from vivavoce.models.requantize import target_name

if TYPE_CHECKING:
    from tests.models.conftest import FileServer, Store

RANDOM = np.random.default_rng(4)
FLOATS = st.floats(-1000, 1000, width=32).map(lambda x: x if abs(x) > 1e-6 else 0.0)
"""The reference overflows on subnormal numbers; a GGUF's weights are float16 times integers."""


def error(weights: blocks.Floats, packed: blocks.Bytes, kind: Kind = Kind.Q4_0) -> float:
    back = gguf.dequantize(packed, kind)
    return float(np.square(back - weights, dtype=np.float64).sum())


@pytest.fixture
def q4_1(tmp_path: Path) -> Path:
    return write_gguf(tmp_path / "tiny-Q4_1.gguf")


def write_gguf(path: Path, kind: Kind = Kind.Q4_1, row: int = 64) -> Path:
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_file_type(3)
    writer.add_name("tiny ü")
    writer.add_token_list(["a", "b"])
    writer.add_float32("llama.rope.freq_base", 1e5)
    for name in ("blk.0.ffn_up.weight", "blk.0.ffn_down.weight", "token_embd.weight"):
        weights = RANDOM.normal(size=(6, row)).astype(np.float32)
        used = Kind.Q8_0 if "embd" in name else kind
        writer.add_tensor(name, gguf.quantize(weights, used), raw_dtype=used)
    writer.add_tensor("blk.0.attn_norm.weight", np.ones(row, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@settings(deadline=None)
@given(arrays.arrays(np.float32, (3, 64), elements=FLOATS))
def test_weights_stay_as_close_as_the_reference_keeps_them(weights: blocks.Floats) -> None:
    reference = gguf.quantize(weights, Kind.Q4_0)
    packed = blocks.q4_0(weights)
    assert packed.shape == reference.shape
    rounding = float(np.square(weights, dtype=np.float64).sum()) * 2**-20  # of the float16 scale
    assert error(weights, packed) <= error(weights, reference) + rounding + 1e-9


def test_typical_weights_are_kept_closer_than_by_the_reference() -> None:
    weights = RANDOM.normal(size=(64, 1024)).astype(np.float32)
    assert error(weights, blocks.q4_0(weights)) < 0.9 * error(
        weights, gguf.quantize(weights, Kind.Q4_0)
    )


@settings(deadline=None)
@given(
    arrays.arrays(np.uint8, (2, 256), elements=st.integers(0, 15)),
    arrays.arrays(np.float32, (2, 8), elements=st.floats(0.125, 8, width=32)),
    arrays.arrays(np.float32, (2, 8), elements=st.floats(0, 8, width=32)),
)
def test_q4_k_holds_what_q4_1_does(
    levels: blocks.Bytes, scales: blocks.Floats, offsets: blocks.Floats
) -> None:
    parts = levels.reshape(2, 8, 32) * scales[..., None] - offsets[..., None]
    weights = parts.astype(np.float32).reshape(2, 256)
    back = gguf.dequantize(blocks.q4_k(weights), Kind.Q4_K)
    # Half a level; half of a 6-bit step of the greatest scale and of the greatest offset.
    span = np.abs(weights).max(-1, keepdims=True) + 15 * scales.max(-1, keepdims=True)
    bound = scales.repeat(32, axis=-1) / 2 + span / 63
    assert (np.abs(back - weights) <= bound).all()


def test_typical_weights_are_kept_closer_in_q4_k_than_in_q4_0() -> None:
    weights = gguf.dequantize(
        gguf.quantize(RANDOM.normal(size=(64, 1024)).astype(np.float32), Kind.Q4_1), Kind.Q4_1
    )
    exact = error(weights, blocks.q4_k(weights), Kind.Q4_K)
    assert exact < 0.1 * error(weights, blocks.q4_0(weights))


@pytest.mark.parametrize(
    ("pack", "kind"), [(blocks.q4_0, Kind.Q4_0), (blocks.q4_k, Kind.Q4_K)], ids=["Q4_0", "Q4_K"]
)
def test_weights_that_are_all_zero_stay_so(
    pack: Callable[[blocks.Floats], blocks.Bytes], kind: Kind
) -> None:
    zeros = np.zeros((2, 256), np.float32)
    assert error(zeros, pack(zeros), kind) == 0


def test_more_blocks_than_are_done_at_a_time_come_out_the_same() -> None:
    weights = RANDOM.normal(size=(blocks.AT_ONCE // 32 + 7, 32)).astype(np.float32)
    packed = blocks.q4_0(weights)
    assert (packed[-7:] == blocks.q4_0(weights[-7:])).all()


def test_only_q4_1_weights_change_and_those_that_matter_become_q8_0(q4_1: Path) -> None:
    made = models.optimize(str(q4_1))
    assert made == q4_1.with_name("tiny-Q4_0.gguf")
    old, new = gguf.GGUFReader(q4_1), gguf.GGUFReader(made)
    kinds = {tensor.name: tensor.tensor_type for tensor in new.tensors}
    assert kinds == {
        "blk.0.ffn_up.weight": Kind.Q4_0,
        "blk.0.ffn_down.weight": Kind.Q8_0,
        "token_embd.weight": Kind.Q8_0,
        "blk.0.attn_norm.weight": Kind.F32,
    }
    for before, after in zip(old.tensors, new.tensors, strict=True):
        assert list(before.shape) == list(after.shape)
        first = gguf.dequantize(before.data, before.tensor_type)
        second = gguf.dequantize(after.data, after.tensor_type)
        assert np.abs(first - second).max() <= 0.25 * np.abs(first).max()
    fields = {name: field.contents() for name, field in old.fields.items()}
    assert {name: field.contents() for name, field in new.fields.items()} == fields | {
        "general.file_type": gguf.LlamaFileType.MOSTLY_Q4_0
    }


def test_rows_of_256_keep_their_offsets(tmp_path: Path) -> None:
    made = models.optimize(str(write_gguf(tmp_path / "wide.Q4_1.gguf", row=512)))
    assert made.name == "wide.Q4_K_S.gguf"
    kinds = {tensor.name: tensor.tensor_type for tensor in gguf.GGUFReader(made).tensors}
    assert kinds["blk.0.ffn_up.weight"] == kinds["blk.0.ffn_down.weight"] == Kind.Q4_K


def test_a_folder_with_one_is_found(q4_1: Path) -> None:
    assert models.optimize(str(q4_1.parent)) == q4_1.with_name("tiny-Q4_0.gguf")


def test_a_pulled_model_gets_its_copy_beside_it_and_is_verified(
    store: Store, web: FileServer, q4_1: Path
) -> None:
    web.files["/tiny-Q4_1.gguf"] = q4_1.read_bytes()
    ref = f"{web.url}/tiny-Q4_1.gguf"
    made = models.optimize(ref)
    assert made == models.path(ref).with_name("tiny-Q4_0.gguf")
    assert models.verify(ref) == []
    [stored] = models.installed()
    assert stored.record.files["tiny-Q4_0.gguf"].made_from == "tiny-Q4_1.gguf"
    made.write_bytes(b"x" * made.stat().st_size)
    [fault] = models.verify(ref)
    assert "tiny-Q4_0.gguf" in fault
    assert store.leftovers() == []


def test_a_copy_that_is_there_is_not_made_again(store: Store, web: FileServer, q4_1: Path) -> None:
    web.files["/tiny-Q4_1.gguf"] = q4_1.read_bytes()
    made = models.optimize(f"{web.url}/tiny-Q4_1.gguf")
    before = made.stat().st_mtime_ns
    assert models.optimize(f"{web.url}/tiny-Q4_1.gguf") == made
    assert made.stat().st_mtime_ns == before


def test_a_model_may_be_optimized_as_it_is_pulled(
    store: Store, web: FileServer, q4_1: Path
) -> None:
    web.files["/tiny-Q4_1.gguf"] = q4_1.read_bytes()
    model = models.Model(
        "tiny",
        "tiny",
        models.Web(f"{web.url}/"),
        (models.File("tiny-Q4_1.gguf"),),
        kind="llm",
        optimize=True,
    )
    place = models.pull(model)
    assert {path.name for path in place.glob("*.gguf")} == {"tiny-Q4_1.gguf", "tiny-Q4_0.gguf"}
    assert models.verify("tiny") == []


def test_a_model_without_q4_1_weights_is_left_alone(tmp_path: Path) -> None:
    file = write_gguf(tmp_path / "tiny-Q5_0.gguf", Kind.Q5_0)
    with pytest.raises(ModelError, match="no Q4_1 weights"):
        models.optimize(str(file))
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("cut", [0, 3, 30, 300, 1000])
def test_a_file_that_is_no_gguf_is_a_clear_error(q4_1: Path, cut: int) -> None:
    q4_1.write_bytes(q4_1.read_bytes()[:cut])
    with pytest.raises(ModelError, match=r"not a GGUF file|GGUF"):
        models.optimize(str(q4_1))
    assert list(q4_1.parent.iterdir()) == [q4_1]


def test_a_full_disk_leaves_no_half_copy(q4_1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(gguf.GGUFWriter, "write_tensor_data", full)
    with pytest.raises(ModelError, match="is full"):
        models.optimize(str(q4_1))
    assert list(q4_1.parent.iterdir()) == [q4_1]


@pytest.mark.parametrize(
    ("name", "kind", "becomes"),
    [
        ("SmolLM2.Q4_1.gguf", "Q4_0", "SmolLM2.Q4_0.gguf"),
        ("smol-q4_1.gguf", "Q4_K_S", "smol-q4_k_s.gguf"),
        ("smol.gguf", "Q4_0", "smol.Q4_0.gguf"),
    ],
)
def test_the_copys_name_tells_what_it_is(name: str, kind: str, becomes: str) -> None:
    assert target_name(name, kind) == becomes

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engine.moonshine.beam import LOOP
from vivavoce.engine.moonshine.model import MoonshineModel, read_pieces
from vivavoce.engine.moonshine.stt import MoonshineOptions
from vivavoce.engine.repetition import looped
from vivavoce.errors import BadConfig, ModelError
from vivavoce.options import build


def packed(piece: bytes) -> bytes:
    length = len(piece)
    head = [length] if length < 128 else [length % 128 + 128, length // 128]
    return bytes(head) + piece


@settings(deadline=None)
@given(pieces=st.lists(st.binary(max_size=300), min_size=3, max_size=20))
def test_a_vocabulary_is_read_piece_by_piece(
    pieces: list[bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("vocabulary") / "tokenizer.bin"
    path.write_bytes(b"".join(map(packed, pieces)))
    assert read_pieces(path) == [b"", b"", b"", *pieces[3:]]


@pytest.mark.parametrize("data", [b"", b"\x05<unk>", b"\x01a\x01b\x01c\x09cut", b"\x01a\x01b\xff"])
def test_a_broken_vocabulary_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.bin"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"tokenizer\.bin is not a vocabulary; remove"):
        read_pieces(path)


def test_a_folder_without_the_files_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks encoder_model\.ort or encoder_model\.onnx"):
        MoonshineModel(tmp_path)


@pytest.mark.parametrize("beams", [0, 17, -1])
def test_a_number_of_beams_out_of_range_is_refused(beams: int) -> None:
    with pytest.raises(BadConfig, match=r"beams: it should be .* than or equal to (1|16), not"):
        build(MoonshineOptions, {"beams": beams})


def test_a_file_that_is_no_model_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "encoder_model.ort").write_text("<html>not found</html>")
    with pytest.raises(ModelError, match=r"cannot read .*encoder_model\.ort .* pull it again"):
        MoonshineModel(tmp_path)


@pytest.mark.parametrize(
    ("ids", "once"),
    [
        ([7] * 9, 1),
        ([7] * 8, 0),
        ([1, 2, 3, 4] * 3, 4),
        ([1, 2, 3, 4] * 2, 0),
        ([9, 9, *[1, 2, 3, 4] * 3], 6),
        ([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1], 4),
        (list(range(40)), 0),
        ([], 0),
    ],
)
def test_what_repeats_without_end_is_said_once(ids: list[int], once: int) -> None:
    assert looped(ids, LOOP) == once


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), max_size=40))
def test_a_loop_is_cut_to_what_it_repeats(ids: list[int]) -> None:
    once = looped(ids, LOOP)
    assert 0 <= once <= len(ids)
    if once:
        period = next(
            period
            for period in range(1, once + 1)
            if all(ids[at] == ids[at - period] for at in range(once, len(ids)))
        )
        assert len(ids) - once >= max(8, 2 * period)

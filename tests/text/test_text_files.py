"""Text comes out the same, however an editor saved it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vivavoce.text.text_files import TextDecoder, UnreadableText, decoded, read_text


@pytest.mark.parametrize(
    "data",
    [
        b"caf\xc3\xa9\nhere\n",
        b"\xef\xbb\xbfcaf\xc3\xa9\r\nhere\r\n",
        b"\xff\xfec\0a\0f\0\xe9\0\r\0\n\0h\0e\0r\0e\0\n\0",
        b"\xfe\xff\0c\0a\0f\0\xe9\0\n\0h\0e\0r\0e\0\n",
        b"c\0a\0f\0\xe9\0\n\0h\0e\0r\0e\0\n\0",
        b"\0c\0a\0f\0\xe9\0\n\0h\0e\0r\0e\0\n",
        b"\xff\xfe\0\0" + "café\nhere\n".encode("utf-32-le"),
        b"caf\xc3\xa9\rhere\r",
    ],
)
def test_marks_encodings_and_line_ends_do_not_matter(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(data)
    assert read_text(tmp_path / "a.txt") == "café\nhere\n"
    one_by_one = TextDecoder("stdin")
    fed = "".join(one_by_one.feed(bytes([byte])) for byte in data)
    assert fed + one_by_one.finish() == "café\nhere\n"


@pytest.mark.parametrize("data", [b"", b"a", b"\xef\xbb\xbf"])
def test_next_to_nothing_is_text_too(data: bytes) -> None:
    assert decoded(data, "a") == data.decode("utf-8-sig")


def test_a_short_line_is_not_kept_back_for_more() -> None:
    assert TextDecoder("stdin").feed(b"Hi") == "Hi"


@pytest.mark.parametrize("data", [b"caf\xe9 noir", b"caf\xc3", b"\xff\xfea"])
def test_what_is_no_text_says_how_to_save_it(data: bytes) -> None:
    with pytest.raises(UnreadableText, match=r"a\.txt is not text in UTF-8; save it as UTF-8"):
        decoded(data, "a.txt")


@given(st.text(alphabet=st.characters(exclude_characters="\r\0", exclude_categories=["Cs"])))
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    assert decoded(text.encode(), "a") == text.removeprefix("\ufeff")

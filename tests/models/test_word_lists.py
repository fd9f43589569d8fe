"""Large tables of JSON as a database."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from vivavoce.errors import ModelError
from vivavoce.models.word_lists import WordDatabase, WordList, build


def put(path: Path, content: object) -> None:
    path.write_bytes(gzip.compress(json.dumps(content).encode()))


def test_each_list_becomes_a_table(tmp_path: Path) -> None:
    put(tmp_path / "sounds.json.gz", {"tea": "tˈi", "Über": "ˈubəɹ", "read": {"VBD": "ɹˈɛd"}})
    put(tmp_path / "tags.json.gz", {"known": ["tea", "read"], "other": {"x": 1}})
    lists = [WordList("sounds.json.gz"), WordList("tags.json.gz", "known")]
    assert build(lists, tmp_path) == tmp_path / "words.sqlite"
    words = WordDatabase(tmp_path)
    sounds, known = words.table("sounds"), words.table("tags_known")
    assert sounds("tea") == "tˈi"
    assert sounds("Über") == "ˈubəɹ"
    assert sounds("read") == '{"VBD": "ɹˈɛd"}'
    assert sounds("über") is None
    assert known("tea") == ""
    assert known("coffee") is None
    words.close()


def test_the_lists_are_left_alone_by_a_quote_in_a_word(tmp_path: Path) -> None:
    put(tmp_path / "sounds.json.gz", {"'tis\"; DROP TABLE sounds": "tˈɪz"})
    build([WordList("sounds.json.gz")], tmp_path)
    assert WordDatabase(tmp_path).table("sounds")("'tis\"; DROP TABLE sounds") == "tˈɪz"


@pytest.mark.parametrize(
    "damage",
    [b"no gzip", gzip.compress(b"{"), gzip.compress(b"{}")[:-6], gzip.compress(b"[]")],
    ids=["no gzip", "no JSON", "cut short", "no object"],
)
def test_a_damaged_list_is_told_and_leaves_nothing(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "sounds.json.gz").write_bytes(damage)
    with pytest.raises(ModelError, match=r"sounds\.json\.gz is damaged.*pull"):
        build([WordList("sounds.json.gz", "member")], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["sounds.json.gz"]


def test_a_database_that_is_missing_or_damaged_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"lacks words\.sqlite.*pull it again"):
        WordDatabase(tmp_path)
    (tmp_path / "words.sqlite").write_bytes(b"\0" * 5000)
    with pytest.raises(ModelError, match=r"damaged.*pull it again"):
        WordDatabase(tmp_path).table("sounds")


def test_a_table_that_is_not_there_is_told(tmp_path: Path) -> None:
    put(tmp_path / "sounds.json.gz", {})
    build([WordList("sounds.json.gz")], tmp_path)
    with pytest.raises(ModelError, match="no such table"):
        WordDatabase(tmp_path).table("tags")

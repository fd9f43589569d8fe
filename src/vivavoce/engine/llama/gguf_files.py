"""Which GGUF file to load, and what is wrong with one that does not load."""

from __future__ import annotations

import struct
from pathlib import Path

from vivavoce.errors import ModelError

_MAGIC = b"GGUF"
_PREFERRED = ("Q4_0", "Q4_K_M", "Q4_K_S", "Q5_K_M", "Q4_1", "Q8_0", "Q6_K", "F16")
"""Q4_0 first: llama.cpp has repacked kernels for it on every CPU, and reads prompts fastest."""


def choose(where: Path, quantization: str | None) -> Path:
    """The GGUF file at `where`: itself, or the best one of a folder.

    quantization: part of the wanted file's name, in any case, such as `Q4_1`.
    Raises ModelError when there is none, or none that fits.
    """
    if where.is_file():
        return where
    files = sorted(path for path in where.glob("**/*.gguf") if not _is_further_part(path))
    files = [path for path in files if "mmproj" not in path.name.lower()]
    if not files:
        raise ModelError(f"{where}: contains no .gguf file; use the path of one")
    names = ", ".join(path.name for path in files)
    if quantization is not None:
        wanted = [path for path in files if quantization.lower() in path.name.lower()]
        if not wanted:
            raise ModelError(f"{where}: no quantization {quantization!r}; available: {names}")
        return wanted[0]
    for kind in _PREFERRED:
        for path in files:
            if kind in path.name.upper():
                return path
    if len(files) > 1:
        raise ModelError(f"{where}: contains several models; set `quantization` to one of {names}")
    return files[0]


def check(path: Path) -> None:
    """Raise ModelError unless this begins as a GGUF file that llama.cpp may be shown."""
    try:
        with path.open("rb") as file:
            head = file.read(24)
    except OSError as error:
        raise ModelError(f"{path}: {error.strerror or error}") from error
    if head[:4] != _MAGIC:
        raise ModelError(f"{path}: not a GGUF file; download the model again or choose another")
    if len(head) < 24:
        raise ModelError(f"{path}: truncated; download the model again")
    (version,) = struct.unpack("<I", head[4:8])
    if version not in (2, 3):
        raise ModelError(
            f"{path}: GGUF version {version} is not supported; convert the model to version 3"
        )


def diagnose(path: Path) -> ModelError:
    """Why llama.cpp refused a file that passed `check`. Reads its whole header: slow."""
    # Slow to import, and needed on failure only.
    from gguf import GGUFReader

    size = f"{path.stat().st_size / 1e6:.0f} MB"
    try:
        field = GGUFReader(path).get_field("general.architecture")
        architecture = str(field.contents()) if field else "unnamed"
    except Exception:  # noqa: BLE001 - the reader checks nothing; any error means damage
        return ModelError(f"{path}: truncated or damaged ({size}); download the model again")
    return ModelError(
        f"{path}: llama.cpp cannot load this {architecture} model ({size}); "
        "upgrade xllamacpp if the model is newer, or set fewer `slots`, less `context` or fewer "
        "`gpu_layers` if memory is short"
    )


def _is_further_part(path: Path) -> bool:
    """Of a model split into `…-00001-of-00003.gguf`, llama.cpp wants the first part."""
    pieces = path.stem.rsplit("-", 3)
    return len(pieces) == 4 and pieces[2] == "of" and pieces[1].isdigit() and int(pieces[1]) != 1

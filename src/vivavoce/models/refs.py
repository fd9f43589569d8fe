"""From what a user writes to what there is to pull."""

from __future__ import annotations

import difflib
import glob
import hashlib
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from vivavoce.errors import ModelError, UnknownModel

from .builtin import MODELS, find
from .catalog import File, Hub, Model, Web, basename

OTHERS = "a path, hf:ORG/REPO[/FILE][@REVISION], or https://…[#sha256=…]"


def resolve(ref: str) -> Model | Path:
    """The model that `ref` names, or the existing path that it is.

    Raises ModelError, with the nearest name, when it is neither.
    """
    if known := find(ref):
        return known
    if ref.startswith("hf:"):
        return _hub(ref)
    if re.match(r"https?://", ref):
        return _web(ref)
    if (path := _existing(ref)) is not None:
        return path
    if re.search(r"^[.~]|[/\\]|\.(gguf|onnx|ort|bin)$", ref):
        raise ModelError(f"no file or folder {ref!r}; use a built-in name, {OTHERS}")
    close = difflib.get_close_matches(ref, MODELS, 3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    raise UnknownModel(
        f"unknown model {ref!r}; {hint}`vivavoce models list` shows all; or use {OTHERS}"
    )


def _existing(ref: str) -> Path | None:
    with suppress(OSError, RuntimeError):  # too long a name; no home for its ~
        path = Path(ref).expanduser()
        return path if ref and path.exists() else None
    return None


def _hub(ref: str) -> Model:
    found = re.fullmatch(r"hf:([\w.-]+/[\w.-]+)(?:/([^@]+))?(?:@([^@\s]+))?", ref)
    if found is None or ".." in ref:
        raise UnknownModel(
            f"{ref!r} is not a model on the hub; write hf:ORG/REPO[/FILE][@REVISION]"
        )
    repo, path, revision = found[1], found[2] or "", found[3] or "main"
    name, folder = basename(path), path.rpartition("/")[0]
    only = (glob.escape(name),) if name else ()
    files = (File(name),) if name else ()
    return Model(ref, _key(ref), Hub(repo, revision, folder, only), files, one_file=bool(name))


def _web(ref: str) -> Model:
    try:
        parts = urlsplit(ref)
        name = unquote(parts.path.rpartition("/")[2])
        host, port = parts.hostname, parts.port
    except ValueError:
        name, host, port = "", None, None
    if not name or not host:
        raise ModelError(
            f"{ref.partition('?')[0]!r} is not the address of a file; write https://HOST/…/FILE"
        )
    sha256 = None
    if parts.fragment:
        found = re.fullmatch(r"sha256=([0-9a-fA-F]{64})", parts.fragment)
        if found is None:
            raise ModelError(f"#{parts.fragment}: write #sha256= and 64 hex digits")
        sha256 = found[1].lower()
    file = File(name, parts.path.rpartition("/")[2], sha256=sha256)
    address = f"{parts.scheme}://{parts.netloc}{parts.path}"
    base = address.removesuffix(file.origin)
    query = f"?{parts.query}" if parts.query else ""
    shown = f"{parts.scheme}://{host}{f':{port}' if port else ''}{parts.path}"
    return Model(shown, _key(f"{address}{query}"), Web(base, query), (file,), one_file=True)


def _key(ref: str) -> str:
    """A folder's name for a reference: readable, and its own."""
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", re.sub(r"^https?://([^/]*@)?|\?.*$", "", ref))
    return f"{readable[:80].strip('-.')}-{hashlib.sha256(ref.encode()).hexdigest()[:10]}"

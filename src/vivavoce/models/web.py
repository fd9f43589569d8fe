"""Files over HTTP: resumed where a cut download left off, checked, and then put in place."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from vivavoce.errors import ModelError, ModelUnavailable, VivavoceError
from vivavoce.http_client.connections import Connections, reason, sync_client
from vivavoce.http_client.proxies import BadProxy
from vivavoce.http_client.retries import MAY_PASS, Retries, TransientFailure, retry_after

from .catalog import File, Model, Web
from .files import BLOCK, Digest, check, digest
from .record import Entry

RETRIES = Retries(times=4, first_s=0.5, longest_s=30.0)
"""After a cut connection, or what may pass; after more bytes, anew."""

CONNECTIONS = Connections(connect_s=20.0, read_s=60.0)


@dataclass(frozen=True, slots=True)
class DownloadItem:
    """One file to download. blob: its git object id, where that is all the source tells."""

    file: File
    url: str
    blob: str | None = None


def items(model: Model, web: Web) -> list[DownloadItem]:
    """The model's files under the source's address."""
    return [DownloadItem(file, f"{web.base}{file.origin}{web.query}") for file in model.files]


def pull(
    model: Model,
    wanted: Sequence[DownloadItem],
    stage: Path,
    tell: Callable[[int], None],
    headers: Mapping[str, str] | None = None,
) -> dict[str, Entry]:
    """Put the files into `stage/files`, each of them whole and right; what they are, by name.

    tell: takes the bytes come so far, of all files together. headers: sent to the source's own
    host only. What a cut download left in `stage/part` is gone on with.
    """
    before, entries = 0, {}
    _remove_others(stage / "files", wanted)
    with sync_client(CONNECTIONS, headers or {}) as client:
        for item in wanted:
            name = item.file.name
            target = stage / "files" / name
            seen = _kept(model.name, item, target)
            if seen is None:
                part = stage / "part" / name
                part.parent.mkdir(parents=True, exist_ok=True)
                target.parent.mkdir(parents=True, exist_ok=True)
                seen = _Download(model.name, client, item, part, tell, before).run()
                part.replace(target)
            entries[name] = Entry(seen.size, seen.sha256)
            before += seen.size
            tell(before)
    return entries


def _remove_others(folder: Path, wanted: Sequence[DownloadItem]) -> None:
    """Remove what an earlier pull got, and the source no longer holds."""
    names = {item.file.name for item in wanted}
    for path in [path for path in folder.rglob("*") if path.is_file()]:
        if path.relative_to(folder).as_posix() not in names:
            path.unlink()


def _kept(model: str, item: DownloadItem, target: Path) -> Digest | None:
    """The file that an earlier pull finished; None if there is none, or the source's is another."""
    if not target.exists():
        return None
    with suppress(ModelError):
        return _verified(model, item, target)
    target.unlink()
    return None


def _verified(model: str, item: DownloadItem, path: Path) -> Digest:
    """What the file is. Raises ModelError where that is not what it should be."""
    seen = digest(path)
    check(model, item.file, seen.size, seen.sha256)
    if item.blob is not None and _git_blob(path) != item.blob:
        raise ModelError(
            f"{model}: {item.file.name} has the wrong checksum and was deleted; pull again"
        )
    return seen


class _Download:
    """One file's way from its address into `part`."""

    def __init__(
        self,
        model: str,
        client: httpx.Client,
        item: DownloadItem,
        part: Path,
        tell: Callable[[int], None],
        before: int,
    ) -> None:
        self._model = model
        self._client = client
        self._item = item
        self._part = part
        self._etag = part.with_name(f"{part.name}.etag")
        self._tell = tell
        self._before = before

    def run(self) -> Digest:
        """Download it, going on from what is there. Raises ModelError; a wrong file is dropped."""
        resumed = self._size() > 0
        self._receive()
        try:
            seen = self._verify()
        except ModelError:
            if not resumed:
                raise
            # What was there before may have been of another version.
            self._receive()
            seen = self._verify()
        self._etag.unlink(missing_ok=True)
        return seen

    def _receive(self) -> None:
        """All of the file, over as many connections as it takes."""
        attempt, begun = 0, self._size()
        furthest = begun
        while True:
            try:
                self._connect()
                return
            except BadProxy as error:
                raise ModelError(f"{self._model}: {error}") from error
            except (httpx.TransportError, TransientFailure) as error:
                if self._size() > furthest:
                    attempt, furthest = 0, self._size()
                hopeless = isinstance(error, httpx.ConnectError) and furthest == begun
                asked = error.after if isinstance(error, TransientFailure) else None
                pause = None if hopeless else RETRIES.pause(attempt, asked)
                if pause is None:
                    raise self._unreachable(error) from error
                time.sleep(pause)
                attempt += 1

    def _connect(self) -> None:
        """One connection: what the server sends is added to what is there."""
        have = self._size()
        headers = {"Accept-Encoding": "identity"}
        if have and self._item.file.size == have:
            return
        if have and self._etag.exists():
            headers |= {"Range": f"bytes={have}-", "If-Range": self._etag.read_text("utf-8")}
        elif have:
            self._drop()
        try:
            with self._client.stream("GET", self._item.url, headers=headers) as response:
                self._receive_from(response, have)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.TooManyRedirects) as error:
            raise ModelError(f"{self._model}: {error}") from error

    def _receive_from(self, response: httpx.Response, have: int) -> None:
        if response.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            self._drop()
            raise httpx.RemoteProtocolError("the file is shorter than the part already downloaded")
        if response.status_code in MAY_PASS:
            after = retry_after(response.headers.get("Retry-After"))
            raise TransientFailure(self._refused(response.status_code), after)
        if response.is_error:
            raise self._refused(response.status_code)
        follows = response.headers.get("Content-Range", "").startswith(f"bytes {have}-")
        resumed = response.status_code == httpx.codes.PARTIAL_CONTENT and follows
        if self._item.file.sha256 is None and "text/html" in response.headers.get(
            "Content-Type", ""
        ):
            raise ModelError(
                f"{self._model}: that address is a web page, not a file; on the hub, "
                "write hf:ORG/REPO/FILE, or /resolve/ in place of /blob/"
            )
        validator = response.headers.get("ETag") or response.headers.get("Last-Modified")
        encoded = response.headers.get("Content-Encoding", "identity") != "identity"
        if validator and not validator.startswith("W/") and not encoded:
            self._etag.write_text(validator, "utf-8")
        else:
            self._etag.unlink(missing_ok=True)
        with self._part.open("ab" if resumed else "wb") as sink:
            for chunk in response.iter_bytes():
                sink.write(chunk)
                sink.flush()
                self._tell(self._before + sink.tell())

    def _verify(self) -> Digest:
        """As `_verified`; a wrong file is dropped."""
        try:
            return _verified(self._model, self._item, self._part)
        except ModelError:
            self._drop()
            raise

    def _size(self) -> int:
        return self._part.stat().st_size if self._part.exists() else 0

    def _drop(self) -> None:
        self._part.unlink(missing_ok=True)
        self._etag.unlink(missing_ok=True)

    def _unreachable(self, error: httpx.TransportError | TransientFailure) -> VivavoceError:
        if isinstance(error, TransientFailure):
            return error.error
        host = httpx.URL(self._item.url).host
        kept = "; the downloaded part is kept, and the next pull resumes it"
        return ModelUnavailable(
            f"{self._model}: cannot connect to {host} ({reason(error)}); "
            f"check the network or HTTPS_PROXY{kept if self._size() else ''}"
        )

    def _refused(self, status: int) -> ModelError:
        where = f"{httpx.URL(self._item.url).host} for {self._item.file.name}"
        if status in (401, 403):
            return ModelUnavailable(
                f"{self._model}: {status} from {where}: access denied; "
                "for a gated model, accept its licence on the hub and set HF_TOKEN"
            )
        if status in (404, 410):
            return ModelUnavailable(
                f"{self._model}: {status} from {where}: file not found; check the address"
            )
        return ModelUnavailable(f"{self._model}: {status} from {where}; try again later")


def _git_blob(path: Path) -> str:
    """The id that git gives to a file's contents."""
    seen = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as source:
        while block := source.read(BLOCK):
            seen.update(block)
    return seen.hexdigest()

"""Servers on 127.0.0.1 for the model store: of files, of the Hugging Face hub, and of wheels."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

COMMIT = "c0ffee" + "0" * 34


@dataclass
class FileServer:
    """Serves `files` by path; can cut, stall, redirect and lie.

    cuts: of the next connections that ask for a file, after how many bytes of it each breaks.
    stalling: of a path with this end, the second half waits for `go_on`.
    asked: method, path and Range of every request.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    errors: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    etags: bool = True
    stalling: str | None = None
    halfway: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    url: str = ""

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(request.path).path)
        self.asked.append((path, request.headers.get("Range")))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if path in self.errors:
            status, headers = self.errors[path]
            self._send(request, status, headers, b"")
        elif path in self.redirects:
            self._send(request, 302, {"Location": self.redirects[path]}, b"")
        elif path in self.files:
            self._send_file(request, path)
        else:
            self._send(request, 404, {}, b"")

    def requests_for(self, path: str) -> list[str | None]:
        """The Range header of each request for this path."""
        return [asked for name, asked in self.asked if name == path]

    def _send_file(self, request: BaseHTTPRequestHandler, path: str) -> None:
        data = self.files[path]
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        headers = {"Content-Type": self.types.get(path, "application/octet-stream")}
        if self.etags:
            headers["ETag"] = etag
        first = 0
        wanted = request.headers.get("Range")
        if wanted and self.ranges and request.headers.get("If-Range", etag) == etag:
            first = int(wanted.removeprefix("bytes=").rstrip("-"))
            if first >= len(data):
                self._send(request, 416, {"Content-Range": f"bytes */{len(data)}"}, b"")
                return
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        cut = self.cuts.pop(0) if self.cuts else None
        self._send(request, 206 if first else 200, headers, data[first:], cut)

    def _send(
        self,
        request: BaseHTTPRequestHandler,
        status: int,
        headers: dict[str, str],
        body: bytes,
        cut: int | None = None,
    ) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command == "HEAD":
            return
        if cut is not None and cut < len(body):
            request.wfile.write(body[:cut])
            request.close_connection = True
            return
        half = len(body) // 2
        request.wfile.write(body[:half])
        request.wfile.flush()
        if self.stalling and body and request.path.endswith(self.stalling):
            self.halfway.set()
            self.go_on.wait()
        request.wfile.write(body[half:])


@dataclass
class Hub(FileServer):
    """Speaks enough of the Hugging Face hub's protocol for huggingface_hub."""

    def add(self, repo: str, files: dict[str, bytes], lie: dict[str, bytes] | None = None) -> None:
        """A repository with these files; `lie` is what is sent in place of some of them."""
        siblings = [_sibling(path, data) for path, data in files.items()]
        listing = {"id": repo, "modelId": repo, "sha": COMMIT, "siblings": siblings}
        for revision in ("main", "v1", COMMIT):
            path = f"/api/models/{repo}/revision/{revision}"
            self.files[path] = json.dumps(listing).encode()
            self.types[path] = "application/json"
        for path, data in (files | (lie or {})).items():
            self.files[f"/{repo}/resolve/{COMMIT}/{path}"] = data


def _sibling(path: str, data: bytes) -> dict[str, object]:
    blob = hashlib.sha1(f"blob {len(data)}\0".encode() + data).hexdigest()
    sibling: dict[str, object] = {"rfilename": path, "size": len(data), "blobId": blob}
    if not path.endswith((".json", ".txt", "MODEL_CARD")):
        sha256 = hashlib.sha256(data).hexdigest()
        sibling["lfs"] = {"size": len(data), "sha256": sha256, "pointerSize": 130}
    return sibling


def serve(server: FileServer) -> Callable[[], None]:
    """Start it on a free port; returns what stops it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                server.answer(self)
            except ConnectionError:
                self.close_connection = True

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    server.url = f"http://127.0.0.1:{http.server_port}"

    def stop() -> None:
        server.go_on.set()
        http.shutdown()
        http.server_close()
        thread.join()

    return stop


@dataclass(frozen=True)
class Store:
    """An empty model store, for this process and those that it starts."""

    path: Path

    def pulled(self) -> list[str]:
        """The models' folders that are there."""
        return sorted(path.name for path in self.path.glob("[!.]*"))

    def leftovers(self) -> list[Path]:
        """Files of unfinished pulls."""
        return [path for path in (self.path / ".partial").rglob("*") if path.is_file()]


@dataclass(frozen=True)
class WheelHouse:
    """A folder of wheels, and no package index, for pip."""

    path: Path

    def add(self, files: dict[str, bytes], name: str = "tiny_voice") -> Path:
        """A wheel of version 1.0 with these files."""
        path = self.path / f"{name}-1.0-py3-none-any.whl"
        info = f"{name}-1.0.dist-info"
        files = files | {
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n".encode(),
            f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": b"",
        }
        with zipfile.ZipFile(path, "w") as archive:
            for inside, data in files.items():
                archive.writestr(inside, data)
        return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    for name in os.environ:
        if name.startswith(("VIVAVOCE_", "HF_", "PIP_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("VIVAVOCE_MODELS", str(tmp_path / "store"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    return Store(tmp_path / "store")


@pytest.fixture
def web() -> Iterator[FileServer]:
    """A server of files."""
    server = FileServer()
    stop = serve(server)
    yield server
    stop()


@pytest.fixture
def hub(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub, which HF_ENDPOINT names for processes that are started."""
    server = Hub()
    stop = serve(server)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    yield server
    stop()


@pytest.fixture
def wheels(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WheelHouse:
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    return WheelHouse(tmp_path / "wheels")


@pytest.fixture
def start() -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Starts a Python that runs some code, with the test's environment; ended with the test."""
    with ExitStack() as stack:

        def start(code: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [sys.executable, "-c", code],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            return process

        yield start


@pytest.fixture
def cli() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `vivavoce` in a process of its own."""

    def cli(*args: str) -> subprocess.CompletedProcess[str]:
        code = (
            "from vivavoce.models import web; web.RETRIES = web.Retries(4, 0.0)\n"
            "from vivavoce.cli.main import main; main()"
        )
        return subprocess.run(
            [sys.executable, "-c", code, *args], capture_output=True, text=True, check=False
        )

    return cli

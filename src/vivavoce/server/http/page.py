"""The page at `/`: plain files of the package, which a browser keeps for as long as they last."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from vivavoce.server.errors import Problem

router = APIRouter(include_in_schema=False)

_TYPES = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
"""Nothing from outside; blob: is the user's own recording, and speech that was made here."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page. tag: changes with the content; for ETag."""

    content: bytes
    media_type: str
    tag: str


@router.get("/")
async def page(request: Request) -> Response:
    """The page."""
    return await _sent("index.html", request)


@router.get("/web/{name:path}")
async def asset(name: str, request: Request) -> Response:
    """What the page consists of."""
    return await _sent(name, request)


@router.get("/favicon.ico")
async def icon(request: Request) -> Response:
    """For those who ask for it unbidden."""
    return await _sent("icon.svg", request)


async def _sent(name: str, request: Request) -> Response:
    found = (await asyncio.to_thread(assets)).get(name)
    if found is None:
        raise Problem(f"the page has no file {name!r}", status=404, code="not_found")
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": _POLICY,
        "ETag": found.tag,
        "Permissions-Policy": "microphone=(self), speaker-selection=(self)",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    known = [
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    ]
    if found.tag in known:
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers=headers, media_type=found.media_type)


@cache
def assets() -> dict[str, Asset]:
    """All files of the page, by their paths; read once."""
    return dict(_found(files("vivavoce") / "web", ""))


def _found(folder: Traversable, path: str) -> list[tuple[str, Asset]]:
    found: list[tuple[str, Asset]] = []
    for entry in folder.iterdir():
        name = f"{path}{entry.name}"
        if entry.is_dir():
            found += _found(entry, f"{name}/")
        elif (kind := _TYPES.get(name.rpartition(".")[2])) is not None:
            content = entry.read_bytes()
            tag = f'"{hashlib.sha256(content).hexdigest()[:20]}"'
            found.append((name, Asset(content, kind, tag)))
    return found

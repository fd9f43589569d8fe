"""`/docs`: the API's reference, in a page that needs nothing from outside."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from vivavoce.server.errors import Problem

router = APIRouter(include_in_schema=False)

ABOUT = """
Talk with Vivavoce: speech to text, text to speech, and whole conversations.

If the server has API keys, send one as `Authorization: Bearer KEY` or `X-API-Key: KEY`.
All errors look like this: `{"error": {"message", "type", "param", "code"}}`.
`/v1` is OpenAI's API: point an OpenAI client at it. WebSockets (`/v1/realtime`, `/voice`,
`/stt/stream`, `/tts/stream`) and Wyoming are described in the project's documentation.
"""

_OPEN = frozenset({"/audio/health", "/v1/audio/models", "/v1/audio/voices"})
"""Routes that need no key."""

_TAGS = {"v1": "OpenAI", "tts": "Speech", "stt": "Transcripts", "voice-chat": "Conversation"}
"""Of operations that name none, by how their paths begin."""

_NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": _NULLABLE,
                "code": _NULLABLE,
            },
        }
    },
}
_FAILED = {
    "description": "What went wrong and how to fix it",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}

_ASSETS = {
    "swagger-ui.css": "text/css",
    "swagger-ui-bundle.js": "text/javascript",
    "favicon-32x32.png": "image/png",
}
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Vivavoce: API</title>
  <link rel="stylesheet" href="docs/swagger-ui.css">
  <link rel="icon" type="image/png" href="docs/favicon-32x32.png">
</head>
<body>
  <main id="reference"></main>
  <noscript>This page needs JavaScript; <a href="openapi.json">openapi.json</a> does not.</noscript>
  <script src="docs/swagger-ui-bundle.js"></script>
  <script src="docs/start.js"></script>
</body>
</html>
"""
_START = """\
SwaggerUIBundle({
  url: "docs/openapi-3.0.json",
  dom_id: "#reference",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""


@router.get("/docs")
async def page() -> HTMLResponse:
    """The reference, as Swagger UI shows it."""
    return HTMLResponse(_PAGE)


@router.get("/docs/{name}")
async def asset(name: str, request: Request) -> Response:
    """What the page consists of."""
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    if name == "openapi-3.0.json":
        schema = await asyncio.to_thread(request.app.openapi)
        return JSONResponse(as_3_0(schema))
    if name not in _ASSETS:
        raise Problem(f"/docs/{name} does not exist", status=404, code="not_found")
    return FileResponse(_bundle() / name, media_type=_ASSETS[name])


def operation_id(route: APIRoute) -> str:
    """A name for generated clients: `post_v1_audio_speech`."""
    method = min(route.methods or {"GET"}).lower()
    return re.sub(r"\W+", "_", f"{method}{route.path_format}").strip("_")


def install(app: FastAPI) -> None:
    """Serve the reference, and have it tell about keys."""
    app.description = ABOUT
    app.include_router(router)
    made = app.openapi

    def openapi() -> dict[str, Any]:
        schema = made()
        if "security" not in schema:
            _complete(schema)
        return schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way of extending it


def as_3_0(value: object) -> object:
    """An OpenAPI 3.1 document in 3.0's words, for the page's Swagger UI knows no more.

    Null is `nullable` there, a constant an enum of one, and a bound is exclusive by a flag.
    """
    if isinstance(value, list):
        return [as_3_0(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    part = {key: as_3_0(item) for key, item in value.items()}
    if str(part.get("openapi", "")).startswith("3.1"):
        part["openapi"] = "3.0.3"
    choices = part.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        left = [choice for choice in choices if choice != {"type": "null"}]
        del part["anyOf"]
        only = left[0] if len(left) == 1 else {"anyOf": left}
        part = {**(only if isinstance(only, dict) else {}), **part, "nullable": True}
    if isinstance(part.get("const"), str | int | float):
        part["enum"] = [part.pop("const")]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(part.get(exclusive), int | float) and not isinstance(part[exclusive], bool):
            part |= {bound: part[exclusive], exclusive: True}
    return part


def _complete(schema: dict[str, Any]) -> None:
    """Add what FastAPI does not know: the keys, the one form of errors, and missing tags."""
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for fastapis_own in ("HTTPValidationError", "ValidationError"):
        schemas.pop(fastapis_own, None)
    schemas["Error"] = _ERROR
    components["securitySchemes"] = {
        "Bearer": {"type": "http", "scheme": "bearer"},
        "X-API-Key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    }
    schema["security"] = [{"Bearer": []}, {"X-API-Key": []}]
    for path, operations in schema.get("paths", {}).items():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = _FAILED
            operation.setdefault("tags", [_TAGS.get(path.split("/")[1], "Audio")])
            if path in _OPEN:
                operation["security"] = []


@cache
def _bundle() -> Path:
    from swagger_ui_bundle import swagger_ui_path  # type: ignore[import-untyped]

    return Path(swagger_ui_path)

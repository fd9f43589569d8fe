"""A recording as a client sends it: as a form's file among other fields, or as the whole body."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request

from vivavoce.config.server_settings import LimitSettings
from vivavoce.server.errors import Problem
from vivavoce.server.native.api_types import BINARY

from .forms import recording_form
from .outbox import Gone
from .uploads import received

_IN_MEMORY = 1 << 20
_FIELDS = 32


@asynccontextmanager
async def recording(
    request: Request, limits: LimitSettings
) -> AsyncIterator[tuple[Path, Mapping[str, object]]]:
    """The recording as a file that goes at the end, and the form's other fields.

    A field that comes more than once is a list. Raises Problem for a body that has no recording,
    or more than `upload_mb`; Gone when the client leaves while it sends.
    """
    try:
        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            async with _of_form(request, limits) as found:
                yield found
        else:
            async with _of_body(request, limits) as path:
                yield path, {}
    except ClientDisconnect:
        raise Gone("the client disconnected") from None


@asynccontextmanager
async def _of_form(
    request: Request, limits: LimitSettings
) -> AsyncIterator[tuple[Path, Mapping[str, object]]]:
    async with recording_form(request, ("file",), max_files=1, max_fields=_FIELDS) as form:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            what = "the form has no `file`; send the recording as `file`"
            raise Problem(what, code="missing_required_parameter", param="file")
        fields: dict[str, object] = {}
        for name in form:
            values = form.getlist(name)
            if name != "file":
                fields[name.removesuffix("[]")] = values[0] if len(values) == 1 else values
        async with received(upload, limits) as path:
            yield path, fields


@asynccontextmanager
async def _of_body(request: Request, limits: LimitSettings) -> AsyncGenerator[Path, None]:
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        upload = UploadFile(file)  # type: ignore[arg-type]
        async for chunk in request.stream():
            await upload.write(chunk)
        await upload.seek(0)
        async with received(upload, limits) as path:
            yield path


def documented(fields: type[BaseModel]) -> dict[str, Any]:
    """The body as OpenAPI has it. fields: those of the form besides its file."""
    properties = fields.model_json_schema()["properties"]
    form = {
        "type": "object",
        "required": ["file"],
        "properties": {"file": BINARY["schema"], **properties},
    }
    content = {"multipart/form-data": {"schema": form}, "audio/*": BINARY}
    return {"requestBody": {"required": True, "content": content}}

"""Batches as clients see them, and a voice that speaks when it is told to."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, TypeAlias

import httpx
import pytest

from vivavoce.audio import Audio
from vivavoce.engines import Speech, TtsOptions
from vivavoce.media.decode import write_audio
from vivavoce.testing import ScriptedTts, say

Told: TypeAlias = "dict[str, Any]"
Encoded: TypeAlias = Callable[..., bytes]


class HeldTts(ScriptedTts):
    """Waits before it says a text with "wait" in it, until it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()
        self.held = asyncio.Event()
        """Set once it waits."""

    async def speak(self, phrase: str, options: TtsOptions) -> AsyncGenerator[Speech, None]:
        if "wait" in phrase:
            self.held.set()
            await self.may.wait()
        async with aclosing(super().speak(phrase, options)) as pieces:
            async for piece in pieces:
                yield piece


class Batches:
    """What clients do with batches."""

    async def speak(self, client: httpx.AsyncClient, *texts: str, **fields: object) -> str:
        """Have these texts spoken; the job's path."""
        items = [{"id": f"text {number}", "text": text} for number, text in enumerate(texts)]
        answer = await client.post("/tts/batch", json={"items": items, **fields})
        assert answer.status_code == 202, answer.text
        assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
        return str(answer.headers["location"])

    async def transcribe(
        self, client: httpx.AsyncClient, *files: tuple[str, bytes], **fields: str
    ) -> str:
        """Have these recordings transcribed; the job's path."""
        parts = [("files", file) for file in files]
        answer = await client.post("/stt/batch", files=parts, data=fields)
        assert answer.status_code == 202, answer.text
        return str(answer.headers["location"])

    async def events(
        self, client: httpx.AsyncClient, job: str, since: int | None = None
    ) -> AsyncGenerator[tuple[str, int | None, Told], None]:
        """What is told of a job: name, id and data of each event."""
        headers = {} if since is None else {"Last-Event-ID": str(since)}
        async with client.stream("GET", f"{job}/events", headers=headers, timeout=30) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            name, number = "", None
            async for line in answer.aiter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name, number = value, None
                elif field == "id":
                    number = int(value)
                elif field == "data":
                    yield name, number, json.loads(value)

    async def ended(self, client: httpx.AsyncClient, job: str) -> Told:
        """The job, once it has ended."""
        async for _ in self.events(client, job):
            pass
        told: Told = (await client.get(job)).json()
        assert told["state"] in ("done", "cancelled")
        return told


def encode(*parts: Audio, form: str = "wav") -> bytes:
    file = io.BytesIO()
    for part in parts or (say(1.0),):
        write_audio(part, file, format=form)
    return file.getvalue()


@pytest.fixture
def batches() -> Batches:
    """What clients do with batches."""
    return Batches()


@pytest.fixture
def held() -> HeldTts:
    """A voice that waits before it says a text with "wait" in it."""
    return HeldTts()


@pytest.fixture
def encoded() -> Encoded:
    """`encoded(audio, form="wav")`: a file's bytes; a second of voice by default."""
    return encode

"""Transcripts as they are kept: in all forms, in one file, so that they appear together."""

from __future__ import annotations

import json
from pathlib import Path

from vivavoce.server.native.stt_routes import Transcribed
from vivavoce.transcripts.subtitles import Format, render

_FILES: tuple[Format, ...] = ("text", "srt", "vtt")


def packed(done: Transcribed, *, words: bool) -> bytes:
    """What is kept of it. words: whether to list all of them."""
    answer = done.answer(words=words)
    forms = {
        "json": answer.model_dump_json(exclude_none=True),
        **{form: render(done.transcript.segments, form, words=words) for form in _FILES},
    }
    return json.dumps(forms, ensure_ascii=False).encode()


def transcript(path: Path, form: str) -> str:
    """One of its forms. Raises FileNotFoundError when it is gone."""
    forms: dict[str, str] = json.loads(path.read_bytes())
    return forms[form]

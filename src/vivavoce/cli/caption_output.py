"""Captions as text, SubRip or JSON lines, written as they come, and partials on a terminal."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TextIO, TypeAlias

import click

from vivavoce.text.width import columns
from vivavoce.transcripts.live_captions import Caption
from vivavoce.transcripts.recordings import Segment
from vivavoce.transcripts.subtitles import cues, segment_dict, srt_cue

Form: TypeAlias = Literal["text", "srt", "json"]

_ENDINGS: dict[str, Form] = {".srt": "srt", ".json": "json", ".jsonl": "json"}
_ERASE = "\r\x1b[2K"


def form_of(path: Path | None) -> Form:
    """What a file's name ends in, or text."""
    return _ENDINGS.get(path.suffix.lower(), "text") if path else "text"


class Output:
    """Where captions go; use as `with`.

    path: a file; None is stdout. partials: whether the JSON has them. Where stderr is a terminal,
    what is not final yet is shown there, and so is the text of finals that it does not see else.
    """

    def __init__(self, form: Form, path: Path | None, *, partials: bool = False) -> None:
        self._form = form
        self._path = path
        self._partials = partials
        self._terminal = sys.stderr.isatty()
        self._aside = self._terminal and (path is not None or not sys.stdout.isatty())
        self._file: TextIO | None = None
        self._cues = 0
        self._shown_until = 0.0

    def __enter__(self) -> Self:
        if self._path is not None:
            self._file = self._path.open("w", encoding="utf-8", buffering=1)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._erase()
        if self._file is not None:
            self._file.close()

    def show(self, caption: Caption) -> None:
        """Write a final; show a partial."""
        if caption.final:
            self._erase()
            if caption.transcript.text:
                self._write(self._written(caption))
                if self._aside:
                    click.echo(caption.transcript.text, err=True)
        elif self._terminal:
            width = shutil.get_terminal_size().columns
            click.echo(_ERASE + partial_line(caption, width), nl=False, err=True)
        if self._partials and (not caption.final or not caption.transcript.text):
            self._write(self._json(caption))

    def _written(self, caption: Caption) -> str:
        match self._form:
            case "text":
                return f"{caption.transcript.text}\n"
            case "json":
                return self._json(caption)
            case "srt":
                return self._srt(caption)

    def _json(self, caption: Caption) -> str:
        segment = Segment(caption.start, caption.end, caption.transcript)
        fields = segment_dict(segment, words=caption.final)
        if self._partials:
            fields["final"] = caption.final
            if not caption.final:
                fields["stable"] = caption.transcript.stable
        return json.dumps(fields, ensure_ascii=False) + "\n"

    def _srt(self, caption: Caption) -> str:
        """Its cues, none of which begins while the one before is shown."""
        written = ""
        for cue in cues([Segment(caption.start, caption.end, caption.transcript)]):
            start = max(cue.start, self._shown_until)
            self._shown_until = max(cue.end, start + 0.1)
            self._cues += 1
            written += srt_cue(type(cue)(start, self._shown_until, cue.lines), self._cues)
        return written

    def _write(self, text: str) -> None:
        if self._file is not None:
            self._file.write(text)
        else:
            click.echo(text, nl=False)

    def _erase(self) -> None:
        if self._terminal:
            click.echo(_ERASE, nl=False, err=True)


def partial_line(caption: Caption, width: int) -> str:
    """The end of a partial, in one line of a terminal; words that may change are dim."""
    words = caption.transcript.text.split()
    left, shown = width - 3, 0
    for word in reversed(words):
        left -= columns(word) + 1
        if left < 0:
            break
        shown += 1
    first = len(words) - shown
    stable = " ".join(words[first : max(first, caption.transcript.stable)])
    rest = " ".join(words[max(first, caption.transcript.stable) :])
    line = ("… " if first else "") + stable + (" " if stable and rest else "")
    return line + (click.style(rest, dim=True) if rest else "")

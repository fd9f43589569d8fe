"""Keeping a session: its audio both ways, its events, and when all of it happened.

A recording is a folder:
    input.wav     what the session received, 16-bit mono at the STT's rate
    output.wav    what it played, on the same clock: silence where it said nothing
    events.jsonl  an event a line, with `t`, in seconds of audio received
    session.json  the settings and the names of the engines
"""

from __future__ import annotations

import json
import wave
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from vivavoce.audio import Audio, Resampler, Samples, to_pcm16
from vivavoce.errors import BadRequest
from vivavoce.events import Event, as_dict
from vivavoce.settings import SessionSettings

from .playout import Sink
from .session import Engines


class Recorder:
    """Keeps one session in a folder; use as `with`, and pass its parts to the session.

    `events`, `sink` and `source` stand between the session and its owner.
    Raises BadRequest when the folder holds a recording already.
    """

    def __init__(self, folder: Path, engines: Engines, settings: SessionSettings) -> None:
        self.folder = folder
        self._engines = engines
        self._settings = settings
        self._rate = engines.stt.rate
        self._now = 0.0

    def __enter__(self) -> Self:
        """Create the files."""
        folder = self.folder
        if (folder / "events.jsonl").exists():
            raise BadRequest(f"{folder} already contains a recording; choose another folder")
        folder.mkdir(parents=True, exist_ok=True)
        about = {
            "engines": {
                kind: getattr(self._engines, kind).name
                for kind in ("vad", "turn", "stt", "llm", "tts")
            },
            "settings": asdict(self._settings),
        }
        (folder / "session.json").write_text(json.dumps(about, indent=2) + "\n")
        self._lines = (folder / "events.jsonl").open("w", encoding="utf-8", buffering=1)
        self._input = _wav(folder / "input.wav", self._rate)
        self._output: wave.Wave_write | None = None
        self._written = 0
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Complete the files."""
        self._lines.close()
        self._input.close()
        if self._output is not None:
            self._output.close()

    def events(self, on_event: Callable[[Event], None]) -> Callable[[Event], None]:
        """`on_event`, with each event kept."""

        def handle(event: Event) -> None:
            line = {"t": round(self._now, 4), **as_dict(event)}
            self._lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            on_event(event)

        return handle

    def sink(self, sink: Sink) -> Sink:
        """The sink, with all that it is given kept."""
        self._output = _wav(self.folder / "output.wav", sink.rate)
        return _RecordingSink(self, sink)

    async def source(self, source: AsyncIterator[Audio]) -> AsyncIterator[Audio]:
        """The source, with all that it gives kept."""
        resampler: Resampler | None = None
        async for audio in source:
            if resampler is None or resampler.source_rate != audio.rate:
                resampler = Resampler(audio.rate, self._rate)
            self._input.writeframesraw(to_pcm16(resampler.feed(audio.samples)))
            self._now += audio.seconds
            yield audio

    def played(self, samples: Samples, rate: int) -> None:
        """The session gave the sink these, now."""
        assert self._output is not None
        gap = round(self._now * rate) - self._written
        if gap > 0:
            self._output.writeframesraw(to_pcm16(np.zeros(gap, np.float32)))
            self._written += gap
        self._output.writeframesraw(to_pcm16(samples))
        self._written += len(samples)


class _RecordingSink:
    """A sink that is overheard."""

    def __init__(self, recorder: Recorder, sink: Sink) -> None:
        self._recorder = recorder
        self._sink = sink
        self.rate = sink.rate
        self.lead_s = sink.lead_s

    def write(self, samples: Samples) -> None:
        """Keep it and pass it on."""
        self._recorder.played(samples, self.rate)
        self._sink.write(samples)

    def flush(self) -> int | None:
        """Pass it on; what was flushed stays in the recording."""
        return self._sink.flush()


def _wav(path: Path, rate: int) -> wave.Wave_write:
    file = wave.open(str(path), "wb")  # noqa: SIM115 - closed by the recorder
    file.setnchannels(1)
    file.setsampwidth(2)
    file.setframerate(rate)
    return file

"""Transcripts as files: plain text, JSON, SubRip (.srt) and WebVTT (.vtt); pure.

Cues follow what subtitlers agree on: at most two lines of 42 columns (a Han or kana character
takes two), 7 s at the longest, long enough to be read, and broken where a reader would pause:
at the end of a sentence, at a clause, at a silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from .recordings import Segment
from .timed_text import TimedSpan, columns, spans_of

Format: TypeAlias = Literal["text", "json", "srt", "vtt"]

COLUMNS = 42
LINES = 2
LONGEST_S = 7.0
SHORTEST_S = 1.0
PAUSE_S = 0.8
"""A silence this long ends a cue."""

_BRIEFEST_S = 0.1
"""What is left to a cue when the words crowd."""

_SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟", "।")
_CLAUSE_ENDS = (",", ";", ":", "–", "—", "、", "，", "；", "：", "،")
_CLOSERS = "\"'”’»)]」』）"


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at once. Times in seconds, to the millisecond."""

    start: float
    end: float
    lines: tuple[str, ...]


def render(segments: Iterable[Segment], form: Format) -> str:
    """The whole file, with a line end at its end."""
    writers: dict[Format, Callable[[Iterable[Segment]], str]] = {
        "text": text, "json": as_json, "srt": srt, "vtt": vtt,
    }  # fmt: skip
    return writers[form](segments)


def text(segments: Iterable[Segment]) -> str:
    """A line a segment."""
    return "".join(f"{_plain(segment.transcript.text)}\n" for segment in segments)


def as_json(segments: Iterable[Segment]) -> str:
    """An object with the whole `text`, the `language` if known, and the `segments`.

    Each has `start`, `end` and `text`, and, where known, `language`, `confidence` and `words`,
    which have `text`, `start`, `end` and maybe `confidence`. Times are in seconds.
    """
    kept = list(segments)
    languages = [segment.transcript.language for segment in kept if segment.transcript.language]
    whole: dict[str, object] = {"text": " ".join(_plain(it.transcript.text) for it in kept)}
    if languages:
        whole["language"] = max(sorted(set(languages)), key=languages.count)
    whole["segments"] = [segment_dict(segment) for segment in kept]
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def segment_dict(segment: Segment) -> dict[str, object]:
    """One segment, ready for JSON."""
    said = segment.transcript
    fields: dict[str, object] = {
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": _plain(said.text),
    }
    if said.language:
        fields["language"] = said.language
    if said.confidence is not None:
        fields["confidence"] = round(said.confidence, 4)
    if said.words:
        fields["words"] = [
            {"text": word.text, "start": round(word.start, 3), "end": round(word.end, 3)}
            | ({} if word.confidence is None else {"confidence": round(word.confidence, 4)})
            for word in said.words
        ]
    return fields


def srt(segments: Iterable[Segment]) -> str:
    """SubRip: numbered cues."""
    return "".join(srt_cue(cue, number) for number, cue in enumerate(cues(segments), 1))


def srt_cue(cue: Cue, number: int) -> str:
    """One cue of a SubRip file, which counts from 1."""
    lines = "\n".join(line.replace("-->", "→") for line in cue.lines)
    return f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{lines}\n\n"


def vtt(segments: Iterable[Segment]) -> str:
    """WebVTT."""
    return VTT_HEADER + "".join(vtt_cue(cue) for cue in cues(segments))


VTT_HEADER = "WEBVTT\n\n"


def vtt_cue(cue: Cue) -> str:
    """One cue of a WebVTT file."""
    shown = "\n".join(cue.lines)
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{shown}\n\n"


def cues(segments: Iterable[Segment]) -> Iterator[Cue]:
    """The segments' words in cues that follow each other and never overlap; one is held back."""
    held: Cue | None = None
    for segment in segments:
        for cue in _cues_of(spans_of(segment)):
            if held is None:
                held = _readable(cue)
                continue
            start = max(cue.start, held.start + _BRIEFEST_S)
            yield _rounded(replace(held, end=min(held.end, start)))
            held = _readable(replace(cue, start=start))
    if held is not None:
        yield _rounded(held)


def _cues_of(spans: list[TimedSpan]) -> Iterator[Cue]:
    while spans:
        count = _fitting(spans)
        if count < len(spans) and not _is_pause(spans, count):
            count = _best_break(spans, count)
        shown, spans = spans[:count], spans[count:]
        end = min(shown[-1].end, shown[0].start + LONGEST_S)
        yield Cue(shown[0].start, end, _lines(shown))


def _fitting(spans: list[TimedSpan]) -> int:
    """How many of the spans one cue can hold."""
    for count in range(1, len(spans)):
        too_long = spans[count].end - spans[0].start > LONGEST_S
        if too_long or _is_pause(spans, count) or len(_wrap(spans[: count + 1])) > LINES:
            return count
    return len(spans)


def _is_pause(spans: list[TimedSpan], at: int) -> bool:
    return spans[at].start - spans[at - 1].end >= PAUSE_S


def _best_break(spans: list[TimedSpan], count: int) -> int:
    """Where to end the cue, at most at `count`: the last sentence, else the last clause, if that
    leaves the cue filled well enough; else all.
    """
    filled = columns(_join(spans[:count]))
    for ends, least in ((_SENTENCE_ENDS, 0.25), (_CLAUSE_ENDS, 0.45)):
        for at in range(count, 0, -1):
            ends_here = spans[at - 1].text.rstrip(_CLOSERS).endswith(ends)
            if ends_here and columns(_join(spans[:at])) >= least * filled:
                return at
    return count


def _lines(spans: list[TimedSpan]) -> tuple[str, ...]:
    """One line where that is enough, else two of nearly the same length."""
    if columns(_join(spans)) <= COLUMNS:
        return (_join(spans),)

    def cost(at: int) -> float:
        upper, lower = columns(_join(spans[:at])), columns(_join(spans[at:]))
        overflow = max(upper, lower) > COLUMNS
        pause = spans[at - 1].text.rstrip(_CLOSERS).endswith(_SENTENCE_ENDS + _CLAUSE_ENDS)
        return 1e3 * overflow + abs(upper - lower) - 10 * pause

    at = min(range(1, len(spans)), key=cost)
    return _join(spans[:at]), _join(spans[at:])


def _wrap(spans: list[TimedSpan]) -> list[str]:
    """As many lines as it takes when each is filled."""
    lines: list[str] = []
    for span in spans:
        longer = lines[-1] + span.glue + span.text if lines else span.text
        if lines and columns(longer) <= COLUMNS:
            lines[-1] = longer
        else:
            lines.append(span.text)
    return lines


def _join(spans: list[TimedSpan]) -> str:
    return "".join(span.glue + span.text for span in spans).strip()


def _readable(cue: Cue) -> Cue:
    return replace(cue, end=max(cue.end, cue.start + SHORTEST_S))


def _rounded(cue: Cue) -> Cue:
    return replace(cue, start=round(cue.start, 3), end=round(cue.end, 3))


def _plain(said: str) -> str:
    return " ".join(said.split())


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"

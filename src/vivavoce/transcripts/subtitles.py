"""Transcripts as files: plain text, JSON, SubRip (.srt) and WebVTT (.vtt); pure.

Cues follow what subtitlers agree on: at most two lines of 42 columns (a Han or kana character
takes two), 7 s at the longest, long enough to be read, and broken where a reader would pause:
at the end of a sentence, at a clause, at a silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from vivavoce.text.width import columns

from .doubts import TranscriptWarning
from .segment import Segment
from .timed_text import TimedSpan, spans_of, words_of

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


def render(
    segments: Iterable[Segment],
    form: Format,
    *,
    words: bool = False,
    warnings: Sequence[TranscriptWarning] = (),
) -> str:
    """The whole file, with a line end at its end.

    words: every word with its time, also where it is only estimated; that is marked.
    warnings: told in the JSON; the other forms have no place for them.
    """
    match form:
        case "text":
            return text(segments, words=words)
        case "json":
            return as_json(segments, words=words, warnings=warnings)
        case "srt":
            return srt(segments, words=words)
        case "vtt":
            return vtt(segments, words=words)


def text(segments: Iterable[Segment], *, words: bool = False) -> str:
    """A line a segment; with `words`, a line a word: start, end and word between tabs, and `~`
    where the times are estimated.
    """
    if not words:
        return "".join(f"{_label(segment)}{segment.plain}\n" for segment in segments)
    lines = []
    for segment in segments:
        mark = "" if segment.transcript.words else "\t~"
        lines += [
            f"{word.start:.3f}\t{word.end:.3f}\t{word.text.strip()}{mark}\n"
            for word in words_of(segment)
        ]
    return "".join(lines)


def as_json(
    segments: Iterable[Segment],
    *,
    words: bool = False,
    warnings: Sequence[TranscriptWarning] = (),
) -> str:
    """An object with the whole `text`, the `language` if known, the `segments`, and `warnings`.

    Each segment is as `segment_dict` has it. Times are in seconds.
    """
    kept = list(segments)
    languages = [segment.transcript.language for segment in kept if segment.transcript.language]
    whole: dict[str, object] = {"text": " ".join(it.plain for it in kept)}
    if languages:
        whole["language"] = max(sorted(set(languages)), key=languages.count)
    whole["segments"] = [segment_dict(segment, words=words) for segment in kept]
    if warnings:
        whole["warnings"] = [warning_dict(warning) for warning in warnings]
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def warning_dict(warning: TranscriptWarning) -> dict[str, object]:
    """One warning, ready for JSON: `code`, `message`, and where: `stretches` of start and end."""
    stretches = [[round(start, 3), round(end, 3)] for start, end in warning.stretches]
    return {"code": warning.code, "message": warning.message, "stretches": stretches}


def segment_dict(segment: Segment, *, words: bool = False) -> dict[str, object]:
    """One segment, ready for JSON: `start`, `end` and `text`, and, where known, `speaker`,
    `language`, `confidence` and `words`, which have `text`, `start`, `end` and maybe `confidence`.

    words: estimate them where they are not known; `words_estimated` is true then.
    """
    said = segment.transcript
    fields: dict[str, object] = {
        "start": round(segment.start, 3),
        "end": round(segment.end, 3),
        "text": segment.plain,
    }
    if segment.speaker:
        fields["speaker"] = segment.speaker
    if said.language:
        fields["language"] = said.language
    if said.confidence is not None:
        fields["confidence"] = round(said.confidence, 4)
    if said.words or words:
        fields["words"] = [
            {"text": word.text.strip(), "start": round(word.start, 3), "end": round(word.end, 3)}
            | ({} if word.confidence is None else {"confidence": round(word.confidence, 4)})
            for word in words_of(segment)
        ]
    if words and not said.words:
        fields["words_estimated"] = True
    return fields


def srt(segments: Iterable[Segment], *, words: bool = False) -> str:
    """SubRip: numbered cues; with `words`, one a word, in italics where its time is estimated."""
    shown = word_cues(segments, "<i>{}</i>") if words else cues(segments)
    return "".join(srt_cue(cue, number) for number, cue in enumerate(shown, 1))


def srt_cue(cue: Cue, number: int) -> str:
    """One cue of a SubRip file, which counts from 1."""
    lines = "\n".join(line.replace("-->", "→") for line in cue.lines)
    return f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{lines}\n\n"


def vtt(segments: Iterable[Segment], *, words: bool = False) -> str:
    """WebVTT; with `words`, a cue a word, and in a note that times are estimated."""
    if not words:
        return VTT_HEADER + "".join(vtt_cue(cue) for cue in cues(segments))
    parts = [VTT_HEADER]
    for segment in segments:
        if not segment.transcript.words and segment.plain:
            parts.append("NOTE The times of the words in the next cues are estimated.\n\n")
        parts += [vtt_cue(cue) for cue in word_cues([segment])]
    return "".join(parts)


VTT_HEADER = "WEBVTT\n\n"


def vtt_cue(cue: Cue) -> str:
    """One cue of a WebVTT file."""
    shown = "\n".join(cue.lines)
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{shown}\n\n"


def word_cues(segments: Iterable[Segment], estimated: str = "{}") -> Iterator[Cue]:
    """A cue for each word, in order. estimated: how one is shown whose time is only estimated."""
    end = 0.0
    for segment in segments:
        shown = "{}" if segment.transcript.words else estimated
        for word in words_of(segment):
            start = max(word.start, end)
            end = max(word.end, start + 0.001)
            yield _rounded(Cue(start, end, (shown.format(word.text.strip()),)))


def cues(segments: Iterable[Segment]) -> Iterator[Cue]:
    """The segments' words in cues that follow each other and never overlap; one is held back."""
    held: Cue | None = None
    for segment in segments:
        for cue in _cues_of(_labelled(segment)):
            if held is None:
                held = _readable(cue)
                continue
            start = max(cue.start, held.start + _BRIEFEST_S)
            yield _rounded(replace(held, end=min(held.end, start)))
            held = _readable(replace(cue, start=start))
    if held is not None:
        yield _rounded(held)


def _label(segment: Segment) -> str:
    return f"{segment.speaker}: " if segment.speaker else ""


def _labelled(segment: Segment) -> list[TimedSpan]:
    """The segment's spans, the first of which names who speaks."""
    spans = spans_of(segment)
    return [replace(it, text=_label(segment) + it.text) for it in spans[:1]] + spans[1:]


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


def _clock(seconds: float, point: str) -> str:
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}{point}{milliseconds % 1000:03}"

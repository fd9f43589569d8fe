"""Which of a file's audio tracks is read."""

from __future__ import annotations

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition

from vivavoce.errors import BadAudio

_SECOND = (
    Disposition.comment | Disposition.karaoke | Disposition.visual_impaired
    | Disposition.clean_effects | Disposition.non_diegetic | Disposition.descriptions
    | Disposition.dependent
)  # fmt: skip
"""What is said beside the main thing, or with something taken out."""
_SAME_LANGUAGE = 25
"""langcodes' distance up to which speakers of one understand the other."""


def ranked_tracks(
    container: InputContainer, name: str, language: str | None, track: str | None
) -> list[AudioStream]:
    """The tracks that can be decoded, the one to read first.

    language: of the speech, if it is known; a track in it comes first, one in another last.
    track: a number, counted from 1, or a part of a title; nothing else is read then.
    Raises BadAudio when there is none.
    """
    # A codec that libav does not know has no context, whatever the types say.
    known = [it for it in container.streams.audio if getattr(it, "codec_context", None)]
    if not container.streams.audio:
        kinds = sorted({stream.type for stream in container.streams} - {"audio"})
        only = f", only {' and '.join(kinds)}" if kinds else ""
        raise BadAudio(f"{name} has no audio that can be decoded{only}")
    if track is not None:
        return [_named(container, name, track)]
    if not known:
        raise BadAudio(f"{name} uses an unknown audio codec; convert it to WAV or FLAC")
    best = container.streams.best("audio")

    def rank(stream: AudioStream) -> tuple[int, bool, bool, bool, bool, int]:
        second = bool(stream.disposition & _SECOND) or "commentary" in _title(stream).casefold()
        return (
            _language_rank(stream.language, language),
            second,
            not stream.disposition & Disposition.default,
            not stream.disposition & Disposition.original,
            best is None or stream.index != best.index,
            stream.index,
        )

    return sorted(known, key=rank)


def _named(container: InputContainer, name: str, track: str) -> AudioStream:
    streams = container.streams.audio
    wanted = track.strip().casefold()
    found = [it for it in streams if wanted == _title(it).casefold()] or [
        it for it in streams if wanted and wanted in _title(it).casefold()
    ]
    if not found and wanted.isdecimal() and 1 <= int(wanted) <= len(streams):
        found = [streams[int(wanted) - 1]]
    if not found:
        there = ", ".join(_shown(number, it) for number, it in enumerate(streams, 1))
        raise BadAudio(f"{name} has no audio track {track!r}; it has {there}")
    if not getattr(found[0], "codec_context", None):
        raise BadAudio(
            f"{name} uses an unknown codec for track {track!r}; convert it to WAV or FLAC"
        )
    return found[0]


def _language_rank(spoken: str | None, wanted: str | None) -> int:
    """0 the same, 1 not told, 2 another."""
    if not spoken or not wanted:
        return 1
    spoken, wanted = _bare(spoken), _bare(wanted)
    if spoken in ("und", "mul", "zxx", "mis"):
        return 1
    from langcodes import tag_distance  # takes 0.1 s to import
    from langcodes.tag_parser import LanguageTagError

    try:
        distance = tag_distance(wanted, spoken)
    except LanguageTagError:
        return 1
    return 0 if distance <= _SAME_LANGUAGE else 2


def _bare(code: str) -> str:
    """The code without region and script, which say little of what is spoken."""
    return code.replace("_", "-").split("-")[0].casefold()


def _title(stream: AudioStream) -> str:
    tags = {key.casefold(): value for key, value in stream.metadata.items()}
    return str(tags.get("title") or tags.get("handler_name") or "")


def _shown(number: int, stream: AudioStream) -> str:
    facts = [it for it in (stream.language, _title(stream)) if it]
    return f"{number} ({', '.join(facts)})" if facts else str(number)

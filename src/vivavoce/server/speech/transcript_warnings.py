"""A transcript's warnings, where the answer's body has no place for them."""

from __future__ import annotations

from urllib.parse import quote

from vivavoce.transcripts.recording_transcript import RecordingTranscript

_SAFE = " !#$&'()*+,/:;=?@[]|~"


def in_header(text: str) -> str:
    """The text as a header may have it: what is not plain ASCII is percent-encoded."""
    return quote(text, safe=_SAFE)


def warning_header(transcript: RecordingTranscript) -> dict[str, str]:
    """`X-Warnings`: each as its code and message; nothing where there are none."""
    told = [f"{warning.code}: {warning.message}" for warning in transcript.warnings]
    return {"X-Warnings": in_header("; ".join(told))} if told else {}

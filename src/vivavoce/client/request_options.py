"""The library's options as a server takes them; what is the server's default is left out."""

from __future__ import annotations

from vivavoce.engines import SttOptions, TtsOptions


def hearing(options: SttOptions, *, live: bool = False) -> dict[str, str]:
    """How to transcribe. live: for a stream, which knows no temperature."""
    given = {
        "language": options.language or "",
        "prompt": options.prompt,
        "hotwords": ",".join(options.hotwords),
        "words": "true" if options.words else "",
        "translate": "true" if options.translate else "",
        "temperature": f"{options.temperature:g}" if options.temperature and not live else "",
    }
    return {name: value for name, value in given.items() if value}


def speaking(options: TtsOptions) -> dict[str, str | float]:
    """How to sound."""
    given: dict[str, str | float | None] = {
        "voice": options.voice,
        "language": options.language,
        "speed": options.speed if options.speed != 1.0 else None,
        "pitch": options.pitch if options.pitch != 1.0 else None,
    }
    return {name: value for name, value in given.items() if value is not None}

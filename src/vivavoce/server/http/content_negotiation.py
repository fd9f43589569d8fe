"""Which of several forms of an answer a client wants, by its `Accept`."""

from __future__ import annotations

from collections.abc import Sequence

from vivavoce.server.errors import Problem


def accepted(accept: str | None, offered: Sequence[str]) -> str:
    """The media type to answer with; the first of equals. Raises Problem (406) when none will do.

    accept: the header, such as `audio/*, application/json;q=0.5`; None or empty is anything.
    """
    wanted = [_range(part) for part in (accept or "*/*").split(",") if part.strip()]
    best, how_much = None, 0.0
    for media in offered:
        fitting = [(len(pattern), q) for pattern, q in wanted if _fits(media, pattern)]
        quality = max(fitting)[1] if fitting else 0.0  # the narrowest range decides
        if quality > how_much:
            best, how_much = media, quality
    if best is None:
        what = f"the Accept header allows none of: {', '.join(offered)}"
        raise Problem(what, status=406, code="not_acceptable", param="Accept")
    return best


def _range(part: str) -> tuple[str, float]:
    media, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                quality = 0.0
    return media, quality


def _fits(media: str, pattern: str) -> bool:
    if pattern in ("*/*", "*"):
        return True
    kind, _, rest = pattern.partition("/")
    return media == pattern or (rest == "*" and media.partition("/")[0] == kind)

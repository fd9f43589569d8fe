"""Whether a text is written in letters that a voice reads."""

from __future__ import annotations

import unicodedata

from vivavoce.errors import BadRequest


def check_script(phrase: str, language: str, scripts: tuple[str, ...] = ("LATIN",)) -> None:
    """Raise BadRequest for a phrase that is mostly written in other letters than these.

    language: of the voice, in words, for the error. scripts: as Unicode names them.
    """
    letters = [character for character in phrase if character.isalpha()]
    foreign = sum(not unicodedata.name(letter, "").startswith(scripts) for letter in letters)
    if 2 * foreign > len(letters):
        names = " or ".join(script.title() for script in scripts)
        raise BadRequest(
            f"this voice reads {language} in {names} letters, not {phrase[:20]!r}; choose a voice "
            "of that language"
        )

"""Which of espeak-ng's voices is meant by an id or a language."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from vivavoce.engines import Voice
from vivavoce.errors import BadRequest
from vivavoce.text.language.codes import asked_language, match_language

from .library import VoiceFile


class VoiceBook:
    """The library's voices by id: a language code such as `en-us`, with `+VARIANT` or without."""

    def __init__(self, files: Sequence[VoiceFile], variants: Sequence[str]) -> None:
        self._files: dict[str, VoiceFile] = {}
        for file in files:
            code = file.languages[0][0]
            own = file.path.rpartition("/")[2].lower()
            self._files[own if code in self._files else code] = file
        self._variants = {variant.lower(): variant for variant in variants}
        self._lists: dict[str, Sequence[Voice]] = {}

    def listed(self, default: str) -> Sequence[Voice]:
        """Every voice without its variants, but for the default: it comes first, with them."""
        # A server looks a voice up for each request, and the list has some two hundred.
        if default not in self._lists:
            self._lists[default] = tuple(self._list(default))
        return self._lists[default]

    def _list(self, default: str) -> list[Voice]:
        plain, _, _ = default.partition("+")
        first = self._files[plain]
        variants = [f"{plain}+{variant}" for variant in self._variants.values()]
        voices = [self._voice(voice, first) for voice in (plain, *variants) if voice != default]
        others = [self._voice(code, file) for code, file in self._files.items() if code != plain]
        return [self._voice(default, first), *voices, *others]

    def choose(self, voice: str | None, language: str | None, default: str) -> str:
        """The id of the voice to use: the one named, or the best for the language.

        A variant on its own (`f3`, `+f3`) changes the default voice.
        Raises BadRequest for a voice or language that is not there.
        """
        if voice is not None:
            if voice.startswith("+") or self._is_variant_only(voice):
                voice = f"{default.partition('+')[0]}+{voice.removeprefix('+')}"
            self.path(voice)
            return voice
        if asked_language(language) is None:
            return default
        assert language is not None
        plain, plus, variant = default.partition("+")
        return f"{self._for_language(language, plain)}{plus}{variant}"

    def path(self, voice: str) -> str:
        """What the library finds a voice by. Raises BadRequest when there is none."""
        plain, _, variant = voice.partition("+")
        file = self._files.get(plain.lower().replace("_", "-"))
        if file is None:
            raise _no("voice", plain, self._files)
        if not variant:
            return file.path
        if variant.lower() not in self._variants:
            raise _no("variant", variant, self._variants.values())
        return f"{file.path}+{self._variants[variant.lower()]}"

    def _is_variant_only(self, voice: str) -> bool:
        return voice.lower() in self._variants and voice.lower() not in self._files

    def _for_language(self, language: str, default: str) -> str:
        code = language.lower().replace("_", "-")
        if code in self._files:
            return code
        for wanted in (code, code.partition("-")[0]):
            if wanted == default.partition("-")[0]:
                return default
            if best := self._best(wanted):
                return best
        known = {code for file in self._files.values() for code, _ in file.languages}
        matched = match_language(language, sorted(known))
        if matched and (best := self._best(matched)):
            return best
        raise _no("language", language, known)

    def _best(self, code: str) -> str | None:
        matches = [
            (priority, voice)
            for voice, file in self._files.items()
            for language, priority in file.languages
            if language == code
        ]
        return min(matches)[1] if matches else None

    def _voice(self, code: str, file: VoiceFile) -> Voice:
        variant = code.partition("+")[2]
        name = f"{file.name}, {variant}" if variant else file.name
        languages = tuple(language for language, _ in file.languages)
        return Voice(id=code, name=name, languages=languages)


def _no(what: str, word: str, known: Iterable[str]) -> BadRequest:
    """The error that names the nearest of what there is; all would be a hundred."""
    close = difflib.get_close_matches(word.lower(), known, 3, cutoff=0.5)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return BadRequest(f"espeak-ng: unknown {what} {word!r}; {hint}`vivavoce voices` lists them")

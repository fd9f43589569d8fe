"""The espeak-ng library through ctypes: text in, samples and word positions out.

The library is one per process, keeps global state and is not re-entrant; a lock guards each
use of it. Struct layouts and constants are those of espeak-ng's `speak_lib.h`, version 1.50 on.
"""

from __future__ import annotations

import atexit
import ctypes
import math
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import espeakng_loader
import numpy as np

from vivavoce.audio import Samples
from vivavoce.errors import EngineError, EngineUnavailable

WORDS_PER_MINUTE = 175
"""The library's own normal speed."""

_SYNCHRONOUS = 2
_TIED = 0x80
_DONT_EXIT = 0x8000
_CHARACTERS_UTF8 = 1
_END_PAUSE = 0x1000
_PHONEMES = 0x100
_BY_CHARACTER = 1
_AS_IPA = 2
_RATE, _PITCH = 1, 3
_LIST_END, _WORD = 0, 1
_SLOWEST, _FASTEST = 80, 900
_CHUNK_MS = 60
_LONGEST_PATH = 229 if sys.platform == "win32" else 159
"""Bytes that the library keeps for the path of its data; a longer one is cut, and not found."""


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),  # in characters, from 1
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.POINTER(ctypes.c_char)),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """One of the library's voices or variants.

    path: what the library finds it by. languages: codes, the lower number the better match.
    """

    path: str
    name: str
    languages: tuple[tuple[str, int], ...]
    gender: str | None


@dataclass(frozen=True, slots=True)
class EspeakMark:
    """A word begins. position: in characters of the text, from 0; sample: in the audio, from 0."""

    position: int
    sample: int


Take: TypeAlias = Callable[[Samples, list[EspeakMark]], bool]
"""Takes the next samples and the marks that came with them; False stops the voice."""


class EspeakLibrary:
    """The library, initialized. Make it with `library()`: a process can have just one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._take: Take = lambda _samples, _marks: False
        self._error: BaseException | None = None
        self._voice = ""
        try:
            self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
            data = short_path(Path(espeakng_loader.get_data_path()))
        except (OSError, RuntimeError) as error:
            raise EngineUnavailable(
                f"espeak-ng cannot be loaded: {error}; reinstall espeakng-loader"
            ) from error
        self._lib.espeak_ListVoices.argtypes = [ctypes.c_void_p]
        self._lib.espeak_TextToPhonemes.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._lib.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
        self.rate: int = self._lib.espeak_Initialize(
            _SYNCHRONOUS, _CHUNK_MS, os.fsencode(data), _DONT_EXIT
        )
        if self.rate <= 0:
            raise EngineUnavailable(f"espeak-ng cannot read {data}; reinstall espeakng-loader")
        self._callback = _Callback(self._called)
        self._lib.espeak_SetSynthCallback(self._callback)

    def voices(self) -> list[VoiceFile]:
        """A voice for each language and accent."""
        return self._listed(None)

    def variants(self) -> list[str]:
        """Ways to change the sound of any voice: `f3` in `gmw/en-US+f3`."""
        wanted = ctypes.create_string_buffer(b"variant")
        spec = _Voice(languages=ctypes.cast(wanted, ctypes.POINTER(ctypes.c_char)))
        found = self._listed(ctypes.byref(spec))
        return sorted(file.path.removeprefix("!v/") for file in found)

    def synthesize(
        self,
        text: str,
        take: Take,
        *,
        voice: str,
        speed: float,
        pitch: float,
        end_pause: bool,
        phonemes: bool = False,
    ) -> None:
        """Speak `text` into `take`, chunk by chunk, until its end or until `take` says False.

        voice: a `VoiceFile.path`, with `+VARIANT` or without.
        speed, pitch: 1.0 is the voice's own; held to what the library can do.
        end_pause: whether the pause that follows the last mark belongs to the audio.
        phonemes: whether `[[…]]` in the text are names of phonemes.
        """
        with self._lock:
            self._set_voice(voice)
            wpm = round(WORDS_PER_MINUTE * speed)
            self._lib.espeak_SetParameter(_RATE, min(max(wpm, _SLOWEST), _FASTEST), 0)
            self._lib.espeak_SetParameter(_PITCH, _pitch_setting(pitch), 0)
            flags = (_END_PAUSE if end_pause else 0) | (_PHONEMES if phonemes else 0)
            self._take, self._error = take, None
            status = self._synth(text, flags)
            error, self._error = self._error, None
        if error is not None:
            raise error
        if status != 0:
            raise EngineError(
                f"espeak-ng failed with status {status} on {text[:80]!r}; try another voice"
            )

    def phonemes(self, name: str, voice: str) -> str:
        """The IPA of one of the library's phonemes; empty where the voice has none of that name."""
        with self._lock:
            self._set_voice(voice)
            # Only a call for speech tells the library that `[[…]]` are phonemes.
            self._take = lambda _samples, _marks: False
            self._synth(" ", _PHONEMES)
            text = ctypes.create_string_buffer(f"[[{name}]]".encode())
            at = ctypes.c_void_p(ctypes.addressof(text))
            found = self._lib.espeak_TextToPhonemes(ctypes.byref(at), _CHARACTERS_UTF8, _AS_IPA)
            return found.decode("utf-8", "replace").strip() if found else ""

    def _synth(self, text: str, flags: int) -> int:
        data = text.encode("utf-8", "replace")
        size, flags = ctypes.c_size_t(len(data) + 1), _CHARACTERS_UTF8 | flags
        status: int = self._lib.espeak_Synth(data, size, 0, _BY_CHARACTER, 0, flags, None, None)
        return status

    def ipa(self, text: str, *, voice: str, tie: str) -> str:
        """What the voice would say, in IPA with stress marks; a space between words.

        tie: stands between the letters of one phoneme. Marks of the text are left out.
        """
        mode = _AS_IPA | _TIED | ord(tie) << 8
        data = ctypes.create_string_buffer(text.encode("utf-8", "replace"))
        rest, clauses = ctypes.c_void_p(ctypes.addressof(data)), list[str]()
        with self._lock:
            self._set_voice(voice)
            while rest.value:
                said = self._lib.espeak_TextToPhonemes(ctypes.byref(rest), _CHARACTERS_UTF8, mode)
                clauses.append((said or b"").decode("utf-8", "replace").strip())
        return " ".join(filter(None, clauses))

    def _set_voice(self, voice: str) -> None:
        if voice == self._voice:
            return
        if self._lib.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EngineError(
                f"espeak-ng cannot load its voice {voice!r}; reinstall espeakng-loader"
            )
        self._voice = voice

    def _called(
        self, wave: ctypes._Pointer[ctypes.c_short], count: int, events: ctypes._Pointer[_Event]
    ) -> int:
        """The library's callback: 0 to go on, 1 to stop. Nothing may be raised through it."""
        try:
            # A copy: ctypes keeps a type for ever for each length of array that it is asked for.
            pcm = np.frombuffer(ctypes.string_at(wave, 2 * count) if count > 0 else b"", np.int16)
            samples = pcm.astype(np.float32) / np.float32(32768)
            return 0 if self._take(samples, list(_marks(events))) else 1
        except BaseException as error:  # noqa: BLE001 - raised again by `synthesize`
            self._error = error
            return 1

    def _listed(self, spec: object) -> list[VoiceFile]:
        with self._lock:
            found, files = self._lib.espeak_ListVoices(spec), []
            for index in range(10_000):
                if not found[index]:
                    break
                files.append(_voice_file(found[index].contents))
        return files


@cache
def library() -> EspeakLibrary:
    """The process's one library. Raises EngineUnavailable when it cannot be loaded."""
    return EspeakLibrary()


def short_path(folder: Path, longest: int = _LONGEST_PATH) -> Path:
    """A path to `folder` of at most `longest` bytes: itself, or a link that goes at exit.

    Raises OSError when the link cannot be made.
    """
    if len(os.fsencode(folder)) <= longest:
        return folder
    home = Path(tempfile.mkdtemp(prefix="vivavoce-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    link = home / "d"
    link.symlink_to(folder, target_is_directory=True)
    return link


def _marks(events: ctypes._Pointer[_Event]) -> Iterator[EspeakMark]:
    for index in range(1_000_000):
        event = events[index]
        if event.type == _LIST_END:
            return
        if event.type == _WORD:
            yield EspeakMark(event.text_position - 1, event.sample)


def _voice_file(voice: _Voice) -> VoiceFile:
    return VoiceFile(
        path=voice.identifier.decode(),
        name=voice.name.decode().strip(),
        languages=tuple(_languages(voice.languages)),
        gender={1: "male", 2: "female"}.get(voice.gender),
    )


def _languages(packed: ctypes._Pointer[ctypes.c_char]) -> Iterator[tuple[str, int]]:
    """From pairs of a priority byte and a zero-terminated code; a zero priority ends them."""
    at = 0
    while (priority := packed[at]) != b"\0":
        at += 1
        start = at
        while packed[at] != b"\0":
            at += 1
        yield packed[start:at].decode().lower(), priority[0]  # type: ignore[attr-defined]
        at += 1


def _pitch_setting(pitch: float) -> int:
    """0 to 100, about 50. Measured: 25 is 0.81 times the voice's own pitch, 75 is 1.27 times."""
    return min(max(round(50 + 72 * math.log2(max(pitch, 0.01))), 0), 100)

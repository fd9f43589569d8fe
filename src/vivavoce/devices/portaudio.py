"""The machine's microphones and loudspeakers, by PortAudio.

Each direction is a stream of its own: PortAudio's two-way streams stand still, or lag by seconds,
on Linux where sound goes through PulseAudio's or PipeWire's ALSA plugin.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

from vivavoce.audio import Samples
from vivavoce.errors import BadRequest, EngineUnavailable
from vivavoce.hints import nearest
from vivavoce.registry import missing

from .duplex import Duplex

log = logging.getLogger(__name__)

LATENCY_S = 0.04
"""Asked of each device: what Python can keep up with on a busy machine."""

RATES = (48_000, 44_100, 32_000, 16_000)
"""Tried in this order; the voices and WebRTC's processing lose nothing in the first."""

_LIBRARY = (
    "PortAudio is missing; on Debian or Ubuntu: sudo apt install libportaudio2, "
    "on Fedora: sudo dnf install portaudio, on Arch: sudo pacman -S portaudio, "
    "on macOS: brew install portaudio"
)
_NONE = (
    "found no {side}; plug one in. On Linux, start PulseAudio or PipeWire, and install "
    "libasound2-plugins or pipewire-alsa"
)

Side: TypeAlias = Literal["microphone", "loudspeaker"]


class PortAudio(Protocol):
    """What is used of the package `sounddevice`."""

    PortAudioError: type[Exception]
    default: Any
    InputStream: Any
    OutputStream: Any

    def query_devices(self) -> Sequence[Any]: ...  # noqa: D102
    def query_hostapis(self) -> Sequence[Any]: ...  # noqa: D102
    def check_input_settings(self, **settings: Any) -> None: ...  # noqa: D102
    def check_output_settings(self, **settings: Any) -> None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Device:
    """A microphone or loudspeaker. index: PortAudio's. host: the system's interface to it.

    default: whether it is the system's choice.
    """

    side: Side
    index: int
    name: str
    host: str
    default: bool


def portaudio() -> PortAudio:
    """The library. Raises EngineUnavailable, with what to install, where it is missing."""
    _hush_alsa()
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise explained(error) from None
    library: PortAudio = sounddevice
    return library


def explained(error: ImportError | OSError) -> EngineUnavailable:
    """What to do about `sounddevice` not being there (ImportError) or lacking PortAudio."""
    if isinstance(error, ImportError):
        return missing("sound from this machine's devices", error)
    return EngineUnavailable(_LIBRARY)


def devices(library: PortAudio, side: Side) -> list[Device]:
    """All of one kind; none where there is none."""
    key = "max_input_channels" if side == "microphone" else "max_output_channels"
    hosts = [host["name"] for host in library.query_hostapis()]
    default = library.default.device[0 if side == "microphone" else 1]
    return [
        Device(side, index, about["name"], hosts[about["hostapi"]], index == default)
        for index, about in enumerate(library.query_devices())
        if about[key] > 0
    ]


def find(library: PortAudio, side: Side, wanted: str | None) -> Device:
    """The device that has this number, or this in its name; None takes the system's choice.

    Raises EngineUnavailable where there is none at all, BadRequest where the choice is unclear.
    """
    known = devices(library, side)
    if not known:
        raise EngineUnavailable(_NONE.format(side=side))
    if wanted is None:
        return next((device for device in known if device.default), known[0])
    named = [device for device in known if wanted.casefold() in device.name.casefold()]
    exact = [device for device in known if wanted in {str(device.index), device.name}]
    found = exact or named
    if len(found) == 1:
        return found[0]
    if found:
        choices = ", ".join(f"{device.index} ({device.name}, {device.host})" for device in found)
        raise BadRequest(f"{wanted!r} matches several devices; use a number: {choices}")
    hint = nearest(wanted, [device.name for device in known])
    raise BadRequest(f"no {side} {wanted!r}; {hint}")


def device_list(library: PortAudio) -> str:
    """All devices for people, one a line; a star marks the system's choice."""
    lines = []
    sides: tuple[Side, ...] = ("microphone", "loudspeaker")
    for side in sides:
        known = devices(library, side)
        lines.append(f"{side}s:" if known else _NONE.format(side=side))
        for device in known:
            star = "*" if device.default else " "
            lines.append(f"{star}{device.index:>4}  {device.name} ({device.host})")
    return "".join(f"{line}\n" for line in lines)


def common_rate(library: PortAudio, *chosen: Device) -> int:
    """The best rate that all of them know. Raises EngineUnavailable where there is none."""
    problem: Exception | None = None
    for rate in RATES:
        try:
            for device in chosen:
                inward = device.side == "microphone"
                check = library.check_input_settings if inward else library.check_output_settings
                check(device=device.index, channels=1, dtype="float32", samplerate=rate)
        except library.PortAudioError as error:
            problem = problem or error
        else:
            return rate
    names = " and ".join(repr(device.name) for device in chosen)
    raise EngineUnavailable(f"cannot use {names}: {_reason(problem)}; {_OTHERS}")


@contextmanager
def running(library: PortAudio, duplex: Duplex, *chosen: Device) -> Iterator[None]:
    """Let the devices capture and play. Raises EngineUnavailable where one cannot be opened."""

    def hear(data: Any, count: int, time: Any, status: Any) -> None:
        duplex.captured(data[:, 0], time.inputBufferAdcTime or None)

    def play(data: Any, count: int, time: Any, status: Any) -> None:
        samples: Samples = duplex.rendered(time.outputBufferDacTime or None)
        data[:, 0] = samples

    with ExitStack() as stack:
        for device in chosen:
            inward = device.side == "microphone"
            kind = library.InputStream if inward else library.OutputStream
            gone = f"the {device.side} {device.name!r} was disconnected; plug it in and start again"
            try:
                stream = kind(
                    device=device.index,
                    samplerate=duplex.rate,
                    blocksize=duplex.block,
                    channels=1,
                    dtype="float32",
                    latency=LATENCY_S,
                    callback=hear if inward else play,
                    finished_callback=lambda gone=gone: duplex.lose(gone),
                )
                stack.callback(stream.close)
                stream.start()
            except library.PortAudioError as error:
                what = f"cannot open the {device.side} {device.name!r}: {_reason(error)}"
                raise EngineUnavailable(f"{what}; {_OTHERS}") from None
        yield


def _hush_alsa() -> None:
    """Send ALSA's remarks, which it prints on stderr in the midst of a display, to the log."""
    with suppress(OSError, AttributeError):  # not Linux
        library = ctypes.CDLL("libasound.so.2")
        library.snd_lib_error_set_handler(_on_alsa_remark)


def _remark(file: bytes, line: int, function: bytes, code: int, form: bytes) -> None:
    log.debug("alsa: %s: %s", function.decode(), form.decode())


_on_alsa_remark = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)(_remark)
"""Kept as long as the process, for ALSA calls it from its own threads."""


_OTHERS = "`vivavoce talk --devices` lists the others"


def _reason(error: Exception | None) -> str:
    """PortAudio's words, without its numbers."""
    return str(error.args[0] if error and error.args else error).partition(" [PaError")[0]

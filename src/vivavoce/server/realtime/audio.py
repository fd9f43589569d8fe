"""Audio as the Realtime protocol carries it: base64 of PCM16 at 24 kHz, or of G.711 at 8 kHz."""

from __future__ import annotations

from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from vivavoce.audio import Audio, Samples, from_pcm16, to_pcm16
from vivavoce.audio.g711 import alaw_decode, alaw_encode, mulaw_decode, mulaw_encode

from .wire_error import WireError

MOST_BYTES: Final = 15 * 2**20
"""Of audio in one append: the protocol's own bound."""


@dataclass(frozen=True, slots=True)
class WireFormat:
    """How audio is written; type: the protocol's name. rate: in Hz."""

    type: str
    rate: int


PCM: Final = WireFormat("audio/pcm", 24_000)
PCMU: Final = WireFormat("audio/pcmu", 8_000)
PCMA: Final = WireFormat("audio/pcma", 8_000)
FORMATS: Final[Mapping[str, WireFormat]] = {one.type: one for one in (PCM, PCMU, PCMA)}


class WireDecoder:
    """One stream of appended audio.

    Clients cut a byte stream wherever their reads end, so half a sample at an append's end waits
    for the next append. `reset` drops it: a stray byte spoils no more than one utterance.
    """

    def __init__(self, form: WireFormat) -> None:
        self.format = form
        self._half = b""

    def decode(self, audio: str) -> Audio:
        """The sound of one append, at the format's rate; may be empty.

        Raises WireError for text that is not base64, or too much of it.
        """
        if len(audio) > MOST_BYTES * 4 // 3 + 4:
            raise WireError(
                f"Invalid 'audio': at most {MOST_BYTES} bytes of audio in one append.",
                "string_above_max_length",
                "audio",
            )
        try:
            data = a2b_base64(audio, strict_mode=True)
        except (Error, ValueError):
            raise WireError(
                "Invalid 'audio'. Expected base64-encoded audio bytes "
                f"({self.format.type} at {self.format.rate} Hz, mono), "
                "but got an invalid value.",
                "invalid_value",
                "audio",
            ) from None
        if self.format.type != PCM.type:
            return Audio(_DECODERS[self.format.type](data), self.format.rate)
        if self._half:
            data = self._half + data
        even = len(data) & ~1
        self._half, data = data[even:], data[:even]
        return Audio(from_pcm16(data), self.format.rate)

    def reset(self) -> None:
        """Forget half a sample that came: what follows starts anew."""
        self._half = b""


class WireEncoder:
    """One stream of audio for the client."""

    def __init__(self, form: WireFormat) -> None:
        self.format = form

    def encode(self, samples: Samples) -> str:
        """Samples at the format's rate, in base64."""
        return b64encode(_ENCODERS[self.format.type](samples)).decode("ascii")


_DECODERS: Final[Mapping[str, Callable[[bytes], Samples]]] = {
    PCM.type: from_pcm16,
    PCMU.type: mulaw_decode,
    PCMA.type: alaw_decode,
}
_ENCODERS: Final[Mapping[str, Callable[[Samples], bytes]]] = {
    PCM.type: to_pcm16,
    PCMU.type: mulaw_encode,
    PCMA.type: alaw_encode,
}

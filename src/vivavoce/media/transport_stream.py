"""Where an MPEG transport stream goes on with other audio.

A broadcast may change the number (PID) of its audio, or its program, at any moment: at an
advertisement, or where two recordings were put together. libav reads on with what it began with.
"""

from __future__ import annotations

from collections.abc import Iterator

PACKET = 188
_SYNC = 0x47
_NEAR = 20 * PACKET
"""Where the table of programs stands this close before a program's map, both begin the rest."""
_AUDIO = {0x03, 0x04, 0x0F, 0x11, 0x1C, 0x81, 0x82, 0x83, 0x84, 0x87, 0x8A}
_PRIVATE = 0x06
_AUDIO_TAGS = {0x6A, 0x7A, 0x7B, 0x7C, 0x81}
"""Descriptors of private streams that are audio: AC-3, E-AC-3, DTS, AAC."""
_NAMED = {b"Opus", b"AC-3", b"EAC3", b"BSSD"}
_REGISTRATION = 0x05


class ProgramScanner:
    """Finds where none of the audio streams goes on that there were, and others begin.

    Takes packets of 188 bytes; in data that have none, it finds nothing.
    """

    def __init__(self) -> None:
        self._maps: set[int] = set()
        self._audio: dict[int, set[int]] = {}

    def jumped(self) -> None:
        """The next piece does not follow the last."""
        self._maps, self._audio = set(), {}

    def missing(self, data: bytes) -> int:
        """How many bytes more would complete the last packet."""
        start = _first(data)
        return 0 if start is None else (start - len(data)) % PACKET

    def find(self, data: bytes, *, fresh: bool) -> int | None:
        """Where in the data the other audio begins. fresh: the data begin with a file."""
        if fresh:
            self.jumped()
        start, table = _first(data), None
        for at in range(len(data) if start is None else start, len(data) - PACKET + 1, PACKET):
            packet = data[at : at + PACKET]
            if packet[0] != _SYNC:
                break
            number = (packet[1] & 0x1F) << 8 | packet[2]
            if number and number not in self._maps:
                continue
            section = _section(packet)
            if not number:
                table = at
            if section and self._changes(number, section):
                near = table is not None and at - table <= _NEAR
                return table if near else at
        return None

    def _changes(self, number: int, section: bytes) -> bool:
        if not number:
            return section[0] == 0x00 and self._other_programs(section)
        if section[0] != 0x02:
            return False
        audio = set(_audio_streams(section))
        before = self._audio.get(number, set())
        if not audio:
            return False
        self._audio[number] = audio
        return bool(before) and not audio & before

    def _other_programs(self, section: bytes) -> bool:
        entries = [section[at : at + 4] for at in range(8, len(section) - 7, 4)]
        maps = {(it[2] & 0x1F) << 8 | it[3] for it in entries if it[0] or it[1]}
        before = self._maps
        if not maps:
            return False
        self._maps = maps
        return bool(before) and not maps & before


def _first(data: bytes) -> int | None:
    """Where the first whole packet begins; None where there seem to be none."""
    for at in range(min(PACKET, len(data))):
        if data[at] == _SYNC and all(
            data[more] == _SYNC for more in range(at, min(len(data), at + 5 * PACKET), PACKET)
        ):
            return at
    return None


def _section(packet: bytes) -> bytes | None:
    """The table that begins in a packet, where it ends there, too."""
    if not packet[1] & 0x40 or not packet[3] & 0x10:
        return None
    start = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
    if start >= PACKET:
        return None
    start += 1 + packet[start]
    if start + 3 > PACKET:
        return None
    end = start + 3 + ((packet[start + 1] & 0x0F) << 8 | packet[start + 2])
    return packet[start:end] if start + 12 <= end <= PACKET else None


def _audio_streams(section: bytes) -> Iterator[int]:
    """The numbers of the audio streams in a program's map."""
    at = 12 + ((section[10] & 0x0F) << 8 | section[11])
    while at + 5 <= len(section) - 4:
        kind, number = section[at], (section[at + 1] & 0x1F) << 8 | section[at + 2]
        size = (section[at + 3] & 0x0F) << 8 | section[at + 4]
        if kind in _AUDIO or (kind == _PRIVATE and _tells_audio(section[at + 5 : at + 5 + size])):
            yield number
        at += 5 + size


def _tells_audio(descriptors: bytes) -> bool:
    at = 0
    while at + 2 <= len(descriptors):
        tag, size = descriptors[at], descriptors[at + 1]
        if tag in _AUDIO_TAGS:
            return True
        if tag == _REGISTRATION and descriptors[at + 2 : at + 6] in _NAMED:
            return True
        at += 2 + size
    return False

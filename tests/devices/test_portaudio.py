"""Choosing devices and running them, with a library that has whatever devices a test wants."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vivavoce.devices.duplex import Duplex
from vivavoce.devices.portaudio import common_rate, device_list, devices, explained, find, running
from vivavoce.errors import BadRequest, EngineUnavailable


class PortAudioError(Exception):
    """As the real one: words, then PortAudio's number."""


@dataclass
class FakeStream:
    """A stream whose callbacks the test calls itself."""

    kind: str
    settings: dict[str, Any]
    fails: str = ""
    state: list[str] = field(default_factory=list)

    def start(self) -> None:
        if self.fails:
            raise PortAudioError(f"{self.fails} [PaErrorCode -9996]")
        self.state.append("started")

    def close(self) -> None:
        self.state.append("closed")
        self.settings["finished_callback"]()

    def call(self, data: Any, at: float) -> None:
        time = SimpleNamespace(inputBufferAdcTime=at, outputBufferDacTime=at)
        self.settings["callback"](data, len(data), time, None)


class FakePortAudio:
    """Devices as (name, inputs, outputs, rates), and the streams that were opened."""

    PortAudioError: type[Exception] = PortAudioError

    def __init__(
        self,
        *known: tuple[str, int, int, tuple[int, ...]],
        default: tuple[int, int] = (-1, -1),
        fails: str = "",
    ) -> None:
        self.known = known
        self.default = SimpleNamespace(device=default)
        self.streams: list[FakeStream] = []
        self.fails = fails
        self.InputStream: Callable[..., FakeStream] = lambda **it: self.open("in", it)
        self.OutputStream: Callable[..., FakeStream] = lambda **it: self.open("out", it)

    def open(self, kind: str, settings: dict[str, Any]) -> FakeStream:
        self.streams.append(FakeStream(kind, settings, self.fails if kind == "out" else ""))
        return self.streams[-1]

    def query_devices(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "hostapi": 0, "max_input_channels": ins, "max_output_channels": outs}
            for name, ins, outs, _ in self.known
        ]

    def query_hostapis(self) -> list[dict[str, Any]]:
        return [{"name": "ALSA"}]

    def check_input_settings(self, **settings: Any) -> None:
        if settings["samplerate"] not in self.known[settings["device"]][3]:
            raise PortAudioError("Invalid sample rate [PaErrorCode -9997]", -9997)

    check_output_settings = check_input_settings


ALL = (48_000, 44_100, 32_000, 16_000)
DESK = FakePortAudio(
    ("HDA Intel: Mic", 2, 0, ALL),
    ("HDA Intel: Speaker", 0, 2, ALL),
    ("USB headset", 1, 2, (16_000, 44_100)),
    ("USB headset Pro", 1, 0, ALL),
    default=(3, 1),
)


def test_devices_are_told_apart_by_their_side() -> None:
    assert [device.name for device in devices(DESK, "microphone")] == [
        "HDA Intel: Mic",
        "USB headset",
        "USB headset Pro",
    ]
    assert [device.index for device in devices(DESK, "loudspeaker")] == [1, 2]


def test_the_systems_choice_is_taken_unless_another_is_wanted() -> None:
    assert find(DESK, "microphone", None).name == "USB headset Pro"
    assert find(DESK, "loudspeaker", None).name == "HDA Intel: Speaker"
    without_default = FakePortAudio(("only", 1, 1, ALL))
    assert find(without_default, "microphone", None).name == "only"


@pytest.mark.parametrize(
    ("wanted", "index"), [("2", 2), ("intel", 0), ("usb HEADSET pro", 3), ("USB headset", 2)]
)
def test_a_device_is_found_by_number_by_part_of_its_name_and_by_all_of_it(
    wanted: str, index: int
) -> None:
    assert find(DESK, "microphone", wanted).index == index


def test_an_unclear_choice_names_the_numbers() -> None:
    with pytest.raises(BadRequest, match=r"use a number: 2 \(USB headset, ALSA\), 3"):
        find(DESK, "microphone", "usb")


def test_an_unknown_device_gets_the_nearest_name() -> None:
    with pytest.raises(BadRequest, match="no loudspeaker 'USB headsett'; did you mean 'USB head"):
        find(DESK, "loudspeaker", "USB headsett")
    with pytest.raises(BadRequest, match="no loudspeaker '0'"):
        find(DESK, "loudspeaker", "0")


def test_a_machine_without_devices_gets_a_remedy() -> None:
    with pytest.raises(EngineUnavailable, match=r"found no microphone; plug one in.*PipeWire"):
        find(FakePortAudio(), "microphone", None)
    assert "found no loudspeaker" in device_list(FakePortAudio())


def test_the_list_marks_the_systems_choice() -> None:
    assert device_list(DESK).splitlines() == [
        "microphones:",
        "    0  HDA Intel: Mic (ALSA)",
        "    2  USB headset (ALSA)",
        "*   3  USB headset Pro (ALSA)",
        "loudspeakers:",
        "*   1  HDA Intel: Speaker (ALSA)",
        "    2  USB headset (ALSA)",
    ]


def test_the_best_rate_that_both_devices_know_is_taken() -> None:
    microphone, speaker = find(DESK, "microphone", "0"), find(DESK, "loudspeaker", "1")
    headset = find(DESK, "loudspeaker", "2")
    assert common_rate(DESK, microphone) == 48_000
    assert common_rate(DESK, microphone, speaker) == 48_000
    assert common_rate(DESK, microphone, headset) == 44_100


def test_devices_without_a_common_rate_are_refused_with_portaudios_words() -> None:
    odd = FakePortAudio(("mic", 1, 0, (11_025,)), ("speaker", 0, 1, ALL))
    with pytest.raises(EngineUnavailable, match=r"cannot use .*'mic'.*: Invalid sample rate;"):
        common_rate(odd, find(odd, "microphone", None), find(odd, "loudspeaker", None))


def test_running_devices_fill_and_empty_the_duplex_and_are_closed() -> None:
    library = FakePortAudio(("mic", 1, 0, ALL), ("speaker", 0, 1, ALL))
    seen = []

    class Watched(Duplex):
        def captured(self, samples: Any, at: float | None = None) -> None:
            seen.append((samples.copy(), at))

    duplex = Watched(16_000)
    duplex.write(np.full(160, 0.5, np.float32))
    with running(
        library, duplex, find(library, "microphone", None), find(library, "loudspeaker", None)
    ):
        inward, outward = library.streams
        assert [inward.settings[key] for key in ("blocksize", "samplerate", "channels")] == [
            160,
            16_000,
            1,
        ]
        inward.call(np.full((160, 1), 0.25, np.float32), at=7.0)
        inward.call(np.full((160, 1), 0.25, np.float32), at=0.0)
        data = np.zeros((160, 1), np.float32)
        outward.call(data, at=7.1)
        assert (data == 0.5).all()
    assert [(float(samples[0]), at) for samples, at in seen] == [(0.25, 7.0), (0.25, None)]
    assert inward.state == outward.state == ["started", "closed"]


def test_a_device_that_cannot_be_opened_closes_the_other_and_says_why() -> None:
    library = FakePortAudio(("mic", 1, 0, ALL), ("speaker", 0, 1, ALL), fails="Device unavailable")
    chosen = (find(library, "microphone", None), find(library, "loudspeaker", None))
    with (
        pytest.raises(
            EngineUnavailable,
            match=r"cannot open the loudspeaker 'speaker': Device unavailable; .*--devices",
        ),
        running(library, Duplex(16_000), *chosen),
    ):
        pass
    assert all("closed" in stream.state for stream in library.streams)


async def test_a_device_that_ends_by_itself_ends_the_source_with_its_name() -> None:
    library = FakePortAudio(("mic", 1, 0, ALL))
    duplex = Duplex(16_000)
    with running(library, duplex, find(library, "microphone", None)):
        library.streams[0].settings["finished_callback"]()
        with pytest.raises(
            EngineUnavailable, match="the microphone 'mic' was disconnected; plug it in"
        ):
            await anext(duplex.source())


def test_a_missing_package_names_the_extra_and_a_missing_library_the_systems_package() -> None:
    missing = ModuleNotFoundError("No module named 'sounddevice'", name="sounddevice")
    assert "pip install 'vivavoce[mic]'" in str(explained(missing))
    lacking = OSError("PortAudio library not found")
    assert "apt install libportaudio2" in str(explained(lacking))
    assert "brew install portaudio" in str(explained(lacking))


@pytest.mark.parametrize("command", ["talk", "listen"])
def test_commands_without_the_package_end_with_the_remedy(command: str) -> None:
    code = (
        "import sys; sys.modules['sounddevice'] = None\n"
        "from vivavoce.cli.main import run\n"
        f"sys.exit(run([{command!r}]))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert ran.stderr.startswith("error: sound from this machine's devices needs an extra")
    assert "Traceback" not in ran.stderr

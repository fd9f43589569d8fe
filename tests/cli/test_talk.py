"""`vivavoce talk`: the command with a device that a test makes up, and its parts by themselves."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from vivavoce.audio import Audio
from vivavoce.cli.key_presses import keys
from vivavoce.cli.live import ConversationLine, Lines, Scene, Screen, latency, meter, now
from vivavoce.cli.push_to_talk import PushToTalk
from vivavoce.cli.talk import CleaningOptions, converse
from vivavoce.conversation.session import Engines, Session
from vivavoce.devices.duplex import Duplex
from vivavoce.engines import ToolCall, Transcript
from vivavoce.errors import BadRequest
from vivavoce.events import (
    Event,
    Failed,
    Heard,
    Paused,
    ReplyEnded,
    ReplyStarted,
    Resumed,
    Spoke,
    ToolCalled,
    TurnDropped,
    TurnTimes,
)
from vivavoce.settings import SessionSettings, TurnSettings
from vivavoce.testing import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    hush,
    say,
)

Talk = Callable[..., subprocess.Popen[str]]
RATE, BLOCK = 16_000, 160
MANUAL = SessionSettings(system_prompt="", turns=TurnSettings(mode="manual"))

SOUNDDEVICE = '''
"""A sound card with one voice in front of it, five times as fast as the real ones."""

import os
import threading
from types import SimpleNamespace

import numpy as np

from vivavoce.testing import hush, say

SPEECH = np.concatenate([part.samples for part in (hush(0.5, rate=48000), say(0.5, rate=48000))])


class PortAudioError(Exception):
    pass


default = SimpleNamespace(device=(0, 0))


def query_devices():
    if "NO_DEVICE" in os.environ:
        return []
    return [{"name": "card", "hostapi": 0, "max_input_channels": 1, "max_output_channels": 1}]


def query_hostapis():
    return [{"name": "Fake"}]


def check_input_settings(**settings):
    pass


check_output_settings = check_input_settings


class Stream:
    def __init__(self, *, blocksize, callback, finished_callback, **settings):
        self.block, self.callback, self.finished = blocksize, callback, finished_callback
        self.over, self.thread = threading.Event(), threading.Thread(target=self.run)

    def start(self):
        self.thread.start()

    def close(self):
        self.over.set()
        self.thread.join()

    def run(self):
        number = 0
        while not self.over.wait(0.002):
            data = np.zeros((self.block, 1), np.float32)
            said = SPEECH[number * self.block : (number + 1) * self.block]
            data[: len(said), 0] = said
            at = 1 + number / 100
            times = SimpleNamespace(inputBufferAdcTime=at, outputBufferDacTime=at + 0.05)
            self.callback(data, self.block, times, None)
            number += 1
            if number == 150 and "UNPLUGGED" in os.environ:
                return self.finished()


InputStream = OutputStream = Stream
'''


@pytest.fixture
def talk(plugin: Path) -> Iterator[Talk]:
    """Starts the command with scripted engines and the card above."""
    (plugin / "sounddevice.py").write_text(SOUNDDEVICE)
    started = []

    def start(*args: object, tts: str = "scripted", **environment: str) -> subprocess.Popen[str]:
        engines = ["--vad", "scripted", "--turn", "silence", "--stt", "scripted:hello computer"]
        engines += ["--llm", "scripted", "--tts", tts]
        off = ["--no-echo-cancellation", "--no-noise-suppression", "--no-gain-control"]
        ran = subprocess.Popen(
            [sys.executable, "-m", "vivavoce", "talk", *engines, *off, *map(str, args)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        started.append(ran)
        return ran

    yield start
    for ran in started:
        ran.kill()
        ran.communicate()


# --- the command ---------------------------------------------------------------------------------


def test_a_conversation_is_told_in_plain_lines_and_ends_with_ctrl_c(
    talk: Talk, tmp_path: Path
) -> None:
    ran = talk("--record", tmp_path / "call")
    assert ran.stdout
    assert ran.stdout.readline() == "You: hello computer\n"
    assert ran.stdout.readline() == "Vivavoce: You said: hello computer.\n"
    ran.send_signal(signal.SIGINT)
    _, err = ran.communicate()
    assert ran.returncode == 0, err
    assert "Traceback" not in err
    assert {path.name for path in (tmp_path / "call").iterdir()} == {
        "events.jsonl",
        "input.wav",
        "output.wav",
        "session.json",
    }


def test_events_can_be_had_as_json(talk: Talk) -> None:
    ran = talk("--json", "--greeting", "Hello there.")
    assert ran.stdout
    events: list[dict[str, str]] = []
    while not events or events[-1]["event"] != "ReplyEnded":
        events.append(json.loads(ran.stdout.readline()))
    ran.send_signal(signal.SIGTERM)
    _, err = ran.communicate()
    assert ran.returncode == 0, err
    assert events[0]["event"] == "ReplyStarted"
    assert "Hello" in "".join(event["text"] for event in events if event["event"] == "Spoke")


def test_a_device_that_is_unplugged_ends_the_conversation_with_an_error(
    talk: Talk,
) -> None:
    ran = talk(UNPLUGGED="1")
    _, err = ran.communicate()
    assert ran.returncode == 1
    assert "'card' was disconnected; plug it in and start again" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("args", "settings", "words"),
    [
        ([], {"NO_DEVICE": "1"}, "error: found no microphone; plug one in"),
        (["--input", "boom"], {}, "error: no microphone 'boom'; try card"),
        (["--output", "boom"], {}, "error: no loudspeaker 'boom'; try card"),
        (["--push-to-talk"], {}, "error: push-to-talk needs a keyboard"),
        ([], {"tts": "absent"}, "error: absent: no answer"),
    ],
)
def test_what_cannot_be_is_told_with_its_remedy(
    talk: Talk, args: list[str], settings: dict[str, str], words: str
) -> None:
    ran = talk(*args, **settings)
    _, err = ran.communicate()
    assert (ran.returncode, words in err) == (1, True), err
    assert "Traceback" not in err


def test_devices_are_listed(talk: Talk) -> None:
    ran = talk("--devices")
    out, _ = ran.communicate()
    assert ran.returncode == 0
    assert out == "microphones:\n*   0  card (Fake)\nloudspeakers:\n*   0  card (Fake)\n"


# --- push-to-talk --------------------------------------------------------------------------------


class Button:
    """A session behind push-to-talk, and what was told of the button."""

    def __init__(self, *utterances: str) -> None:
        self.events: list[Event] = []
        self.told: list[bool | str] = []
        self.duplex = Duplex(RATE)
        engines = Engines(
            ScriptedVad(),
            ScriptedTurn(),
            ScriptedStt(*utterances),
            ScriptedLlm(answer=lambda messages: "one two three four five six seven eight."),
            ScriptedTts(),
        )
        self.session = Session(engines, self.duplex, self.events.append, settings=MANUAL)
        self.button = PushToTalk(
            self.session, self.told.append, lambda: self.told.append("nothing")
        )

    async def hears(self, *audio: Audio) -> None:
        for stretch in audio:
            for first in range(0, len(stretch.samples), BLOCK):
                self.duplex.rendered()
                self.duplex.captured(stretch.samples[first : first + BLOCK])
                await self.session.settled()

    @property
    def finals(self) -> list[str]:
        return [e.transcript.text for e in self.events if isinstance(e, Heard) and e.final]


@asynccontextmanager
async def pressed(*utterances: str) -> AsyncIterator[Button]:
    it = Button(*utterances)
    async with asyncio.TaskGroup() as group:
        group.create_task(it.session.run(it.button.source(it.duplex.source())))
        await asyncio.sleep(0)
        yield it
        it.duplex.close()


async def test_only_what_is_said_between_two_presses_is_heard() -> None:
    async with pressed("one two three four") as it:
        await it.hears(say(1.0))
        assert it.events == []
        it.button.press()
        await it.hears(say(0.75), hush(3.0))
        assert it.finals == []
        it.button.press("\n")
        await it.hears(hush(0.5))
        assert it.finals == ["one two three"]
    assert it.told == [True, False]


async def test_the_microphone_stays_open_for_the_last_sound() -> None:
    async with pressed("one two three four") as it:
        it.button.press()
        await it.hears(say(0.4))
        it.button.press()
        await it.hears(say(0.15), hush(0.5))
    assert it.finals == ["one two three"]


async def test_a_press_stops_the_reply_at_once() -> None:
    async with pressed("one two", "three four") as it:
        it.button.press()
        await it.hears(say(0.5))
        it.button.press()
        await it.hears(hush(1.0))
        replying = it.session.replying
        it.button.press()
        await it.hears(hush(0.02))
        assert (replying, it.session.replying) == (True, False)
        await it.hears(say(0.5))
        it.button.press()
        await it.hears(hush(0.5))
    assert it.finals == ["one two", "three four"]


async def test_a_press_without_words_says_that_nothing_was_heard() -> None:
    async with pressed("never") as it:
        it.button.press()
        it.button.press("x")
        await it.hears(hush(0.5))
        it.button.press()
        await it.hears(hush(0.5))
    assert it.told == [True, False, "nothing"]


async def test_a_terminal_gives_single_keys_and_is_left_as_it_was() -> None:
    import termios

    leader, follower = os.openpty()
    before = termios.tcgetattr(follower)
    got: asyncio.Queue[str] = asyncio.Queue()
    with os.fdopen(follower, "r") as stream:
        with keys(got.put_nowait, stream):
            os.write(leader, b" x")
            assert [await got.get(), await got.get()] == [" ", "x"]
            assert not termios.tcgetattr(follower)[3] & termios.ICANON
        assert termios.tcgetattr(follower)[3] == before[3]
    os.close(leader)


async def test_a_pipe_gives_keys_and_its_end_gives_none() -> None:
    out, into = os.pipe()
    got: asyncio.Queue[str] = asyncio.Queue()
    with os.fdopen(out, "r") as stream, keys(got.put_nowait, stream):
        os.write(into, b"\n")
        assert await got.get() == "\n"
        os.close(into)
        await asyncio.sleep(0)
    assert got.empty()


async def test_a_file_is_no_keyboard(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(" ")
    with (
        (tmp_path / "file").open() as stream,
        pytest.raises(BadRequest, match="needs a keyboard"),
        keys(print, stream),
    ):
        pass


# --- what is shown -------------------------------------------------------------------------------

TIMES = TurnTimes(0.08, 0.12, 0.15, 0.18, 0.25, 0.312, draft=True)
TURN: list[Event] = [
    Heard(1, Transcript("what", stable=1), final=False),
    Heard(1, Transcript("what time is it"), final=True),
    ReplyStarted(1, True),
    Spoke(1, "It is "),
    Spoke(1, "noon."),
    ReplyEnded(1, "It is noon.", "done", TIMES),
]


def test_a_scene_follows_the_conversation() -> None:
    scene = Scene()
    states = []
    lines = []
    for event in TURN:
        lines += scene.handle(event)
        states.append(scene.state)
    assert states == ["listening", "thinking", "thinking", "speaking", "speaking", "listening"]
    assert lines == [
        ConversationLine("You", "what time is it"),
        ConversationLine("Vivavoce", "It is noon."),
        ConversationLine("", latency(TIMES)),
    ]
    assert (scene.partial.text, scene.reply) == ("", "")


def test_a_held_breath_an_interruption_and_a_false_alarm_are_seen() -> None:
    scene = Scene(state="speaking")
    states = []
    for event in (Paused(1, 0.0), Resumed(1, 0.0)):
        scene.handle(event)
        states.append(scene.shown)
    assert states == ["paused", "speaking"]
    scene.partial = Transcript("hm")
    scene.handle(TurnDropped(2, "noise"))
    assert scene.partial.text == ""
    assert scene.handle(ReplyEnded(1, "It is", "interrupted", None)) == [
        ConversationLine("Vivavoce", "It is —")
    ]
    assert scene.handle(ReplyEnded(2, "", "interrupted", None)) == []


def test_failures_and_tools_are_remarks() -> None:
    scene = Scene()
    (failed,) = scene.handle(Failed("stt", "moonshine:tiny-en", "no answer", "the turn is lost"))
    assert failed == ConversationLine("", "stt moonshine:tiny-en: no answer; the turn is lost")
    (called,) = scene.handle(ToolCalled(1, ToolCall("1", "time", "{}")))
    assert called == ConversationLine("", "tool time {}")


def test_latency_is_one_line_in_milliseconds() -> None:
    assert latency(TIMES) == (
        "answered after 312 ms (transcript 80, first word 120, voice 180, turn over 250; drafted)"
    )
    assert latency(TurnTimes(stt=0.1)) == "no sound (transcript 100)"


def test_a_level_is_a_bar() -> None:
    assert meter(0.0) == "█" * 12
    assert meter(-30.0) == "█" * 6 + "░" * 6
    assert meter(-np.inf) == meter(-60.0) == "░" * 12
    assert meter(6.0) == "█" * 12


def shown(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_terminal_shows_what_happens_below_what_was_said() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100, color_system=None)
    with Screen(console) as screen:
        for event in TURN[:4]:
            screen.handle(event)
            screen.tick(0.1, -20.0)
        assert "what time is it" in shown(console)
        assert "● speaking" in shown(console)
        assert "Vivavoce: It is" in shown(console)
        for event in TURN[4:]:
            screen.handle(event)
        screen.tick(0.1, -20.0)
        assert "answered after 312 ms" in shown(console)
        screen.opened(False)
        screen.tick(0.1, -20.0)
        assert "● waiting" in shown(console)
        screen.nothing()
        assert "no speech was recorded" in shown(console)


def test_what_is_happening_fits_the_terminal_and_keeps_brackets() -> None:
    console = Console(file=StringIO(), width=40, color_system=None)
    scene = Scene(partial=Transcript("[red]one two", stable=1), times=TIMES)
    console.print(now(scene, -20.0))
    assert "You:      [red]one two" in shown(console)
    assert all(len(line) <= 40 for line in shown(console).splitlines())
    assert len(shown(console).splitlines()) == 2


async def test_a_conversation_is_shown_and_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    duplex = Duplex(RATE)
    engines = Engines(
        ScriptedVad(), ScriptedTurn(), ScriptedStt("hi"), ScriptedLlm("Hello."), ScriptedTts()
    )
    over = asyncio.Event()

    class Watched(Lines):
        def handle(self, event: Event) -> None:
            super().handle(event)
            if isinstance(event, ReplyEnded):
                over.set()

    async with asyncio.TaskGroup() as group:
        folder = tmp_path / "call"
        group.create_task(converse(engines, duplex, SessionSettings(), Watched(), folder))
        for stretch in (say(0.5), hush(60.0)):
            for first in range(0, len(stretch.samples), BLOCK):
                duplex.rendered()
                duplex.captured(stretch.samples[first : first + BLOCK])
                for _ in range(40):
                    await asyncio.sleep(0)
                if over.is_set():
                    break
        duplex.close()
    out, err = capsys.readouterr()
    assert out == "You: hi\nVivavoce: Hello.\n"
    assert "answered after" in err
    assert (folder / "output.wav").stat().st_size > 8_000


def test_no_processing_is_loaded_when_all_of_it_is_off() -> None:
    assert CleaningOptions(echo=False, noise=False, gain=False).cleaner(RATE) is None
    assert CleaningOptions(echo=False, noise=True, gain=False).cleaner(RATE) is not None

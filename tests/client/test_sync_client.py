"""The plain client, on a thread of its own beside the server's loop."""

from __future__ import annotations

import _thread
import asyncio
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

import vivavoce
from tests.client.callers import Caller, question
from vivavoce.audio import Audio
from vivavoce.client import Client, Retries
from vivavoce.client.loop_thread import LoopThread
from vivavoce.engines import LlmOptions, Message, Thought, Token
from vivavoce.errors import BadAudio, BadRequest, EngineUnavailable
from vivavoce.events import ReplyEnded
from vivavoce.testing import ScriptedLlm, ScriptedStt, hush, say
from vivavoce.testing.scripted_server import ScriptedResponse, ScriptedServer

if TYPE_CHECKING:
    from tests.server.conftest import Served, Serving

NOT_AGAIN = Retries(times=0)


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    yield
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith("vivavoce-c")]


async def test_everything_works_without_async(serving: Serving) -> None:
    stt = ScriptedStt("one two three four", "what time is it")
    llm = ScriptedLlm("It is noon.")

    def work(url: str) -> None:
        with vivavoce.Client(url) as client:
            assert client.health().ready
            assert client.transcribe_file(say(1.0)).text == "one two three four"
            assert client.speak("One two.").seconds == pytest.approx(0.5, abs=0.05)
            assert len(list(client.stream_speech("One. Two."))) >= 1
            words = [it for piece in client.speech_stream(["One ", "two."]) for it in piece.words]
            assert [word.text for word in words] == ["One", "two."]
            assert [voice.id for voice in client.voices()] == ["tone", "other"]
            assert [model.id for model in client.models()] == ["scripted"]
            answer = client.ask(say(1.0))
            assert (answer.heard.text, answer.text) == ("what time is it", "It is noon.")
            with pytest.raises(BadAudio):
                client.transcribe_file(b"no audio at all")

    async with serving(stt=stt, llm=llm) as server:
        await asyncio.to_thread(work, server.url)


async def test_what_is_said_is_written_down_meanwhile(serving: Serving) -> None:
    def work(url: str) -> list[str]:
        with Client(url) as client:
            return [it.transcript.text for it in client.listen(iter(question())) if it.final]

    async with serving(stt=ScriptedStt("one two three four")) as server:
        assert await asyncio.to_thread(work, server.url) == ["one two three four"]


async def test_a_conversation_is_held_on_the_caller_s_thread(serving: Serving) -> None:
    caller, threads = Caller(), set[str]()

    def source() -> Iterator[Audio]:
        yield say(1.0)
        while not caller.answered:
            yield hush(0.1)

    def work(url: str) -> None:
        def hear(event: object) -> None:
            threads.add(threading.current_thread().name)
            caller.hear(event)  # type: ignore[arg-type]

        threads.add(threading.current_thread().name)
        with Client(url) as client:
            client.converse(source(), caller.sink, hear)

    stt, llm = ScriptedStt("what time is it"), ScriptedLlm("It is noon now.")
    async with serving(stt=stt, llm=llm) as server:
        await asyncio.to_thread(work, server.url)
    ended = caller.events[-1]
    assert isinstance(ended, ReplyEnded)
    assert ended.heard == "It is noon now."
    assert len(threads) == 1
    assert caller.sink.audio.seconds == pytest.approx(1.0, abs=0.1)


async def test_one_client_serves_many_threads(server: Served) -> None:
    loop = asyncio.get_running_loop()
    texts = ["Word. " * count for count in range(1, 9)]
    with Client(server.url) as client, ThreadPoolExecutor(8) as threads:
        spoken = await asyncio.gather(
            *(loop.run_in_executor(threads, client.speak, text) for text in texts)
        )
    seconds = [audio.seconds for audio in spoken]
    assert seconds == pytest.approx([count / 4 for count in range(1, 9)], abs=0.1)


async def test_leaving_a_loop_hangs_up(server: Served) -> None:
    def work() -> None:
        with Client(server.url) as client:
            with closing(client.speech_stream(["Word. "] * 300)) as speech:
                next(speech)
            for _ in client.stream_speech("Word. " * 300):
                break
            assert client.health().ready

    await asyncio.to_thread(work)
    await server.service.conversations.ended()


async def test_closing_ends_what_other_threads_wait_for(serving: Serving) -> None:
    asked, may = asyncio.Event(), asyncio.Event()

    class HeldLlm(ScriptedLlm):
        async def reply(
            self, messages: Sequence[Message], options: LlmOptions
        ) -> AsyncGenerator[Thought, None]:
            asked.set()
            await may.wait()
            yield Token("Never told.")

    async with serving(stt=ScriptedStt("hello"), llm=HeldLlm()) as server:
        client = Client(server.url)
        asking = asyncio.create_task(asyncio.to_thread(client.ask, say(1.0)))
        await asked.wait()
        await asyncio.to_thread(client.close)
        with pytest.raises(EngineUnavailable, match="closed"):
            await asking
        with pytest.raises(BadRequest, match="closed"):
            client.speak("Hello.")
        with pytest.raises(BadRequest, match="closed"):
            next(client.listen([]))
        client.close()


def test_a_client_that_did_nothing_is_closed() -> None:
    Client("http://127.0.0.1:1").close()


def test_ctrl_c_ends_a_call_and_hangs_up() -> None:
    with ScriptedServer(ScriptedResponse(first="stall")) as server, Client(server.url) as client:

        def interrupt() -> None:
            server.asked.wait(20)
            _thread.interrupt_main()

        press = threading.Thread(target=interrupt)
        press.start()
        with pytest.raises(KeyboardInterrupt):
            client.speak("Hello.")
        assert server.gone.wait(20)
        press.join()


TALKING = """
import sys, time, vivavoce
from vivavoce.conversation.sinks import MemorySink

def microphone():
    while True:
        time.sleep(0.02)
        yield vivavoce.Audio.silence(0.02, 16_000)

with vivavoce.Client(sys.argv[1]) as client:
    hear = lambda event: print(type(event).__name__, flush=True)
    client.converse(microphone(), MemorySink(16_000), hear, settings={"greeting": "Hello you."})
"""


async def test_ctrl_c_ends_a_conversation_and_the_program(server: Served) -> None:
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-c", TALKING, server.url, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stdout is not None
    assert await program.stdout.readline() == b"ReplyStarted\n"
    program.send_signal(signal.SIGINT)
    _, errors = await program.communicate()
    lines = errors.decode().splitlines()
    assert lines.count("KeyboardInterrupt") == 1, errors.decode()
    assert lines[-1] == "KeyboardInterrupt"
    assert lines[0].startswith("Traceback")
    await server.service.conversations.ended()


def test_an_error_of_a_blocking_source_is_told() -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise OSError("the microphone is gone")

    from vivavoce.client.loop_thread import threaded

    loop = LoopThread("vivavoce-c-test")

    async def close() -> None:
        pass

    got = loop.iterate(threaded(broken()))
    assert next(got) == 1
    with pytest.raises(OSError, match="the microphone is gone"):
        next(got)
    loop.close(close())


def test_a_server_that_is_not_there_is_told() -> None:
    with (
        Client("http://127.0.0.1:1", retries=NOT_AGAIN) as client,
        pytest.raises(EngineUnavailable, match=r"no connection.*check that the server is running"),
    ):
        client.health()

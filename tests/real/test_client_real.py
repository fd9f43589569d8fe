"""The Python client, the whole server, and the engines that come out of the box."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

from tests.client.callers import Caller
from tests.real.serving import served
from vivavoce.client import AsyncClient
from vivavoce.engines import SttOptions
from vivavoce.events import Heard, ReplyEnded
from vivavoce.media.decode import read_audio
from vivavoce.transcripts.word_errors import word_errors

ROOT = Path(__file__).parents[2]
QUESTION = ROOT / "src/vivavoce/data/question.wav"
TEXT = "Please turn off the lights, and lock the door before you go to sleep tonight."


async def test_speech_is_understood_again(tmp_path: Path) -> None:
    async with served(state=str(tmp_path)) as url, AsyncClient(url) as client:
        speech = await client.speak(TEXT)
        transcript = await client.transcribe_file(speech, options=SttOptions(words=True))
        batch = await client.batch_speak([TEXT, "Once upon a time."])
        job = await batch.wait()
        audio = await batch.audio(0)
    assert speech.dbfs > -35
    assert word_errors(TEXT, transcript.text).rate < 0.35
    assert transcript.words[-1].end <= transcript.duration_s
    assert [item.state for item in job.items] == ["done", "done"]
    assert abs(audio.seconds - speech.seconds) < 0.1


async def test_what_is_written_is_spoken_and_captioned(tmp_path: Path) -> None:
    async def tokens() -> AsyncIterator[str]:
        for token in re.findall(r"\S+\s*", TEXT):
            yield token

    async with served(state=str(tmp_path)) as url, AsyncClient(url) as client:
        async with aclosing(client.speech_stream(tokens(), rate=16_000)) as speech:
            spoken = [piece async for piece in speech]

        async def said() -> AsyncIterator[object]:
            for piece in spoken:
                yield piece

        async with aclosing(client.listen(said())) as captions:  # type: ignore[arg-type]
            finals = [it.transcript.text async for it in captions if it.final]
    assert [word.text for piece in spoken for word in piece.words] == TEXT.split()
    assert word_errors(TEXT, " ".join(finals)).rate < 0.35


async def test_a_spoken_question_is_answered_in_a_conversation(tmp_path: Path) -> None:
    caller = Caller()
    question = read_audio(QUESTION, rate=16_000)
    async with served(state=str(tmp_path)) as url, AsyncClient(url) as client:
        await client.converse(caller.speech(question), caller.sink, caller.hear)
    finals = [it.transcript.text for it in caller.events if isinstance(it, Heard) and it.final]
    assert finals == ["What is the capital of France?"]
    ended = caller.events[-1]
    assert isinstance(ended, ReplyEnded)
    assert "Paris" in ended.heard
    assert caller.sink.audio.seconds > 0.5
    assert caller.sink.audio.dbfs > -45


async def ran(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, f"{output.decode()}{errors.decode()}"
    return output.decode()


async def test_the_example_does_all_of_it(tmp_path: Path) -> None:
    async with served(state=str(tmp_path)) as url:
        output = await ran(sys.executable, str(ROOT / "examples/client.py"), url, str(QUESTION))
    assert output.count("What is the capital of France?") == 4
    assert output.count("Paris") == 2


async def test_the_documented_programs_run(tmp_path: Path) -> None:
    page = (ROOT / "docs/client.md").read_text()
    blocks = re.findall(r"(<!-- .*? -->\n)?```python\n(.*?)```", page, re.DOTALL)
    programs = [code for comment, code in blocks if not comment]
    assert len(programs) >= 5
    async with served(state=str(tmp_path)) as url:
        for code in programs:
            await ran(
                sys.executable,
                "-c",
                code.replace("http://127.0.0.1:8080", url).replace("question.wav", str(QUESTION)),
            )

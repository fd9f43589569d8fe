"""What the whole stack takes: time to its first sound, memory, and CPU while nobody speaks."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from vivavoce.audio import Audio
from vivavoce.config.configuration import Config
from vivavoce.conversation.session import Session
from vivavoce.conversation.sinks import MemorySink
from vivavoce.conversation.sources import at_speed_of_speech
from vivavoce.loading.open_engines import open_engines
from vivavoce.media.decode import write_audio

from .report import Report
from .speech import QUESTIONS, synthesized

_RUNS = 5
_IDLE_S = 20.0

_CHILD = """
import asyncio, os, sys, time
from dataclasses import replace
from pathlib import Path
from vivavoce.conversation.single_turn import answer
from vivavoce.config.configuration import load_config
from vivavoce.events import Spoke
from vivavoce.media.decode import read_audio
from vivavoce.loading.open_engines import open_engines

def told(event):
    if isinstance(event, Spoke):
        print(time.time(), flush=True)
        os._exit(0)

async def main():
    config = load_config()
    short = replace(config.session, max_reply_tokens=24)
    question = read_audio(Path(sys.argv[1]))
    async with open_engines(config) as engines:
        await answer(engines, question, settings=short, on_event=told)

asyncio.run(main())
"""


async def bench_footprint(config: Config) -> Report:
    """Cold start to first audio (of new processes), resident memory, idle CPU."""
    async with open_engines(config) as engines:
        (clip,) = await synthesized(engines.tts, QUESTIONS[:1])
        with tempfile.TemporaryDirectory() as folder:
            question = Path(folder) / "question.wav"
            write_audio(clip.audio, question)
            colds = sorted([await _cold_start(question) for _ in range(_RUNS)])
        before = resident_mb()
        idle = await _idle_cpu(engines, config)
        row = {
            "cold start to first audio, s (median)": round(colds[_RUNS // 2], 2),
            "worst": round(colds[-1], 2),
            "memory MB": round(max(before, resident_mb())),
            "CPU of one core, open microphone %": round(100 * idle, 1),
        }
    notes = [
        (
            "Cold start: from the start of a new Python process to the first audible word of the "
            f"answer to a question of {clip.audio.seconds:.1f} s read from a file; weights in the "
            "page cache. The answer has 24 tokens at most: a question from a file is heard faster "
            "than it was said, so all of the answer is written before it begins to sound."
        )
    ]
    return Report("footprint", [row], notes, {"cold_starts_s": colds})


async def _cold_start(question: Path) -> float:
    begun = time.time()
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, str(question), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    return float(output.split()[0]) - begun


async def _idle_cpu(engines, config: Config) -> float:  # type: ignore[no-untyped-def]
    session = Session(engines, MemorySink(24_000), lambda event: None, settings=config.session)
    begun, cpu = time.perf_counter(), time.process_time()
    silence = Audio.silence(0.1, 16_000)
    await session.run(at_speed_of_speech(silence, lambda: time.perf_counter() - begun > _IDLE_S))
    return (time.process_time() - cpu) / (time.perf_counter() - begun)


def resident_mb() -> float:
    """This process's resident memory now, in MB."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return pages * 4096 / 1e6

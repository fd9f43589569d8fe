"""Language packs are loaded away from the event loop, so that no audio waits for one."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import asyncio, sys, threading

threads = {}

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("vivavoce.text.language.") and name.count(".") == 3:
            threads.setdefault(name.rpartition(".")[2], threading.current_thread().name)

sys.meta_path.insert(0, Watch())
from vivavoce.engines import Transcript
from vivavoce.settings import SessionSettings
from vivavoce.testing import Call, ScriptedLlm, ScriptedStt, ScriptedTts, hush, say

class Mute(ScriptedTts):
    voices = ()

async def main():
    heard = Transcript("Wie spaet ist es?", language="de", language_confidence=0.9)
    stt, tts = ScriptedStt(heard, languages=LANGUAGES), Mute()
    settings = SessionSettings(language=CONFIGURED, greeting="auto")
    async with Call(stt=stt, llm=ScriptedLlm("5 %."), tts=tts, settings=settings) as call:
        for _ in range(500):
            if "de" in threads:
                break
            await asyncio.sleep(0.01)
        await call.hears(hush(3.0), say(2.0), hush(8.0))
    print(threads["de"], tts.spoken[-1], sep="|")

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("languages", "configured"), [(("de",), None), (("de", "en"), "de"), (("de", "en"), None)]
)
def test_a_pack_is_loaded_in_a_thread(languages: tuple[str, ...], configured: str | None) -> None:
    script = SCRIPT.replace("LANGUAGES", repr(languages)).replace("CONFIGURED", repr(configured))
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    thread, said = done.stdout.strip().split("|")
    assert thread != "MainThread"
    assert said == "fünf Prozent."

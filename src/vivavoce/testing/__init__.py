"""Scripted engines, a call in lockstep, and the checks that every engine must pass.

All of it is public, for your own tests.
"""

from vivavoce.conversation.sinks import MemorySink

from .call import Call
from .check_engine import check_engine
from .check_language import check_language
from .check_llm import check_llm
from .check_stt import check_stt
from .check_tts import check_tts
from .check_turn import check_turn
from .check_vad import check_vad
from .scripted import ScriptedLlm, ScriptedStt, ScriptedTts, ScriptedTurn, ScriptedVad, hush, say

__all__ = [
    "Call",
    "MemorySink",
    "ScriptedLlm",
    "ScriptedStt",
    "ScriptedTts",
    "ScriptedTurn",
    "ScriptedVad",
    "check_engine",
    "check_language",
    "check_llm",
    "check_stt",
    "check_tts",
    "check_turn",
    "check_vad",
    "hush",
    "say",
]

"""Scripted engines, a call in lockstep, and the checks that every engine must pass.

All of it is public, for your own tests.
"""

from .call import Call, MemorySink
from .scripted import (
    ScriptedLlm,
    ScriptedStt,
    ScriptedTts,
    ScriptedTurn,
    ScriptedVad,
    hush,
    say,
)

__all__ = [
    "Call",
    "MemorySink",
    "ScriptedLlm",
    "ScriptedStt",
    "ScriptedTts",
    "ScriptedTurn",
    "ScriptedVad",
    "hush",
    "say",
]

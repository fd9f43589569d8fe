"""Scripted engines, a call in lockstep, and the checks that every engine must pass.

All of it is public, for your own tests.
"""

from vivavoce.sinks import MemorySink

from .call import Call
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

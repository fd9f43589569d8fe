"""When engines take over from one another; the configuration's `fallback` section."""

from __future__ import annotations

from pydantic import Field
from pydantic.dataclasses import dataclass

from vivavoce.engines import Kind
from vivavoce.settings import SECTION


@dataclass(frozen=True, slots=True, config=SECTION)
class FallbackSettings:
    """How long an engine may take before the next of its list is asked."""

    turn_s: float = Field(default=2.0, gt=0, description="For a turn detector's answer.")
    stt_s: float = Field(
        default=5.0,
        gt=0,
        description="For a transcript; half of the utterance's length is added to it.",
    )
    llm_s: float = Field(default=10.0, gt=0, description="For a language model's first token.")
    tts_s: float = Field(default=5.0, gt=0, description="For a phrase's first sound.")
    probe_s: float = Field(
        default=30.0, gt=0, description="Pause between probes of an engine that is down, at most."
    )

    def patience(self, kind: Kind) -> float:
        """Seconds for engines of this kind. A VAD answers at once or not at all."""
        by_kind = {"turn": self.turn_s, "stt": self.stt_s, "llm": self.llm_s, "tts": self.tts_s}
        return by_kind.get(kind, self.turn_s)

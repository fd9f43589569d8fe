"""How well the end of a turn is told from a pause in mid-sentence, without playing a conversation.

Whole sentences, and the same broken off after their middle word, are put to the recognizer, the
language model and the turn detector, and to the rules that a session goes by.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from vivavoce.audio import Audio
from vivavoce.bench.scorecard.voices import parts_of
from vivavoce.config.configuration import Config
from vivavoce.engines import (
    Engines,
    Foresight,
    Message,
    SttOptions,
    Transcript,
    TtsOptions,
    capability,
)
from vivavoce.errors import BadRequest
from vivavoce.loading.open_engines import open_engines
from vivavoce.settings import TurnSettings
from vivavoce.testing.signals import at_speech_level
from vivavoce.turn_taking.endpointing import judge, patience
from vivavoce.turn_taking.evidence import FIRST_S, Evidence
from vivavoce.turn_taking.fits import load_fit

from .report import Figure, Report
from .speech import RATE, room, spoken, trimmed

Kind: TypeAlias = Literal["whole", "broken", "short"]

PAUSES = (0.5, 0.8, 1.2, 2.0)

VOICES = (
    "en-us",
    "en-us+m1",
    "en-us+m3",
    "en-us+rob",
    "en-gb-x-rp",
    "en-us+f2",
    "en-us+m5",
    "en-us+croak",
    "en-us+m7",
    "en-us+Alex",
)

SENTENCES = (
    "What kind of bread do you sell in the afternoon?",
    "Can you book a table for four people on Friday?",
    "How often should I water a small cactus?",
    "Where did my grandmother buy this old clock?",
    "Why do cats always land on their feet?",
    "Who invented the first electric light bulb?",
    "Is there a train to the airport after midnight?",
    "Please remind me to call the dentist tomorrow morning.",
    "Turn down the heating in the living room.",
    "I would like to order two large pizzas with extra cheese.",
    "My package has not arrived and I am getting worried.",
    "We want to cancel our subscription at the end of the month.",
    "Tell me a joke about a farmer and his pig.",
    "What happens when you mix vinegar with baking soda?",
    "How much does a new roof cost these days?",
    "Could you send me the address of the nearest pharmacy?",
    "Which museum would you visit with small children?",
    "Does this phone work without a contract?",
    "When does the library close on Saturdays?",
    "I need to change the password of my account.",
    "Play some quiet music while I am cooking.",
    "What was the score of the game last night?",
    "How do I get a stain out of a white shirt?",
    "Should I invest my money in gold or in bonds?",
    "The washing machine makes a strange noise when it spins.",
    "Will it snow in the mountains next weekend?",
    "Are dolphins smarter than chimpanzees?",
    "Add milk and butter to my shopping list.",
    "Explain the rules of chess in simple words.",
    "How long can you keep cooked rice in the fridge?",
    "What is a good name for a black dog?",
    "Who was the queen before Elizabeth the Second?",
    "I forgot where I parked my car this morning.",
    "Can I take this medicine together with alcohol?",
    "Set an alarm for half past six.",
    "Where do most tourists go when they visit Japan?",
    "Why is my internet so slow in the evening?",
    "Do you deliver flowers on Sunday mornings?",
    "Give me three reasons to learn the piano.",
    "What does a marine biologist do all day?",
    "How many bones does an adult human have?",
    "Find me a cheap hotel near the main station.",
    "I am looking for a present for my sister.",
    "Which planet is closest to the sun?",
    "Has anyone ever walked across the Antarctic alone?",
    "What is the quickest way to peel garlic?",
    "Show me pictures of the northern lights.",
    "How do vaccines protect us against a virus?",
    "My son wants to know why the moon follows us.",
    "When should I plant tulips in my garden?",
)
"""None of them is in a scenario of `vivavoce bench turns`."""

ANSWERS = (
    "Yes, please.",
    "No, thank you.",
    "Tomorrow.",
    "The second one.",
    "At seven.",
    "In London.",
    "I don't know.",
    "Maybe later.",
    "That's right.",
    "Next Monday.",
    "Blue.",
    "A window seat.",
    "My brother.",
    "Not yet.",
    "Twice a week.",
    "Of course.",
    "Credit card.",
    "Room twelve.",
    "Good morning.",
    "Goodbye.",
)


_FIT = "en"
"""What the sentences are judged by."""

_ROOM_S = 0.3 + FIRST_S
"""Before and after each."""

_TOLD: tuple[Kind, Kind] = "whole", "broken"


@dataclass(frozen=True, slots=True)
class Ending:
    """What is made of one end. ends, sound: the model's and the detector's probabilities.

    spoken_s: until the end.
    """

    kind: Kind
    ends: float
    sound: float
    heard: Transcript
    spoken_s: float = 2.0

    def wait_s(self, settings: TurnSettings) -> float:
        """How long a silence ends the turn."""
        known = Evidence(self.heard, self.ends, self.sound, self.spoken_s)
        return patience(known, load_fit(_FIT), settings)

    @property
    def by_words(self) -> float:
        """The probability that the turn is over, by its words alone."""
        known = Evidence(self.heard, self.ends, None, self.spoken_s)
        return judge(known, FIRST_S, load_fit(_FIT)).over


async def bench_endings(config: Config) -> Report:
    """As the recognizer hears them, and as if it had understood each word."""
    async with AsyncExitStack() as stack:
        engines = await stack.enter_async_context(open_engines(config))
        foresight = capability(engines.llm, Foresight)
        if foresight is None:
            raise BadRequest(
                f"{engines.llm.name} cannot judge where words end; try --llm llama-cpp"
            )
        heard, said = [], []
        for kind, text, voice in material():
            audio = await _said(engines, text, voice)
            transcript = await _transcribed(engines, audio)
            sound = await engines.turn.probability(
                audio.resampled(engines.turn.rate), transcript.text
            )
            if transcript.text:
                end = Ending(kind, 0.0, sound, transcript, audio.seconds - _ROOM_S)
                heard.append(await _asked(foresight, config, end))
            known = Transcript(text if kind != "broken" else f"{text}.", language="en")
            end = Ending(kind, 0.0, sound, known, audio.seconds - _ROOM_S)
            said.append(await _asked(foresight, config, end))
    settings = config.session.turns
    rows = [row("as heard", heard, settings), row("as said", said, settings)]
    names = f"{engines.stt.name}, {engines.llm.name}, {engines.turn.name}"
    note = f"{len(said)} ends in synthesized voices; {len(heard)} were taken for words ({names})."
    return Report("endings", rows, [note])


def material() -> list[tuple[Kind, str, str]]:
    """What is said, and by whom: each sentence by three voices, each answer by four."""
    all_: list[tuple[Kind, str, str]] = []
    for number, sentence in enumerate(SENTENCES):
        half = str(parts_of(sentence, 0.0)[0])
        for step in range(3):
            voice = VOICES[(3 * number + step) % len(VOICES)]
            all_ += [("whole", sentence, voice), ("broken", half, voice)]
    return all_ + [("short", answer, voice) for answer in ANSWERS for voice in VOICES[:4]]


def row(name: str, endings: Sequence[Ending], settings: TurnSettings) -> dict[str, Figure]:
    """Shares in %; waits in ms, of whole sentences and of short answers."""
    waits = {
        kind: np.array([each.wait_s(settings) for each in endings if each.kind == kind])
        for kind in ("whole", "broken", "short")
    }
    words = [[each.by_words for each in endings if each.kind == kind] for kind in _TOLD]
    sounds = [[e.sound for e in endings if e.kind == kind] for kind in _TOLD]
    median, p95 = 1000 * np.quantile(waits["whole"], (0.5, 0.95))
    return {
        "words": name,
        "area, words": round(area(*words), 2),
        "area, sound": round(area(*sounds), 2),
        "at once": round(100 * float(np.mean(waits["whole"] <= settings.wait_min_s))),
        "wait": round(median),
        "wait 95 %": round(p95),
        "short": round(1000 * float(np.median(waits["short"]))),
        **{
            f"cut at {pause} s": round(100 * float(np.mean(waits["broken"] <= pause)))
            for pause in PAUSES
        },
    }


def area(likely: Sequence[float], unlikely: Sequence[float]) -> float:
    """Under the curve: how often one of the first is above one of the second."""
    first, second = np.array(likely)[:, None], np.array(unlikely)[None]
    return float(np.mean(first > second) + np.mean(first == second) / 2)


async def _said(engines: Engines, text: str, voice: str) -> Audio:
    known = {each.id for each in engines.tts.voices}
    options = TtsOptions(voice if voice in known else None)
    speech = trimmed(await spoken(engines.tts, text, options))
    samples = [room(0.3), at_speech_level(speech), room(FIRST_S)]
    return Audio(np.concatenate(samples).astype(np.float32), RATE)


async def _transcribed(engines: Engines, audio: Audio) -> Transcript:
    stream = await engines.stt.open(SttOptions(language="en", partials=False))
    try:
        await stream.feed(audio.resampled(engines.stt.rate).samples)
        return await stream.finish()
    finally:
        await stream.aclose()


async def _asked(llm: Foresight, config: Config, end: Ending) -> Ending:
    """The same with the language model's probability that the words end there."""
    said = Message("user", end.heard.text)
    prompt = [Message("system", config.session.system_prompt), said]
    return replace(end, ends=await llm.completeness(prompt))

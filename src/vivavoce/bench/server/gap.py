"""The gap through a server, beside the same questions in this process."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TypeAlias

from vivavoce.bench import gap
from vivavoce.bench.report import Figure, Report, milliseconds, quantile
from vivavoce.bench.speech import QUESTIONS, SpeechClip, synthesized
from vivavoce.config.configuration import Config
from vivavoce.conversation.session import Engines
from vivavoce.loading.open_engines import open_engines

from .plan import MeasurementPlan
from .process import MeasuredServer
from .questions import Asked, ask, question_of, summary
from .realtime_client import open_realtime

Way: TypeAlias = Callable[[SpeechClip], Awaitable[Asked]]

IN_PROCESS, WEBSOCKET, WEBRTC = "in process", "WebSocket", "WebRTC"


async def bench_server_gap(config: Config, server: MeasuredServer, plan: MeasurementPlan) -> Report:
    """Every question every way, in turns whose order goes round; nothing else runs meanwhile."""
    notes = [
        (
            "Gap: from the true end of speech in the audio sent to the first audible sample, for a "
            "client that plays audio as it arrives; in ms. Over: paired, per question."
        )
    ]
    async with open_engines(config) as engines:
        clips = await synthesized(engines.tts, _repeated(plan.questions))
        ways: dict[str, Way] = {
            IN_PROCESS: lambda clip: _in_process(engines, config, clip),
            WEBSOCKET: lambda clip: _by_websocket(server, clip, plan.append_ms / 1000),
        }
        if _has_aiortc():
            ways[WEBRTC] = lambda clip: _by_webrtc(server, clip)
        else:
            notes.append(
                "WebRTC: not measured because aiortc is missing; install 'vivavoce[server]'."
            )
        asked: dict[str, list[Asked]] = {way: [] for way in ways}
        for number, clip in enumerate(clips):
            for way in rotated(list(ways), number):
                asked[way].append(await ways[way](clip))
                await server.left()
    return report(asked, notes)


def report(asked: Mapping[str, Sequence[Asked]], notes: Sequence[str]) -> Report:
    """The table. asked: the same questions in the same order, by the way they went."""
    rows = []
    for way, ones in asked.items():
        over = differences(asked[IN_PROCESS], ones) if way != IN_PROCESS else []
        more: dict[str, Figure] = {
            "over in process, median": milliseconds(quantile(over, 0.5)),
            "over, 95 %": milliseconds(quantile(over, 0.95)),
        }
        rows.append({**summary({"way": way}, ones), **more})
    turns = {way: [asdict(one) for one in ones] for way, ones in asked.items()}
    return Report("server: gap", rows, notes, {"turns": turns})


def differences(base: Sequence[Asked], other: Sequence[Asked]) -> list[float]:
    """How much longer the other's gaps are, of questions that both answered and did not cut off."""
    return [
        theirs.gap - ours.gap
        for ours, theirs in zip(base, other, strict=True)
        if ours.gap is not None and theirs.gap is not None
        if not (ours.cut_off or theirs.cut_off)
    ]


def rotated(items: Sequence[str], by: int) -> list[str]:
    """The same in an order that begins further on."""
    by %= len(items)
    return [*items[by:], *items[:by]]


async def _in_process(engines: Engines, config: Config, clip: SpeechClip) -> Asked:
    begun = time.perf_counter()
    turn = await gap.ask(engines, config.session, clip)
    return Asked(clip.name, begun, turn.gap)


async def _by_websocket(server: MeasuredServer, clip: SpeechClip, append_s: float) -> Asked:
    question = question_of(clip, append_s)
    async with open_realtime(server.endpoint) as client:
        return await ask(client, question)


async def _by_webrtc(server: MeasuredServer, clip: SpeechClip) -> Asked:
    from .webrtc_client import open_call

    async with open_call(server.endpoint) as caller:
        return await caller.ask(clip)


def _has_aiortc() -> bool:
    try:
        import aiortc  # noqa: F401 - only whether it is there
    except ImportError:
        return False
    return True


def _repeated(count: int) -> list[str]:
    return [QUESTIONS[number % len(QUESTIONS)] for number in range(count)]

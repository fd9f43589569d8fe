"""The gap when several speak at once, and when more come than the machine holds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import cast

from vivavoce.bench.report import Report
from vivavoce.bench.speech import synthesized
from vivavoce.config.configuration import Config
from vivavoce.engines import Tts
from vivavoce.loading.open_engines import make

from .plan import MeasurementPlan
from .process import MeasuredServer
from .questions import Asked, Question, ask, question_of, summary
from .realtime_client import RealtimeClient, ServerFailed, SessionRefused, open_realtime

_EVERY_S = 1.0
"""Between one caller past another."""
_HOLD_S = 20.0
"""How long those inside are watched after the first refusal, while others go on knocking."""


@dataclass(slots=True)
class Seat:
    """One session that asks question after question. failure: why it broke off, if it did."""

    number: int
    asked: list[Asked] = field(default_factory=list)
    failure: str = ""


@dataclass(slots=True)
class Turnstile:
    """Who was let in, and who was not. refused_at: when for the first time."""

    seats: list[Seat] = field(default_factory=list)
    refusals: list[SessionRefused] = field(default_factory=list)
    refused_at: float | None = None


async def bench_server_speaking(
    config: Config, server: MeasuredServer, plan: MeasurementPlan
) -> list[Report]:
    """Some sessions at once; then one more a second, until one is refused, and a while longer."""
    questions = await _questions(config, plan)
    return [await _at_once(server, questions, plan), await _overload(server, questions, plan)]


async def _questions(config: Config, plan: MeasurementPlan) -> list[Question]:
    tts = cast("Tts", make("tts", config.tts))
    await tts.load()
    try:
        return [question_of(clip, plan.append_ms / 1000) for clip in await synthesized(tts)]
    finally:
        await tts.aclose()


async def _at_once(
    server: MeasuredServer, questions: Sequence[Question], plan: MeasurementPlan
) -> Report:
    rows, turns, failures = [], {}, []
    for count in plan.at_once:
        seats = [Seat(number) for number in range(count)]
        async with asyncio.TaskGroup() as group:
            for seat in seats:
                group.create_task(_visit(server, seat, questions, plan.rounds))
        await server.left()
        asked = [one for seat in seats for one in seat.asked]
        failures += [seat.failure for seat in seats if seat.failure]
        rows.append(summary({"sessions at once": count}, asked))
        turns[str(count)] = [asdict(one) for one in asked]
    notes = [
        (
            f"All start at the same moment, ask {plan.rounds} questions each, and hear every "
            "reply to its end. Gaps in ms."
        ),
        *(f"Broken off: {failure}" for failure in failures),
    ]
    return Report("server: speaking", rows, notes, {"turns": turns})


async def _visit(
    server: MeasuredServer, seat: Seat, questions: Sequence[Question], rounds: int
) -> None:
    try:
        async with open_realtime(server.endpoint) as client:
            await _talk(client, seat, questions, lambda: len(seat.asked) == rounds)
    except ServerFailed as failed:
        seat.failure = str(failed)


async def _overload(
    server: MeasuredServer, questions: Sequence[Question], plan: MeasurementPlan
) -> Report:
    door, over = Turnstile(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        while not _is_enough(door, plan):
            try:
                stay, client = await _knock(server)
            except SessionRefused as refused:
                door.refusals.append(refused)
                door.refused_at = door.refused_at or time.perf_counter()
            except ServerFailed as failed:
                door.seats.append(Seat(len(door.seats), failure=str(failed)))
            else:
                door.seats.append(seat := Seat(len(door.seats)))
                group.create_task(_stay(stay, client, seat, questions, over))
            await asyncio.sleep(_EVERY_S)
        over.set()
    await server.left()
    return report(door)


def report(door: Turnstile) -> Report:
    """The gaps of those inside, before the first refusal and after it."""
    asked = [one for seat in door.seats for one in seat.asked]
    edge = door.refused_at
    before = [one for one in asked if edge is None or one.begun < edge]
    rows = [summary({"while": "all accepted"}, before)]
    if edge is not None:
        after = [one for one in asked if one.begun >= edge]
        rows.append(summary({"while": "some refused"}, after))
    reasons = sorted({f"{one.code}: {one}" for one in door.refusals})
    notes = [
        (
            f"One more session every {_EVERY_S:g} s; {len(door.seats)} were accepted, "
            f"{len(door.refusals)} refused."
        ),
        *(f"Refused: {reason}" for reason in reasons[:3]),
        *(f"Broken off: {seat.failure}" for seat in door.seats if seat.failure),
    ]
    details: dict[str, object] = {
        "turns": [asdict(one) for one in asked],
        "refusals": [{"code": one.code, "message": str(one)} for one in door.refusals],
        "refused_at": edge,
    }
    return Report("server: more than it holds", rows, notes, details)


def _is_enough(door: Turnstile, plan: MeasurementPlan) -> bool:
    if door.refused_at is None:
        return len(door.seats) >= plan.most
    return time.perf_counter() - door.refused_at > _HOLD_S


async def _knock(server: MeasuredServer) -> tuple[AsyncExitStack, RealtimeClient]:
    """A session, and what closes it. Raises Refused when it is not let in."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(open_realtime(server.endpoint))
        return stack.pop_all(), client


async def _stay(
    stay: AsyncExitStack,
    client: RealtimeClient,
    seat: Seat,
    questions: Sequence[Question],
    over: asyncio.Event,
) -> None:
    try:
        async with stay:
            await _talk(client, seat, questions, over.is_set)
    except ServerFailed as failed:
        seat.failure = str(failed)


async def _talk(
    client: RealtimeClient, seat: Seat, questions: Sequence[Question], enough: Callable[[], bool]
) -> None:
    """Ask one after the other; neighbours ask different ones."""
    while not enough():
        number = (7 * seat.number + len(seat.asked)) % len(questions)
        seat.asked.append(await ask(client, questions[number], whole=True))

"""Batches give way."""

from __future__ import annotations

import asyncio

from vivavoce.config.server_settings import LimitSettings, ServerSettings
from vivavoce.events import SpeechStarted
from vivavoce.server.access.admission import Admission, Caller
from vivavoce.server.access.machine_load import MachineLoad
from vivavoce.server.jobs.yielding import QUIET_S, Yielding
from vivavoce.server.live_conversations import LiveConversations
from vivavoce.server.observe.metrics import Metrics


def admission(**limits: int) -> Admission:
    return Admission(ServerSettings(limits=LimitSettings(**limits)), Metrics())


async def test_nothing_holds_a_batch_while_nobody_waits() -> None:
    begun = asyncio.get_running_loop().time()
    pace = Yielding(admission(), LiveConversations(Metrics()))
    for _ in range(100):
        await pace.step()
    assert asyncio.get_running_loop().time() - begun < 5.0


async def test_a_batch_stands_still_while_work_waits_for_the_machine() -> None:
    door = admission()
    door.load = MachineLoad(0.2)
    stepping = asyncio.create_task(Yielding(door, LiveConversations(Metrics())).step())
    done, _ = await asyncio.wait({stepping}, timeout=0.3)
    assert not done
    door.load = MachineLoad(0.01)
    await asyncio.wait_for(stepping, 20)


async def test_a_batch_stands_still_while_a_request_waits_for_a_place() -> None:
    door = admission(requests=1)
    caller = Caller("somebody")
    entered = asyncio.Event()

    async def ask() -> None:
        async with door.request(caller):
            entered.set()

    async with asyncio.TaskGroup() as group:
        async with door.request(caller):
            group.create_task(ask())
            await asyncio.sleep(0)  # lets `ask` run up to where it waits
            assert door.waiting == 1
            stepping = group.create_task(Yielding(door, LiveConversations(Metrics())).step())
            done, _ = await asyncio.wait({stepping}, timeout=0.3)
            assert not done
        await asyncio.wait_for(stepping, 20)
    assert entered.is_set()


async def test_beside_a_conversation_a_batch_rests_as_long_as_it_worked() -> None:
    door = admission()
    clock = asyncio.get_running_loop().time
    with door.session(Caller("somebody")):
        pace = Yielding(door, LiveConversations(Metrics()))
        worked = clock()
        await asyncio.wait({asyncio.create_task(asyncio.sleep(0.2))})
        worked = clock() - worked
        rested = clock()
        await pace.step()
        assert clock() - rested >= worked * 0.9


async def test_a_batch_waits_for_the_end_of_a_turn() -> None:
    conversations = LiveConversations(Metrics())
    clock = asyncio.get_running_loop().time
    pace = Yielding(admission(), conversations)
    with conversations.enter("voice") as conversation:
        await pace.step()
        conversation.handle(SpeechStarted(1, 0.0))
        begun = clock()
        await pace.step()
        assert clock() - begun >= QUIET_S * 0.9
        conversation.handle(SpeechStarted(1, 0.0))
    begun = clock()
    await pace.step()
    assert clock() - begun < QUIET_S, "who has left is waited for no more"

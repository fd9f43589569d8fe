"""What the parts of one session share: its tasks, its engine calls, its owner's ear, its clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vivavoce.concurrency.owned_tasks import OwnedTasks
from vivavoce.concurrency.pending_calls import PendingCalls
from vivavoce.events import Event


@dataclass(frozen=True, slots=True)
class Runtime:
    """Of one session. emit: tells the owner. clock: the latency clock, in seconds."""

    tasks: OwnedTasks
    calls: PendingCalls
    emit: Callable[[Event], None]
    clock: Callable[[], float]

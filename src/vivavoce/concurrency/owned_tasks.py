"""A session's tasks, by owner: what is cancelled is waited for before anything takes its place."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine


class OwnedTasks:
    """Tasks, each with an owner; `cancel` ends all that an owner has.

    Live in `group` while a session runs. A task must not raise; one that does ends the session.
    """

    def __init__(self) -> None:
        self.group: asyncio.TaskGroup | None = None
        self._running: dict[object, set[asyncio.Task[None]]] = {}
        self._ending: set[asyncio.Task[None]] = set()

    def __contains__(self, owner: object) -> bool:
        return owner in self._running

    def spawn(self, owner: object, work: Coroutine[None, None, None]) -> None:
        """Run it as one of the owner's tasks."""
        assert self.group is not None, "the session is not running; call `run` first"
        task = self.group.create_task(work)
        self._running.setdefault(owner, set()).add(task)
        task.add_done_callback(lambda task: self._forget(owner, task))

    def cancel(self, owner: object) -> None:
        """Ask all of the owner's tasks to end."""
        for task in self._running.pop(owner, ()):
            task.cancel()
            self._ending.add(task)

    async def ended(self) -> None:
        """Wait until all that was cancelled has ended."""
        me = asyncio.current_task()
        while others := self._ending - {me}:
            await asyncio.wait(others)

    async def finish(self, *last: object) -> None:
        """Cancel everything but the tasks of these owners, and wait until all has ended."""
        for owner in [owner for owner in self._running if owner not in last]:
            self.cancel(owner)
        await self.ended()
        while left := {task for tasks in self._running.values() for task in tasks}:
            await asyncio.wait(left)

    def _forget(self, owner: object, task: asyncio.Task[None]) -> None:
        self._ending.discard(task)
        tasks = self._running.get(owner, set())
        tasks.discard(task)
        if not tasks:
            self._running.pop(owner, None)

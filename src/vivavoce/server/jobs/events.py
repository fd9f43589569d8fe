"""A job's progress as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator

from pydantic import BaseModel

from vivavoce.server.errors import Problem
from vivavoce.server.service import Service

from .jobs import Jobs
from .responses import item_answer, job_answer

_LOOK_S = 1.0
"""How often it is seen whether the server is to stop."""
_SIGN_OF_LIFE = 15
"""After so many looks without news a comment is sent, so that nothing between takes the connection
for dead."""


async def progress(
    jobs: Jobs, service: Service, job: str, owner: str, since: int
) -> AsyncGenerator[str, None]:
    """The job's state; then each item that has changed after change `since`, as it changes.

    An item's event has the number of its change as its id, so that a client which lost the
    connection is told what it missed. The last event is the ended job's.
    """
    kept_s, told, quiet = service.limits.job_kept_s, "", 0
    while True:
        heard = jobs.news.next()
        try:
            now, items = await jobs.changes(job, owner, since)
        except Problem as problem:  # deleted meanwhile
            yield f"event: error\ndata: {json.dumps(problem.body())}\n\n"
            return
        state = _event("job", job_answer(now, kept_s))
        if not told:
            yield state
        for item in items:
            since = max(since, item.change)
            yield _event("item", item_answer(now, item), item.change)
            await asyncio.sleep(0)  # a client that reads fast takes a thousand items in one go
        if state != told and told:
            yield state
        told = state
        if now.ended is not None:
            return
        while not await heard.within(_LOOK_S):
            if service.state == "draining":
                return
            quiet = (quiet + 1) % _SIGN_OF_LIFE
            if not quiet:
                yield ": still here\n\n"


def _event(name: str, answer: BaseModel, number: int | None = None) -> str:
    data = answer.model_dump_json(exclude_none=True)
    numbered = "" if number is None else f"id: {number}\n"
    return f"event: {name}\n{numbered}data: {data}\n\n"

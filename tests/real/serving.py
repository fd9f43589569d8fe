"""A server with the embedded engines, in the test's own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from vivavoce.config.configuration import load_config
from vivavoce.server.run import Life, Notice, Ready, serve


@asynccontextmanager
async def served(tts: str | None = None, **server: object) -> AsyncIterator[str]:
    """Its address. tts: another voice than the default. server: of the configuration's section."""
    ready = asyncio.get_running_loop().create_future()

    def tell(notice: Notice) -> None:
        if isinstance(notice, Ready):
            ready.set_result(notice.url)

    overrides: dict[str, object] = {"server": {"port": 0, **server}}
    if tts is not None:
        overrides["tts"] = tts
    config = load_config(overrides=overrides, environment={})
    life = Life(config, tell, self_test=False)
    serving = asyncio.create_task(serve(life))
    try:
        await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
        yield ready.result()
    finally:
        life.stop.set()
        await serving

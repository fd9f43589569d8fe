"""Ask by the Agents SDK: `openai_agents.py ws://127.0.0.1:8080/v1/realtime "Who are you?"`."""

# mypy: ignore-errors

import asyncio
import sys

from agents.realtime import RealtimeAgent, RealtimeRunner


async def main(url: str, question: str) -> None:
    agent = RealtimeAgent(name="Host", instructions="Answer in one short sentence.")
    runner = RealtimeRunner(agent)
    session = await runner.run(model_config={"url": url, "api_key": "none"})
    async with session:
        await session.send_message(question)
        async for event in session:
            if event.type == "raw_model_event" and event.data.type == "transcript_delta":
                print(event.data.delta, end="", flush=True)
            if event.type == "audio_end":
                print()
                break


asyncio.run(main(*sys.argv[1:]))

"""Ask by LiveKit Agents: `livekit_agents.py http://127.0.0.1:8080/v1 "Who are you?"`."""

# mypy: ignore-errors

import asyncio
import sys

from livekit.agents import Agent, AgentSession, utils
from livekit.plugins import openai


async def main(url: str, question: str) -> None:
    async with utils.http_context.open():  # in a LiveKit worker this is there already
        session = AgentSession(
            llm=openai.realtime.RealtimeModel(base_url=url, api_key="none"),
            vad=None,
            turn_handling={"turn_detection": "realtime_llm"},
        )
        await session.start(Agent(instructions="Answer in one short sentence."), record=False)
        await session.generate_reply(user_input=question)
        print(session.history.messages()[-1].text_content)
        await session.aclose()


asyncio.run(main(*sys.argv[1:]))

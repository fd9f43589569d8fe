"""Ask by OpenAI's package: `python openai_realtime.py http://127.0.0.1:8080/v1 "Who are you?"`."""

import asyncio
import sys

from openai import AsyncOpenAI


async def main(url: str, question: str) -> None:
    client = AsyncOpenAI(base_url=url, api_key="none")  # or one of the server's keys
    async with client.realtime.connect(model="gpt-realtime") as connection:
        await connection.conversation.item.create(
            item={
                "type": "message",
                "role": "user",
                "content": [{"type": "input_text", "text": question}],
            }
        )
        await connection.response.create()
        async for event in connection:
            if event.type == "response.output_audio_transcript.delta":
                print(event.delta, end="", flush=True)
            if event.type == "response.done":
                print()
                break


asyncio.run(main(*sys.argv[1:]))

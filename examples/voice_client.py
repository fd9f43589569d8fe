"""Talk with a Vivavoce server: a microphone on stdin, a loudspeaker on stdout.

arecord -t raw -f S16_LE -r 16000 | python voice_client.py ws://127.0.0.1:8080/voice |
    aplay -t raw -f S16_LE -r 16000
"""

import asyncio
import json
import sys

from websockets.asyncio.client import ClientConnection, connect


async def listen(server: ClientConnection) -> None:
    while audio := await asyncio.to_thread(sys.stdin.buffer.read, 640):  # 20 ms
        await server.send(audio)
    await server.send(bytes(96_000))  # 3 s of silence: a turn needs one to end


async def main(url: str) -> None:
    async with connect(url) as server, asyncio.TaskGroup() as tasks:
        await server.send(json.dumps({"type": "start", "rate": 16_000}))
        listening = tasks.create_task(listen(server))
        async for message in server:
            if isinstance(message, bytes):
                sys.stdout.buffer.write(message)
                sys.stdout.buffer.flush()
                continue
            event = json.loads(message)
            match event["event"]:
                case "Heard" if event["final"]:
                    print("You:     ", event["transcript"]["text"], file=sys.stderr)
                case "Error" | "Failed":
                    print("Error:   ", event["message"], file=sys.stderr)
                case "ReplyEnded":
                    print("Vivavoce:", event["heard"], file=sys.stderr)
                    if listening.done():
                        break


asyncio.run(main(sys.argv[1]))

"""Ask by a pipecat pipeline: `pipecat_pipeline.py ws://127.0.0.1:8080/v1/realtime "Who are you?"`.

In a bot that is spoken to, `transport.input()` comes first and `transport.output()` after `llm`.
"""

# mypy: ignore-errors

import asyncio
import sys

from pipecat.frames.frames import LLMRunFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.workers.runner import WorkerRunner


async def main(url: str, question: str) -> None:
    llm = OpenAIRealtimeLLMService(api_key="none", base_url=url)
    user, assistant = LLMContextAggregatorPair(LLMContext([{"role": "user", "content": question}]))
    worker = PipelineWorker(Pipeline([user, llm, assistant]))

    @assistant.event_handler("on_assistant_turn_stopped")
    async def on_assistant_turn_stopped(_, message) -> None:
        print(message.content)
        await worker.stop_when_done()

    runner = WorkerRunner()
    await runner.add_workers(worker)
    await worker.queue_frames([LLMRunFrame()])  # the first reply is the bot's
    await runner.run()


asyncio.run(main(*sys.argv[1:]))

"""One conversation by a pipecat pipeline: `pipecat_talk URL turn|tool|interrupt RECORDING`."""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator"

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    InputAudioRawFrame,
    InterruptionFrame,
    LLMRunFrame,
    OutputAudioRawFrame,
    StartFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime.events import (
    AudioConfiguration,
    AudioInput,
    InputAudioTranscription,
    SemanticTurnDetection,
    SessionProperties,
)
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from tests.clients.programs.microphone import RATE, spoken, tell

TIME_IN = FunctionSchema(
    name="time_in",
    description="The time of day in a city.",
    properties={"city": {"type": "string"}},
    required=["city"],
)
asked: list[str] = []


async def time_in(params: FunctionCallParams) -> None:
    asked.append(params.arguments["city"])
    await params.result_callback("noon")


class Loudspeaker(BaseOutputTransport):
    """Plays in real time to nobody. seconds: what was played."""

    def __init__(self) -> None:
        super().__init__(TransportParams(audio_out_enabled=True))
        self.seconds = 0.0
        self.interrupted = False
        self._free_at = 0.0

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def process_frame(self, frame: Any, direction: FrameDirection) -> None:
        if isinstance(frame, InterruptionFrame) and self.seconds:
            self.interrupted = True
        await super().process_frame(frame, direction)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        seconds = len(frame.audio) / 2 / frame.sample_rate
        if any(frame.audio):  # it also plays the silence between replies
            self.seconds += seconds
        self._free_at = max(self._free_at, time.monotonic()) + seconds
        await asyncio.sleep(self._free_at - time.monotonic())
        return True


def service(url: str) -> OpenAIRealtimeLLMService:
    heard = AudioInput(
        transcription=InputAudioTranscription(), turn_detection=SemanticTurnDetection()
    )
    llm = OpenAIRealtimeLLMService(
        api_key="none",
        base_url=url,
        settings=OpenAIRealtimeLLMService.Settings(
            session_properties=SessionProperties(audio=AudioConfiguration(input=heard)),
        ),
    )
    llm.register_function("time_in", time_in)
    return llm


async def main(url: str, scenario: str, recording: bytes) -> None:
    interrupting = scenario == "interrupt"
    context = LLMContext(
        [{"role": "user", "content": "talk on" if interrupting else "Say hello."}],
        ToolsSchema(standard_tools=[TIME_IN] if scenario == "tool" else []),
    )
    user, assistant = LLMContextAggregatorPair(context)
    loudspeaker = Loudspeaker()
    pipeline = Pipeline([user, service(url), loudspeaker, assistant])
    rates = PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE)
    worker = PipelineWorker(pipeline, params=rates)
    errors: list[str] = []
    replies = 0

    @worker.event_handler("on_pipeline_error")
    async def on_pipeline_error(_: Any, frame: Any) -> None:
        errors.append(frame.error)

    @assistant.event_handler("on_assistant_turn_stopped")
    async def on_assistant_turn_stopped(_: Any, message: Any) -> None:
        nonlocal replies
        replies += 1
        if replies == 2:
            await worker.stop_when_done()

    async def listen() -> None:
        await worker.queue_frames([LLMRunFrame()])
        async for chunk in spoken(
            recording, lambda: loudspeaker.seconds > 1.0 if interrupting else replies > 0
        ):
            await worker.queue_frames([InputAudioRawFrame(chunk, RATE, 1)])

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    listening = asyncio.create_task(listen())
    await runner.run()
    listening.cancel()
    tell(
        seconds=loudspeaker.seconds,
        interrupted=loudspeaker.interrupted,
        errors=errors,
        asked=asked,
        history=[
            (message["role"], message["content"])
            for message in context.messages
            if message["role"] in {"user", "assistant"} and "tool_calls" not in message
        ],
    )


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]).read_bytes()))

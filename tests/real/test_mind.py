"""The embedded language model writes, remembers, and lets go."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import cast

import pytest

from vivavoce import models
from vivavoce.engine.llama.llm import LlamaCpp, LlamaOptions
from vivavoce.engine.repetition import looped
from vivavoce.engines import (
    Foresight,
    LlmOptions,
    Message,
    Thought,
    Token,
    ToolCall,
    ToolSpec,
    Usage,
)
from vivavoce.errors import BadRequest, EngineUnavailable, ModelError
from vivavoce.options import build
from vivavoce.testing.check_llm import check_llm

SLOTS, CONTEXT = 2, 512
SYSTEM = Message("system", "You are a helpful assistant. Answer in one short sentence.")
LONG = " ".join(f"Number {n} is a fine number." for n in range(40))
FEW = LlmOptions(max_tokens=4)


@pytest.fixture(scope="module")
def mind() -> Iterator[LlamaCpp]:
    engine = LlamaCpp(build(LlamaOptions, {"slots": SLOTS, "context": CONTEXT, "threads": 1}))
    asyncio.run(engine.load())
    yield engine
    asyncio.run(engine.aclose())


def talk(*texts: str) -> list[Message]:
    said = [Message("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)]
    return [SYSTEM, *said]


def thinking(
    mind: LlamaCpp, messages: Sequence[Message], options: LlmOptions = FEW
) -> AsyncGenerator[Thought, None]:
    return mind.reply(messages, options)


async def answered(
    mind: LlamaCpp, messages: Sequence[Message], options: LlmOptions = FEW
) -> tuple[str, Usage]:
    async with aclosing(thinking(mind, messages, options)) as stream:
        thoughts = [thought async for thought in stream]
    assert isinstance(thoughts[-1], Usage)
    return "".join(t.text for t in thoughts if isinstance(t, Token)), thoughts[-1]


def busy(mind: LlamaCpp) -> list[int]:
    """The slots that llama.cpp works in, by its own account."""
    server = mind._server
    assert server is not None
    slots = cast("list[dict[str, int]]", server._ask("GET", "/slots"))
    return [slot["id"] for slot in slots if slot["is_processing"]]


async def until(mind: LlamaCpp, state: str) -> None:
    """Some slot is in this state."""
    while all(slot.state != state for slot in mind._slots._slots):  # noqa: ASYNC110 - a thread's
        await asyncio.sleep(0)


async def test_it_keeps_the_contract(mind: LlamaCpp) -> None:
    assert isinstance(mind, Foresight)
    await check_llm(mind, deterministic=True, stop=True, tools=True)


async def test_it_answers_a_plain_question(mind: LlamaCpp) -> None:
    answer, usage = await answered(mind, talk("What is the capital of France?"), LlmOptions())
    assert "Paris" in answer
    assert usage.finish == "stop"


# --- memory --------------------------------------------------------------------------------------


@pytest.mark.parametrize("replies", [1, 2])
async def test_a_reply_after_a_reply_is_a_new_one(mind: LlamaCpp, replies: int) -> None:
    said = [Message("assistant", "It is a fine day.")] * replies
    text, _ = await answered(
        mind, [*talk("Tell me about Paris."), *said], LlmOptions(max_tokens=16)
    )
    assert text.strip()


async def test_two_conversations_in_turns_each_find_their_own_prompt_cached(
    mind: LlamaCpp,
) -> None:
    whales, trains = talk("Tell me about whales."), talk("Are trains fast?")
    for _ in range(3):
        for one in (whales, trains):
            before = len(one)
            answer, usage = await answered(mind, one)
            one += [Message("assistant", answer), Message("user", "Tell me more about it.")]
            if before > 2:
                # All but the last answer's closing and the new question had been read.
                assert usage.prompt_tokens - usage.cached_tokens < 20, usage


async def test_after_a_warm_up_one_token_of_the_prompt_is_left_to_read(mind: LlamaCpp) -> None:
    ask = talk("Why do cats purr when they are happy?")
    await mind.warm(ask, LlmOptions())
    _, usage = await answered(mind, ask)
    assert usage.prompt_tokens - usage.cached_tokens <= 1


async def test_a_warm_up_serves_an_utterance_that_goes_on(mind: LlamaCpp) -> None:
    await mind.warm(talk("Where do penguins live and"), LlmOptions())
    _, usage = await answered(mind, talk("Where do penguins live and what do they eat?"))
    assert usage.prompt_tokens - usage.cached_tokens < 15


async def test_a_reply_does_not_wait_for_its_conversations_warm_up(mind: LlamaCpp) -> None:
    ask = talk(LONG)
    async with asyncio.TaskGroup() as group:
        warming = group.create_task(mind.warm(ask, LlmOptions()))
        await until(mind, "warming")
        _, usage = await answered(mind, ask)
        assert warming.done()
    assert usage.cached_tokens < usage.prompt_tokens


# --- what fits -----------------------------------------------------------------------------------


async def test_a_conversation_that_outgrows_the_context_loses_its_oldest_turns(
    mind: LlamaCpp, caplog: pytest.LogCaptureFixture
) -> None:
    turns = ["Tell me a story about a dog and a very old house.", "Once upon a time. " * 12] * 12
    with caplog.at_level(logging.INFO):
        _, usage = await answered(mind, talk(*turns, "What is the capital of France?"))
    assert CONTEXT // 2 < usage.prompt_tokens <= CONTEXT - 4
    assert "old messages outgrow the context" in caplog.text


async def test_a_question_that_outgrows_the_context_keeps_its_end(
    mind: LlamaCpp, caplog: pytest.LogCaptureFixture
) -> None:
    ask = talk(f"{LONG} {LONG} What is the capital of France?")
    answer, usage = await answered(mind, ask, LlmOptions(max_tokens=40))
    assert CONTEXT - 60 < usage.prompt_tokens <= CONTEXT - 40
    assert "the last message is longer than the context" in caplog.text
    assert answer


async def test_a_system_prompt_that_outgrows_the_context_is_an_error_with_its_remedy(
    mind: LlamaCpp,
) -> None:
    with pytest.raises(BadRequest, match="raise the engine's `context`"):
        await answered(mind, [Message("system", LONG * 3), Message("user", "Hi")])
    assert not busy(mind)


async def test_a_reply_ends_where_the_context_does(mind: LlamaCpp) -> None:
    wordy = LlmOptions(max_tokens=10_000, temperature=1.5, seed=3)
    _, usage = await answered(mind, talk("Count to one thousand."), wordy)
    assert usage.prompt_tokens + usage.reply_tokens <= CONTEXT


async def test_a_reply_on_which_nobody_set_a_limit_ends_where_the_context_does_and_says_so() -> (
    None
):
    mind = LlamaCpp(build(LlamaOptions, {"slots": 1, "context": 256, "threads": 1}))
    await mind.load()
    ask = "Count to two hundred, one number after the other: 1, 2, 3, 4, 5,"
    _, usage = await answered(mind, [Message("user", ask)], LlmOptions())
    await mind.aclose()
    assert (usage.prompt_tokens + usage.reply_tokens, usage.finish) == (256, "length")


# --- letting go ----------------------------------------------------------------------------------


async def test_a_reply_closed_in_its_middle_leaves_no_slot_busy(mind: LlamaCpp) -> None:
    stream = thinking(mind, talk("Tell me a long story."), LlmOptions(max_tokens=200))
    await anext(stream)
    assert busy(mind)
    await stream.aclose()
    assert not busy(mind)


async def test_a_reply_cancelled_while_its_prompt_is_read_leaves_no_slot_busy(
    mind: LlamaCpp,
) -> None:
    async with asyncio.TaskGroup() as group:
        reading = group.create_task(answered(mind, talk(f"Listen. {LONG}")))
        await until(mind, "replying")
        reading.cancel()
        await asyncio.wait({reading})
        assert not busy(mind)


async def test_more_replies_than_slots_wait_their_turn(mind: LlamaCpp) -> None:
    asks = [talk(f"What is {n} plus {n}?") for n in range(3 * SLOTS)]
    replies = await asyncio.gather(*(answered(mind, ask) for ask in asks))
    assert len(replies) == len(asks)
    assert not busy(mind)


async def test_closing_the_engine_ends_what_runs_and_it_says_so() -> None:
    mind = LlamaCpp(build(LlamaOptions, {"slots": 1, "context": 256, "threads": 1}))
    await mind.load()
    stream = thinking(mind, talk("Tell me a long story."), LlmOptions(max_tokens=200))
    await anext(stream)
    await mind.aclose()
    with pytest.raises(EngineUnavailable, match="closed"):
        async for _ in stream:
            pass
    with pytest.raises(EngineUnavailable):
        thinking(mind, talk("Hello?"))


# --- how it writes -------------------------------------------------------------------------------


async def test_a_seed_decides_what_is_drawn(mind: LlamaCpp) -> None:
    def drawn(seed: int) -> LlmOptions:
        return LlmOptions(max_tokens=12, temperature=1.5, seed=seed)

    ask = talk("Tell me a story.")
    one, again, other = [(await answered(mind, ask, drawn(seed)))[0] for seed in (1, 1, 2)]
    assert one == again != other


async def test_characters_of_several_tokens_come_whole(mind: LlamaCpp) -> None:
    words = ["日本語", "👋🏽 naïve"]
    say = ToolSpec(
        "say",
        "Say it.",
        {
            "type": "object",
            "properties": {"words": {"const": words}},
            "required": ["words"],
        },
    )
    options = LlmOptions(tools=(say,), tool_choice="required")
    async with aclosing(thinking(mind, talk("Say it."), options)) as stream:
        calls = [thought async for thought in stream if isinstance(thought, ToolCall)]
    assert [json.loads(call.arguments) for call in calls] == [{"words": words}]


async def test_a_finished_question_is_more_likely_over_than_half_of_one(mind: LlamaCpp) -> None:
    whole = await mind.completeness(talk("What is the capital of France?"))
    half = await mind.completeness(talk("What is the capital of"))
    assert half < 0.2 < whole <= 1


async def test_a_reply_that_goes_round_and_round_is_ended(mind: LlamaCpp) -> None:
    question = talk("How do you say good morning in Spanish?")
    text, usage = await answered(mind, question, LlmOptions(max_tokens=300))
    words = text.split()
    assert looped(words, least=20), "the model no longer loops here; find another question"
    assert len(words) < 60
    assert usage.finish == "length"
    assert usage.prompt_tokens > usage.cached_tokens
    assert usage.reply_tokens >= len(words)


# --- bad models ----------------------------------------------------------------------------------


async def test_a_truncated_model_is_an_error_that_says_so(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    whole = next(models.fetch("smollm2-135m").glob("*Q4_1.gguf"))
    for size in (100_000, 20_000_000):
        part = tmp_path / f"{size}.gguf"
        with whole.open("rb") as file:
            part.write_bytes(file.read(size))
        llm = LlamaCpp(LlamaOptions(model=str(part)))
        with pytest.raises(ModelError, match="truncated or damaged"):
            await llm.load()
        await llm.aclose()
    assert capfd.readouterr() == ("", "")


# --- the process ---------------------------------------------------------------------------------

_PROGRAM = """
import asyncio
from vivavoce.engine.llama.llm import LlamaCpp, LlamaOptions
from vivavoce.options import Compute
from vivavoce.engines import LlmOptions, Message

mind = LlamaCpp(LlamaOptions(slots=1, context=256, compute=Compute(threads=1)))

async def main():
    await mind.load()
    stream = mind.reply([Message("user", "Tell me a long story.")], LlmOptions(max_tokens=200))
    print(type(await anext(stream)).__name__)
    {end}

{run}
"""


@pytest.mark.parametrize(
    ("end", "run", "code"),
    [
        ("await stream.aclose()", "asyncio.run(main())", 0),
        ("pass", "asyncio.run(main())", 0),
        ("raise SystemExit(3)", "asyncio.run(main())", 3),
        ("pass", "asyncio.new_event_loop().run_until_complete(main())", 0),
    ],
    ids=["reply closed", "reply running", "exit in mid-reply", "loop left open"],
)
def test_a_program_that_never_closes_the_engine_ends_in_peace(
    end: str, run: str, code: int
) -> None:
    program = _PROGRAM.format(end=end, run=run)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (code, "Token\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Unix sockets in Python")
async def test_it_opens_no_port(mind: LlamaCpp) -> None:
    server = mind._server
    assert server is not None
    assert server._address.startswith("unix:")

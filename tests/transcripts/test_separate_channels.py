"""Each channel is heard by itself; what is said comes in the order of time."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import numpy as np
import pytest

from vivavoce.audio import Samples
from vivavoce.engines import Transcript, Word
from vivavoce.errors import EngineError
from vivavoce.transcripts.segment import Segment
from vivavoce.transcripts.separate_channels import heard_separately

SECOND = 10


async def chunks(*channels: list[int]) -> AsyncGenerator[Samples, None]:
    """A second each: the number that is said in it, 0 for silence."""
    for said in zip(*channels, strict=True):
        yield np.repeat(np.array(said, np.float32)[:, None], SECOND, axis=1)


async def hear(audio: AsyncGenerator[Samples, None]) -> AsyncGenerator[Segment, None]:
    second = 0
    async for chunk in audio:
        if number := int(chunk[0]):
            word = Word(str(number), second, second + 1.0)
            yield Segment(second, second + 1.0, Transcript(str(number), words=(word,)))
        second += 1


async def test_segments_of_all_channels_come_by_their_start() -> None:
    found = heard_separately(chunks([1, 0, 3, 0, 5], [0, 2, 0, 4, 0], [0] * 5), 3, hear)
    async with aclosing(found):
        segments = [segment async for segment in found]
    assert [(it.start, it.speaker, it.plain) for it in segments] == [
        (0, "channel 1", "1"),
        (1, "channel 2", "2"),
        (2, "channel 1", "3"),
        (3, "channel 2", "4"),
        (4, "channel 1", "5"),
    ]
    assert {it.transcript.words[0].speaker for it in segments} == {"channel 1", "channel 2"}


async def test_a_channel_that_is_not_heard_to_its_end_holds_up_no_other() -> None:
    async def impatient(audio: AsyncGenerator[Samples, None]) -> AsyncGenerator[Segment, None]:
        if int((await anext(audio))[0]) == 9:
            return
        async for segment in hear(audio):
            yield segment

    found = heard_separately(chunks([9] * 50, [0] * 49 + [7]), 2, impatient)
    async with aclosing(found):
        assert [segment.plain async for segment in found] == ["7"]


async def test_an_error_on_one_channel_ends_all() -> None:
    async def failing(audio: AsyncGenerator[Samples, None]) -> AsyncGenerator[Segment, None]:
        async for segment in hear(audio):
            if segment.plain == "2":
                raise EngineError("no more")
            yield segment

    found = heard_separately(chunks([1] * 100, [0, 2] * 50), 2, failing)
    async with aclosing(found):
        with pytest.raises(EngineError, match="no more"):
            assert [segment async for segment in found] == []

"""What has left for the user's ear."""

from __future__ import annotations

import asyncio

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.conversation.playout import ReplyScript, Speaker
from vivavoce.conversation.sinks import MemorySink
from vivavoce.engines import Word
from vivavoce.text.phrases import NormalizedSpan, Phrase

RATE = 1000


def speaker_of(sink: MemorySink) -> Speaker:
    speaker = Speaker(sink, ahead_s=100.0)
    speaker.begin(RATE, lambda: None)
    return speaker


async def test_the_sink_is_filled_no_further_ahead_than_it_asks() -> None:
    sink = MemorySink(RATE, lead_s=0.05)
    speaker = speaker_of(sink)
    await speaker.play(np.ones(1000, np.float32))
    assert sink.audio.seconds == 0.05
    speaker.tick(0.01)
    assert sink.audio.seconds == 0.06
    assert speaker.position == 0.01


async def test_a_pause_goes_on_from_where_it_stopped_without_losing_a_sample() -> None:
    sink = MemorySink(RATE, lead_s=0.05)
    speaker = speaker_of(sink)
    audio = np.linspace(0.001, 1, 1000, dtype=np.float32)
    await speaker.play(audio)
    speaker.tick(0.05)
    speaker.tick(0.05)
    speaker.pause()
    speaker.tick(0.5)
    assert speaker.position == 0.1
    played = 100
    before = len(sink.audio.samples)
    speaker.resume()
    resumed = sink.audio.samples[before:]
    ramp = round(0.01 * RATE)
    assert 0 < resumed[0] < audio[played]
    assert np.all(np.diff(resumed[:ramp]) > 0)
    assert np.array_equal(resumed[ramp:], audio[played + ramp : played + len(resumed)])


async def test_a_ducked_reply_goes_down_and_up_again_in_step_with_the_audio() -> None:
    sink = MemorySink(RATE, lead_s=0.05)
    speaker = speaker_of(sink)
    await speaker.play(np.ones(1000, np.float32))
    speaker.duck(True)
    for _ in range(5):
        speaker.tick(0.02)
    speaker.duck(False)
    for _ in range(5):
        speaker.tick(0.02)
    levels = sink.audio.samples
    assert np.all(levels[:50] == 1)
    assert np.allclose(levels[60:150], 0.1995, atol=1e-4)
    assert np.all(levels[160:] == 1)
    assert np.abs(np.diff(levels)).max() <= 1 / round(0.01 * RATE) + 1e-6
    assert speaker.position == 0.2


async def test_the_next_reply_is_heard_at_its_full_level() -> None:
    sink = MemorySink(RATE, lead_s=0.05)
    speaker = speaker_of(sink)
    await speaker.play(np.ones(1000, np.float32))
    speaker.duck(True)
    speaker.tick(0.1)
    speaker.flush()
    before = len(sink.audio.samples)
    speaker.begin(RATE, lambda: None)
    await speaker.play(np.ones(1000, np.float32))
    assert np.all(sink.audio.samples[before:] == 1)


class CountingSink(MemorySink):
    """Knows exactly what it had not played."""

    dropped = 30

    def flush(self) -> int | None:
        super().flush()
        return self.dropped


async def test_a_sink_that_knows_what_it_dropped_is_believed() -> None:
    sink = CountingSink(RATE, lead_s=0.05)
    speaker = speaker_of(sink)
    await speaker.play(np.ones(1000, np.float32))
    speaker.pause()
    assert speaker.position == 0.02


async def test_a_clock_that_moves_in_large_steps_still_hears_everything() -> None:
    sink = MemorySink(RATE, lead_s=0.02)
    speaker = speaker_of(sink)
    await speaker.play(np.ones(1000, np.float32))
    done = asyncio.ensure_future(speaker.drained())
    for _ in range(5):
        speaker.tick(0.5)
        await asyncio.sleep(0)
    await done
    assert speaker.position == 1.0


async def test_the_first_sound_is_told_and_silence_before_it_is_not() -> None:
    told: list[int] = []
    sink = MemorySink(RATE, lead_s=0.05)
    speaker = Speaker(sink, ahead_s=100.0)
    speaker.begin(RATE, lambda: told.append(1))
    await speaker.play(np.zeros(100, np.float32))
    speaker.tick(0.02)
    assert told == []
    await speaker.play(np.ones(100, np.float32))
    for _ in range(10):
        speaker.tick(0.02)
    assert told == [1]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("play"), st.integers(1, 300)),
            st.tuples(st.sampled_from(["tick", "pause", "resume"]), st.integers(1, 200)),
        ),
        max_size=40,
    )
)
@settings(deadline=None)
def test_the_position_never_goes_back_and_never_passes_what_was_pushed(
    steps: list[tuple[str, int]],
) -> None:
    async def run() -> None:
        sink = MemorySink(RATE, lead_s=0.05)
        speaker = speaker_of(sink)
        pushed, last = 0, 0.0
        for action, n in steps:
            match action:
                case "play":
                    await speaker.play(np.ones(n, np.float32))
                    pushed += n
                case "tick":
                    speaker.tick(n / RATE)
                case "pause":
                    speaker.pause()
                case "resume":
                    speaker.resume()
            assert last <= speaker.position <= pushed / RATE
            last = speaker.position
            assert speaker.sounding == (speaker.position < pushed / RATE - 1e-9)

    asyncio.run(run())


def phrase(text: str) -> Phrase:
    words = text.split(" ")
    pieces = [NormalizedSpan(word if i == 0 else f" {word}", word) for i, word in enumerate(words)]
    return Phrase(tuple(pieces))


def script() -> ReplyScript:
    result = ReplyScript()
    result.begin(phrase("One two three."))
    result.add(
        0.75, tuple(Word(w, i / 4, (i + 1) / 4) for i, w in enumerate(["One", "two", "three."]))
    )
    result.begin(phrase(" Four five."))
    result.add(0.5, (Word("Four", 0, 0.25), Word("five.", 0.25, 0.5)))
    return result


def test_a_word_is_heard_when_it_has_ended() -> None:
    lines = script()
    assert lines.heard(0.0) == ""
    assert lines.heard(0.3).strip() == "One"
    assert lines.heard(0.74).strip() == "One two"
    assert lines.heard(0.75) == "One two three."
    assert lines.heard(1.01) == "One two three. Four"


def test_all_is_heard_when_all_was_played_even_if_resampling_took_a_little() -> None:
    lines = script()
    lines.complete()
    assert lines.heard(1.2495) == "One two three. Four five."


@given(st.floats(0, 2), st.floats(0, 2))
@settings(deadline=None)
def test_what_was_heard_only_grows(one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert script().heard(late).startswith(script().heard(early).rstrip())

"""Where recordings are cut: at silences, never in a word, and nothing is lost."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.transcripts.segmenter import AudioSegment, AudioSegmenter, SegmentSettings

RATE = 1_000
FRAME_S = 0.02
FRAME = 20


def voice(seconds: float, level: float = 0.5) -> Samples:
    return np.full(round(seconds * RATE), level, np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def pieces_of(
    samples: Samples, cuts: SegmentSettings | None = None, chunk: int = 100
) -> tuple[list[AudioSegment], int]:
    """All pieces, and the most samples that the cutter held at once."""
    cutter = AudioSegmenter(RATE, FRAME_S, cuts)
    pieces: list[AudioSegment] = []
    known = most = 0
    for first in range(0, len(samples), chunk):
        whole = (first + len(samples[first : first + chunk])) // FRAME * FRAME
        frames = samples[known:whole].reshape(-1, FRAME)
        known = whole
        pieces += cutter.feed(samples[first : first + chunk], [float(row.any()) for row in frames])
        most = max(most, len(cutter._samples))
    return pieces + cutter.flush(), most


def test_speech_across_short_pauses_stays_in_one_piece() -> None:
    sound = np.concatenate([silence(1), voice(2), silence(0.4), voice(1), silence(1)])
    [piece], _ = pieces_of(sound)
    assert (piece.start, piece.end) == (1.0, 4.4)
    assert piece.at == pytest.approx(0.6)
    assert len(piece.samples) / RATE == pytest.approx(4.2)


def test_a_long_pause_ends_a_piece() -> None:
    pieces, _ = pieces_of(np.concatenate([voice(1), silence(2), voice(1)]))
    assert [(piece.start, piece.end) for piece in pieces] == [(0.0, 1.0), (3.0, 4.0)]


def test_a_piece_that_grows_too_long_is_cut_at_its_longest_late_pause() -> None:
    sound = np.concatenate(
        [voice(1), silence(0.9), voice(6), silence(0.6), voice(4), silence(0.3), voice(9)]
    )
    pieces, _ = pieces_of(sound)
    assert pieces[0].end == 7.9
    assert pieces[1].start == 8.5


def test_an_early_pause_is_taken_where_there_is_no_other() -> None:
    pieces, _ = pieces_of(np.concatenate([voice(2), silence(0.5), voice(14)]))
    assert [(piece.start, piece.end) for piece in pieces] == [(0.0, 2.0), (2.5, 16.5)]


def test_speech_without_a_pause_is_cut_where_it_is_quietest_near_the_limit() -> None:
    sound = np.concatenate([voice(3), voice(0.1, 0.01), voice(9), voice(0.1, 0.02), voice(9)])
    pieces, _ = pieces_of(sound)
    assert pieces[0].end == pytest.approx(12.15, abs=0.05)
    assert pieces[1].start == pieces[0].end
    assert np.array_equal(np.concatenate([piece.samples for piece in pieces]), sound)


def test_a_click_is_no_speech_and_a_short_word_is() -> None:
    sound = np.concatenate([silence(2), voice(0.06), silence(2), voice(0.2), silence(2)])
    [piece], _ = pieces_of(sound)
    assert piece.start == pytest.approx(4.06, abs=FRAME_S)


def test_voice_at_the_very_end_is_kept() -> None:
    [piece], _ = pieces_of(np.concatenate([silence(1), voice(0.51)]))
    assert piece.end == pytest.approx(1.51)
    assert np.count_nonzero(piece.samples) == 510


def test_silence_and_nothing_give_no_piece() -> None:
    assert pieces_of(silence(30))[0] == []
    assert pieces_of(silence(0))[0] == []


def test_hysteresis_bridges_a_dip_in_the_probability() -> None:
    cutter = AudioSegmenter(RATE, FRAME_S)
    cutter.feed(voice(0.2), [0.4, 0.6, 0.4, 0.4, 0.6, 0.4, 0.2, 0.1, 0.4, 0.0])
    [piece] = cutter.flush()
    assert (piece.start, piece.end) == (0.02, 0.12)


BURSTS = st.lists(
    st.tuples(st.integers(5, 60), st.integers(10, 150)).map(lambda it: (it[0] / 50, it[1] / 50)),
    max_size=40,
)


@settings(deadline=None)
@given(BURSTS, st.integers(1, 3000))
def test_every_word_between_pauses_is_in_exactly_one_piece_and_whole(
    bursts: list[tuple[float, float]], chunk: int
) -> None:
    words = [voice(long, 0.01 * number) for number, (long, _) in enumerate(bursts, 1)]
    gaps = [silence(gap) for _, gap in bursts]
    parts = [part for word, gap in zip(words, gaps, strict=True) for part in (word, gap)]
    sound = np.concatenate([silence(0.5), *parts])
    cuts = SegmentSettings(longest_s=5)
    pieces, most = pieces_of(sound, cuts, chunk)
    heard = np.concatenate([silence(0), *(piece.samples for piece in pieces)])
    assert np.array_equal(heard[heard > 0], np.concatenate([silence(0), *words]))
    for piece in pieces:
        begin, last = round(piece.at * RATE), round(piece.at * RATE) + len(piece.samples)
        assert np.array_equal(piece.samples, sound[begin:last])
        assert piece.at <= piece.start < piece.end <= cuts.longest_s + piece.start
        assert sound[last - 1] == 0 or last == len(sound) or sound[last] == 0
    assert all(
        before.at + len(before.samples) / RATE <= after.at + 1e-9
        for before, after in pairwise(pieces)
    )
    assert most <= (cuts.longest_s + cuts.join_s + cuts.pad_s + FRAME_S) * RATE + chunk


@settings(deadline=None)
@given(st.integers(5, 700), st.integers(1, 2000))
def test_unbroken_speech_comes_out_whole(twentieths: int, chunk: int) -> None:
    sound = np.random.default_rng(twentieths).uniform(0.1, 1, twentieths * 50).astype(np.float32)
    pieces, _ = pieces_of(sound, SegmentSettings(longest_s=4), chunk)
    heard = np.concatenate([silence(0), *(piece.samples for piece in pieces)])
    assert np.array_equal(heard, sound)
    assert all(piece.end - piece.start <= 4.0 + FRAME_S for piece in pieces)

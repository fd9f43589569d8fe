"""Sound files that are handed out while they are being made."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Audio, from_pcm16
from vivavoce.media.decode import read_audio
from vivavoce.server.speech.file_encoder import PCM, FileEncoder
from vivavoce.testing import say

FORMS = ("mp3", "opus", "aac", "flac", "wav", PCM)
SPEECH = say(0.6, rate=22_050).samples


def made(form: str, cuts: list[int]) -> bytes:
    encoder = FileEncoder(22_050, 24_000, form)
    pieces = [encoder.feed(piece) for piece in np.split(SPEECH, sorted(cuts))]
    return b"".join([*pieces, encoder.finish()])


@pytest.mark.parametrize("form", FORMS)
@settings(deadline=None, max_examples=20)
@given(cuts=st.lists(st.integers(0, len(SPEECH)), max_size=6))
def test_where_the_sound_is_cut_makes_no_difference(form: str, cuts: list[int]) -> None:
    whole, pieces = (
        Audio(from_pcm16(data), 24_000) if form == PCM else read_audio(io.BytesIO(data))
        for data in (made(form, []), made(form, cuts))
    )
    assert len(pieces.samples) == len(whole.samples)
    assert np.allclose(pieces.samples, whole.samples, atol=2e-4)
    assert whole.seconds == pytest.approx(0.6, abs=0.12)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_given_up_says_nothing_more(form: str) -> None:
    encoder = FileEncoder(22_050, 24_000, form)
    encoder.feed(SPEECH)
    encoder.close()
    encoder.close()

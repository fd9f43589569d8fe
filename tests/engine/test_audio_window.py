from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.audio import Samples
from vivavoce.engine.audio_window import FRAME, KEEP, RATE, Window


def noise(seconds: float, db: float, seed: int = 0) -> Samples:
    wave = np.random.default_rng(seed).standard_normal(round(seconds * RATE))
    return (10 ** (db / 20) * wave).astype(np.float32)


def window_of(*parts: Samples) -> Window:
    window = Window()
    for part in parts:
        window.add(part)
    return window


def close(span: tuple[int, int], first: float, end: float) -> bool:
    within = KEEP + 2 * FRAME
    return abs(span[0] - first * RATE) <= within and abs(span[1] - end * RATE) <= within


def test_silence_around_speech_is_left_out() -> None:
    window = window_of(noise(0.5, -65), noise(1.0, -25), noise(0.7, -65))
    assert close(window.speech(), 0.5, 1.5)
    assert window.pause == window.speech()[1]


def test_speech_is_found_in_noise_too() -> None:
    window = window_of(noise(1.0, -50), noise(1.0, -22), noise(1.0, -50))
    assert close(window.speech(), 1.0, 2.0)


def test_noise_nearly_as_loud_as_speech_is_kept_with_it() -> None:
    window = window_of(noise(1.0, -38), noise(1.0, -25), noise(1.0, -38))
    assert window.speech(3 * RATE) == (0, 3 * RATE)
    assert window.pause is None


def test_quiet_speech_is_speech() -> None:
    window = window_of(noise(0.5, -95), noise(1.0, -60), noise(0.5, -95))
    assert close(window.speech(), 0.5, 1.5)


def test_a_muted_input_holds_no_speech() -> None:
    for window in (window_of(), window_of(np.zeros(RATE, np.float32)), window_of(noise(1, -85))):
        assert window.speech() == (0, 0)
        assert window.pause == 0
        assert window.contrast_db == 0


def test_more_silence_does_not_move_the_speech() -> None:
    window = window_of(noise(0.3, -60), noise(1.0, -25), noise(0.1, -60, seed=1))
    span = window.speech()
    for seed in range(10):
        window.add(noise(0.1, -60, seed=seed))
        assert window.speech() == span
    window.add(np.zeros(RATE, np.float32))
    assert window.speech() == span


def test_a_silence_that_is_still_to_come_is_taken_for_digital_silence() -> None:
    voice = noise(1.0, -25)
    window = window_of(voice, noise(0.03, -75))
    span = window.speech()
    assert window.pause == span[1] > len(window)
    heard = window.part(span)
    np.testing.assert_array_equal(heard[: len(voice)], voice)
    assert len(heard) == span[1] - span[0]
    assert not heard[len(window) :].any()
    window.add(noise(0.3, -75))
    assert window.speech() == span


def test_speech_comes_and_goes_and_noise_stays() -> None:
    assert window_of(noise(2.0, -30)).contrast_db < 5
    assert window_of(noise(1.0, -60), noise(1.0, -25)).contrast_db > 30


def test_the_cut_is_in_the_middle_of_the_longest_quiet() -> None:
    window = window_of(noise(6, -25), noise(0.1, -60), noise(1.9, -25), noise(0.4, -60))
    window.add(noise(3.6, -25))
    assert abs(window.quietest(5 * RATE, 12 * RATE) - 8.2 * RATE) <= 0.06 * RATE


def test_speech_can_be_asked_for_up_to_a_point() -> None:
    window = window_of(noise(0.5, -65), noise(1.0, -25), noise(0.5, -65), noise(1.0, -25))
    assert close(window.speech(round(1.8 * RATE)), 0.5, 1.5)
    assert window.speech(0) == (0, 0)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(1, 5_000), min_size=1, max_size=12), st.data())
def test_what_is_dropped_is_gone_and_the_rest_is_untouched(
    sizes: list[int], data: st.DataObject
) -> None:
    whole = noise(sum(sizes) / RATE, -25)
    window = Window()
    for end, size in zip(np.cumsum(sizes), sizes, strict=True):
        given_samples = whole[end - size : end].copy()
        window.add(given_samples)
        given_samples[:] = 9.0
    cut = FRAME * data.draw(st.integers(0, len(whole) // FRAME))
    window.drop(cut)
    assert len(window) == len(whole) - cut
    assert np.array_equal(window.part((0, len(window))), whole[cut:])
    fresh = window_of(whole[cut:])
    assert window.speech() == fresh.speech()
    more = noise(0.2, -25, seed=2)
    window.add(more)
    fresh.add(more)
    assert window.speech() == fresh.speech()
    assert window.contrast_db == fresh.contrast_db

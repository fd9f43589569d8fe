"""What the tests of the page share: a server with the embedded engines, and spoken recordings."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest

import vivavoce
from tests.browser.served import ServeProcess, serving
from vivavoce.audio import Audio
from vivavoce.media.decode import write_audio

Recorded: TypeAlias = Callable[..., Path]
"""`recorded(1.5, "Hello.", 3.0)`: seconds of silence and spoken words, as a WAV file."""


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServeProcess]:
    """A server that all tests share."""
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Recordings made of what is to be said in them."""
    folder = tmp_path_factory.mktemp("recordings")

    def record(*parts: str | float) -> Path:
        path = folder / f"{abs(hash(parts))}.wav"
        if not path.exists():
            spoken = [vivavoce.speak(part) if isinstance(part, str) else part for part in parts]
            rate = next(part.rate for part in spoken if isinstance(part, Audio))
            samples = [
                part.samples
                if isinstance(part, Audio)
                else np.zeros(round(part * rate), np.float32)
                for part in spoken
            ]
            write_audio(Audio(np.concatenate(samples), rate), path)
        return path

    return record

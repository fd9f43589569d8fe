"""The loudspeaker as a sink that waits until there is room."""

from __future__ import annotations

from contextlib import ExitStack
from types import ModuleType, TracebackType
from typing import Self

from vivavoce.audio import Samples
from vivavoce.errors import EngineUnavailable
from vivavoce.registry import missing

_INSTEAD = "or write a file with -o"


class BlockingLoudspeaker:
    """Plays what it is given: `with Loudspeaker(24_000) as out: out.write(samples)`.

    Ends when all was heard, or at once when the block ends by an exception.
    Raises EngineUnavailable where there is no device, or no way to reach it.
    """

    def __init__(self, rate: int) -> None:
        self._rate = rate

    def __enter__(self) -> Self:
        device = sounddevice()
        try:
            self._stream = device.OutputStream(samplerate=self._rate, channels=1, dtype="float32")
            self._stream.start()
        except device.PortAudioError as error:
            raise EngineUnavailable(f"no loudspeaker: {error}; plug one in, {_INSTEAD}") from None
        return self

    def write(self, samples: Samples) -> None:
        """Take the next samples; blocks while those before are played."""
        self._stream.write(samples)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with ExitStack() as stack:
            stack.callback(self._stream.close)
            if error is None:
                self._stream.stop()
            else:
                self._stream.abort()


def sounddevice() -> ModuleType:
    """The package of that name. Raises EngineUnavailable with the remedy where it cannot be."""
    try:
        import sounddevice as module
    except ImportError as error:
        raise EngineUnavailable(f"{missing('playing', error)}; {_INSTEAD}") from None
    except OSError:
        raise EngineUnavailable(
            f"playing needs PortAudio: install your system's libportaudio2, {_INSTEAD}"
        ) from None
    found: ModuleType = module
    return found

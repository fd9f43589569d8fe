"""An engine whose failures are known: captions leave out what cannot be understood."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, contextmanager

from vivavoce.audio import Samples
from vivavoce.engines import C, FileStt, Stt, SttOptions, SttStream, Transcript, capability


class FailureRecordingStt:
    """The stt as it is. failure: what it failed at since it last understood an utterance."""

    def __init__(self, stt: Stt) -> None:
        self.failure: Exception | None = None
        self._stt = stt

    @property
    def name(self) -> str:
        """The engine's."""
        return self._stt.name

    @property
    def model(self) -> str | None:
        """The engine's."""
        return self._stt.model

    @property
    def local(self) -> bool:
        """The engine's."""
        return self._stt.local

    @property
    def rate(self) -> int:
        """The engine's."""
        return self._stt.rate

    @property
    def languages(self) -> Sequence[str]:
        """The engine's."""
        return self._stt.languages

    async def load(self) -> None:
        """Load the engine."""
        await self._stt.load()

    async def aclose(self) -> None:
        """Nothing: the engine is its owner's to close."""

    async def open(self, options: SttOptions) -> SttStream:
        """A new utterance's stream."""
        with self.noting():
            return _FailureRecordingStream(self, await self._stt.open(options))

    def capability(self, wanted: type[C]) -> C | None:
        """The engine's, its failures known too."""
        found = capability(self._stt, wanted)
        if isinstance(found, FileStt):
            files = _FailureRecordingFiles(self, found)
            return files if isinstance(files, wanted) else None
        return found

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Remember what is raised in here."""
        try:
            yield
        except Exception as error:
            self.failure = error
            raise


class _FailureRecordingStream:
    """One utterance's."""

    def __init__(self, stt: FailureRecordingStt, stream: SttStream) -> None:
        self._stt = stt
        self._stream = stream

    async def feed(self, samples: Samples) -> Transcript | None:
        with self._stt.noting():
            return await self._stream.feed(samples)

    async def finish(self) -> Transcript:
        with self._stt.noting():
            transcript = await self._stream.finish()
        self._stt.failure = None
        return transcript

    async def aclose(self) -> None:
        await self._stream.aclose()


class _FailureRecordingFiles:
    """Whole recordings."""

    def __init__(self, stt: FailureRecordingStt, files: FileStt) -> None:
        self._stt = stt
        self._files = files

    async def transcribe(
        self, audio: AsyncIterator[Samples], options: SttOptions
    ) -> AsyncGenerator[Transcript, None]:
        transcripts = self._files.transcribe(audio, options)
        with self._stt.noting():
            async with aclosing(transcripts):
                async for transcript in transcripts:
                    yield transcript
        self._stt.failure = None

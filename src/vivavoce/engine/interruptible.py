"""Runs of a network that take long, and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import onnxruntime as ort

from vivavoce.concurrency.model_thread import StopFlag

_POLL = 0.02


class Interruptible:
    """An ONNX session that a flag can stop."""

    def __init__(self, session: ort.InferenceSession) -> None:
        self._session = session
        self._options = ort.RunOptions()

    def run(self, names: list[str] | None, inputs: Mapping[str, object]) -> list[object]:
        """As `InferenceSession.run`."""
        results: list[object] = self._session.run(names, inputs, self._options)
        return results

    @contextmanager
    def stopped_by(self, stop: StopFlag) -> Iterator[None]:
        """Runs inside end early, with an error, when the flag is set."""
        self._options = options = ort.RunOptions()
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_POLL):
                if stop.is_set():
                    options.terminate = True

        watcher = threading.Thread(target=watch, name="vivavoce-watch", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

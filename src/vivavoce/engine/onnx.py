"""ONNX Runtime sessions as the engines here want them: few threads, and none of them spins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnxruntime as ort
from onnxruntime import RunOptions

from vivavoce.errors import ModelError

__all__ = ["RunOptions", "first_run", "model_file", "session", "terminate"]


def session(path: Path, *, threads: int = 1, exact: bool = False) -> ort.InferenceSession:
    """A session over the model file at `path`, on the CPU; safe to run from many threads.

    threads: 1 computes on the caller's own thread. Spinning pools fight each other for the
    cores when several engines share a machine, so theirs sleep.
    exact: keep 8-bit products from overflowing, as they do on processors without VNNI; slower.
    Raises ModelError for a file that is missing or is no model.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 3
    if not path.is_file():
        raise ModelError(f"no model file {path}; pull it again with: vivavoce models pull")
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        # ONNX Runtime raises a class of its own per status, most of them straight Exceptions.
        raise ModelError(
            f"{path} is no model that ONNX Runtime can read ({error}); remove and pull it again"
        ) from error


def terminate(options: RunOptions) -> None:
    """End the run that goes by these options, from another thread, at its next operator."""
    options.terminate = True


def model_file(folder: Path, *names: str) -> Path:
    """The first of `names` in `folder`; or `folder` itself if it is a file.

    Raises ModelError when none is there.
    """
    if folder.is_file():
        return folder
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise ModelError(f"{folder} lacks {' or '.join(names)}; remove the model and pull it again")


@contextmanager
def first_run(path: Path) -> Iterator[None]:
    """Around an engine's first use of the model at `path`, which shows whether it is of its kind.

    Raises ModelError for whatever is raised within.
    """
    try:
        yield
    except Exception as error:
        raise ModelError(f"{path} is a model of another kind ({error}); name another") from error

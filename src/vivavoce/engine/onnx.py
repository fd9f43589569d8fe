"""ONNX Runtime sessions as the engines here want them: few threads, and none of them spins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import onnxruntime as ort
from onnxruntime import RunOptions

from vivavoce.errors import EngineUnavailable, ModelError
from vivavoce.options import Compute

__all__ = ["RunOptions", "device_of", "first_run", "model_file", "placed", "session", "terminate"]


def session(
    path: Path, compute: Compute, *, exact: bool = False, edited: bytes | None = None
) -> ort.InferenceSession:
    """A session over the model file at `path`; safe to run from many threads.

    compute: one thread (the default) computes on the caller's own. Spinning pools fight each
    other for the cores when several engines share a machine, so theirs sleep.
    exact: keep 8-bit products from overflowing, as they do on processors without VNNI; slower.
    edited: the model itself, where it is not what the file holds.
    Raises ModelError for a file that is missing or is no model, EngineUnavailable for a device
    that is not here.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = compute.threads or 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.inter_op.allow_spinning", "0")
    # Planning which tensors may share memory takes most of the time to load a graph of many nodes,
    # and saves neither time nor memory at a run.
    options.enable_mem_reuse = False
    if exact:
        options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 3
    providers = _providers(placed(compute.device))
    if not path.is_file():
        raise ModelError(f"model file not found: {path}; pull it again with `vivavoce models pull`")
    try:
        running = ort.InferenceSession(edited or str(path), options, providers=providers)
    except Exception as error:
        # ONNX Runtime raises a class of its own per status, most of them straight Exceptions.
        raise ModelError(
            f"ONNX Runtime cannot read {path} ({error}); remove the model and pull it again"
        ) from error
    # It goes on with the CPU where a GPU's libraries are missing.
    if compute.device != "auto" and len(running.get_providers()) < len(providers):
        raise EngineUnavailable(
            f"ONNX Runtime cannot start on {compute.device}; see what it needs beside the driver,"
            " or set device: cpu"
        )
    return running


_CPU = "CPUExecutionProvider"
_PROVIDERS = {"cuda": "CUDAExecutionProvider", "mps": "CoreMLExecutionProvider"}


def placed(device: str) -> str:
    """What a model computes on that is to be on `device`: `cpu`, `cuda:0` or `mps`.

    `auto` is a CUDA device where ONNX Runtime is built for one.
    Raises EngineUnavailable for a device that ONNX Runtime cannot use here.
    """
    kind, _, number = device.partition(":")
    here = ort.get_available_providers()
    if kind == "auto":
        kind = "cuda" if _PROVIDERS["cuda"] in here else "cpu"
    if kind != "cpu" and _PROVIDERS[kind] not in here:
        package = "onnxruntime-gpu" if kind == "cuda" else "onnxruntime for macOS"
        raise EngineUnavailable(
            f"this ONNX Runtime cannot compute on {device}; install {package}, or set device: cpu"
        )
    return f"cuda:{number or 0}" if kind == "cuda" else kind


def device_of(running: ort.InferenceSession | None, compute: Compute) -> str:
    """What the session computes on; where there is none yet, what it would."""
    if running is None:
        return placed(compute.device)
    first = running.get_providers()[0]
    found = [kind for kind, provider in _PROVIDERS.items() if provider == first]
    return placed(compute.device) if found else "cpu"


def _providers(device: str) -> list[str | tuple[str, dict[str, str]]]:
    """The execution providers for a device; the CPU does what another cannot."""
    kind, _, number = device.partition(":")
    if kind == "cpu":
        return [_CPU]
    return [(_PROVIDERS[kind], {"device_id": number} if number else {}), _CPU]


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
        raise ModelError(
            f"{path} is a different kind of model ({error}); choose another"
        ) from error

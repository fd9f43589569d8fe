"""`vivavoce doctor`: what works on this machine, what is missing, and what to do about it."""

from __future__ import annotations

import json
import os
import platform
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import click

from .interrupt import run_async
from .options import engine_options, json_option

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config
    from vivavoce.engines import Kind
    from vivavoce.registry import EngineSpec

State: TypeAlias = Literal["ok", "note", "missing"]
_COLOURS = {"ok": "green", "note": "yellow", "missing": "red"}
_LITTLE_MEMORY = 1_500_000_000
_LITTLE_DISK = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. state: without what is `missing` the engines cannot run.

    remedy: what to do about it; empty when nothing need be done.
    """

    subject: str
    state: State
    detail: str
    remedy: str = ""


@click.command()
@click.option("--try", "tried", is_flag=True, help="Load each engine and use it once.")
@json_option
@engine_options
def doctor(config: Config, tried: bool, as_json: bool) -> None:
    """Check what works here, what is missing, and how to fix it.

    Checks the machine, the configured engines and their weights, and the audio devices. Exits
    with 1 if the engines cannot run.
    """
    findings = [*_machine(), *_store(), *_engines(config), *_devices()]
    if tried:
        findings += run_async(_trials(config))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            state = click.style(f"{finding.state:<8}", fg=_COLOURS[finding.state])
            click.echo(f"{state}{finding.subject:<12}{finding.detail}")
            if finding.remedy:
                click.echo(f"{'':<20}→ {finding.remedy}")
    if any(finding.state == "missing" for finding in findings):
        click.get_current_context().exit(1)


def _machine() -> Iterator[Finding]:
    version = platform.python_version()
    yield Finding("python", "ok", f"{version} on {platform.system()} {platform.machine()}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if (cores or 1) < 2:
        yield Finding(
            "cpu",
            "note",
            f"{cores} core",
            "use a machine with two or more cores for faster answers",
        )
    else:
        yield Finding("cpu", "ok", f"{cores} cores")
    memory = _memory()
    if memory is None:
        yield Finding("memory", "note", "unknown on this system")
    elif memory < _LITTLE_MEMORY:
        remedy = "the embedded engines need about 0.7 GB; free some memory"
        yield Finding("memory", "note", f"{memory / 1e9:.1f} GB", remedy)
    else:
        yield Finding("memory", "ok", f"{memory / 1e9:.1f} GB")


def _memory() -> int | None:
    """Bytes of memory that the machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _store() -> Iterator[Finding]:
    from vivavoce.models import home, offline

    folder = home()
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    detail = f"{folder}, {free / 1e9:.1f} GB free{', offline' if offline() else ''}"
    if not os.access(there, os.W_OK):
        remedy = "to pull models, make it writable or set VIVAVOCE_MODELS to another folder"
        yield Finding("models", "note", f"{detail}, not writable", remedy)
    elif free < _LITTLE_DISK:
        yield Finding(
            "models", "note", detail, "free some disk space, or set VIVAVOCE_MODELS to another disk"
        )
    else:
        yield Finding("models", "ok", detail)


def _engines(config: Config) -> Iterator[Finding]:
    from vivavoce.kinds import kinds

    for kind in kinds():
        yield from _one_will_do([_engine(kind, spec) for spec in config.engines(kind)])


def _one_will_do(findings: Sequence[Finding]) -> list[Finding]:
    """Of engines to fall back through, as much as one that works makes up for those missing."""
    if all(finding.state == "missing" for finding in findings):
        return list(findings)
    return [
        replace(finding, state="note") if finding.state == "missing" else finding
        for finding in findings
    ]


def _engine(kind: Kind, spec: EngineSpec) -> Finding:
    from vivavoce.errors import ModelError, VivavoceError
    from vivavoce.models import path

    from .engines import engine_info
    from .weights import weights_of

    info = engine_info(kind, spec.name)
    if info.problem is not None:
        return Finding(kind, "missing", str(spec), info.problem)
    try:
        where = _where(kind, spec)
    except VivavoceError as error:
        return Finding(kind, "missing", str(spec), str(error))
    weights = weights_of(kind, spec)
    if weights is None:
        return Finding(kind, "ok", f"{spec}{where}")
    try:
        return Finding(kind, "ok", f"{spec}{where}, weights in {path(weights)}")
    except ModelError:
        remedy = f"vivavoce models pull {weights}"
        return Finding(kind, "missing", f"{spec}, weights not installed", remedy)


def _where(kind: Kind, spec: EngineSpec) -> str:
    """What the engine computes on, to go after its name."""
    from vivavoce.engines import OnDevice, capability
    from vivavoce.registry import create

    engine = create(kind, spec)
    if not engine.local:
        return ", on a server"
    placed = capability(engine, OnDevice)
    return f", on {placed.device}" if placed is not None else ""


def _devices() -> Iterator[Finding]:
    """The microphone and the loudspeaker, which only `talk`, `listen` and `say` need."""
    from vivavoce.errors import EngineUnavailable

    from .loudspeaker import sounddevice

    try:
        audio = sounddevice()
    except EngineUnavailable as error:
        yield Finding("audio", "note", "no access to sound devices", str(error))
        return
    for subject, way in (("microphone", "input"), ("loudspeaker", "output")):
        try:
            yield Finding(subject, "ok", str(audio.query_devices(kind=way)["name"]))
        except (audio.PortAudioError, ValueError):
            yield Finding(subject, "note", "none", f"plug one in to use audio {way}")


async def _trials(config: Config) -> list[Finding]:
    """Each engine, loaded and used once."""
    from vivavoce.kinds import kinds

    findings: list[Finding] = []
    for kind in kinds():
        findings += _one_will_do([await _trial(kind, spec) for spec in config.engines(kind)])
    return findings


async def _trial(kind: Kind, spec: EngineSpec) -> Finding:
    from vivavoce.errors import VivavoceError
    from vivavoce.loading.probe import probe
    from vivavoce.registry import create

    begun = time.perf_counter()
    try:
        engine = create(kind, spec)
        try:
            await probe(kind, engine)
        finally:
            await engine.aclose()
    except VivavoceError as error:
        return Finding(f"try {kind}", "missing", str(spec), str(error))
    return Finding(f"try {kind}", "ok", f"{spec} works ({time.perf_counter() - begun:.1f} s)")

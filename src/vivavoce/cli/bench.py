"""`vivavoce bench`: measure this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import engine_options

if TYPE_CHECKING:
    from vivavoce.bench.report import Report
    from vivavoce.config import Config

_json = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures to this file, with every single measurement.",
)
_speech = click.option(
    "--speech",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of recordings with a manifest.jsonl (path, lang, text); else synthesized speech.",
)


@click.group()
def bench() -> None:
    """Measure this machine: tables for you, JSON for programs."""


@bench.command()
@_speech
@_json
@click.option("--pause", "pauses", multiple=True, type=float, default=(0.7,), show_default=True,
              help="Silence in mid-sentence to try, in seconds; may be repeated.")  # fmt: skip
@engine_options
def gap(
    config: Config, speech: Path | None, json_file: Path | None, pauses: tuple[float, ...]
) -> None:
    """From the end of a question to the first sound of its answer, and cut-offs."""
    from vivavoce.bench.gap import bench_gap

    _report(lambda: bench_gap(config, speech, pauses), json_file)


@bench.command("barge-in")
@_json
@engine_options
def barge_in(config: Config, json_file: Path | None) -> None:
    """From an interruption's first sound to silence."""
    from vivavoce.bench.barge_in import bench_barge_in

    _report(lambda: bench_barge_in(config), json_file)


@bench.command()
@click.option("--speech", required=True,
              type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of recordings with a manifest.jsonl (path, lang, text).")  # fmt: skip
@_json
@engine_options
def transcribe(config: Config, speech: Path, json_file: Path | None) -> None:
    """Word error rate and speed of transcribing files, beside the raw engine."""
    from vivavoce.bench.transcribe import bench_transcribe

    _report(lambda: bench_transcribe(config, speech), json_file)


@bench.command()
@_json
@engine_options
def footprint(config: Config, json_file: Path | None) -> None:
    """Cold start to first audio, memory of all engines, and CPU of an open microphone."""
    from vivavoce.bench.footprint import bench_footprint

    _report(lambda: bench_footprint(config), json_file)


@bench.command()
@click.option("--count", default=200, show_default=True, help="Sessions at once.")
@click.option("--seconds", default=20.0, show_default=True, help="How long they last.")
@_json
def sessions(count: int, seconds: float, json_file: Path | None) -> None:
    """What sessions cost by themselves: many at once on one core, with scripted engines."""
    from vivavoce.bench.sessions import bench_sessions

    _report(lambda: bench_sessions(count, seconds), json_file)


def _report(measure: Callable[[], Coroutine[Any, Any, Report]], json_file: Path | None) -> None:
    report = asyncio.run(measure())
    report.print()
    if json_file is not None:
        report.write(json_file)

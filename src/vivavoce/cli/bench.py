"""`vivavoce bench`: measure this machine."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .bench_turns import turns
from .interrupt import run_async
from .options import engine_arguments, engine_options

if TYPE_CHECKING:
    from vivavoce.bench.report import Report, Reports
    from vivavoce.config.configuration import Config

_json = click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the figures to this file, with every single measurement.",
)
_COUNT = click.IntRange(1)
_CHUNK_MS = click.IntRange(10, 1000)
_speech = click.option(
    "--speech",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of recordings with a manifest.jsonl (path, lang, text); else synthesized speech.",
)


@click.group()
def bench() -> None:
    """Measure this machine: tables for you, JSON for programs."""
    from importlib.util import find_spec

    from vivavoce.registry import missing

    for module in ("jiwer", "rapidfuzz", "whisper_normalizer"):
        if find_spec(module) is None:
            raise missing("vivavoce bench", ImportError(name=module))


bench.add_command(turns)


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
def endings(config: Config, json_file: Path | None) -> None:
    """How well the end of a turn is told from a pause in mid-sentence."""
    from vivavoce.bench.endings import bench_endings

    _report(lambda: bench_endings(config), json_file)


@bench.command()
@_speech
@_json
@engine_options
def enhance(config: Config, speech: Path | None, json_file: Path | None) -> None:
    """Word errors in noise and in rooms, with noise suppression and without."""
    from vivavoce.bench.enhance import bench_enhance

    _report(lambda: bench_enhance(config, speech), json_file)


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


@bench.command()
@click.option("--url", metavar="URL", help="Of a server that runs; else one is started.")
@click.option("--key", metavar="KEY", envvar="VIVAVOCE_KEY", help="API key of the server at --url.")
@click.option(
    "--only",
    metavar="PARTS",
    help="Some of: ready, idle, sessions, gap, speaking, speech, transcribe.",
)
@click.option("--quick", is_flag=True, help="Small counts, to see that all works.")
@click.option("--starts", type=_COUNT, help="New processes, for `ready`; 3.")
@click.option("--questions", type=_COUNT, help="Questions, for `gap`; 24.")
@click.option("--append-ms", type=_CHUNK_MS, help="Audio in a message of questions; 20.")
@click.option("--count", "sessions", type=_COUNT, help="Silent sessions at once; 100.")
@click.option(
    "--chunk-ms", "silence_ms", type=_CHUNK_MS, help="Audio in a message of silence; 100."
)
@click.option("--seconds", type=click.FloatRange(0.5), help="Length of `idle` and `sessions`; 20.")
@click.option("--rounds", type=_COUNT, help="Questions of each session, for `speaking`; 4.")
@click.option("--most", type=_COUNT, help="Sessions to begin until one is refused; 64.")
@click.option("--calls", type=_COUNT, help="Requests of each kind; 30.")
@_json
@engine_options
def server(
    config: Config,
    url: str | None,
    key: str | None,
    only: str | None,
    json_file: Path | None,
    *,
    quick: bool,
    **counts: Any,
) -> None:
    """A server as its clients see it: ready, gaps, many sessions, speech, transcripts.

    Client and server share this machine; nothing else should run on it.
    """
    from vivavoce.bench.server.plan import QUICK, MeasurementPlan
    from vivavoce.bench.server.realtime_client import RealtimeEndpoint
    from vivavoce.bench.server.report import bench_server
    from vivavoce.engines import KINDS

    from .weights import pull_weights

    given = {name: value for name, value in counts.items() if value is not None}
    plan = replace(QUICK if quick else MeasurementPlan(), **given)
    parts = _parts(only)
    endpoint = RealtimeEndpoint(url, key) if url else None
    pull_weights(config, KINDS)
    arguments = engine_arguments(click.get_current_context().params)
    _report(
        lambda: bench_server(config, plan, only=parts, arguments=arguments, endpoint=endpoint),
        json_file,
    )


def _parts(only: str | None) -> Sequence[str]:
    from vivavoce.bench.server.plan import PARTS
    from vivavoce.hints import nearest

    if only is None:
        return PARTS
    parts = [part.strip() for part in only.split(",") if part.strip()]
    for part in parts:
        if part not in PARTS:
            raise click.BadParameter(
                f"no part {part!r}; {nearest(part, PARTS)}", param_hint="--only"
            )
    if not parts:
        raise click.BadParameter(f"name some of {', '.join(PARTS)}", param_hint="--only")
    return parts


def _report(
    measure: Callable[[], Coroutine[Any, Any, Report | Reports]], json_file: Path | None
) -> None:
    report = run_async(measure())
    report.print()
    if json_file is not None:
        report.write(json_file)

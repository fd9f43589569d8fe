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
    help="Write the results to this file, with every measurement.",
)
_COUNT = click.IntRange(1)
_CHUNK_MS = click.IntRange(10, 1000)
_speech = click.option(
    "--speech",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of recordings with a manifest.jsonl (path, lang, text). Defaults to synthesized "
    "speech.",
)


@click.group()
def bench() -> None:
    """Measure this machine, as tables or JSON."""
    from importlib.util import find_spec

    from vivavoce.registry import missing

    for module in ("jiwer", "matplotlib", "rapidfuzz", "sklearn", "whisper_normalizer"):
        if find_spec(module) is None:
            raise missing("vivavoce bench", ImportError(name=module))


bench.add_command(turns)


@bench.command()
@_speech
@_json
@click.option("--pause", "pauses", multiple=True, type=float, default=(0.7,), show_default=True,
              help="Mid-sentence pause to test, in seconds; repeat for several.")  # fmt: skip
@engine_options
def gap(
    config: Config, speech: Path | None, json_file: Path | None, pauses: tuple[float, ...]
) -> None:
    """Measure the time from the end of a question to its answer, and cut-offs."""
    from vivavoce.bench.gap import bench_gap

    _report(lambda: bench_gap(config, speech, pauses), json_file)


@bench.command("barge-in")
@_json
@engine_options
def barge_in(config: Config, json_file: Path | None) -> None:
    """Measure the time from an interruption to silence."""
    from vivavoce.bench.barge_in import bench_barge_in

    _report(lambda: bench_barge_in(config), json_file)


@bench.command()
@click.option("--speech", required=True,
              type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of recordings with a manifest.jsonl (path, lang, text).")  # fmt: skip
@_json
@engine_options
def transcribe(config: Config, speech: Path, json_file: Path | None) -> None:
    """Measure word errors and speed of file transcription, next to the raw engine."""
    from vivavoce.bench.transcribe import bench_transcribe

    _report(lambda: bench_transcribe(config, speech), json_file)


@bench.command()
@click.option("--speech", required=True,
              type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of recordings with a manifest.jsonl (path, lang).")  # fmt: skip
@_json
@engine_options
def languages(config: Config, speech: Path, json_file: Path | None) -> None:
    """Measure how often speech is taken for another language."""
    from vivavoce.bench.languages import bench_languages

    _report(lambda: bench_languages(config, speech), json_file)


@bench.command()
@click.option("--engine", "engines", multiple=True, metavar="NAME[:MODEL]",
              help="Engine to measure; repeatable. Defaults to all that are here.")  # fmt: skip
@click.option("--voice", "voices", multiple=True,
              help="Voice to measure; repeatable. Defaults to each engine's own.")  # fmt: skip
@_json
def voices(engines: tuple[str, ...], voices: tuple[str, ...], json_file: Path | None) -> None:
    """Measure how good each voice sounds, how well it is understood, and how fast it is."""
    from vivavoce.bench.voices import bench_voices

    _report(lambda: bench_voices(engines, voices), json_file)


@bench.command()
@_json
@engine_options
def endings(config: Config, json_file: Path | None) -> None:
    """Measure how well the end of a turn is told from a mid-sentence pause."""
    from vivavoce.bench.endings import bench_endings

    _report(lambda: bench_endings(config), json_file)


@bench.command()
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER...",
                type=click.Path(path_type=Path, exists=True, file_okay=False))  # fmt: skip
@click.option("--traces", type=click.Path(path_type=Path, dir_okay=False),
              help="Keep what the engines tell in this file, and reuse it next time.")  # fmt: skip
@click.option("--rule", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="A Python file with a function `wait_s(silence)`, to compare with.")  # fmt: skip
@click.option("--picture", type=click.Path(path_type=Path, dir_okay=False),
              help="Draw the curves to this .svg or .png file.")  # fmt: skip
@click.option("--fit", type=click.Path(path_type=Path, file_okay=False),
              help="Fit to half of the talkers, write the fits to this folder, and test them on "
                   "the other half.")  # fmt: skip
@click.option("--held-out", is_flag=True, help="Report only the talkers that --fit leaves out.")
@_json
@engine_options
def people(
    config: Config,
    folders: tuple[Path, ...],
    traces: Path | None,
    rule: Path | None,
    picture: Path | None,
    fit: Path | None,
    json_file: Path | None,
    *,
    held_out: bool,
) -> None:
    """Measure turn-taking on recordings of people: pauses cut off, and waits after ends.

    A folder has a manifest.jsonl (path, source, lang, kind, speaker, text, turn_complete), or
    only recordings.
    """
    from vivavoce.bench.people.run import PeopleRequest, bench_people

    wanted = PeopleRequest(
        folders, traces, fit, picture, rule, held_out=held_out, progress=click.echo
    )
    _report(lambda: bench_people(config, wanted), json_file)


@bench.command()
@_speech
@_json
@engine_options
def enhance(config: Config, speech: Path | None, json_file: Path | None) -> None:
    """Measure word errors in noise and in rooms, with and without noise suppression."""
    from vivavoce.bench.enhance import bench_enhance

    _report(lambda: bench_enhance(config, speech), json_file)


@bench.command()
@_json
@engine_options
def footprint(config: Config, json_file: Path | None) -> None:
    """Measure start-up time, memory, and CPU use with an open microphone."""
    from vivavoce.bench.footprint import bench_footprint

    _report(lambda: bench_footprint(config), json_file)


@bench.command()
@click.option("--count", default=200, show_default=True, help="Sessions at once.")
@click.option("--seconds", default=20.0, show_default=True, help="How long the sessions last.")
@_json
def sessions(count: int, seconds: float, json_file: Path | None) -> None:
    """Measure the cost of sessions alone: many on one core, with scripted engines."""
    from vivavoce.bench.sessions import bench_sessions

    _report(lambda: bench_sessions(count, seconds), json_file)


@bench.command()
@click.option(
    "--url", metavar="URL", help="Address of a running server. By default the command starts one."
)
@click.option("--key", metavar="KEY", envvar="VIVAVOCE_KEY", help="API key of the server at --url.")
@click.option(
    "--only",
    metavar="PARTS",
    help="Parts to run: ready, idle, sessions, gap, speaking, speech, transcribe.",
)
@click.option("--quick", is_flag=True, help="Use small counts, to check that everything works.")
@click.option("--starts", type=_COUNT, help="Processes to start for `ready`. Default: 3.")
@click.option("--questions", type=_COUNT, help="Questions for `gap`. Default: 24.")
@click.option("--append-ms", type=_CHUNK_MS, help="Audio per message in questions. Default: 20.")
@click.option("--count", "sessions", type=_COUNT, help="Silent sessions at once. Default: 100.")
@click.option(
    "--chunk-ms", "silence_ms", type=_CHUNK_MS, help="Audio per message in silence. Default: 100."
)
@click.option(
    "--seconds", type=click.FloatRange(0.5), help="Length of `idle` and `sessions`. Default: 20."
)
@click.option("--rounds", type=_COUNT, help="Questions per session for `speaking`. Default: 4.")
@click.option(
    "--most", type=_COUNT, help="Most sessions to start until one is refused. Default: 64."
)
@click.option("--calls", type=_COUNT, help="Requests of each kind. Default: 30.")
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
    """Measure a server as its clients see it: start, gaps, load, speech, transcripts.

    Client and server share this machine; run nothing else on it.
    """
    from vivavoce.bench.server.plan import QUICK, MeasurementPlan
    from vivavoce.bench.server.realtime_client import RealtimeEndpoint
    from vivavoce.bench.server.report import bench_server
    from vivavoce.kinds import kinds

    from .weights import pull_weights

    given = {name: value for name, value in counts.items() if value is not None}
    plan = replace(QUICK if quick else MeasurementPlan(), **given)
    parts = _parts(only)
    endpoint = RealtimeEndpoint(url, key) if url else None
    pull_weights(config, tuple(kinds()))
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
                f"unknown part {part!r}; {nearest(part, PARTS)}", param_hint="--only"
            )
    if not parts:
        raise click.BadParameter(f"choose from {', '.join(PARTS)}", param_hint="--only")
    return parts


def _report(
    measure: Callable[[], Coroutine[Any, Any, Report | Reports]], json_file: Path | None
) -> None:
    report = run_async(measure())
    report.print()
    if json_file is not None:
        report.write(json_file)

"""`vivavoce transcribe`: what is said in files, as text, JSON or subtitles."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .interrupt import run_async
from .options import engine_options
from .progress import Show, progress_bars

if TYPE_CHECKING:
    from vivavoce.audio import Samples
    from vivavoce.config.configuration import Config
    from vivavoce.engines import Stt, SttOptions, Vad
    from vivavoce.media.decode import ReadOptions
    from vivavoce.transcripts.recordings import RecordingTranscription
    from vivavoce.transcripts.subtitles import Format

log = logging.getLogger(__name__)

_ENDINGS = {"text": ".txt", "json": ".json", "srt": ".srt", "vtt": ".vtt"}


@dataclass(frozen=True, slots=True)
class _FileJob:
    """One recording. source: `-` is stdin. target: where its text goes; None is stdout."""

    source: str
    target: Path | None

    @property
    def label(self) -> str:
        return "stdin" if self.source == "-" else self.source


@dataclass(frozen=True, slots=True)
class _Output:
    """How transcripts are written. words: each with its time. several: files there are."""

    form: Format
    words: bool
    several: bool


@click.command()
@click.argument("files", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    help="Write to this file, or to one file each in this folder; existing ones are skipped.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_ENDINGS)),
    help="Defaults to OUTPUT's extension, or text.",
)
@click.option(
    "--words",
    is_flag=True,
    help="Include word times, in any format; estimated times are marked.",
)
@click.option("--language", help="Language of the speech, such as `en`.")
@click.option("--translate", is_flag=True, help="Translate into English.")
@click.option(
    "--channels",
    default="mix",
    show_default=True,
    help="What to hear of several: mix, left, right, a number from 1, or separate: each by itself, "
    "as the two sides of a telephone call.",
)
@click.option(
    "--track",
    help="Of several in a file: its number, or a part of its title. By default the one in the "
    "language asked for, or the file's own choice.",
)
@click.option("--force", is_flag=True, help="Transcribe again what already has a transcript.")
@engine_options
def transcribe(
    config: Config,
    files: tuple[str, ...],
    output: Path | None,
    form: Format | None,
    words: bool,
    language: str | None,
    translate: bool,
    force: bool,
    track: str | None,
    channels: str,
) -> None:
    """Transcribe FILES, audio or video of any format (`-` reads stdin).

    If a file cannot be read, the others still are, and the exit code is 1.
    """
    from vivavoce.engines import SttOptions
    from vivavoce.media.decode import ReadOptions, parse_channels

    from .weights import pull_weights

    form = form or _format_of(output)
    jobs = _jobs(files, output, form)
    if output is not None and jobs[0].target != output:
        output.mkdir(parents=True, exist_ok=True)
        jobs = jobs if force else _undone(jobs)
    options = SttOptions(
        language=language or config.session.language,
        words=words or form in ("srt", "vtt"),
        translate=translate,
    )
    if not jobs:
        return
    pull_weights(config, ["stt", "vad"])
    out = _Output(form, words, len(jobs) > 1)
    reading = ReadOptions(channels=parse_channels(channels), language=language, track=track)
    if not run_async(_transcribe(config, jobs, out, options, reading)):
        click.get_current_context().exit(1)


def _format_of(output: Path | None) -> Format:
    ending = output.suffix.lower() if output else ""
    return cast("Format", next((form for form, end in _ENDINGS.items() if end == ending), "text"))


def _jobs(files: Sequence[str], output: Path | None, form: Format) -> list[_FileJob]:
    """Each file and where its text goes."""
    if output is None:
        if len(files) > 1 and form in ("srt", "vtt"):
            raise click.UsageError(f"several files as {form} need an output folder; add -o FOLDER")
        return [_FileJob(file, None) for file in files]
    if len(files) == 1 and output.suffix and not output.is_dir():
        return [_FileJob(files[0], output)]
    names = ["stdin" if file == "-" else Path(file).name for file in files]
    stems = Counter(Path(name).stem for name in names)
    targets = [
        output / f"{Path(name).stem if stems[Path(name).stem] == 1 else name}{_ENDINGS[form]}"
        for name in names
    ]
    for target, count in Counter(targets).items():
        if count > 1:
            raise click.UsageError(f"{count} files would all be written to {target}; rename one")
    return [_FileJob(file, target) for file, target in zip(files, targets, strict=True)]


def _undone(jobs: Sequence[_FileJob]) -> list[_FileJob]:
    """Those whose text is not there yet."""
    undone = []
    for job in jobs:
        if job.target is not None and job.target.exists():
            click.echo(f"{job.target} already exists; use --force to transcribe again", err=True)
        else:
            undone.append(job)
    return undone


async def _transcribe(
    config: Config,
    jobs: Sequence[_FileJob],
    out: _Output,
    options: SttOptions,
    reading: ReadOptions,
) -> bool:
    """Do the jobs, and tell whether all went well."""
    from vivavoce.errors import BadAudio, EngineError, VivavoceError
    from vivavoce.loading.open_engines import make
    from vivavoce.transcripts.recordings import RecordingTranscription

    stt, vad = cast("Stt", make("stt", config.stt)), cast("Vad", make("vad", config.vad))
    well = True
    try:
        await asyncio.gather(stt.load(), vad.load())
        aloud = jobs[0].target is None and sys.stdout.isatty()
        with progress_bars("seconds", wanted=not aloud) as show:
            for job in jobs:
                faults: list[str] = []
                audio = _shown(job, replace(reading, rate=stt.rate), show, faults)
                transcription = RecordingTranscription(audio, stt, vad, options, faults=faults)
                try:
                    await _put(job, transcription, out)
                except (BadAudio, EngineError) as error:
                    click.echo(f"error: {error}", err=True)
                    well = False
                except Exception as error:
                    if len(jobs) == 1 or isinstance(error, OSError | VivavoceError):
                        raise
                    log.debug("%s", job.label, exc_info=True)
                    click.echo(
                        f"error: {job.label}: unexpected error: {error!r}; "
                        "run again with --debug and report it",
                        err=True,
                    )
                    well = False
    finally:
        await stt.aclose()
        await vad.aclose()
    return well


async def _shown(
    job: _FileJob, reading: ReadOptions, show: Show, faults: list[str]
) -> AsyncGenerator[Samples, None]:
    """The recording's audio; shows how much of it was read. faults: gets what is wrong with it."""
    from vivavoce.media.decode import opened_audio

    source = sys.stdin.buffer if job.source == "-" else job.source
    name, done = Path(job.label).name, 0.0
    try:
        async with opened_audio(source, reading) as file:
            async for chunk in file.chunks:
                show(name, done, file.info.duration)
                done += chunk.shape[1] / file.rate
                yield chunk if reading.channels == "separate" else chunk[0]
            faults += file.warnings
    finally:
        show(name, done, done)


async def _put(job: _FileJob, transcription: RecordingTranscription, out: _Output) -> None:
    """Write the segments where they are to go; plain text on stdout as it comes."""
    from vivavoce.media.atomic_file import replacing
    from vivavoce.transcripts import subtitles

    if job.target is None and out.form == "text":
        head = f"==> {job.label} <==\n" if out.several else ""
        async with aclosing(transcription.run()) as segments:
            async for segment in segments:
                click.echo(head + subtitles.text([segment], words=out.words), nl=False)
                head = ""
        click.echo(head, nl=False)
        transcript = transcription.transcript()
    else:
        transcript = await transcription.finish()
        whole = subtitles.render(
            transcript.segments, out.form, words=out.words, warnings=transcript.warnings
        )
        if job.target is not None:
            with replacing(job.target) as file:
                file.write(whole.encode())
        elif out.several:
            click.echo(json.dumps({"file": job.label, **json.loads(whole)}, ensure_ascii=False))
        else:
            click.echo(whole, nl=False)
    for warning in transcript.warnings:
        click.echo(f"warning: {job.label}: {warning.message}", err=True)

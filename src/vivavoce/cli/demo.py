"""`vivavoce demo`: one spoken turn, shown as it happens."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .interrupt import run_async
from .options import engine_options

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config
    from vivavoce.events import Event


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default="answer.wav",
    show_default=True,
    help="Write the spoken answer to this file.",
)
@click.option(
    "--question",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Ask this recording instead of the built-in one.",
)
@engine_options
def demo(config: Config, output: Path, question: Path | None) -> None:
    """Show one spoken turn and where its time went.

    Plays a question into the live pipeline at the speed of speech, writes the answer to a file,
    and prints what it heard, what it answered, and the time of each stage.
    """
    from vivavoce.kinds import kinds

    from .weights import pull_weights

    pull_weights(config, tuple(kinds()))
    run_async(_demo(config, output, question))


async def _demo(config: Config, output: Path, question: Path | None) -> None:
    from vivavoce.conversation.single_turn import answer
    from vivavoce.loading.open_engines import open_engines
    from vivavoce.media.decode import read_audio, write_audio

    from .waterfall import waterfall

    click.secho("Loading the engines …", dim=True, err=True)
    async with open_engines(config) as engines:
        names = ", ".join(
            f"{kind} {getattr(engines, kind).name}" for kind in ("vad", "turn", "stt", "llm", "tts")
        )
        click.secho(f"  {names}", dim=True, err=True)
        audio = await asyncio.to_thread(read_audio, question or _sample())
        click.echo(f"Asking a question of {audio.seconds:.1f} s at the speed of speech …\n")
        turn = await answer(engines, audio, settings=config.session, on_event=_show, real_time=True)
    await asyncio.to_thread(write_audio, turn.audio, output)
    click.echo()
    for line in waterfall(turn.times) if turn.times else ():
        click.echo(line)
    click.echo(f"\nThe answer, {turn.audio.seconds:.1f} s of speech, is in {output}.")
    click.echo(_NEXT)


_NEXT = """
Next:
  vivavoce talk                       talk with it (microphone and loudspeaker)
  vivavoce ask QUESTION.wav -o A.wav  ask with a recording of your own
  vivavoce transcribe FILE…           speech to text, also as subtitles
  vivavoce say "Hello" -o hello.wav   text to speech
  vivavoce engines                    other engines to choose from
In this folder the command is .venv/bin/vivavoce."""


def _sample() -> Path:
    return Path(__file__).parent.parent / "data" / "question.wav"


def _show(event: Event) -> None:
    """Tell what happens, as it happens."""
    from vivavoce.events import Failed, Heard, ReplyEnded, Spoke

    match event:
        case Heard(_, transcript, final=False):
            if sys.stderr.isatty():
                click.secho(f"\r\x1b[2K  … {transcript.text}", dim=True, nl=False, err=True)
        case Heard(_, transcript, final=True):
            if sys.stderr.isatty():
                click.echo("\r\x1b[2K", nl=False, err=True)
            click.echo(f"You:      {transcript.text}")
            click.echo("Vivavoce: ", nl=False)
        case Spoke(_, text):
            click.echo(text, nl=False)
        case ReplyEnded():
            click.echo()
        case Failed(kind, engine, message, remedy):
            click.secho(f"{kind} {engine}: {message}; {remedy}", err=True)

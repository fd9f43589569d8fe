"""`vivavoce ask`: a spoken question from a file, a spoken answer to a file."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .interrupt import run_async
from .options import engine_options

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config
    from vivavoce.conversation.single_turn import Answer


@click.command()
@click.argument("question", type=click.Path(path_type=Path, allow_dash=True))
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the spoken answer to this file; its extension sets the format.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--real-time", is_flag=True, help="Play the question at the speed of speech.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, file_okay=False),
    help="Save audio, events and timing in this folder, for `vivavoce replay`.",
)
@engine_options
def ask(
    config: Config,
    question: Path,
    output: Path | None,
    as_json: bool,
    real_time: bool,
    record: Path | None,
) -> None:
    """Answer a spoken question from a file, in any audio format (`-` is stdin)."""
    from vivavoce.kinds import kinds

    from .weights import pull_weights

    pull_weights(config, tuple(kinds()))
    turn = run_async(_ask(config, question, output, real_time, record))
    if as_json:
        click.echo(json.dumps(_as_data(turn, output, real_time), ensure_ascii=False))
        return
    click.echo(f"heard:  {turn.heard.text}")
    click.echo(f"answer: {turn.text}")
    if output is not None:
        click.echo(f"wrote {output} ({turn.audio.seconds:.1f} s)", err=True)


async def _ask(
    config: Config, question: Path, output: Path | None, real_time: bool, record: Path | None
) -> Answer:
    from vivavoce.conversation.single_turn import answer
    from vivavoce.loading.open_engines import open_engines
    from vivavoce.media.decode import read_audio, write_audio

    source = sys.stdin.buffer if str(question) == "-" else question
    audio = await asyncio.to_thread(read_audio, source)
    async with open_engines(config) as engines:
        turn = await answer(
            engines, audio, settings=config.session, real_time=real_time, record=record
        )
    if output is not None:
        await asyncio.to_thread(write_audio, turn.audio, output)
    return turn


def _as_data(turn: Answer, output: Path | None, real_time: bool) -> dict[str, object]:
    return {
        "heard": turn.heard.text,
        "answer": turn.text,
        "seconds": round(turn.audio.seconds, 3),
        "output": str(output) if output else None,
        "times": turn.times.as_dict() if turn.times and real_time else None,
    }

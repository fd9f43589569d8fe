"""`vivavoce replay`: a recorded session again, through the engines of today."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .interrupt import run_async
from .options import engine_options

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config
    from vivavoce.conversation.replay import Replay


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--explain", is_flag=True, help="Show why each silence ended the turn or did not.")
@engine_options
def replay(config: Config, folder: Path, as_json: bool, explain: bool) -> None:
    """Run a recorded session again and show what changed.

    Runs faster than real time and gives the same result every time. Exits with 1 if something
    changed.
    """
    from dataclasses import asdict

    from vivavoce.conversation.explanation import explained
    from vivavoce.kinds import kinds

    from .weights import pull_weights

    pull_weights(config, tuple(kinds()))
    begun = time.perf_counter()
    result = run_async(_replay(config, folder))
    seconds = time.perf_counter() - begun
    if as_json:
        click.echo(
            json.dumps(
                {
                    "changed": bool(result.changes),
                    "before": list(result.before),
                    "after": list(result.after),
                    "engines_before": dict(result.engines_before),
                    "engines_after": dict(result.engines_after),
                    "silences": [asdict(silence) for silence in result.silences],
                    "audio_s": round(result.seconds, 3),
                    "took_s": round(seconds, 3),
                },
                ensure_ascii=False,
            )
        )
    else:
        for kind, name in result.engines_after.items():
            if result.engines_before.get(kind) != name:
                click.echo(f"{kind}: {result.engines_before.get(kind)} → {name}")
        for line in result.changes or result.after:
            click.echo(line)
        for silence in result.silences if explain else ():
            click.echo(explained(silence))
        what = "changed" if result.changes else "nothing changed"
        click.echo(f"{what}; {result.seconds:.1f} s of audio in {seconds:.1f} s", err=True)
    if result.changes:
        raise SystemExit(1)


async def _replay(config: Config, folder: Path) -> Replay:
    from vivavoce.conversation.replay import replay
    from vivavoce.loading.open_engines import open_engines

    async with open_engines(config) as engines:
        return await replay(folder, engines, config.session)

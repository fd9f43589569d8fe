"""`vivavoce bench turns`: how an agent takes turns."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .interrupt import run_async
from .options import engine_options

if TYPE_CHECKING:
    from vivavoce.config.configuration import Config

_file = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--url", metavar="URL",
              help="A server that speaks OpenAI Realtime, such as "
                   "ws://127.0.0.1:8080/v1/realtime. Default: in this process.")  # fmt: skip
@click.option("--key", envvar="OPENAI_API_KEY", show_envvar=True, help="API key of the server.")
@click.option("--model", help="Model to request from the server.")
@click.option("--beta", is_flag=True, help="Use the beta form of the protocol.")
@click.option("--turn-detection", type=click.Choice(["server_vad", "semantic_vad"]),
              help="Turn detection to request. Defaults to the server's own choice.")  # fmt: skip
@click.option("--scenarios", multiple=True, metavar="SET|FILE|DIR", default=("reported",),
              show_default=True,
              help="What callers do: reported, tuning, or your own; repeat for more.")  # fmt: skip
@click.option(
    "--only", multiple=True, metavar="NAME", help="Run only this scenario; repeat for several."
)
@click.option("--repeats", type=click.IntRange(1, 1000), default=1, show_default=True,
              help="Number of times to make each call.")  # fmt: skip
@click.option("--speech", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Folder of recordings, for scenarios that play them.")  # fmt: skip
@click.option("--clean", is_flag=True,
              help="First cancel echo and noise, as `talk` does (not with --url).")  # fmt: skip
@click.option("--json", "json_file", type=_file, help="Write all results and calls to this file.")
@click.option("--html", "html_file", type=_file,
              help="Write a web page with charts and the timeline of each call.")  # fmt: skip
@click.option("--compare", nargs=2, type=click.Path(path_type=Path, exists=True, dir_okay=False),
              metavar="A.json B.json",
              help="Make no calls; show what got better or worse from A to B.")  # fmt: skip
@engine_options
def turns(
    config: Config,
    url: str | None,
    key: str | None,
    model: str | None,
    turn_detection: str | None,
    scenarios: tuple[str, ...],
    only: tuple[str, ...],
    repeats: int,
    speech: Path | None,
    json_file: Path | None,
    html_file: Path | None,
    compare: tuple[Path, Path] | None,
    *,
    beta: bool,
    clean: bool,
) -> None:
    """Measure turn-taking with simulated callers.

    Reports gaps, cut-offs, interruptions, echo and history. It runs at the speed of speech, so it
    takes a while. Run nothing else on the machine.
    """
    if compare:
        from vivavoce.bench.scorecard.compare import compare as compared

        compared(*compare).print()
        return
    from vivavoce.bench.scorecard import html, scenario
    from vivavoce.bench.scorecard.over_realtime import OverRealtime
    from vivavoce.bench.scorecard.run import bench_turns
    from vivavoce.bench.server.realtime_client import RealtimeEndpoint

    for file in (json_file, html_file):
        if file is not None and not file.resolve().parent.is_dir():
            raise click.BadParameter(f"the folder {file.parent} does not exist; create it first")
    chosen = scenario.only(scenario.load(scenarios), only)
    target = OverRealtime(RealtimeEndpoint(url, key, model, beta), turn_detection) if url else None
    if target is None:
        _pull(config)
    card = run_async(
        bench_turns(
            config,
            chosen,
            target=target,
            speech=speech,
            repeats=repeats,
            clean=clean,
            tell=_tell,
        )
    )
    card.by_scenario().print()
    report = card.report()
    report.print()
    if json_file is not None:
        report.write(json_file)
    if html_file is not None:
        html.write(card, html_file)


def _pull(config: Config) -> None:
    from vivavoce.kinds import kinds

    from .weights import pull_weights

    pull_weights(config, tuple(kinds()))


def _tell(line: str) -> None:
    click.echo(line, err=True)

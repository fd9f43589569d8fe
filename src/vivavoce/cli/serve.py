"""`vivavoce serve`: the server, and what it tells of itself on the terminal."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .interrupt import on_interrupt, run_async
from .options import engine_options, server_option

if TYPE_CHECKING:
    import asyncio

    from vivavoce.config.configuration import Config
    from vivavoce.server.observe.self_test import SelfTest
    from vivavoce.server.run import Life, Notice, Ready


@click.command()
@server_option("host", "ADDRESS")
@server_option("port", "PORT", int)
@server_option("wyoming", "URL")
@server_option("tls_cert", "FILE")
@server_option("tls_key", "FILE")
@server_option("log", "FORM")
@click.option("--no-proof", is_flag=True, help="Skip the spoken question at start-up.")
@engine_options
def serve(config: Config, no_proof: bool, **given: Any) -> None:
    """Run the server: OpenAI's protocols, Vivavoce's own, Wyoming and the web page.

    Loads the engines, then asks itself a spoken question and shows the answer. Ctrl-C stops the
    server after the current replies; a second Ctrl-C stops it at once.
    """
    from vivavoce.config.configuration import overridden
    from vivavoce.kinds import kinds
    from vivavoce.registry import missing

    from .weights import check_packages, pull_weights

    config = overridden(config, {"server": given})
    check_packages(config, tuple(kinds()), ["fastapi", "uvicorn", "prometheus_client"])
    try:
        from vivavoce.server import run
        from vivavoce.server.http import listener
        from vivavoce.server.observe import logs
    except ImportError as error:
        raise missing("vivavoce serve", error) from error
    listener.check(config.server)
    pull_weights(config, tuple(kinds()))
    verbose = logging.getLogger("vivavoce").level < logging.WARNING
    logs.set_up(config.server.log, verbose=verbose)
    life = run.Life(config, lambda notice: _tell(notice, config), self_test=not no_proof)
    run_async(_serve(life), _loop())


async def _serve(life: Life) -> None:
    from vivavoce.server.run import serve

    with on_interrupt(life.stop.set):
        await serve(life)


def _loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop, where there is one."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # Windows
        return None
    return new_event_loop


def _tell(notice: Notice, config: Config) -> None:
    from vivavoce.server.observe.self_test import SelfTest, SelfTestSkipped
    from vivavoce.server.run import Listening, Ready, SelfTestFailed, Stopping

    match notice:
        case Listening(url):
            click.secho(f"Listening at {url}; loading the engines …", dim=True, err=True)
        case Ready():
            _tell_ready(notice, config)
        case SelfTest():
            _tell_proof(notice)
        case SelfTestSkipped(why):
            click.echo(f"\nThe server asked itself no spoken question: {why}.")
        case SelfTestFailed(why):
            click.secho(f"\nThe spoken question failed: {why}", fg="red")
            click.echo("The server is running anyway; `vivavoce doctor --try` shows what is wrong.")
        case Stopping(sessions):
            what = f"finishing replies (sessions: {sessions}); " if sessions else ""
            click.secho(f"Stopping: {what}press Ctrl-C again to stop now.", dim=True, err=True)


def _tell_ready(ready: Ready, config: Config) -> None:
    from vivavoce.server.http.addresses import is_loopback, listening_host

    key = "YOUR-KEY" if config.server.keys else "any"
    click.secho(f"Ready after {ready.seconds:.1f} s.", bold=True)
    for engine in ready.down:
        colour = "red" if engine.missed else "yellow"
        click.secho(f"  {engine.kind} {engine.name} does not work: {engine.detail}", fg=colour)
    if any(engine.missed for engine in ready.down):
        click.echo("  The rest works. The server uses what is missing as soon as it is there.")
    click.echo(f"  page    {ready.url}/")
    click.echo(f"  API     {ready.url}/docs")
    click.echo(f'  OpenAI  OpenAI(base_url="{ready.url}/v1", api_key="{key}")')
    if ready.wyoming:
        click.echo(f"  Wyoming {ready.wyoming}")
    if not config.server.keys:
        if is_loopback(listening_host(config.server)):
            reach = "only this machine can reach it"
        else:
            reach = "anyone who can reach this machine can use it"
        click.secho(f"  No API keys are configured: {reach}.", fg="yellow")


def _tell_proof(self_test: SelfTest) -> None:
    click.echo("\nThe server asked itself a spoken question:")
    click.echo(f"  said      {self_test.asked}")
    click.echo(f"  heard     {self_test.heard}")
    click.echo(f"  answered  {self_test.answer}")
    click.echo(
        f"  gap       {self_test.gap * 1000:.0f} ms from the end of the question to the answer"
    )

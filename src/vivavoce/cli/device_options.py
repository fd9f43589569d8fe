"""Choosing a microphone and a loudspeaker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

R = TypeVar("R")

input_option = click.option(
    "--input",
    "microphone",
    metavar="DEVICE",
    help="Microphone: its number or part of its name.",
)
output_option = click.option(
    "--output", "loudspeaker", metavar="DEVICE", help="Loudspeaker: its number or part of its name."
)


def _show(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from vivavoce.devices.portaudio import device_list, portaudio

    click.echo(device_list(portaudio()), nl=False)
    ctx.exit()


def devices_option(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command --devices, which lists them and ends."""
    return click.option(
        "--devices",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_show,
        help="List the microphones and loudspeakers, and exit.",
    )(command)

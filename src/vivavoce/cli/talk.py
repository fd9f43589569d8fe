"""`vivavoce talk`: a spoken conversation with the microphone and the loudspeaker."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack, aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .device_options import devices_option, input_option, output_option
from .interrupt import on_interrupt, run_async
from .options import engine_options

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from vivavoce.audio import Audio
    from vivavoce.config.configuration import Config
    from vivavoce.conversation.session import Engines
    from vivavoce.devices.duplex import Cleaner, Duplex
    from vivavoce.settings import SessionSettings

    from .live import Display


@dataclass(frozen=True, slots=True)
class CleaningOptions:
    """Which steps of audio processing are wanted."""

    echo: bool
    noise: bool
    gain: bool

    def cleaner(self, rate: int) -> Cleaner | None:
        """What takes them; None where none is."""
        if not (self.echo or self.noise or self.gain):
            return None
        from vivavoce.devices.audio_processing import NoiseSuppression, WebRtcCleaner

        suppression: NoiseSuppression = "steady" if self.noise else "never"
        return WebRtcCleaner(rate, echo=self.echo, noise=suppression, gain=self.gain)


@click.command()
@input_option
@output_option
@devices_option
@click.option(
    "--push-to-talk",
    is_flag=True,
    help="Push to talk: press Space or Enter, speak, and press it again.",
)
@click.option("--greeting", metavar="TEXT", help="Greeting to speak first.")
@click.option(
    "--record",
    type=click.Path(path_type=Path, file_okay=False),
    help="Save audio, events and timing in this folder, for `vivavoce replay`.",
)
@click.option(
    "--echo-cancellation/--no-echo-cancellation",
    "echo",
    default=True,
    help="Remove the reply from the microphone's sound; not needed with headphones.",
)
@click.option(
    "--noise-suppression/--no-noise-suppression",
    "noise",
    default=True,
    help="Remove loud steady noise.",
)
@click.option(
    "--gain-control/--no-gain-control", "gain", default=True, help="Amplify quiet voices."
)
@click.option("--json", "as_json", is_flag=True, help="Print each event as one line of JSON.")
@engine_options
def talk(
    config: Config,
    microphone: str | None,
    loudspeaker: str | None,
    push_to_talk: bool,
    greeting: str | None,
    record: Path | None,
    echo: bool,
    noise: bool,
    gain: bool,
    as_json: bool,
) -> None:
    """Talk with the microphone and loudspeaker; Ctrl-C ends the conversation."""
    from vivavoce.devices.duplex import Duplex
    from vivavoce.devices.portaudio import common_rate, find, portaudio, running
    from vivavoce.kinds import kinds

    from .weights import check_packages, pull_weights

    check_packages(config, tuple(kinds()), ["sounddevice"])
    settings = config.session
    if greeting is not None:
        settings = replace(settings, greeting=greeting)
    if push_to_talk:
        settings = replace(settings, turns=replace(settings.turns, mode="manual"))
    library = portaudio()
    chosen = (find(library, "microphone", microphone), find(library, "loudspeaker", loudspeaker))
    rate = common_rate(library, *chosen)
    duplex = Duplex(rate, cleaner=CleaningOptions(echo, noise, gain).cleaner(rate))
    pull_weights(config, tuple(kinds()))
    run_async(
        _talk(
            config, settings, duplex, running(library, duplex, *chosen), _display(as_json), record
        )
    )


async def _talk(
    config: Config,
    settings: SessionSettings,
    duplex: Duplex,
    devices: AbstractContextManager[None],
    display: Display,
    record: Path | None,
) -> None:
    from vivavoce.loading.open_engines import open_engines

    click.secho("Loading the engines …", dim=True, err=True)
    async with open_engines(config) as engines:
        with on_interrupt(duplex.close), devices:
            click.secho("Start talking; press Ctrl-C to stop.", dim=True, err=True)
            await converse(engines, duplex, settings, display, record)


async def converse(
    engines: Engines,
    duplex: Duplex,
    settings: SessionSettings,
    display: Display,
    record: Path | None = None,
) -> None:
    """Hold the conversation, until the duplex is closed."""
    from vivavoce.conversation.recorder import Recorder
    from vivavoce.conversation.session import Session

    from .key_presses import keys
    from .push_to_talk import PushToTalk

    with ExitStack() as stack:
        recorder = None
        if record is not None:
            recorder = stack.enter_context(Recorder(record, engines, settings))
        stack.enter_context(display)
        session = Session(
            engines,
            recorder.sink(duplex) if recorder else duplex,
            recorder.events(display.handle) if recorder else display.handle,
            settings=settings,
        )
        microphone = _watched(duplex, display)
        source: AsyncIterator[Audio] = microphone
        if settings.turns.mode == "manual":
            button = PushToTalk(session, display.opened, display.nothing)
            display.opened(False)  # noqa: FBT003
            stack.enter_context(keys(button.press))
            source = button.source(microphone)
        async with aclosing(microphone):
            await session.run(recorder.source(source) if recorder else source)


async def _watched(duplex: Duplex, display: Display) -> AsyncGenerator[Audio, None]:
    """What the microphone hears, with its level shown."""
    async with aclosing(duplex.source()) as microphone:
        async for audio in microphone:
            display.tick(audio.seconds, audio.dbfs)
            yield audio


def _display(as_json: bool) -> Display:
    from rich.console import Console

    from .live import Lines, Screen

    console = Console(highlight=False, markup=False, emoji=False)
    return Screen(console) if console.is_terminal and not as_json else Lines(as_json=as_json)

"""`vivavoce listen`: live captions from the microphone, or from PCM on stdin."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from .device_options import devices_option, input_option
from .interrupt import on_interrupt, run_async
from .options import engine_options

if TYPE_CHECKING:
    from vivavoce.audio import Audio
    from vivavoce.config.configuration import Config
    from vivavoce.engines import Stt, SttOptions, Vad

    from .caption_output import Form, Output
    from .pcm import Encoding

_KEEP_S = 30.0
"""Audio that may wait where the STT falls behind; nobody waits for an answer here."""


@dataclass(frozen=True, slots=True)
class _ListeningEngines:
    """Where the audio comes from. close: ends `source`. listening: while it gives audio."""

    source: AsyncGenerator[Audio, None]
    close: Callable[[], None]
    listening: AbstractContextManager[None]


@click.command()
@input_option
@devices_option
@click.option("--stdin", "from_stdin", is_flag=True, help="Read mono PCM from stdin instead.")
@click.option(
    "--rate",
    type=click.IntRange(1_000, 768_000),
    default=16_000,
    show_default=True,
    help="Sample rate of stdin, in Hz.",
)
@click.option(
    "--encoding",
    type=click.Choice(["s16le", "f32le"]),
    default="s16le",
    show_default=True,
    help="Sample format of stdin.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "srt", "json"]),
    help="Defaults to FILE's extension, or text; json writes one object per line.",
)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the captions to this file instead of stdout.",
)
@click.option("--partials", is_flag=True, help="Include captions that are not final in the JSON.")
@click.option("--language", help="Language of the speech, such as `en`.")
@click.option("--translate", is_flag=True, help="Translate into English.")
@engine_options
def listen(
    config: Config,
    microphone: str | None,
    from_stdin: bool,
    rate: int,
    encoding: Encoding,
    form: Form | None,
    output: Path | None,
    partials: bool,
    language: str | None,
    translate: bool,
) -> None:
    """Show live captions until Ctrl-C or the end of stdin."""
    from vivavoce.engines import SttOptions

    from .caption_output import Output, form_of
    from .weights import pull_weights

    form = form or form_of(output)
    if partials and form != "json":
        raise click.UsageError("--partials needs --format json")
    options = SttOptions(
        language=language or config.session.language,
        words=form != "text",
        translate=translate,
        partials=partials or sys.stderr.isatty(),
    )
    ears = _stdin(rate, encoding) if from_stdin else _microphone(microphone)
    pull_weights(config, ["stt", "vad"])
    with Output(form, output, partials=partials) as out:
        run_async(_listen(config, ears, options, out))


def _stdin(rate: int, encoding: Encoding) -> _ListeningEngines:
    from .pcm import PcmInput

    pcm = PcmInput(sys.stdin.buffer, rate, encoding)
    return _ListeningEngines(pcm.source(), pcm.close, nullcontext())


def _microphone(wanted: str | None) -> _ListeningEngines:
    from vivavoce.devices.duplex import Duplex
    from vivavoce.devices.portaudio import common_rate, find, portaudio, running

    library = portaudio()
    device = find(library, "microphone", wanted)
    duplex = Duplex(common_rate(library, device), keep_s=_KEEP_S)
    return _ListeningEngines(duplex.source(), duplex.close, running(library, duplex, device))


async def _listen(
    config: Config, ears: _ListeningEngines, options: SttOptions, out: Output
) -> None:
    from vivavoce.loading.open_engines import make
    from vivavoce.transcripts.doubts import LiveDoubts, only_language
    from vivavoce.transcripts.live_captions import captions
    from vivavoce.transcripts.segment import Segment

    stt, vad = cast("Stt", make("stt", config.stt)), cast("Vad", make("vad", config.vad))
    try:
        await asyncio.gather(stt.load(), vad.load())
        with on_interrupt(ears.close), ears.listening:
            if sys.stderr.isatty():
                click.secho("Listening; press Ctrl-C to stop.", dim=True, err=True)
            heard = captions(ears.source, vad, stt, options)
            async with aclosing(ears.source), aclosing(heard):
                doubts = LiveDoubts(stt.name, only_language(stt))
                async for caption in heard:
                    out.show(caption)
                    segment = Segment(caption.start, caption.end, caption.transcript)
                    if caption.final and (warning := doubts.feed(segment)) is not None:
                        click.echo(f"warning: {warning.message}", err=True)
    finally:
        await stt.aclose()
        await vad.aclose()

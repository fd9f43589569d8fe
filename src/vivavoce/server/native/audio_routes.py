"""`POST /audio/convert`, `/audio/analyze`, `/audio/quality` and `/audio/enhance`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response

from vivavoce.audio import Samples
from vivavoce.media.decode import MediaInfo
from vivavoce.server.access.auth import TheCaller, TheService
from vivavoce.server.errors import Problem
from vivavoce.server.http.event_stream import Streamed, while_connected, whole_or_cut
from vivavoce.server.http.recordings import documented, recording
from vivavoce.server.http.sockets import checked
from vivavoce.server.http.uploads import probed, streamed
from vivavoce.server.service import Service
from vivavoce.server.speech.enhancement import cleaner, enhanced, enhancing_rate
from vivavoce.server.speech.sound_facts import SoundFacts, sound_facts
from vivavoce.server.speech.sound_files import MEDIA_TYPES, SpeechForm, sound_file

from .audio_types import (
    AnalyzeRequest,
    AudioAnalysis,
    AudioQuality,
    ConvertRequest,
    EnhanceRequest,
    QualityRequest,
    SpeechStretch,
)

router = APIRouter(tags=["Audio"], prefix="/audio")

_HIGHEST = 48_000
"""Hz of what is made here, as of what a client may ask for."""
_CLIPPED = 1e-5
_QUIET_DBFS, _NOISY_DB = -40.0, 15.0
_NARROW = 8_000


_ANALYZE, _QUALITY = TypeAdapter(AnalyzeRequest), TypeAdapter(QualityRequest)
_CONVERT, _ENHANCE = TypeAdapter(ConvertRequest), TypeAdapter(EnhanceRequest)
_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {media: {} for media in MEDIA_TYPES.values()}}
}


@router.post(
    "/convert",
    response_class=Response,
    openapi_extra=documented(ConvertRequest),
    responses=_SOUND,
)
async def convert(
    request: Request,
    service: TheService,
    caller: TheCaller,
    wishes: Annotated[ConvertRequest, Query()],
) -> Response:
    """Convert a recording, or the sound of a video, to another format (mono)."""
    async with AsyncExitStack() as stack:
        path, fields = await stack.enter_async_context(recording(request, service.limits))
        wishes = checked(_CONVERT, {**wishes.model_dump(exclude_unset=True), **fields})
        _check_channels(wishes)
        await stack.enter_async_context(service.admission.request(caller))
        info = await probed(path)
        rate = wishes.sample_rate or min(info.rate, _HIGHEST)
        sound = streamed(path, rate, service.limits)
        return await _file(request, stack, sound, (rate, rate), wishes.format)


@router.post(
    "/enhance",
    response_class=Response,
    openapi_extra=documented(EnhanceRequest),
    responses={**_SOUND, 501: {"description": "The server lacks WebRTC's audio processing"}},
)
async def enhance(
    request: Request,
    service: TheService,
    caller: TheCaller,
    wishes: Annotated[EnhanceRequest, Query()],
) -> Response:
    """Remove steady noise from a recording, and level out its volume, with WebRTC's processing.

    WebRTC's processing was made for live calls: it learns the noise during the first second,
    removes rumble below the voice, and drops everything above 24 kHz. It cannot restore words that
    the noise has covered.
    """
    async with AsyncExitStack() as stack:
        path, fields = await stack.enter_async_context(recording(request, service.limits))
        wishes = checked(_ENHANCE, {**wishes.model_dump(exclude_unset=True), **fields})
        _check_channels(wishes)
        if not (wishes.noise or wishes.gain):
            what = "there is nothing to do; set noise or gain to true"
            raise Problem(what, code="invalid_value", param="noise")
        await stack.enter_async_context(service.admission.request(caller))
        info = await probed(path)
        rate = enhancing_rate(info.rate)
        webrtc = await cleaner(rate, noise=wishes.noise, gain=wishes.gain)
        source = await stack.enter_async_context(aclosing(streamed(path, rate, service.limits)))
        rates = rate, wishes.sample_rate or min(info.rate, _HIGHEST)
        return await _file(request, stack, enhanced(source, webrtc), rates, wishes.format)


@router.post("/analyze", openapi_extra=documented(AnalyzeRequest))
async def analyze(request: Request, service: TheService, caller: TheCaller) -> AudioAnalysis:
    """Show a recording's format, its level, and where it contains speech."""
    async with recording(request, service.limits) as (path, fields):
        checked(_ANALYZE, fields)
        async with service.admission.request(caller):
            info, facts = await _measured(request, path, service)
    return AudioAnalysis(
        duration_s=round(facts.seconds, 3),
        sample_rate=info.rate,
        channels=info.channels,
        codec=info.codec,
        container=info.container,
        rms_dbfs=facts.rms,
        peak_dbfs=facts.peak,
        clipped=round(facts.clipped, 6),
        speech_ratio=round(facts.speech_ratio, 4),
        speech=[SpeechStretch(start=it.start, end=it.end) for it in facts.speech],
        vad=service.engines.vad.name,
    )


@router.post("/quality", openapi_extra=documented(QualityRequest))
async def quality(
    request: Request,
    service: TheService,
    caller: TheCaller,
    wishes: Annotated[QualityRequest, Query()],
) -> AudioQuality:
    """Measure a speech recording's level, clipping and estimated signal-to-noise ratio.

    MOS (what people would think of it), PESQ and STOI (which need the clean original) are not
    available: no engine here measures them, so they get 501.
    """
    async with recording(request, service.limits) as (path, fields):
        wishes = checked(_QUALITY, {**wishes.model_dump(exclude_unset=True), **_listed(fields)})
        if unknown := sorted({"mos", "pesq", "stoi"}.intersection(wishes.measures)):
            what = f"no engine here measures {' or '.join(unknown)}; try level, clipping or snr"
            raise Problem(what, status=501, code="not_implemented", param="measures")
        async with service.admission.request(caller):
            info, facts = await _measured(request, path, service)
    found: dict[str, dict[str, float | None]] = {
        "level": {"rms_dbfs": facts.rms, "peak_dbfs": facts.peak},
        "clipping": {"clipped": round(facts.clipped, 6)},
        "snr": {
            "speech_dbfs": facts.speech_level,
            "noise_dbfs": facts.noise_level,
            "snr_db": facts.snr,
        },
    }
    told = {name: value for measure in wishes.measures for name, value in found[measure].items()}
    return AudioQuality.model_validate({**told, "problems": _problems(info, facts)})


async def _measured(request: Request, path: Path, service: Service) -> tuple[MediaInfo, SoundFacts]:
    info = await probed(path)

    async def measure() -> SoundFacts:
        async with aclosing(streamed(path, info.rate, service.limits)) as audio:
            return await sound_facts(audio, info.rate, service.engines.vad)

    facts = await while_connected(request.receive, measure)
    if not facts.seconds:
        raise _silent()
    return info, facts


def _problems(info: MediaInfo, facts: SoundFacts) -> list[str]:
    """What a person should know of the recording before they blame the transcript."""
    wrong = {
        "clipped": facts.clipped > _CLIPPED,
        "no_speech": not facts.speech,
        "too_quiet": facts.speech_level is not None and facts.speech_level < _QUIET_DBFS,
        "noisy": facts.snr is not None and facts.snr < _NOISY_DB,
        "narrowband": info.rate <= _NARROW,
    }
    return [name for name, so in wrong.items() if so]


def _listed(fields: Mapping[str, object]) -> Mapping[str, object]:
    """The form's fields, with `measures` as a list however many there were."""
    measures = fields.get("measures")
    if isinstance(measures, str):
        return {**fields, "measures": [part.strip() for part in measures.split(",")]}
    return fields


def _check_channels(wishes: ConvertRequest) -> None:
    if wishes.channels != 1:
        what = f"{wishes.channels} channels are not supported; Vivavoce's audio is mono"
        raise Problem(what, status=501, code="not_implemented", param="channels")


async def _file(
    request: Request,
    stack: AsyncExitStack,
    sound: AsyncGenerator[Samples, None],
    rates: tuple[int, int],
    form: SpeechForm,
) -> Response:
    """The sound as a file that leaves while it is made. rates: of the sound, and of the file."""
    file = sound_file(_some(sound), *rates, form)
    await stack.enter_async_context(aclosing(file))
    # What goes wrong until there is sound is still an answer of its own.
    first = await while_connected(request.receive, lambda: anext(file))
    return Streamed(whole_or_cut(first, file), stack.pop_all(), MEDIA_TYPES[form])


async def _some(sound: AsyncGenerator[Samples, None]) -> AsyncGenerator[Samples, None]:
    nothing = True
    async with aclosing(sound):
        async for piece in sound:
            nothing = nothing and not len(piece)
            yield piece
    if nothing:
        raise _silent()


def _silent() -> Problem:
    return Problem(
        "the file contains no audio; check the recording", code="invalid_audio", param="file"
    )

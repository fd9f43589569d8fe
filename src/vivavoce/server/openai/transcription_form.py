"""What a transcription is asked for with: the form's fields, and why some cannot be had."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from fastapi.exceptions import RequestValidationError
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from vivavoce.engines import SttOptions
from vivavoce.errors import BadRequest
from vivavoce.media.decode import ReadOptions, parse_channels
from vivavoce.server.errors import Problem
from vivavoce.text.language.names import code_of
from vivavoce.transcripts.segmenter import SegmentSettings

F = TypeVar("F", bound="TranslationForm")

Answer: TypeAlias = Literal["json", "text", "srt", "verbose_json", "vtt", "diarized_json"]
_NESTED = re.compile(r"(\w+)\[(\w+)\]")
_BELOW = 0.15
"""How far under the threshold of speech that of silence lies, as in `SegmentSettings`."""


class ChunkingVad(BaseModel):
    """Where a recording is cut. What is left out stays as `SegmentSettings` has it."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["server_vad"]
    threshold: Annotated[float | None, Field(ge=0.0, le=1.0)] = None
    prefix_padding_ms: Annotated[int | None, Field(ge=0, le=10_000)] = None
    silence_duration_ms: Annotated[int | None, Field(ge=0, le=60_000)] = None

    def cuts(self) -> SegmentSettings:
        """As the library has it."""
        usual = SegmentSettings()
        start = usual.start_threshold if self.threshold is None else self.threshold
        pad_ms, silence_ms = self.prefix_padding_ms, self.silence_duration_ms
        return SegmentSettings(
            join_s=usual.join_s if silence_ms is None else silence_ms / 1000,
            pad_s=usual.pad_s if pad_ms is None else pad_ms / 1000,
            start_threshold=start,
            stop_threshold=max(start - _BELOW, 0.0),
        )


def _strategy(value: object) -> object:
    """`auto` is what is done anyway; an object may come as JSON, too."""
    if value == "auto":
        return None
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("expected 'auto' or an object with the type 'server_vad'") from None
    return value


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Strings: TypeAlias = Annotated[list[str], BeforeValidator(_listed)]


def _channels(value: str) -> str:
    try:
        return str(parse_channels(value))
    except BadRequest as error:
        raise ValueError(str(error)) from None


class TranslationForm(BaseModel):
    """The fields of `/v1/audio/translations`, besides the file.

    Those that are not known are ignored: other servers have more of them.
    """

    model: str
    prompt: str = ""
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] = "json"
    temperature: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0
    channels: Annotated[str, AfterValidator(_channels)] = "mix"
    """Not OpenAI's: `mix`, `left`, `right`, a number from 1, or `separate`."""

    @property
    def streams(self) -> bool:
        """Whether the answer comes as events, while it is made."""
        return False

    @property
    def cuts(self) -> SegmentSettings | None:
        """Where to cut the recording; None leaves it to the library."""
        return None

    @property
    def words(self) -> bool:
        """Whether the answer lists them."""
        return False

    @property
    def segments(self) -> bool:
        """Whether the answer lists them."""
        return True

    @property
    def logprobs(self) -> bool:
        """Whether the answer tells how sure the engine was."""
        return False

    def reading(self) -> ReadOptions:
        """What is read of the file."""
        channels = parse_channels(self.channels)
        spoken = None if self.options().translate else self.options().language
        return ReadOptions(channels=channels, language=spoken)

    def check(self) -> None:
        """Raise Problem for wishes that do not go together, or that nothing here can grant."""

    def options(self) -> SttOptions:
        """As engines have it."""
        return SttOptions(
            prompt=self.prompt,
            words=self.response_format in ("srt", "vtt"),
            translate=True,
            temperature=self.temperature,
        )


class TranscriptionForm(TranslationForm):
    """The fields of `/v1/audio/transcriptions`, besides the file.

    languages: that may be spoken; of several the engine finds out which. keywords: to expect.
    """

    response_format: Answer = "json"  # type: ignore[assignment]  # one more than its parent's
    language: Annotated[str, Field(max_length=35)] = ""
    languages: Strings = []
    keywords: Strings = []
    stream: bool = False
    include: Annotated[list[Literal["logprobs"]], BeforeValidator(_listed)] = []
    timestamp_granularities: Annotated[
        list[Literal["word", "segment"]], BeforeValidator(_listed)
    ] = []
    chunking_strategy: Annotated[
        ChunkingVad | None, BeforeValidator(_strategy), WithJsonSchema({"type": "string"})
    ] = None
    known_speaker_names: Strings = []
    known_speaker_references: Strings = []

    @property
    def streams(self) -> bool:
        """As asked."""
        return self.stream

    @property
    def cuts(self) -> SegmentSettings | None:
        """As `chunking_strategy` says."""
        return self.chunking_strategy.cuts() if self.chunking_strategy else None

    @property
    def words(self) -> bool:
        """As asked."""
        return "word" in self.timestamp_granularities

    @property
    def segments(self) -> bool:
        """Unless words alone were asked for."""
        return not self.timestamp_granularities or "segment" in self.timestamp_granularities

    @property
    def logprobs(self) -> bool:
        """As asked."""
        return bool(self.include)

    def check(self) -> None:
        """Raise Problem for wishes that do not go together, or that nothing here can grant."""
        form = self.response_format
        if form == "diarized_json":
            raise _no_diarizer("response_format")
        for param in ("known_speaker_names", "known_speaker_references"):
            if getattr(self, param):
                raise _no_diarizer(param)
        if self.timestamp_granularities and form != "verbose_json":
            raise _unsuited("timestamp_granularities", f"needs verbose_json, not {form!r}")
        if self.include and form != "json":
            raise _unsuited("include", f"works only with json, not with {form!r}")
        if self.stream and form not in ("json", "text"):
            raise _unsuited("stream", f"works only with json or text, not with {form!r}")

    def options(self) -> SttOptions:
        """As engines have it."""
        asked = self.language or (self.languages[0] if len(self.languages) == 1 else "")
        return SttOptions(
            language=code_of(asked),
            prompt=self.prompt,
            hotwords=tuple(word for word in self.keywords if word.strip()),
            words=self.words or self.logprobs or self.response_format in ("srt", "vtt"),
            temperature=self.temperature,
        )


def form_of(kind: type[F], fields: Mapping[str, object]) -> F:
    """The form of these fields; an empty one is as one left out.

    fields: by name; `name[key]` belongs to the object `name`. Raises RequestValidationError,
    which names the field, and Problem.
    """
    values: dict[str, Any] = {}
    for name, value in fields.items():
        nested = _NESTED.fullmatch(name)
        if value == "":
            continue
        if nested is None:
            values[name] = value
        elif isinstance(within := values.setdefault(nested[1], {}), dict):
            within[nested[2]] = value
    try:
        form = kind.model_validate(values)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        ) from None
    form.check()
    return form


def _no_diarizer(param: str) -> Problem:
    return Problem(
        f"{param}: this server cannot tell speakers apart yet; ask for json, text, srt, vtt or "
        "verbose_json, without known speakers",
        status=501,
        code="no_diarizer",
        param=param,
    )


def _unsuited(param: str, what: str) -> Problem:
    return Problem(f"{param} {what}", code="invalid_value", param=param)

"""What a caller does: a script of utterances, noises and conditions, written in YAML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self, TypeAlias

import yaml
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from vivavoce.errors import BadConfig, BadRequest
from vivavoce.hints import nearest
from vivavoce.testing.signals import Sound

Expectation: TypeAlias = Literal["answer", "stop", "ignore"]
Noise: TypeAlias = Literal["white", "pink", "babble"]
Pause: TypeAlias = Annotated[float, Field(gt=0, le=10)]
Words: TypeAlias = str | tuple[str | Pause, ...]

SETS = ("reported", "tuning")
_HERE = Path(__file__).parent / "scenarios"
_STRICT = ConfigDict(extra="forbid")
_DEEDS = ("say", "sound", "recording", "listen_s", "agent_says")


@dataclass(frozen=True, slots=True, config=_STRICT)
class NoiseSetting:
    """Noise that never stops: computed, or a recording. snr_db: the caller's speech above it.

    kind: babble is four voices. recording: a path below the folder of recordings.
    """

    snr_db: Annotated[float, Field(ge=-20, le=60)]
    kind: Noise | None = None
    recording: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.kind is None) == (self.recording is None):
            raise ValueError("needs kind or recording, and only one of them")
        return self


@dataclass(frozen=True, slots=True, config=_STRICT)
class RoomSetting:
    """The caller's room: computed, or a recorded impulse response.

    rt60_s: how long sound takes to fall by 60 dB. direct_db: the voice itself above its
    reverberation. recording: a path below the folder of recordings.
    """

    rt60_s: Annotated[float, Field(gt=0, le=3)] | None = None
    direct_db: Annotated[float, Field(ge=-20, le=40)] = 3.0
    recording: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.rt60_s is None) == (self.recording is None):
            raise ValueError("needs rt60_s or recording, and only one of them")
        return self


@dataclass(frozen=True, slots=True, config=_STRICT)
class EchoSetting:
    """The agent's voice in the caller's microphone. level_db: relative to what was sent."""

    level_db: Annotated[float, Field(ge=-80, le=6)]
    delay_ms: Annotated[float, Field(ge=0, le=1000)]


@dataclass(frozen=True, slots=True, config=_STRICT)
class NetworkSetting:
    """The way to the server. loss: share of the 20 ms packets; jitter_ms: how late some come."""

    loss: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    jitter_ms: Annotated[float, Field(ge=0, le=500)] = 0.0


@dataclass(frozen=True, slots=True, config=_STRICT)
class When:
    """When a step begins; exactly one is set. In seconds.

    after_s: since the step before ended. reply_heard_s: so much of a reply was heard.
    reply_pause_s: a reply that was heard for so long is silent for a moment, between phrases.
    reply_over_s: since the reply to the step before was over.
    """

    after_s: Annotated[float, Field(ge=0, le=60)] | None = None
    reply_heard_s: Annotated[float, Field(ge=0, le=60)] | None = None
    reply_pause_s: Annotated[float, Field(ge=0, le=60)] | None = None
    reply_over_s: Annotated[float, Field(ge=0, le=60)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [self.after_s, self.reply_heard_s, self.reply_pause_s, self.reply_over_s]
        if sum(one is not None for one in given) != 1:
            raise ValueError(
                "needs one of after_s, reply_heard_s, reply_pause_s, reply_over_s, and only one"
            )
        return self


@dataclass(frozen=True, slots=True, config=_STRICT)
class Step:
    """One thing that the caller does; exactly one of `say`, `sound`, `recording`, `listen_s` and
    `agent_says` is set.

    say: text, or texts and pauses in seconds in turn; `{text}` stands for each of the scenario's
    texts. recording: a path below the folder of recordings, or `{text}`. listen_s: be silent for
    so long.
    agent_says: has the agent say this.
    pause_s: a pause after the middle word. speed, level_db: how it sounds. voice: another than
    the call's.
    expect: `answer`: a reply is due; `stop`: the reply under way must end, and another is due;
    `ignore`: no reply may end or begin by it. Silence and noises are to be ignored.
    """

    say: Words | None = None
    sound: Sound | None = None
    recording: str | None = None
    listen_s: Annotated[float, Field(gt=0, le=120)] | None = None
    agent_says: str | None = None
    when: When | None = None
    expect: Expectation | None = None
    voice: str | None = None
    speed: Annotated[float, Field(ge=0.25, le=4)] = 0.9
    level_db: Annotated[float, Field(ge=-60, le=12)] = 0.0
    pause_s: Annotated[float, Field(gt=0, le=10)] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        deeds = [deed for deed in _DEEDS if getattr(self, deed) is not None]
        if len(deeds) != 1:
            raise ValueError(f"needs one of {', '.join(_DEEDS)}; it has {len(deeds)}")
        if self.expect not in {None, "ignore"} and deeds[0] not in {"say", "recording"}:
            raise ValueError("only what is said can be answered or interrupt; expect: ignore")
        if self.pause_s is not None and deeds[0] != "say":
            raise ValueError("pause_s goes with say")
        return self

    @property
    def expects(self) -> Expectation:
        """What is expected of the agent."""
        spoken = self.say is not None or self.recording is not None
        return self.expect or ("answer" if spoken else "ignore")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Scenario:
    """A script, played once for each text, or several times.

    texts: what `{text}` stands for; without any the script is played without. takes: how often it
    is played for each text, with other computed sounds. voices: the callers', in turn; those that
    the voice engine lacks are left out. set: `tuning` to work with, `reported` for figures.
    instructions: the agent's system prompt.
    """

    name: str
    about: str
    set: Literal["reported", "tuning"]
    script: Annotated[tuple[Step, ...], Field(min_length=1)]
    texts: tuple[Words, ...] = ()
    takes: Annotated[int, Field(ge=1, le=100)] = 1
    voices: tuple[str, ...] = ()
    noise: NoiseSetting | None = None
    room: RoomSetting | None = None
    echo: EchoSetting | None = None
    network: NetworkSetting | None = None
    instructions: str | None = None

    @model_validator(mode="after")
    def _texts_are_used(self) -> Self:
        used = any("{text}" in {step.say, step.recording} for step in self.script)
        if used != bool(self.texts):
            raise ValueError("texts and a step with `say: '{text}'`, or `recording:`, go together")
        return self


def load(sources: Sequence[str | Path]) -> list[Scenario]:
    """The scenarios of files, of folders, and of the built-in sets `reported` and `tuning`.

    Raises BadConfig, which names the file, the line and the key of each error.
    """
    scenarios = [scenario for source in sources for scenario in _of(source)]
    names = [scenario.name for scenario in scenarios]
    for name in names:
        if names.count(name) > 1:
            raise BadRequest(f"two scenarios are called {name}; give one of them another name")
    return scenarios


def only(scenarios: Sequence[Scenario], names: Sequence[str]) -> list[Scenario]:
    """Those of these names; all, when none is named."""
    known = [scenario.name for scenario in scenarios]
    for name in names:
        if name not in known:
            raise BadRequest(f"no scenario {name!r}; {nearest(name, known)}")
    return [scenario for scenario in scenarios if not names or scenario.name in names]


def _of(source: str | Path) -> Iterator[Scenario]:
    path = _HERE / source if source in SETS else Path(source)
    if path.is_dir():
        files = sorted(path.glob("*.yaml"))
        if not files:
            raise BadRequest(f"{path} has no scenarios; add files named *.yaml")
        for file in files:
            yield parse(file)
    elif path.exists():
        yield parse(path)
    else:
        raise BadRequest(f"no scenarios {path}; try {', '.join(SETS)}, a file or a folder")


def parse(path: Path) -> Scenario:
    """One file's scenario, named like the file. Raises BadConfig."""
    try:
        text = path.read_text("utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"cannot read {path}: {error}") from None
    except yaml.MarkedYAMLError as error:
        line = f"{error.problem_mark.line + 1}" if error.problem_mark else "1"
        raise BadConfig(f"{path}:{line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise BadConfig(f"{path}: {' '.join(str(error).split())}") from None
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise BadConfig(f"{path}:1: expected a mapping of keys to values, such as `about: …`")
    lines = dict(_lines(node, ()))
    try:
        return _SCENARIO.validate_python({"name": path.stem, **data})
    except ValidationError as error:
        found = dict.fromkeys(_told(path, lines, problem) for problem in _causes(error))
        raise BadConfig("\n".join(found)) from None


_SCENARIO = TypeAdapter(Scenario)


def _causes(error: ValidationError) -> list[Mapping[str, object]]:
    """The problems, without "too short" of a list whose items are what is wrong."""
    problems = [dict(problem) for problem in error.errors()]
    places = [problem["loc"] for problem in error.errors()]
    return [
        problem
        for problem, place in zip(problems, places, strict=True)
        if problem["type"] != "too_short"
        or not any(other[: len(place)] == place != other for other in places)
    ]


def _lines(
    node: yaml.Node | None, place: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """The line of each place in the file."""
    if node is None:
        return
    yield place, node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            below = (*place, str(key.value))
            yield from _lines(value, below)
            yield below, key.start_mark.line + 1
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            yield from _lines(value, (*place, number))


def _told(
    path: Path, lines: Mapping[tuple[str | int, ...], int], problem: Mapping[str, object]
) -> str:
    """Such as `pauses.yaml:12: script[0].when.after_s: Input should be …`."""
    location = problem["loc"]
    assert isinstance(location, tuple)
    place = location
    while place not in lines:
        place = place[:-1]
    missing = problem["type"] in {"missing", "missing_keyword_only"}
    named = location if missing else place if len(place) < len(location) else location
    if problem["type"] == "unexpected_keyword_argument":
        message = "unknown key"
    else:
        message = "is missing" if missing else str(problem["msg"]).removeprefix("Value error, ")
    key = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in named)
    return f"{path}:{lines[place]}: {key.lstrip('.')}{': ' if key else ''}{message}"

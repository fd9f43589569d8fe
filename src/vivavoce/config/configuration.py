"""What a person may set, checked at the door; the only reader of the environment.

Layers, each over the one before: the profile, the file, the environment, the command line.
`session`, `fallback`, `models` and `server` are merged key by key. An engine (`vad`, `turn`, `stt`,
`llm`, `tts`, and each kind that a package adds) is replaced as a whole, but for a mapping without
`engine`: that sets options of the engine below.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from vivavoce.engines import Kind
from vivavoce.errors import BadConfig
from vivavoce.hints import nearest
from vivavoce.kinds import kinds
from vivavoce.registry import EngineSpec, Option
from vivavoce.settings import SessionSettings, TurnSettings

from .engines import EnginePatch, checked_options, on_device, parse_device, parse_engines
from .fallback_settings import FallbackSettings
from .layers import Layer, Problems, expanded, read_environment, read_file
from .model_settings import ModelSettings
from .profiles import DEFAULT_PROFILE, PROFILES, has_gpu, profile_for
from .pronunciation_files import check_pronunciations, with_pronunciations
from .sections import SECTIONS, Sections, all_settings, parse_section
from .server_settings import ServerSettings

FOUND = tuple(f"vivavoce.{suffix}" for suffix in ("yaml", "yml", "toml", "json"))
"""Files that are read without being named."""
_SECRET = re.compile(r"key|token|secret|password", re.IGNORECASE)
_LOGIN = re.compile(r"(?<=://)[^/@\s]+@")
MASK = "***"


@dataclass(frozen=True, slots=True)
class Config:
    """All settings. Of each kind's engines the first is used, the others when it fails.

    optional: engines of the other kinds, by kind, as far as any are named.
    device: where engines compute that may choose, and have not been told their own.
    by_profile: the kinds whose engines the profile names, and nothing above it.
    file: the one that was read, if any was.
    """

    profile: str
    vad: tuple[EngineSpec, ...]
    turn: tuple[EngineSpec, ...]
    stt: tuple[EngineSpec, ...]
    llm: tuple[EngineSpec, ...]
    tts: tuple[EngineSpec, ...]
    session: SessionSettings = field(default_factory=SessionSettings)
    fallback: FallbackSettings = field(default_factory=FallbackSettings)
    models: ModelSettings = field(default_factory=ModelSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    device: str = "auto"
    optional: Mapping[Kind, tuple[EngineSpec, ...]] = field(default_factory=dict, hash=False)
    by_profile: frozenset[Kind] = field(default=frozenset(), compare=False)
    file: Path | None = field(default=None, compare=False)

    def engines(self, kind: Kind) -> tuple[EngineSpec, ...]:
        """Those of this kind; none of an optional kind that is not configured."""
        if not kinds()[kind].required:
            return self.optional.get(kind, ())
        specs: tuple[EngineSpec, ...] = getattr(self, kind)
        return specs

    def as_dict(self) -> dict[str, object]:
        """As a file would have it, with secrets masked."""
        return {
            "profile": self.profile,
            "device": self.device,
            **{kind: _engines_as_data(named) for kind in kinds() if (named := self.engines(kind))},
            "session": asdict(self.session),
            "fallback": asdict(self.fallback),
            "models": asdict(self.models),
            "server": {**asdict(self.server), "keys": [MASK for _ in self.server.keys]},
        }


def load_config(
    path: str | Path | None = None,
    profile: str | None = None,
    overrides: Mapping[str, object] | None = None,
    *,
    environment: Mapping[str, str] | None = None,
) -> Config:
    """The settings in effect.

    path: of a YAML, TOML or JSON file; None goes by VIVAVOCE_CONFIG, then takes
    `vivavoce.yaml` (or `.yml`, `.toml`, `.json`) of the current folder if there is one.
    profile: one of PROFILES; None goes by VIVAVOCE_PROFILE, then by the file.
    overrides: like a file's content, from the command line.
    environment: None is the process's own.
    Raises BadConfig, which names every wrong key, type and value at once.
    """
    environment = os.environ if environment is None else environment
    problems = Problems()
    keys = ("profile", "device", *kinds(), *SECTIONS)
    named = path or environment.get("VIVAVOCE_CONFIG")
    file = Path(named) if named else _found_here()
    flags = {**(overrides or {}), **({"profile": profile} if profile else {})}
    given = [
        *([read_file(file)] if file else []),
        read_environment(environment, keys, [it.path for it in all_settings()], problems),
        Layer("command line", flags, "flags"),
    ]
    profile = _profile(given)
    given = [
        with_pronunciations(expanded(layer, environment, problems), problems) for layer in given
    ]
    device = parse_device(given, problems)
    gpu = device.startswith("cuda") or (device == "auto" and has_gpu())
    chosen = profile_for(profile, gpu=gpu, language=_language(given))
    layers = [expanded(Layer(f"profile {profile}", chosen), environment, problems), *given]
    for layer in layers:
        for key in layer.data:
            if key not in keys:
                problems.add(layer.where(str(key)), f"unknown key; {nearest(str(key), keys)}")
    engines = {kind: _engines(kind, layers, device, problems) for kind in kinds()}
    right = [_right(layer, problems) for layer in layers]
    sections = Sections(right)
    check_order(sections.session.turns, problems)
    check_pronunciations(sections.session.pronunciations, problems)
    problems.raise_any()
    return Config(
        profile=profile,
        vad=engines.pop("vad"),
        turn=engines.pop("turn"),
        stt=engines.pop("stt"),
        llm=engines.pop("llm"),
        tts=engines.pop("tts"),
        optional={kind: specs for kind, specs in engines.items() if specs},
        session=sections.session,
        fallback=sections.fallback,
        models=sections.models,
        server=sections.server,
        device=device,
        by_profile=frozenset(kind for kind in kinds() if not _names(kind, given)),
        file=file,
    )


def overridden(config: Config, flags: Mapping[str, Mapping[str, object]]) -> Config:
    """The same with what the command line sets, by section and key; None sets nothing.

    Raises BadConfig, which names every wrong flag.
    """
    problems = Problems()
    given = {
        section: {key: value for key, value in values.items() if value is not None}
        for section, values in flags.items()
    }
    right = _right(Layer("command line", given, "flags"), problems)
    problems.raise_any()
    sections = Sections([{key: asdict(getattr(config, key)) for key in SECTIONS}, right])
    return replace(
        config,
        session=sections.session,
        fallback=sections.fallback,
        models=sections.models,
        server=sections.server,
    )


def _found_here() -> Path | None:
    return next((path for path in map(Path, FOUND) if path.is_file()), None)


def _profile(layers: Sequence[Layer]) -> str:
    """The profile that the last layer to name one names."""
    profile: object = DEFAULT_PROFILE
    for layer in layers:
        profile = layer.data.get("profile", profile)
        if not isinstance(profile, str) or profile not in PROFILES:
            hint = nearest(str(profile), PROFILES)
            raise BadConfig(f"{layer.where('profile')}: unknown profile {profile!r}; {hint}")
    return str(profile)


def _language(layers: Sequence[Layer]) -> str | None:
    """The language of sessions that the last layer to name one names."""
    language: object = None
    for layer in layers:
        session = layer.data.get("session")
        if isinstance(session, Mapping):
            language = session.get("language", language)
    return language if isinstance(language, str) else None


def _engines(
    kind: Kind, layers: Sequence[Layer], device: str, problems: Problems
) -> tuple[EngineSpec, ...]:
    specs: tuple[EngineSpec, ...] = ()
    last = layers[0]
    for layer in layers:
        if kind not in layer.data:
            continue
        last = layer
        parsed = parse_engines(kind, layer, layer.data[kind], problems)
        if not isinstance(parsed, EnginePatch):
            specs = parsed
        elif specs:
            specs = parsed.over(specs)
        else:
            problems.add(layer.where(kind), "name the engine that these options are for: `engine:`")
    checked = (checked_options(kind, spec, last, problems) for spec in specs)
    return tuple(on_device(kind, spec, device) for spec in checked)


def _names(kind: Kind, layers: Sequence[Layer]) -> bool:
    """Whether a layer names engines of this kind, and not only options of those below."""
    given = [layer.data[kind] for layer in layers if kind in layer.data]
    return any(not isinstance(one, Mapping) or "engine" in one for one in given)


def _right(layer: Layer, problems: Problems) -> dict[str, object]:
    """The layer's sections, as far as they are right."""
    return {
        key: parse_section(shape, layer, layer.data[key], key, problems)
        for key, shape in SECTIONS.items()
        if key in layer.data
    }


def check_order(turns: TurnSettings, problems: Problems) -> None:
    """Find what no single value can tell."""
    for low, high in (("wait_min_s", "wait_max_s"), ("stop_threshold", "start_threshold")):
        if getattr(turns, low) > getattr(turns, high):
            problems.add(f"session.turns.{low}", f"it must not be more than {high}")


def _engines_as_data(specs: Sequence[EngineSpec]) -> object:
    """The shortest way to write these in a file."""
    data = [_engine_as_data(spec) for spec in specs]
    return data[0] if len(data) == 1 else data


def _engine_as_data(spec: EngineSpec) -> object:
    if not spec.options:
        return str(spec)
    model = {} if spec.model is None else {"model": spec.model}
    options = {name: masked(name, value) for name, value in spec.options.items()}
    return {"engine": spec.name, **model, **options}


def masked(name: str, value: Option) -> Option:
    """The value of an option without what nobody should see."""
    if not isinstance(value, str):
        return value
    return MASK if _SECRET.search(name) else _LOGIN.sub(f"{MASK}@", value)

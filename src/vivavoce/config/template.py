"""A configuration file to start from: every setting with its default and what it means."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from inspect import cleandoc

from .profiles import ABOUT, DEFAULT_PROFILE, PROFILES
from .sections import SECTIONS, fields_of, section_in

_WIDTH = 92

_HEAD = """\
## Vivavoce's configuration. A line with one # is a setting to uncomment; it has the value that
## holds anyway, or an example. ${NAME} stands for an environment variable.

## A ready-made set of settings, which everything below goes over:
PROFILES

## Engines: NAME or NAME:MODEL (`vivavoce engines` lists them), a mapping with options, or a list,
## of which the first is used, and the others when it fails. A mapping without `engine` sets
## options of the profile's engine.

# stt: [whisper:base, moonshine:tiny-en]
# llm: {engine: llama-cpp, model: qwen2.5-1.5b, context: 4096}
# tts: espeak-ng
# vad: silero
# turn: smart-turn

## Where engines compute that may choose: auto, cpu, cuda, cuda:N or mps. An engine's own `device`
## goes over it.
# device: auto
"""


def template() -> str:
    """The file's text, as YAML."""
    profiles = "".join(f"##   {name:<9} {ABOUT[name]}\n" for name in PROFILES)
    head = _HEAD.replace("PROFILES", f"{profiles}profile: {DEFAULT_PROFILE}")
    sections = ("".join(_commented(name, shape, "")) for name, shape in SECTIONS.items())
    return "\n".join([head, *sections])


def _commented(name: str, shape: type, indent: str) -> Iterator[str]:
    yield from _words(cleandoc(shape.__doc__ or "").partition("\n")[0], indent)
    yield f"# {indent}{name}:\n"
    below = f"{indent}  "
    for key, field in fields_of(shape).items():
        if section := section_in(field):
            yield from _commented(key, section, below)
            continue
        yield from _words(field.description or "", below)
        default = json.dumps(field.get_default(call_default_factory=True), ensure_ascii=False)
        yield f"# {below}{key}: {default}\n"


def _words(meaning: str, indent: str) -> Iterator[str]:
    for line in textwrap.wrap(meaning, _WIDTH - len(indent)):
        yield f"# {indent}## {line}\n" if indent else f"## {line}\n"

"""The pronunciation dictionary in files of its own, and what is wrong with one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from vivavoce.errors import BadConfig, BadRequest
from vivavoce.text.pronunciations import dictionary_of

from .layers import Layer, Problems, read_file

_KEY = "pronunciations"
_PATH = f"session.{_KEY}"


def with_pronunciations(layer: Layer, problems: Problems) -> Layer:
    """The layer with what is in the file that `session.pronunciations` names, if it names one.

    A file that a configuration file names is looked for beside it.
    """
    session = layer.data.get("session")
    if not isinstance(session, Mapping) or not isinstance(session.get(_KEY), str):
        return layer
    folder = Path(layer.source).parent if layer.kind == "file" else Path()
    entries: Mapping[str, object] = {}
    try:
        entries = read_file(folder / Path(session[_KEY]).expanduser()).data
    except BadConfig as error:
        what = str(error).partition("; create it with")[0]
        problems.add(layer.where(_PATH), f"{what}; name a file with a line for each word")
    return replace(layer, data={**layer.data, "session": {**session, _KEY: entries}})


def check_pronunciations(entries: Mapping[str, str], problems: Problems) -> None:
    """Find entries that make no sense."""
    try:
        dictionary_of(entries)
    except BadRequest as error:
        problems.add(_PATH, str(error).removeprefix(f"{_KEY}: "))

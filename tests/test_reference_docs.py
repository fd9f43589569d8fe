"""The parts of the docs that are made from the code are what the code says.

`python tests/test_reference_docs.py` writes them anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from vivavoce.cli.main import COMMANDS, cli
from vivavoce.config.configuration import load_config
from vivavoce.config.profiles import ABOUT, PROFILES
from vivavoce.config.sections import SECTIONS, settings_of
from vivavoce.registry import keys, names

KINDS = ("vad", "turn", "stt", "llm", "tts")

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ["command-line.md", "configuration.md", "engines.md"]
BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def commands() -> str:
    """Every command's help."""
    return "\n".join(
        f"### {name}\n\n```text\n{text}\n```\n"
        for command in COMMANDS
        for name, text in helps(command)
    )


def helps(name: str) -> Iterator[tuple[str, str]]:
    context = click.Context(cli, info_name="vivavoce", **cli.context_settings)
    command = cli.get_command(context, name)
    assert command is not None
    yield name, help_of(command, context, name)
    if isinstance(command, click.Group):
        below = click.Context(command, info_name=name, parent=context)
        for subname, subcommand in command.commands.items():
            yield f"{name} {subname}", help_of(subcommand, below, subname)


def help_of(command: click.Command, parent: click.Context, name: str) -> str:
    return command.get_help(
        click.Context(
            command, info_name=name, parent=parent, terminal_width=88, max_content_width=88
        )
    )


def profiles() -> str:
    rows = ["| profile | for |" + "".join(f" {kind} |" for kind in KINDS)]
    rows.append("|---" * (len(KINDS) + 2) + "|")
    for name in PROFILES:
        config = load_config(profile=name, environment={"OPENAI_API_KEY": "any"})
        cells = [" then ".join(f"`{spec}`" for spec in config.engines(kind)) for kind in KINDS]
        rows.append(f"| `{name}` | {ABOUT[name]} | " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def session() -> str:
    return table("session")


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def engines() -> str:
    """What may be set of each engine."""
    lines: list[str] = []
    for kind in KINDS:
        for name in names(kind):
            rows = [
                f"| `{key.name}` | `{_json(key.default)}` | {key.description} |"
                for key in keys(kind, name).values()
            ]
            head = ["| option | default | meaning |", "|---|---|---|"]
            lines += [f"### {kind}: {name}", "", *head, *rows, ""]
    return "\n".join(lines).rstrip() + "\n"


def fallback() -> str:
    return table("fallback")


def models() -> str:
    return table("models")


def server() -> str:
    return table("server")


def table(section: str) -> str:
    rows = ["| key | default | meaning |", "|---|---|---|"]
    for setting in settings_of(SECTIONS[section], section):
        default = json.dumps(setting.default, ensure_ascii=False)
        meaning = setting.description.replace("|", "\\|")
        rows.append(f"| `{setting.path}` | `{default}` | {meaning} |")
    return "\n".join(rows) + "\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "commands": commands, "profiles": profiles, "session": session,
    "fallback": fallback, "models": models,
    "engines": engines,
    "server": server,
}  # fmt: skip


def updated(text: str) -> str:
    """The page with its generated parts made anew."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]]()}\n{found[3]}", text)


@pytest.mark.parametrize("page", PAGES)
def test_what_is_generated_is_up_to_date(page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    assert BLOCK.search(text)
    assert text == updated(text), f"{page} is behind; run: python {Path(__file__).name}"


@pytest.mark.parametrize("language", ["yaml", "toml"])
def test_the_example_file_is_a_right_configuration(language: str, tmp_path: Path) -> None:
    text = (DOCS / "configuration.md").read_text("utf-8")
    found = re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)
    assert found is not None
    path = tmp_path / f"a.{language}"
    path.write_text(found[1])
    config = load_config(path, environment={"MY_KEY": "secret"})
    assert config.profile == "balanced"
    assert [spec.name for spec in config.stt] == ["whisper", "moonshine"]
    assert config.llm[0].options["api_key"] == "secret"
    assert config.session.turns.eagerness == "high"


if __name__ == "__main__":
    for page in PAGES:
        (DOCS / page).write_text(updated((DOCS / page).read_text("utf-8")), "utf-8")

"""Which module may import which, and that what starts fast stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

CONTRIBUTING = Path(__file__).parents[1] / "CONTRIBUTING.md"
SOURCE = Path(__file__).parents[1] / "src" / "vivavoce"
HEAVY = [
    "av", "ctranslate2", "faster_whisper", "httpx", "httpx2", "huggingface_hub", "livekit",
    "numpy", "onnxruntime", "piper", "pydantic", "rich", "sounddevice", "soxr", "xllamacpp", "yaml",
]  # fmt: skip
LEVELS = [
    {"errors", "hints", "settings"},
    {"audio", "concurrency", "http_client"},
    {"engines", "options"},
    {"kinds", "llm_output"},
    {"guard"},
    {"events", "registry"},
    {"media", "devices", "text", "models"},
    {"config", "turn_taking", "engine", "speech"},
    {"transcripts", "conversation"},
    {"lab"},
    {"loading", "client", "testing"},
    {"server", "simple"},
    {"bench"},
    {"cli"},
    {"__main__"},
]
"""Packages and modules from the ground up: each may import itself, and what lies below it."""

ENGINES_MAY = {
    "audio", "concurrency", "engine", "engines", "errors", "hints", "http_client",
    "llm_output", "models", "options", "registry", "text",
}  # fmt: skip
CLIENTS_MAY = {
    "audio", "client", "engines", "errors", "events", "http_client", "media", "transcripts",
}  # fmt: skip
"""A program that talks to a server needs no engine, no session and no server."""
SESSIONS_MAY_NOT = {"config", "media", "models", "registry", "loading", "engine"}


def module_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def at_run_time(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports below, but for those that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
            yield from at_run_time(child)


@cache
def imports() -> dict[str, set[str]]:
    """The modules of Vivavoce that each imports, `vivavoce.` left off."""
    files = {module_of(path): path for path in SOURCE.rglob("*.py")}
    graph: dict[str, set[str]] = {}
    for module, path in files.items():
        package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
        package = [step for step in package if step]
        named: set[str] = set()
        for node in at_run_time(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
            else:
                base = package[: len(package) - node.level + 1] if node.level else []
                base = ["vivavoce", *base] if node.level else base
                start = ".".join([*base, *([node.module] if node.module else [])])
                named |= {f"{start}.{alias.name}" for alias in node.names}
        graph[module] = {
            known
            for name in named
            if name.startswith("vivavoce.") and (known := nearest(name, files)) != module
        }
    return graph


def nearest(name: str, files: dict[str, Path]) -> str:
    """The module that a dotted name is, or is in."""
    name = name.removeprefix("vivavoce.")
    while name not in files:
        name = name.rpartition(".")[0]
    return name


def package_of(module: str) -> str:
    return module.partition(".")[0]


def picture() -> str:
    """The packages as a Mermaid drawing; an arrow that follows from others is left out."""
    needs: dict[str, set[str]] = {}
    for module, modules in imports().items():
        if module:
            others = {package_of(need) for need in modules} - {"", package_of(module)}
            needs.setdefault(package_of(module), set()).update(others)
    reach: dict[str, set[str]] = {}
    for package in TopologicalSorter(needs).static_order():
        reach[package] = needs[package].union(*(reach[need] for need in needs[package]))
    lines = ["```mermaid", "graph TD"]
    for level in reversed(LEVELS):
        for package in sorted(level & set(needs)):
            direct = {n for n in needs[package] if not any(n in reach[o] for o in needs[package])}
            lines += [f"  {package} --> {need}" for need in sorted(direct)]
    return "\n".join([*lines, "```"])


def pictured(text: str) -> str:
    start, end = "<!-- picture -->\n", "\n<!-- /picture -->"
    before, _, rest = text.partition(start)
    return f"{before}{start}{picture()}{end}{rest.partition(end.strip())[2]}"


def test_the_picture_in_contributing_shows_the_code() -> None:
    text = CONTRIBUTING.read_text("utf-8")
    assert text == pictured(text), f"it is behind; run: python {Path(__file__).name}"


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {module: needs - {""} for module, needs in imports().items() if module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' ← '.join(error.args[1])}")


def test_every_package_has_a_level() -> None:
    packages = {package_of(module) for module in imports()} - {""}
    assert packages == set().union(*LEVELS)
    assert len(packages) == sum(map(len, LEVELS))


@pytest.mark.parametrize("level", range(len(LEVELS)))
def test_imports_point_downwards_only(level: int) -> None:
    below: set[str] = set().union(*LEVELS[:level])
    for package in LEVELS[level]:
        for module, needs in imports().items():
            if package_of(module) == package:
                above = {n for n in needs - {""} if package_of(n) not in below | {package}}
                assert not above, f"{module} imports {above}"


def test_engines_know_only_their_contract_and_their_tools() -> None:
    for module, needs in imports().items():
        if module.startswith("engine."):
            assert {package_of(need) for need in needs} <= ENGINES_MAY, module


def test_engines_are_reached_only_through_the_registry() -> None:
    for module, needs in imports().items():
        if package_of(module) != "engine":
            engines = {need for need in needs if need.startswith("engine.")}
            assert not engines, f"{module} imports {engines}"


def test_a_session_knows_no_transport_and_no_configuration() -> None:
    for module, needs in imports().items():
        if package_of(module) == "conversation" and module != "conversation.replay":
            assert not {package_of(need) for need in needs} & SESSIONS_MAY_NOT, module


def test_the_client_knows_neither_the_server_nor_the_engines() -> None:
    for module, needs in imports().items():
        if package_of(module) == "client":
            assert {package_of(need) for need in needs} <= CLIENTS_MAY, module


def test_no_class_name_stands_for_two_things() -> None:
    places: dict[str, set[str]] = {}
    for path in SOURCE.rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, set()).add(module_of(path))
    assert not {name: where for name, where in places.items() if len(where) > 1}


def heavy_after(code: str) -> set[str]:
    """The heavy modules that are there when `code` has run in a new interpreter."""
    check = f"{code}\nimport sys\nprint(*(set(sys.modules) & {set(HEAVY)!r}), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize(
    "code",
    [
        "import vivavoce",
        "from vivavoce.cli.main import run; assert run(['--help']) == 0",
        "from vivavoce.cli.main import run; assert run(['--version']) == 0",
        "from vivavoce.cli.main import run; assert run(['say', '--help']) == 0",
        "from vivavoce.cli.main import run; assert run(['transcribe', '--help']) == 0",
    ],
)
def test_what_should_start_at_once_imports_nothing_heavy(code: str) -> None:
    assert heavy_after(code) == set()


def test_the_public_names_are_there() -> None:
    import vivavoce

    for name in dir(vivavoce):
        assert getattr(vivavoce, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = vivavoce.nonsense


def test_onnx_runtime_is_kept_from_telling_its_maker_of_this_machine(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    code = "import vivavoce.engine.onnx"
    subprocess.run([sys.executable, "-c", code], check=True, env=home)
    assert not [path for path in tmp_path.rglob("*") if "Microsoft" in path.parts]


if __name__ == "__main__":
    CONTRIBUTING.write_text(pictured(CONTRIBUTING.read_text("utf-8")), "utf-8")

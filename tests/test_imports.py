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

SOURCE = Path(__file__).parents[1] / "src" / "vivavoce"
HEAVY = [
    "av", "ctranslate2", "faster_whisper", "httpx", "huggingface_hub", "livekit", "numpy",
    "onnxruntime", "piper", "pydantic", "rich", "sounddevice", "soxr", "xllamacpp", "yaml",
]  # fmt: skip
TOP = ("__main__", "cli", "server", "bench", "testing", "web")
"""Packages that the rest knows nothing of."""

ONLY = {
    "errors": set(),
    "metrics": set(),
    "settings": set(),
    "profiles": set(),
    "polyphase": set(),
    "audio": {"errors", "polyphase"},
    "engines": {"audio"},
    "events": {"engines", "metrics"},
    "threads": {"errors"},
    "registry": {"engines", "errors"},
    "turns": {"engines", "function_words", "settings"},
}
"""All that these may import of Vivavoce."""

ENGINES_MAY = {"audio", "engine", "engines", "errors", "models", "registry", "text", "threads"}
"""Besides what is pure: rests on `audio` and `errors` at most."""
CLIENTS_MAY = {
    "audio", "captions", "client", "engines", "errors", "events", "media", "transcribe",
}  # fmt: skip
"""A program that talks to a server needs no engine, no session and no server."""
SESSIONS_MAY_NOT = {"config", "media", "models", "registry", "stack", "engine"}


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


def is_pure(module: str) -> bool:
    return all(is_pure(need) for need in imports()[module] - {"audio", "errors"})


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = {module: needs - {""} for module, needs in imports().items() if module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"a circle of imports: {' ← '.join(error.args[1])}")


@pytest.mark.parametrize(("module", "allowed"), ONLY.items(), ids=ONLY)
def test_the_ground_floor_rests_on_nothing_above_it(module: str, allowed: set[str]) -> None:
    assert imports()[module] <= allowed


def test_commands_servers_and_benchmarks_are_known_to_nobody_below() -> None:
    for module, needs in imports().items():
        if not module.startswith(TOP):
            above = {need for need in needs if need.split(".")[0] in TOP}
            assert not above, f"{module} imports {above}"


def test_engines_know_only_their_contract_and_their_tools() -> None:
    for module, needs in imports().items():
        if module.startswith("engine."):
            others = {need for need in needs if need.split(".")[0] not in ENGINES_MAY}
            assert all(map(is_pure, others)), f"{module} imports {others}"


def test_engines_are_reached_only_through_the_registry() -> None:
    for module, needs in imports().items():
        if not module.startswith("engine"):
            engines = {need for need in needs if need.startswith("engine.")}
            assert not engines, f"{module} imports {engines}"


@pytest.mark.parametrize("module", ["session", "reply", "mouth", "ear", "playout", "utterance"])
def test_a_session_knows_no_transport_and_no_configuration(module: str) -> None:
    assert not {need.split(".")[0] for need in imports()[module]} & SESSIONS_MAY_NOT


def test_the_client_knows_neither_the_server_nor_the_engines() -> None:
    for module, needs in imports().items():
        if module.split(".")[0] == "client":
            assert {need.split(".")[0] for need in needs} <= CLIENTS_MAY


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

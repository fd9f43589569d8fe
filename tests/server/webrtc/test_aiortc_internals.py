"""aiortc's private names stay in one module, and its versions are pinned for it."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
WEBRTC = ROOT / "src" / "vivavoce" / "server" / "webrtc"


def private_names(path: Path) -> set[str]:
    """The private attributes of other objects that a module reads, and those that it defines."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            own = isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}
            if not own and not node.attr.startswith("__"):
                found.add(node.attr)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found |= {node.name} if node.name.startswith("_handle_") else set()
    return found


def test_no_other_module_of_webrtc_touches_what_aiortc_keeps_to_itself() -> None:
    for path in WEBRTC.glob("*.py"):
        if path.stem != "aiortc_internals":
            assert private_names(path) == set(), path.name
    assert private_names(WEBRTC / "aiortc_internals.py") > {"_set_role", "_ssrc"}


def test_aiortc_and_aioice_are_pinned_to_compatible_releases() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    server = project["optional-dependencies"]["server"]
    pins = {name: pin for name, _, pin in (each.partition("~=") for each in server) if pin}
    assert {"aioice", "aiortc"} <= set(pins)
    assert all(pin.count(".") == 2 for pin in pins.values())

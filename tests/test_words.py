"""What people read is plain, current English."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PACKAGES = sorted(path for path in (ROOT / "src/vivavoce").iterdir() if path.name != "__pycache__")

BANNED = re.compile(
    r"as many as may|\bor is none\b|\b(?:is|are) wanted\b|\blest\b|for want of|makes? no sense"
    r"|what it is, is|in the midst|than it may|for it asks|get it anew|get them anew|begins? anew"
    r"|does it nevertheless|\bthereof\b|\bwhereof\b|\bwhosoever\b|the client has left"
    r"|cannot be had|is none yet",
    re.IGNORECASE,
)


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """Every text in the code that is no docstring."""
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if id(node) not in docstrings:
                yield node.lineno, text


def sources(package: Path) -> list[Path]:
    return [package] if package.is_file() else sorted(package.rglob("*"))


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_messages_and_help_are_plain_english(package: Path) -> None:
    for path in sources(package):
        texts: Iterator[tuple[int, str]]
        if path.suffix == ".py":
            texts = messages(path)
        elif path.suffix in {".js", ".html"}:
            texts = iter(enumerate(path.read_text().splitlines(), 1))
        else:
            continue
        for line, text in texts:
            found = BANNED.findall(text)
            assert not found, f"{path.relative_to(ROOT)}:{line}: {found}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_docs_are_plain_english(page: Path) -> None:
    for line, text in enumerate(page.read_text().splitlines(), 1):
        found = BANNED.findall(text)
        assert not found, f"{page.relative_to(ROOT)}:{line}: {found}"


@pytest.mark.parametrize(
    "text",
    [
        "20 sessions are running, which is as many as may be",
        "the client secret has expired, or is none",
        "keys with values are wanted",
    ],
)
def test_the_worst_of_the_old_wordings_would_be_found(text: str) -> None:
    assert BANNED.search(text)


def test_the_plain_wordings_pass() -> None:
    assert not BANNED.search("20 of 20 sessions are in use; try again in a few seconds")

"""The documentation says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vivavoce import events
from vivavoce.registry import names

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_in_the_docs_are_the_files_that_run(page: Path) -> None:
    for name, code in re.findall(
        r"<!-- (examples/\S+) -->\n```python\n(.*?)```", page.read_text(), re.DOTALL
    ):
        assert code == (ROOT / name).read_text(), f"{page.name} and {name} differ"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in target or target.startswith("#"):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
            slugs = [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in headings]
            assert anchor in slugs, f"{page.name} links to {target}"


def test_every_event_is_documented() -> None:
    page = (ROOT / "docs/conversation.md").read_text()
    for event in events.Event.__args__:
        assert f"`{event.__name__}`" in page


def test_every_engine_is_documented() -> None:
    page = (ROOT / "docs/engines.md").read_text()
    for kind in ("vad", "turn", "stt", "llm", "tts"):
        for name in names(kind):
            assert f"`{name}`" in page, f"docs/engines.md lacks {kind} {name}"


def test_the_readme_leads_to_every_page() -> None:
    readme = (ROOT / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in readme


def test_every_package_is_on_the_map_of_the_house() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    for path in sorted((ROOT / "src/vivavoce").glob("*")):
        if path.stem.startswith("__") or path.name == "py.typed":
            continue
        assert f"`{path.stem}`" in contributing, f"CONTRIBUTING.md lacks {path.stem}"

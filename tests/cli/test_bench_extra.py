"""`vivavoce bench` without its extra."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("lacking", ["jiwer", "rapidfuzz", "whisper_normalizer"])
def test_what_is_missing_is_told_with_the_line_that_installs_it(lacking: str) -> None:
    code = (
        f"import sys; sys.modules[{lacking!r}] = None\n"
        "from vivavoce.cli.main import run\n"
        "sys.exit(run(['bench', 'footprint']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == ("error: vivavoce bench needs an extra: pip install 'vivavoce[bench]'\n")


def test_the_help_is_there_without_it() -> None:
    code = (
        "import sys; sys.modules['jiwer'] = None\n"
        "from vivavoce.cli.main import run\n"
        "sys.exit(run(['bench', '--help']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert "footprint" in done.stdout

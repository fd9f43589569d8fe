from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.engine.kokoro.tiny import voice
from vivavoce.engine.kokoro.voices import VoicePack


@pytest.fixture
def pack(tmp_path: Path) -> VoicePack:
    (tmp_path / "voices").mkdir()
    for number, name in enumerate(("af_heart", "bf_emma")):
        (tmp_path / "voices" / f"{name}.bin").write_bytes(voice(number).tobytes())
    return VoicePack(tmp_path)


def test_a_style_is_the_row_for_the_length_of_the_text(pack: VoicePack) -> None:
    assert np.array_equal(pack.style("af_heart", 7), voice(0)[7:8])
    assert np.array_equal(pack.style("bf_emma", 4_000), voice(1)[509:])


def test_a_blend_is_the_mean_by_weight(pack: VoicePack) -> None:
    blended = pack.style("af_heart*0.6+bf_emma*0.4", 3)
    assert np.allclose(blended, 0.6 * voice(0)[3] + 0.4 * voice(1)[3], atol=1e-6)
    assert pack.blend("af_heart*3+bf_emma") == {"af_heart": 0.75, "bf_emma": 0.25}
    assert pack.blend("af_heart+af_heart") == {"af_heart": 1.0}


def test_an_archive_of_voices_serves_as_well(tmp_path: Path) -> None:
    np.savez(tmp_path / "all.npz", af_heart=voice(0)[:, None])
    (tmp_path / "all.npz").rename(tmp_path / "voices-v1.0.bin")
    assert np.array_equal(VoicePack(tmp_path).style("af_heart", 7), voice(0)[7:8])

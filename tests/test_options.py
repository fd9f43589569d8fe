"""What may be set of an engine, by the keys that a configuration has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import pytest
from pydantic import Field

from vivavoce.engine.moonshine.stt import MoonshineOptions
from vivavoce.engine.openai.tts import OpenAiTtsOptions
from vivavoce.errors import BadConfig
from vivavoce.options import Compute, Endpoint, OnlyKeys, build, keys_of


@dataclass(frozen=True)
class HornOptions:
    """A plain field, one with bounds, and a shared part of which two keys count."""

    model: str = "brass"
    valves: Annotated[int, Field(ge=1, le=4, description="to press")] = 3
    compute: Annotated[Compute, OnlyKeys(("device", "threads"))] = field(
        default_factory=lambda: Compute(threads=2)
    )


def test_keys_lie_side_by_side_whatever_part_they_are_of() -> None:
    known = keys_of(HornOptions)
    assert {name: key.default for name, key in known.items()} == {
        "model": "brass",
        "valves": 3,
        "device": "auto",
        "threads": 2,
    }
    assert known["valves"].description == "to press"
    assert "GPU" in known["device"].description


def test_what_is_not_given_keeps_its_default() -> None:
    built = build(HornOptions, {"device": "CUDA:1", "valves": "4"})
    assert built == HornOptions("brass", 4, Compute("cuda:1", threads=2))
    assert build(HornOptions, {}) == HornOptions()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"valve": 2}, "HornOptions has no option 'valve'; did you mean 'valves'"),
        ({"quantization": "Q4_1"}, "has no option 'quantization'"),
        ({"valves": 5}, "valves: it should be less than or equal to 4, not 5"),
        ({"valves": "two"}, "valves: it should be a valid integer, not 'two'"),
        ({"device": "gpu"}, "device: choose auto, cpu, cuda, cuda:N or mps, not 'gpu'"),
        ({"device": "cpu:1"}, "device: choose auto"),
        ({"device": "cuda:first"}, "device: choose auto"),
        ({"threads": 0}, "threads: it should be greater than or equal to 1, not 0"),
    ],
)
def test_what_is_wrong_is_told_with_what_is_right(given: dict[str, object], message: str) -> None:
    with pytest.raises(BadConfig, match=message):
        build(HornOptions, given)


def test_a_server_is_one_part_and_its_key_is_never_shown() -> None:
    given = {"base_url": "http://here:1", "api_key": "s3cret", "retries": 0, "voice": "nova"}
    built = build(OpenAiTtsOptions, given)
    assert built.voice == "nova"
    assert built.endpoint == Endpoint("http://here:1", "s3cret", retries=0, first_timeout=15.0)
    assert "s3cret" not in repr(built)


def test_an_engine_goes_only_by_the_keys_that_it_honours() -> None:
    assert set(keys_of(MoonshineOptions)) == {"model", "device", "threads", "workers", "beams"}

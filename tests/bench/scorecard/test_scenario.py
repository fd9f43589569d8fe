"""Scenarios: what may be written, and what is said when it is wrong."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from vivavoce.bench.scorecard.scenario import Scenario, Step, When, load, only, parse
from vivavoce.errors import BadConfig, BadRequest

GOOD = """about: A question.
set: tuning
script:
  - say: Hello there.
    when: {after_s: 0.5}
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    return path


def sentences(scenarios: list[Scenario]) -> set[str]:
    spoken = [
        words
        for scenario in scenarios
        for words in (
            *scenario.texts,
            *(step.say for step in scenario.script),
            *(step.agent_says for step in scenario.script),
        )
        if words is not None and words != "{text}"
    ]
    return {
        part
        for words in spoken
        for part in ((words,) if isinstance(words, str) else words)
        if isinstance(part, str)
    }


def test_a_file_becomes_a_scenario_of_its_name(tmp_path: Path) -> None:
    scenario = parse(written(tmp_path, GOOD))
    assert scenario.name == "mine"
    assert scenario.script[0].say == "Hello there."
    assert scenario.script[0].expects == "answer"


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        ("  - say: Hello", "  - shout: Hello", r"mine\.yaml:4: script\[0\]\.shout: unknown key"),
        ("after_s: 0.5", "after_s: soon", r"mine\.yaml:5: script\[0\]\.when\.after_s: .*number"),
        ("after_s: 0.5", "after_s: -1", r"mine\.yaml:5: script\[0\]\.when\.after_s: .*greater"),
        ("after_s: 0.5", "later_s: 0.5", r"mine\.yaml:5: script\[0\]\.when\.later_s: unknown key"),
        ("{after_s: 0.5}", "{}", r"mine\.yaml:5: script\[0\]\.when: needs one of after_s"),
        ("set: tuning", "set: training", r"mine\.yaml:2: set: .*'reported' or 'tuning'"),
        ("about: A question.\n", "", r"mine\.yaml:1: about: is missing"),
        ("{after_s: 0.5}", "{after_s: 0.5", r"mine\.yaml:\d+: .*expected"),
        ("  - say: Hello there.", "  - sound: sneeze", r"mine\.yaml:4: script\[0\]\.sound: .*coug"),
        ("say: Hello there.", "say: [Hello, -2]", r"mine\.yaml:4: script\[0\]\.say"),
        ("Hello there.", "'{text}'", r"mine\.yaml:1: texts and a step"),
        (
            "say: Hello there.",
            "sound: cough\n    expect: stop",
            r"mine\.yaml:4: .*only what is sai",
        ),
        ("say: Hello there.", "say: Hi\n    listen_s: 2", r"mine\.yaml:4: .*it has 2"),
    ],
)
def test_an_error_names_the_file_the_line_and_the_key(
    tmp_path: Path, wrong: str, right: str, told: str
) -> None:
    assert wrong in GOOD
    with pytest.raises(BadConfig, match=told):
        parse(written(tmp_path, GOOD.replace(wrong, right)))


def test_a_list_whose_only_item_is_wrong_is_not_called_too_short(tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as caught:
        parse(written(tmp_path, GOOD.replace("  - say: Hello", "  - shout: Hello")))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["", "- a list", "just words", "1: 2"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadConfig, match=r"mine\.yaml:1: expected a mapping of keys to values"):
        parse(written(tmp_path, text))


def test_the_example_in_the_docs_is_a_scenario(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs/scorecard.md").read_text("utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    scenario = parse(written(tmp_path, example))
    assert scenario.takes == 2
    assert len(scenario.script) == 4


def test_every_key_of_a_step_is_in_the_docs() -> None:
    page = (Path(__file__).parents[3] / "docs/scorecard.md").read_text("utf-8")
    for shape in (Step, When, Scenario):
        for field in fields(shape):
            assert field.name == "name" or field.name in page, field.name


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bytes.yaml"
    path.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(BadConfig, match="cannot read"):
        parse(path)


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="try reported, tuning, a file or a folder"):
        load(["repported"])
    with pytest.raises(BadRequest, match="has no scenarios"):
        load([tmp_path])
    with pytest.raises(BadRequest, match="did you mean 'questions'"):
        only(load(["reported"]), ["question"])


def test_two_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD)
    with pytest.raises(BadRequest, match="two scenarios are called mine"):
        load([path, tmp_path])


def test_what_is_reported_was_not_tuned_on() -> None:
    reported, tuning = load(["reported"]), load(["tuning"])
    assert not sentences(reported) & sentences(tuning)
    assert not {v for s in reported for v in s.voices} & {v for s in tuning for v in s.voices}


@pytest.mark.parametrize("name", ["reported", "tuning"])
def test_the_sets_hold_what_they_say(name: str) -> None:
    scenarios = load([name])
    assert {scenario.set for scenario in scenarios} == {name}
    assert all(scenario.about for scenario in scenarios)

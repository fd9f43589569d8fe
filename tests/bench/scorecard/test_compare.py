"""What a run is written to, and what is said of two."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.bench.scorecard.conftest import Calls
from vivavoce.bench.scorecard import html
from vivavoce.bench.scorecard.compare import compare, differences
from vivavoce.bench.scorecard.figures import FIGURES, Cost, Results
from vivavoce.bench.scorecard.measure import TurnOutcome
from vivavoce.bench.scorecard.summary import Scorecard, read_results
from vivavoce.errors import BadRequest

QUESTION = "script:\n  - say: one two three four\n    pause_s: 0.5\n"


def results(gaps: list[float], cut_offs: int = 0, scenario: str = "a") -> Results:
    turns = [
        TurnOutcome(
            scenario, str(i), 0, "answer", "speech", gap=gap, cut_off=i < cut_offs, answered=True
        )
        for i, gap in enumerate(gaps)
    ]
    return Results(turns, (), [Cost(scenario, str(i), 5.0) for i in range(len(gaps))])


async def card(calls: Calls) -> Scorecard:
    heard = ["one two", "three four"] * 2
    made = await calls(QUESTION, *heard, repeats=2)
    return Scorecard.of("in process", made)


async def test_what_is_written_can_be_read_back(calls: Calls, tmp_path: Path) -> None:
    made = await card(calls)
    made.report().write(tmp_path / "a.json")
    again = read_results(tmp_path / "a.json")
    assert list(again.turns) == list(made.results.turns)
    assert list(again.tales) == list(made.results.tales)
    assert list(again.costs) == list(made.results.costs)
    data = json.loads((tmp_path / "a.json").read_text())
    assert data["target"] == "in process"
    assert data["calls"][0]["marks"]


async def test_a_table_has_a_row_for_each_scenario_and_one_for_each_figure() -> None:
    both = [results([0.25, 0.35]), results([0.5] * 3, cut_offs=1, scenario="b")]
    made = Scorecard(
        "x", Results([*both[0].turns, *both[1].turns], (), [*both[0].costs, *both[1].costs])
    )
    first, second = made.by_scenario().rows
    assert (first["scenario"], first["gap"], first["cut off"]) == ("a", 300, 0)
    assert (second["scenario"], second["gap"], second["cut off"]) == ("b", 500, 33)
    found = {str(row["figure"]): row for row in made.report().rows}
    assert found["gap, median"]["n"] == 5
    assert found["cut off"]["value"] == "20.0 %"
    assert "WER" not in found


async def test_a_run_does_not_differ_from_itself(calls: Calls, tmp_path: Path) -> None:
    made = await card(calls)
    for name in ("a.json", "b.json"):
        made.report().write(tmp_path / name)
    report = compare(tmp_path / "a.json", tmp_path / "b.json")
    assert report.rows == []
    assert "differ by no more than noise" in report.notes[0]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [(0.3, "worse"), (-0.3, "better"), (0.001, "no difference beyond noise")],
)
def test_a_gap_that_changed_is_told(change: float, verdict: str) -> None:
    before = [0.5 + 0.01 * i for i in range(20)]
    rows = differences(results(before), results([gap + change for gap in before]))
    median = next(row for row in rows if row["figure"] == "gap, median")
    assert median["verdict"] == verdict


def test_fewer_cut_offs_are_better() -> None:
    gaps = [0.5] * 40
    rows = differences(results(gaps, cut_offs=20), results(gaps, cut_offs=1))
    assert next(row for row in rows if row["figure"] == "cut off")["verdict"] == "better"


def test_only_what_both_have_is_compared(tmp_path: Path) -> None:
    one, other = results([0.5] * 3), results([0.5] * 3, scenario="b")
    assert differences(one, other) == []
    for name, found in (("a.json", one), ("b.json", other)):
        Scorecard("x", found).report().write(tmp_path / name)
    notes = compare(tmp_path / "a.json", tmp_path / "b.json").notes
    assert any("a.json: a." in note for note in notes)
    assert any("b.json: b." in note for note in notes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "was not written by"),
        ('{"benchmark": "gap"}', "was not written by"),
        ('{"benchmark": "turns"}', "of another version"),
        ('{"benchmark": "turns", "turns": [{"gap": "x"}], "tales": [], "costs": []}', "of another"),
    ],
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(BadRequest, match=told):
        read_results(path)


def test_every_figure_has_a_key_and_a_name_of_its_own() -> None:
    assert len({figure.key for figure in FIGURES}) == len(FIGURES)
    assert len({figure.name for figure in FIGURES}) == len(FIGURES)


def test_the_docs_tell_what_every_figure_means() -> None:
    page = (Path(__file__).parents[3] / "docs/scorecard.md").read_text("utf-8")
    for figure in FIGURES:
        assert f"| {figure.name} |" in page, figure.name


class _Page(HTMLParser):
    """Whether all that is opened is closed, and what is fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.outside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.outside += [str(value) for name, value in attrs if name in {"src", "href"}]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass


async def test_the_page_is_whole_and_needs_nothing_else(calls: Calls, tmp_path: Path) -> None:
    made = await card(calls)
    broken = replace(made.calls[0], failure="<b>it broke</b>", said=(), skipped=(0,))
    made = Scorecard.of("<script>", [*made.calls, broken])
    html.write(made, tmp_path / "a.html")
    text = (tmp_path / "a.html").read_text("utf-8")
    page = _Page()
    page.feed(text)
    page.close()
    assert page.open == []
    assert page.outside == []
    assert "http" not in text
    assert "<script>" not in text
    assert "<b>it broke" not in text
    assert text.count("<svg") == 5


def test_a_page_about_nothing_is_still_a_page() -> None:
    text = "".join(html.page(Scorecard.of("nobody", [])))
    assert "No reply was heard." in text
    assert "No turn probabilities were recorded" in text

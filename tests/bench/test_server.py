"""What `vivavoce bench server` makes of what it measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.server.conftest import open_server
from vivavoce.bench.report import Report, Reports
from vivavoce.bench.server.gap import IN_PROCESS, WEBRTC, WEBSOCKET, differences, report, rotated
from vivavoce.bench.server.process import ProcessUsage, using
from vivavoce.bench.server.questions import Asked
from vivavoce.bench.server.realtime_client import RealtimeEndpoint, ServerFailed, SessionRefused
from vivavoce.bench.server.requests import has_audio
from vivavoce.bench.server.speaking import Seat, Turnstile
from vivavoce.bench.server.speaking import report as crowd_report


def asked(*gaps: float | None, begun: float = 0.0) -> list[Asked]:
    return [Asked(f"clip-{number}", begun, gap) for number, gap in enumerate(gaps)]


def test_differences_are_of_questions_that_both_answered_and_let_end() -> None:
    base, other = asked(0.3, None, 0.3, -0.1, 0.5), asked(0.35, 0.3, None, 0.3, -0.2)
    assert differences(base, other) == [pytest.approx(0.05)]


def test_the_gap_table_has_a_row_a_way_and_what_it_takes_over_in_process() -> None:
    ways = {IN_PROCESS: asked(0.2, 0.3), WEBSOCKET: asked(0.22, 0.34), WEBRTC: asked(0.3, None)}
    rows = {row["way"]: row for row in report(ways, []).rows}
    assert [row["median"] for row in rows.values()] == [250, 280, 300]
    assert [row["over in process, median"] for row in rows.values()] == [None, 30, 100]
    assert rows[WEBRTC]["no answer"] == 1


def test_each_way_comes_first_as_often_as_the_others() -> None:
    orders = [rotated(["a", "b", "c"], number) for number in range(6)]
    assert [order[0] for order in orders] == ["a", "b", "c"] * 2
    assert all(sorted(order) == ["a", "b", "c"] for order in orders)


def test_gaps_before_the_first_refusal_and_after_it_are_told_apart() -> None:
    early, late = asked(0.3, 0.3, begun=5.0), asked(0.4, begun=11.0)
    refusals = [SessionRefused("work waits", "overloaded")] * 2
    told = crowd_report(Turnstile([Seat(0, early + late)], refusals, refused_at=10.0))
    assert [(row["while"], row["n"], row["median"]) for row in told.rows] == [
        ("all accepted", 2, 300),
        ("some refused", 1, 400),
    ]
    assert "1 were accepted, 2 refused" in told.notes[0]
    assert "overloaded: work waits" in told.notes[1]


def test_a_server_that_refuses_nobody_has_one_row() -> None:
    told = crowd_report(Turnstile([Seat(0, asked(0.3)), Seat(1, failure="it broke")]))
    assert len(told.rows) == 1
    assert "Broken off: it broke" in told.notes


def test_cores_are_not_known_where_the_system_does_not_tell() -> None:
    assert ProcessUsage(2.0, 0, 1.5, 1.0).cores_since(ProcessUsage(0.0, 0, 1.0, 1.0)) == 0.25
    assert ProcessUsage(2.0, 0, None, None).cores_since(ProcessUsage(0.0, 0, None, None)) is None


@pytest.mark.parametrize(
    ("form", "head", "sound"),
    [
        ("pcm", b"", b"\0"),
        ("wav", b"RIFF" + bytes(40), b"\1"),
        ("opus", b"OggS" + b"OpusHead" + b"OggS" + b"OpusTags", b"OggS"),
        ("mp3", b"ID3\4\0\0\0\0\1\2" + bytes(130), b"\xff"),
    ],
)
def test_a_containers_header_is_no_audio(form: str, head: bytes, sound: bytes) -> None:
    assert not has_audio(head, form)
    assert has_audio(head + sound, form)


def test_parts_are_written_as_one_report_with_the_machine(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    parts = [Report("a", [{"n": 1}], ["note"], {"all": [1.0]}), Report("b", [])]
    Reports("server", parts).write(path)
    written = json.loads(path.read_text())
    assert written["benchmark"] == "server"
    assert written["parts"]["a"] == {"rows": [{"n": 1}], "notes": ["note"], "all": [1.0]}
    assert written["machine"]["cpus"]
    assert list(tmp_path.iterdir()) == [path]


def test_parts_without_figures_are_printed_too(capsys: pytest.CaptureFixture[str]) -> None:
    Reports("server", [Report("a", [], ["nothing to see"])]).print()
    assert "nothing to see" in capsys.readouterr().out


async def test_what_a_server_uses_is_by_its_own_account() -> None:
    async with open_server() as served, using(RealtimeEndpoint(served.url)) as server:
        usage = await server.usage()
        assert usage.sessions == 0
        assert (await server.left()).at >= usage.at


async def test_a_server_that_is_not_ready_is_told() -> None:
    async with open_server() as served:
        served.service.drain()
        with pytest.raises(ServerFailed, match="is not ready: 503"):
            async with using(RealtimeEndpoint(served.url)):
                pass


async def test_a_key_that_is_missing_is_told() -> None:
    async with (
        open_server({"keys": ["a-key-of-some-length-0123456789"]}) as served,
        using(RealtimeEndpoint(served.url)) as server,
    ):
        with pytest.raises(ServerFailed, match="401"):
            await server.usage()

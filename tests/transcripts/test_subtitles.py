"""Subtitles: cues in order that never overlap, fit the screen, and hold every word."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html import unescape
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vivavoce.engines import Transcript, Word
from vivavoce.text.width import columns
from vivavoce.transcripts.doubts import TranscriptWarning
from vivavoce.transcripts.recordings import Segment
from vivavoce.transcripts.subtitles import COLUMNS, LONGEST_S, Cue, Format, cues, render

CLOCK = r"(\d\d+):([0-5]\d):([0-5]\d)[.,](\d\d\d)"


def plain(start: float, end: float, text: str) -> Segment:
    return Segment(start, end, Transcript(text))


def timed(text: str, start: float = 0.0, per_word: float = 0.4, gap: float = 0.0) -> Segment:
    words, now = [], start
    for word in text.split():
        words.append(Word(word, now, now + per_word))
        now += per_word + gap
    return Segment(start, now, Transcript(text, tuple(words)))


def parsed(file: str) -> list[Cue]:
    """Read SubRip or WebVTT back."""
    found = []
    for block in file.split("\n\n"):
        match = re.search(f"^{CLOCK} --> {CLOCK}\n", block, re.MULTILINE)
        if match:
            numbers = [int(group) for group in match.groups()]
            start, end = (
                round(hours * 3600 + minutes * 60 + seconds + milliseconds / 1000, 3)
                for hours, minutes, seconds, milliseconds in (numbers[:4], numbers[4:])
            )
            found.append(Cue(start, end, tuple(block[match.end() :].split("\n"))))
    return found


def test_text_has_a_line_a_segment() -> None:
    segments = [plain(0, 1, "One\ntwo."), plain(2, 3, "Three.")]
    assert render(segments, "text") == "One two.\nThree.\n"


def test_srt_counts_its_cues_and_writes_a_comma() -> None:
    segments = [plain(1.5, 3, "Hello."), plain(3661.0625, 3663, "A --> b")]
    assert render(segments, "srt") == (
        "1\n00:00:01,500 --> 00:00:03,000\nHello.\n\n2\n01:01:01,062 --> 01:01:03,000\nA → b\n\n"
    )


def test_vtt_has_its_header_and_escapes_markup() -> None:
    assert render([plain(0, 2, "<b> & --> c")], "vtt") == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\n&lt;b&gt; &amp; --&gt; c\n\n"
    )


def test_json_has_the_text_the_language_and_what_is_known_of_each_segment() -> None:
    words = (Word("Ja", 0.1, 0.50049, 0.98765), Word("gut.", 0.6, 1.0))
    segments = [
        Segment(0.1, 1.0, Transcript("Ja gut.", words, language="de", confidence=0.9)),
        plain(2, 3, "So."),
    ]
    assert json.loads(render(segments, "json")) == {
        "text": "Ja gut. So.",
        "language": "de",
        "segments": [
            {
                "start": 0.1, "end": 1.0, "text": "Ja gut.", "language": "de", "confidence": 0.9,
                "words": [
                    {"text": "Ja", "start": 0.1, "end": 0.5, "confidence": 0.9877},
                    {"text": "gut.", "start": 0.6, "end": 1.0},
                ],
            },
            {"start": 2, "end": 3, "text": "So."},
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("form", "file"),
    [("text", ""), ("srt", ""), ("vtt", "WEBVTT\n\n"), ("json", '{\n  "text": "",')],
)
def test_a_recording_without_speech_gives_a_valid_file(form: Format, file: str) -> None:
    assert render([], form).startswith(file)


def test_long_text_is_broken_into_two_balanced_lines() -> None:
    [cue] = cues([timed("The narrative would be tedious to him and painful to myself.", gap=0.1)])
    assert cue.lines == ("The narrative would be tedious", "to him and painful to myself.")


def test_a_cue_ends_with_its_sentence() -> None:
    said = (
        "It was the best of times. It was the worst of times. It was the age of wisdom. "
        "It was the age of foolishness, and so on."
    )
    shown = [" ".join(cue.lines) for cue in cues([timed(said, per_word=0.25)])]
    assert shown == [
        "It was the best of times. It was the worst of times. It was the age of wisdom.",
        "It was the age of foolishness, and so on.",
    ]


def test_a_cue_ends_at_a_clause_where_the_sentence_is_too_long() -> None:
    said = (
        "But with full ravishment the hours of prime singing, received they in the midst of "
        "leaves that ever bore a burden to their rhymes"
    )
    first, _ = cues([timed(said, per_word=0.25)])
    assert " ".join(first.lines).endswith("singing,")


def test_a_silence_ends_a_cue_and_nothing_is_shown_during_it() -> None:
    words = (Word("Well,", 0.0, 0.4), Word("yes.", 5.0, 5.4))
    shown = list(cues([Segment(0.0, 5.4, Transcript("Well, yes.", words))]))
    assert shown == [Cue(0.0, 1.0, ("Well,",)), Cue(5.0, 6.0, ("yes.",))]


def test_a_short_cue_stays_until_it_can_be_read_but_not_into_the_next() -> None:
    shown = list(cues([plain(0.0, 0.2, "Yes."), plain(0.5, 0.7, "No.")]))
    assert [(cue.start, cue.end) for cue in shown] == [(0.0, 0.5), (0.5, 1.5)]


def test_text_without_word_times_is_spread_over_its_segment() -> None:
    said = " ".join(["word"] * 40)
    shown = list(cues([plain(10.0, 30.0, said)]))
    assert len(shown) == 3
    assert shown[0].start == 10.0
    assert shown[1].start == pytest.approx(10 + 20 * len(" ".join(shown[0].lines)) / 200, abs=0.2)
    assert shown[-1].end == 30.0


def test_words_that_are_not_in_the_text_do_not_replace_it() -> None:
    segment = Segment(0.0, 2.0, Transcript("Twenty one.", (Word("21", 0.0, 2.0),)))
    assert [cue.lines for cue in cues([segment])] == [("Twenty one.",)]


def test_scripts_without_spaces_are_broken_between_characters() -> None:
    said = "客観的実在の判断的知識が成立するのである。" * 3
    words = tuple(Word(it, at * 0.1, at * 0.1 + 0.1) for at, it in enumerate(said))
    shown = list(cues([Segment(0.0, 6.6, Transcript(said, words))]))
    assert "".join("".join(cue.lines) for cue in shown) == said
    assert all(not line.startswith("。") for cue in shown for line in cue.lines)


def test_latin_words_in_such_scripts_stay_whole() -> None:
    [cue] = cues([plain(0, 5, "これはVivavoceというものです" * 2)])
    assert all(line.count("Vivavoce") == 1 for line in cue.lines)


def test_words_come_with_their_times_in_every_form_and_estimated_ones_are_marked() -> None:
    known = Segment(0.0, 1.0, Transcript("Ja gut.", (Word("Ja", 0.1, 0.5), Word("gut.", 0.6, 1.0))))
    segments = [known, plain(2, 3, "Ab cd")]
    assert render(segments, "text", words=True) == (
        "0.100\t0.500\tJa\n0.600\t1.000\tgut.\n2.000\t2.400\tAb\t~\n2.600\t3.000\tcd\t~\n"
    )
    assert render(segments, "srt", words=True) == (
        "1\n00:00:00,100 --> 00:00:00,500\nJa\n\n2\n00:00:00,600 --> 00:00:01,000\ngut.\n\n"
        "3\n00:00:02,000 --> 00:00:02,400\n<i>Ab</i>\n\n"
        "4\n00:00:02,600 --> 00:00:03,000\n<i>cd</i>\n\n"
    )
    assert render(segments, "vtt", words=True) == (
        "WEBVTT\n\n00:00:00.100 --> 00:00:00.500\nJa\n\n00:00:00.600 --> 00:00:01.000\ngut.\n\n"
        "NOTE The times of the words in the next cues are estimated.\n\n"
        "00:00:02.000 --> 00:00:02.400\nAb\n\n00:00:02.600 --> 00:00:03.000\ncd\n\n"
    )
    told = json.loads(render(segments, "json", words=True))["segments"]
    assert "words_estimated" not in told[0]
    assert told[1]["words_estimated"] is True
    assert told[1]["words"] == [
        {"text": "Ab", "start": 2.0, "end": 2.4},
        {"text": "cd", "start": 2.6, "end": 3.0},
    ]


def test_json_tells_what_to_know_before_one_trusts_it() -> None:
    warning = TranscriptWarning("words_missing", "much is missing", ((1.00049, 2.0),))
    told = json.loads(render([plain(0, 1, "So.")], "json", warnings=[warning]))
    assert told["warnings"] == [
        {"code": "words_missing", "message": "much is missing", "stretches": [[1.0, 2.0]]}
    ]


SAID = st.lists(
    st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=60), max_size=12
).map(" ".join)
TIME = st.floats(0, 50)


@st.composite
def recordings(draw: st.DrawFn) -> list[Segment]:
    segments = []
    for _ in range(draw(st.integers(0, 5))):
        said = draw(SAID)
        start = draw(TIME)
        times = [draw(st.tuples(TIME, TIME)) for _ in said.split()] if draw(st.booleans()) else []
        words = tuple(
            Word(word, start, end) for word, (start, end) in zip(said.split(), times, strict=False)
        )
        segments.append(Segment(start, start + draw(TIME), Transcript(said, words)))
    return segments


def squeezed(text: str) -> str:
    return "".join(text.split())


@settings(deadline=None)
@given(recordings())
def test_cues_are_in_order_fit_the_screen_and_hold_every_letter(segments: list[Segment]) -> None:
    shown = list(cues(segments))
    assert all(before.end <= after.start for before, after in pairwise(shown))
    for cue in shown:
        assert 0 <= cue.start < cue.end <= cue.start + LONGEST_S + 1e-9
        assert 1 <= len(cue.lines) <= 2
        assert all(line == line.strip() != "" and columns(line) <= COLUMNS for line in cue.lines)
    said = "".join(segment.transcript.text for segment in segments)
    assert squeezed("".join("".join(cue.lines) for cue in shown)) == squeezed(said)


@settings(deadline=None)
@given(recordings())
def test_srt_and_vtt_read_back_as_the_same_cues(segments: list[Segment]) -> None:
    shown = list(cues(segments))
    arrows = [tuple(line.replace("-->", "→") for line in cue.lines) for cue in shown]
    read = parsed(render(segments, "srt"))
    assert [(cue.start, cue.end) for cue in read] == [(cue.start, cue.end) for cue in shown]
    assert [cue.lines for cue in read] == arrows
    vtt = parsed(render(segments, "vtt"))
    assert [replace(cue, lines=tuple(map(unescape, cue.lines))) for cue in vtt] == shown

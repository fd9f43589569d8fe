"""The right one of several tracks is read, and tags of any encoding do no harm."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from tests.media.sounds import pitch, sound_file, tone, tracks_file
from vivavoce.errors import BadAudio
from vivavoce.media.decode import ReadOptions, probe_audio, read_channels

LOW, HIGH, HIGHEST = tone(1.0), tone(2.0, hertz=1000.0), tone(1.0, hertz=2000.0)


def heard(data: bytes, **options: str) -> int:
    """The pitch of the track that is read."""
    [audio] = read_channels(io.BytesIO(data), ReadOptions(**options))  # type: ignore[arg-type]
    return round(pitch(audio, 0.1, 0.9) / 10) * 10


FILM = tracks_file(
    [
        (LOW, {"language": "fra"}, "default"),
        (HIGH, {"language": "eng", "title": "Director's commentary"}, ""),
        (HIGHEST, {"language": "eng", "title": "Original"}, ""),
    ]
)


def test_the_default_track_is_read_where_nothing_is_asked_for() -> None:
    assert heard(FILM) == 440
    data = tracks_file([(LOW, {}, ""), (HIGH, {}, ""), (HIGHEST, {}, "default")])
    assert heard(data) == 2000


@pytest.mark.parametrize("language", ["en", "en-US", "eng"])
def test_a_track_in_the_language_that_is_asked_for_is_read(language: str) -> None:
    assert heard(FILM, language=language) == 2000


@pytest.mark.parametrize(("language", "tag"), [("de", "ger"), ("zh", "chi"), ("nb", "nor")])
def test_each_code_of_a_language_counts(language: str, tag: str) -> None:
    data = tracks_file([(LOW, {"language": "eng"}, "default"), (HIGH, {"language": tag}, "")])
    assert heard(data, language=language) == 1000


def test_a_track_of_no_language_comes_before_one_of_another() -> None:
    data = tracks_file([(LOW, {"language": "fra"}, "default"), (HIGH, {}, "")])
    assert heard(data, language="en") == 1000
    assert heard(FILM, language="pt") == 440


@pytest.mark.parametrize(("track", "hertz"), [("2", 1000), ("original", 2000), ("comm", 1000)])
def test_a_track_is_chosen_by_its_number_or_its_title(track: str, hertz: int) -> None:
    assert heard(FILM, track=track) == hertz


def test_a_track_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(BadAudio, match=r"no audio track '4'; it has 1 \(fra\), 2 \(eng, Director"):
        heard(FILM, track="4")


def test_a_shorter_track_is_not_cut_short(caplog: pytest.LogCaptureFixture) -> None:
    heard(FILM)
    assert not caplog.text


def test_a_track_without_sound_gives_way_to_another() -> None:
    data = tracks_file([(LOW[:0], {}, "default"), (HIGH, {}, "")])
    assert heard(data) == 1000


LATIN = "Andr\xe9 M\xe9nard \x93\xfa\x96{"


@pytest.mark.parametrize(
    ("container", "codec"),
    [
        ("wav", "pcm_s16le"),
        ("flac", "flac"),
        ("mp3", "libmp3lame"),
        ("ogg", "libopus"),
        ("matroska", "aac"),
        ("webm", "libopus"),
        ("mp4", "aac"),
        ("ipod", "alac"),
        ("aiff", "pcm_s16be"),
        ("caf", "pcm_s16le"),
        ("flv", "aac"),
        ("avi", "pcm_s16le"),
        ("mpegts", "aac"),
        ("au", "pcm_s16be"),
        ("asf", "pcm_s16le"),
    ],
)
@pytest.mark.parametrize("act", [probe_audio, lambda source: read_channels(source, ReadOptions())])
def test_tags_in_any_encoding_are_no_reason_not_to_read(
    container: str, codec: str, act: Callable[[io.BytesIO], object]
) -> None:
    rate = 48_000 if codec == "libopus" else 22_050
    names = ("title", "artist", "comment", "service_name", "genre")
    tags = dict.fromkeys(names, LATIN)
    act(io.BytesIO(sound_file(container, codec, tone(1.0, rate), rate, tags=tags)))

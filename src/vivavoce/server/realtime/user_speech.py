"""The user's turns as the client is told of them: speech, item, transcript."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vivavoce.engines import Stt, Transcript
from vivavoce.transcripts.doubts import TranscriptWarning, doubtful_language, only_language
from vivavoce.transcripts.segment import Segment

from . import server_events as tell
from .item_list import ItemList
from .items import ContentPart, MessageItem, new_id
from .response import Send


@dataclass(slots=True)
class _SpokenTurn:
    """One of the user's turns. told: speech has started; closed: it has stopped."""

    item_id: str
    started_at: float = 0.0
    told: bool = False
    closed: bool = False
    committed: bool = False
    seconds: float = 0.0
    words: int = 0
    item: MessageItem | None = None


class UserSpeech:
    """Tells of the user's turns, numbered as the core numbers them.

    detects: whether the client leaves it to the server to find speech; it is told of it then.
    was_committed: whether any turn was, so far.
    transcribes: whether it wants to read what was said. live: while it is being said.
    """

    def __init__(self, conversation: ItemList, send: Send) -> None:
        self.detects = True
        self.transcribes = False
        self.live = False
        self.was_committed = False
        self._conversation = conversation
        self._send = send
        self._turns: dict[int, _SpokenTurn] = {}

    def start(self, turn: int, at: float, *, tell_now: bool) -> None:
        """Somebody speaks. tell_now: False while it may yet be a cough, during a reply."""
        self._turns[turn] = _SpokenTurn(new_id("item"), at)
        if tell_now:
            self.confirm()

    def confirm(self) -> None:
        """It is the user, who speaks."""
        for turn in self._turns.values():
            if not turn.told and self.detects:
                turn.told = True
                self._send(tell.speech_started(turn.item_id, round(1000 * turn.started_at)))

    def hear(self, turn: int, transcript: Transcript) -> None:
        """What is understood so far; the words that will not change are told."""
        one = self._turns.get(turn)
        if one is None or not (self.live and self.transcribes):
            return
        words = transcript.text.split()[: transcript.stable]
        if len(words) > one.words:
            new = " ".join(words[one.words :])
            self._delta(one, f" {new}" if one.words else new)
            one.words = len(words)

    def commit_current(self, at: float) -> None:
        """The client says that the turn under way is over."""
        self.commit(max(self._turns), at)

    def commit_silence(self, at: float) -> None:
        """The client says that a turn is over in which no speech was found."""
        self._turns[_SILENT] = _SpokenTurn(new_id("item"), at)
        self.commit(_SILENT, at)
        self.finish(_SILENT, Transcript(""))

    def commit(self, turn: int, at: float) -> None:
        """The turn is over; at: where the speech ended."""
        one = self._turns[turn]
        if one.committed:
            return
        one.committed = self.was_committed = True
        one.seconds = max(0.0, at - one.started_at)
        self._close(one, at)
        item = MessageItem(one.item_id, "user", (ContentPart("input_audio", None),))
        previous = self._conversation.insert(item)
        one.item = item
        self._send(tell.audio_committed(item.id, previous))
        self._send(tell.item_added(item, previous))
        self._send(tell.item_done(item, previous))

    def finish(self, turn: int, transcript: Transcript, stt: Stt | None = None) -> None:
        """What was said in a committed turn. stt: that heard it, if any did."""
        one = self._turns.pop(turn, None)
        if one is None or one.item is None:
            return
        text = transcript.text
        self._conversation.replace(replace(one.item, content=(ContentPart("input_audio", text),)))
        if not self.transcribes:
            return
        words = text.split()
        rest = " ".join(words[one.words :])
        if rest:
            self._delta(one, f" {rest}" if one.words else rest)
        self._send(
            tell.transcription_completed(
                one.item.id,
                text,
                one.seconds,
                language=transcript.language,
                warnings=[] if stt is None else _doubts(one, transcript, stt),
            )
        )

    def drop(self, turn: int, at: float, *, asked: bool) -> None:
        """It was no turn. asked: the client wanted it forgotten, and is told so elsewhere."""
        one = self._turns.pop(turn, None)
        if one is None:
            return
        if one.item is not None:
            self._turns[turn] = one
            self.finish(turn, Transcript(""))
        elif one.told:
            self._close(one, at)
            if not asked:
                self._send(tell.audio_cleared())

    def time_out(self, start: float, end: float) -> None:
        """Nobody spoke between these moments: an empty turn, for the model to go on from."""
        item_id = new_id("item")
        self._send(tell.timeout_triggered(item_id, round(1000 * start), round(1000 * end)))
        self._turns[_SILENT] = _SpokenTurn(item_id, start)
        self.commit(_SILENT, end)
        self.finish(_SILENT, Transcript(""))

    def fail(self, turn: int, at: float, message: str) -> None:
        """What was said could not be understood."""
        self.commit(turn, at)
        one = self._turns.pop(turn)
        if self.transcribes:
            self._send(tell.transcription_failed(one.item_id, message))

    def _close(self, one: _SpokenTurn, at: float) -> None:
        if one.told and not one.closed:
            one.closed = True
            self._send(tell.speech_stopped(one.item_id, round(1000 * at)))

    def _delta(self, one: _SpokenTurn, text: str) -> None:
        self._send(tell.transcription_delta(one.item_id, text))


def _doubts(one: _SpokenTurn, transcript: Transcript, stt: Stt) -> list[TranscriptWarning]:
    segment = Segment(one.started_at, one.started_at + one.seconds, transcript)
    warning = doubtful_language([segment], stt.name, only_language(stt))
    return [] if warning is None else [warning]


_SILENT = 0
"""The number of a turn in which the core found no speech; its own begin with 1."""

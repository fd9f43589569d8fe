"""A session's shell around its turn state: feeds `step`, and carries out its commands.

audio → SpeechInput → edges, levels ─┐
        Utterance → partials ────────┤→ step → commands → SilenceQuestions, Responder, the owner
        answers of the engines ──────┘
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque

from vivavoce.audio import Audio, Lapse
from vivavoce.engines import Engines, SttOptions, Transcript
from vivavoce.errors import VivavoceError, describe
from vivavoce.events import Failed
from vivavoce.settings import SessionSettings
from vivavoce.text.language.packs import pack_of
from vivavoce.turn_taking.fits import fits_for
from vivavoce.turn_taking.interruption import LOOK_S, counted
from vivavoce.turn_taking.speaker_level import SpeakerLevel
from vivavoce.turn_taking.speech_input import SpeechInput
from vivavoce.turn_taking.utterance import Utterance
from vivavoce.turn_taking.vad_edges import Edge

from .history import Memory
from .missing_audio import MissingAudio
from .playout import Sink, Speaker
from .responder import Anchor, Responder
from .runtime import Runtime
from .silence_questions import SilenceQuestions
from .spoken_language import expected, follow
from .tools import Toolbox
from .turn_messages import (
    AskCompleteness,
    AskSound,
    AskTranscript,
    AudioHeard,
    CloseUtterance,
    Command,
    Configured,
    DropReply,
    DropSilence,
    Duck,
    Emit,
    EndReply,
    Input,
    OpenUtterance,
    PartialHeard,
    PauseReply,
    PrepareReply,
    ReadAhead,
    RememberUser,
    ResumeReply,
    StartReply,
    StopReadingAhead,
    TimePassed,
    VoicePaused,
    VoiceResumed,
    VoiceStarted,
)
from .turn_state import TurnState
from .turn_step import step

log = logging.getLogger(__name__)

CLOSING = "closing"
"""Owner of the tasks that a session waits for when the caller hangs up."""


class TurnLoop:
    """Runs one session's turns.

    settings, toolbox: may be replaced by `configure`. understood: set while nothing that was said
    before a pause waits to be understood. between_turns: set while no utterance is under way.
    """

    def __init__(
        self,
        engines: Engines,
        sink: Sink,
        memory: Memory,
        settings: SessionSettings,
        toolbox: Toolbox,
        runtime: Runtime,
    ) -> None:
        self.settings = settings
        self.toolbox = toolbox
        speaker = Speaker(sink)
        self.state = TurnState(
            language=expected(settings, engines.stt, engines.tts),
            far=speaker.far,
            fits=fits_for(settings.turns.fit),
        )
        self.speech_input = SpeechInput(engines.vad, engines.stt.rate, settings.turns)
        self.responder = Responder(engines.llm, engines.tts, speaker, memory, runtime, self.handle)
        self.between_turns, self.understood = asyncio.Event(), asyncio.Event()
        self._level = SpeakerLevel()
        self._missing = MissingAudio()
        self._utterance: Utterance | None = None
        self._questions = SilenceQuestions(engines, memory, runtime, self.handle, self._counted)
        self._engines = engines
        self._memory = memory
        self._runtime = runtime
        self._untold_s = 0.0
        self._inputs: deque[Input] = deque()
        self._stepping = False
        self._tell_waiters()

    def configure(self, settings: SessionSettings, toolbox: Toolbox | None) -> None:
        """Go by these from now on; what is under way goes on as it began."""
        language = self.state.language
        if settings.language != self.settings.language:
            language = expected(settings, self._engines.stt, self._engines.tts)
        fits = fits_for(settings.turns.fit)
        self.settings, self.toolbox = settings, toolbox or self.toolbox
        self.handle(Configured(language, fits))

    @property
    def clock(self) -> float:
        """Seconds on the session's clock."""
        return self.state.clock + self._untold_s

    def read_ahead(self) -> None:
        """Let the model read the history before anything was said."""
        self.responder.read_ahead(None, self.settings, self.toolbox)

    def handle(self, told: Input) -> None:
        """Take a step, and do at once what follows from it.

        What is told while commands are carried out waits until they are.
        """
        if self._untold_s and not isinstance(told, AudioHeard):
            self._inputs.append(TimePassed(self._untold_s))
            self._untold_s = 0.0
        self._inputs.append(told)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._inputs:
                self.state, commands = step(self.state, self._inputs.popleft(), self.settings)
                for command in commands:
                    self._carry_out(command)
                self._tell_waiters()
        finally:
            self._stepping = False

    def feed(self, given: Audio | Lapse) -> None:
        """Take what the source gave and do all that follows from it at once."""
        self._untold_s += given.seconds
        self.responder.tick(given.seconds)
        audio = given.audio if isinstance(given, Lapse) else given
        heard_s = 0.0 if audio is None else audio.seconds
        missing_s = self._missing.feed(given.seconds, heard_s)
        if audio is not None and heard_s:
            self._hear(audio)
        elif missing_s and self._waits_for_silence:
            self._hear(Audio.silence(missing_s, self.speech_input.rate))
        if self._nothing_follows:
            return
        seconds, self._untold_s = self._untold_s, 0.0
        self.handle(AudioHeard(seconds, self.speech_input.now, self._loud()))

    @property
    def _waits_for_silence(self) -> bool:
        """Whether audio that does not come is taken for silence."""
        return self.state.utterance is not None and self.settings.turns.mode == "auto"

    @property
    def _nothing_follows(self) -> bool:
        """Whether a chunk without speech changes nothing; most of a call is made of such."""
        state = self.state
        if state.utterance is not None:
            return False
        if state.reply is None:
            return not self.settings.idle_prompt
        return state.reply.stance == "full"

    # --- what is heard ---------------------------------------------------------------------------

    def _hear(self, audio: Audio) -> None:
        try:
            chunk = self.speech_input.feed(audio, self.settings.turns)
        except VivavoceError as error:
            vad = self._engines.vad
            self._runtime.emit(Failed("vad", vad.name, describe(error), "it starts anew"))
            return
        self._level.feed(chunk.powers)
        if self._utterance is not None:
            self._utterance.feed(chunk.samples, chunk.powers)
        for edge in chunk.edges:
            self._on_edge(edge)
        if self._utterance is not None:
            self._utterance.hold(not self.speech_input.edges.voiced)

    def _on_edge(self, edge: Edge) -> None:
        now = self.speech_input.now
        match edge.kind:
            case "start":
                start = self.speech_input.prefixed_from(edge.at, self.settings.turns)
                self.handle(VoiceStarted(edge.at, start, now, self.responder.heard_s))
            case "pause":
                self.handle(VoicePaused(edge.at, now))
            case "resume":
                self.handle(VoiceResumed(edge.at, now, self.responder.heard_s))

    def _loud(self) -> bool:
        """Whether the voice against a reply stands out, where that is not known already."""
        utterance = self.state.utterance
        if utterance is None or utterance.suspicion.loud:
            return False
        turns = self.settings.turns
        return self.state.interruptible(self.settings) and self._level.stands_out(
            turns.interrupt_db
        )

    def _on_partial(self, transcript: Transcript) -> None:
        self.handle(PartialHeard(transcript, self._counted(transcript)))

    def _counted(self, heard: Transcript) -> str:
        """What of this counts against the reply; all of it where there is none."""
        if self._utterance is None or not self.state.interruptible(self.settings):
            return heard.text
        words = pack_of(follow(self.state.language, heard).code).turns
        return counted(heard.text, self._utterance.audio, words)

    # --- what is to be done ----------------------------------------------------------------------

    def _carry_out(self, command: Command) -> None:
        match command:
            case Emit(event):
                self._runtime.emit(event)
            case OpenUtterance():
                self._open(command)
            case CloseUtterance():
                self._close(command)
            case AskTranscript() | AskCompleteness() | AskSound() | DropSilence():
                self._ask(command)
            case RememberUser(text):
                self._memory.user(text)
            case _:
                self._respond(command)

    def _ask(self, command: AskTranscript | AskCompleteness | AskSound | DropSilence) -> None:
        utterance = self._utterance
        assert utterance is not None
        match command:
            case AskTranscript(silence, ago):
                self._questions.transcribe(silence, utterance, ago, self.settings)
            case AskCompleteness(silence, text):
                self._questions.ask_completeness(silence, text, self.settings)
            case AskSound(silence, ago):
                self._questions.ask_sound(silence, utterance, ago, self.settings)
            case DropSilence(silence):
                self._questions.drop(silence)

    def _respond(self, command: Command) -> None:
        responder, settings, toolbox = self.responder, self.settings, self.toolbox
        match command:
            case PrepareReply():
                responder.prepare(command, settings, toolbox)
            case StartReply():
                responder.start(command, settings, toolbox, self._anchor(command.silence))
            case DropReply(number):
                responder.drop(number)
            case EndReply():
                responder.end(command)
            case PauseReply():
                responder.pause()
            case ResumeReply():
                responder.resume()
            case Duck(ducked):
                responder.duck(ducked)
            case ReadAhead(text):
                responder.read_ahead(text, settings, toolbox)
            case StopReadingAhead():
                responder.stop_reading_ahead()
            case _:
                raise AssertionError(command)

    def _anchor(self, silence: int | None) -> Anchor | None:
        mark = self._questions.mark
        if silence is None or mark is None or mark.silence != silence:
            return None
        return Anchor(mark.began, mark.heard, self._runtime.clock())

    def _open(self, wanted: OpenUtterance) -> None:
        settings = self.settings
        options = SttOptions(
            language=settings.language, partials=settings.partials, brisk=wanted.doubtful
        )
        utterance = self._utterance = Utterance(
            wanted.turn,
            wanted.start,
            self._engines.stt,
            options,
            self._runtime.calls,
            self._on_partial,
            settings.stt_timeout_s,
            first_s=wanted.at - wanted.start + LOOK_S if wanted.doubtful else 0.0,
        )
        self._level.begin()
        since = self.speech_input.since(wanted.start)
        utterance.feed(since.samples, since.powers)
        self._runtime.tasks.spawn(utterance, self._transcribe(utterance))

    def _close(self, wanted: CloseUtterance) -> None:
        utterance, self._utterance = self._utterance, None
        assert utterance is not None
        if wanted.learn:
            self._level.learn()
        self.speech_input.end_utterance()
        self._runtime.tasks.cancel(utterance)
        self._runtime.tasks.spawn(CLOSING, self._end(utterance))

    async def _transcribe(self, utterance: Utterance) -> None:
        try:
            await utterance.transcribe()
        except VivavoceError as error:
            # `finish` meets the same engine and decides what becomes of the turn
            log.warning("partial transcripts stop: %s", describe(error))

    async def _end(self, utterance: Utterance) -> None:
        try:
            await utterance.aclose()
        except VivavoceError as error:
            log.warning("an utterance did not close: %s", describe(error))

    def _tell_waiters(self) -> None:
        for event, is_so in (
            (self.between_turns, self.state.utterance is None),
            (self.understood, self.state.understood),
        ):
            if is_so:
                event.set()
            else:
                event.clear()

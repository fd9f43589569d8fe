"""What a Realtime client's events ask for, done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from . import server_events as tell
from .client_events import (
    AudioAppend,
    AudioClear,
    AudioCommit,
    ClientEvent,
    ItemCreate,
    ItemDelete,
    ItemRetrieve,
    ItemTruncate,
    OutputAudioClear,
    ResponseCancel,
    ResponseCreate,
    SessionUpdate,
    TranscriptionSessionUpdate,
)
from .event_translator import REMEMBERED
from .fields import Json
from .items import ContentPart, Item, MessageItem, item_of
from .recordings import with_transcripts
from .responses import ItemReference, ResponseConfig, response_of
from .session import RealtimeSession
from .wire_error import WireError

_LEAST_COMMIT_S = 0.1


class ClientActions:
    """Does what the client of one dialogue asks for. Raises WireError for what cannot be."""

    def __init__(self, dialogue: RealtimeSession) -> None:
        self._dialogue = dialogue

    async def act(self, event: ClientEvent) -> None:
        """Do it; what came after it waits until it is done."""
        match event:
            case SessionUpdate(session) | TranscriptionSessionUpdate(session):
                self._dialogue.update(session)
            case AudioAppend():
                raise WireError(
                    "This is a WebRTC call; send audio over its audio track, not as events.",
                    "invalid_value",
                    "type",
                )
            case AudioCommit():
                await self._commit()
            case AudioClear():
                self._clear()
            case ItemCreate():
                await self._create_item(event)
            case ItemRetrieve(item_id):
                self._dialogue.send(tell.item_retrieved(self._dialogue.conversation.get(item_id)))
            case ItemTruncate():
                await self._truncate(event)
            case ItemDelete(item_id):
                self._delete_item(item_id)
            case ResponseCreate():
                await self._create_response(event)
            case ResponseCancel(response_id):
                await self._cancel(response_id)
            case OutputAudioClear():
                await self._clear_output()

    # --- audio in --------------------------------------------------------------------------------

    async def _commit(self) -> None:
        dialogue = self._dialogue
        session, speech = dialogue.session, dialogue.translator.speech
        if dialogue.buffered_s < _LEAST_COMMIT_S:
            if speech.was_committed and dialogue.config.type == "transcription":
                return  # clients with a VAD of their own commit what ours has committed already
            raise WireError(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms "
                f"of audio, but buffer only has {1000 * dialogue.buffered_s:.2f}ms of audio.",
                "input_audio_buffer_commit_empty",
            )
        dialogue.forget_audio()
        if session.hearing:
            speech.commit_current(session.heard_s)
            session.commit(respond=False)
            await session.between_turns()
        else:
            speech.commit_silence(session.heard_s)

    def _clear(self) -> None:
        dialogue = self._dialogue
        dialogue.forget_audio()
        dialogue.session.clear()
        dialogue.send(tell.audio_cleared())

    # --- items -----------------------------------------------------------------------------------

    async def _create_item(self, event: ItemCreate) -> None:
        dialogue = self._dialogue
        data = await with_transcripts(
            event.item, dialogue.config, dialogue.engines, dialogue.most_turn_s
        )
        item = item_of(data)
        previous = dialogue.conversation.insert(item, event.previous_item_id, sent=True)
        dialogue.session.remembered_anew()
        dialogue.send(tell.item_added(item, previous))
        dialogue.send(tell.item_done(item, previous))

    def _delete_item(self, item_id: str) -> None:
        dialogue = self._dialogue
        dialogue.conversation.delete(item_id)
        dialogue.session.remembered_anew()
        dialogue.send(tell.item_deleted(item_id))

    async def _truncate(self, event: ItemTruncate) -> None:
        """Keep what was heard of a spoken item. Past its end nothing is cut."""
        dialogue = self._dialogue
        self._check_spoken(event)
        turn = dialogue.translator.turns.get(event.item_id)
        if turn is not None and turn == dialogue.translator.turn and dialogue.session.replying:
            await self._interrupt()
        heard = None if turn is None else dialogue.session.heard_by(turn, event.audio_end_ms / 1000)
        if heard is None:
            raise WireError(
                f"The word times of '{event.item_id}' are not known: they are only kept for the "
                f"model's latest {REMEMBERED} messages. Nothing was truncated.",
                "invalid_value",
                "item_id",
            )
        item = dialogue.conversation.get(event.item_id, "truncate")
        if isinstance(item, MessageItem):
            content = (ContentPart("output_audio", heard),)
            dialogue.conversation.replace(replace(item, content=content))
        dialogue.session.remembered_anew()
        dialogue.send(tell.item_truncated(event.item_id, event.content_index, event.audio_end_ms))

    def _check_spoken(self, event: ItemTruncate) -> None:
        """See that it is the model's audio that is to be cut, or may yet be."""
        if event.content_index != 0:
            raise WireError(
                f"Invalid 'content_index': {event.content_index}. Use 0; every item has a single "
                "audio part.",
                "invalid_value",
                "content_index",
            )
        item = self._dialogue.conversation.get(event.item_id, "truncate")
        spoken = isinstance(item, MessageItem) and (
            item.status == "in_progress"
            or any(part.type == "output_audio" for part in item.content)
        )
        if not spoken:
            raise WireError(
                f"Only the model's audio messages can be truncated; '{event.item_id}' is not one.",
                "invalid_value",
                "item_id",
            )

    # --- responses -------------------------------------------------------------------------------

    async def _create_response(self, event: ResponseCreate) -> None:
        dialogue = self._dialogue
        if dialogue.config.type == "transcription":
            raise WireError(
                "A transcription session has no responses; connect without 'intent'.",
                "invalid_value",
                "type",
            )
        active = dialogue.translator.response
        if active is not None and not active.over:
            raise WireError(
                "Conversation already has an active response in progress: "
                f"{active.id}. Wait until the response is finished before creating a new one.",
                "conversation_already_has_active_response",
            )
        wish = await self._with_transcripts(event.response)
        response = response_of(wish, dialogue.config)
        wanted = replace(
            dialogue.config,
            instructions=response.instructions,
            output_modalities=response.output_modalities,
            tools=response.tools,
            tool_choice=response.tool_choice,
            max_output_tokens=response.max_output_tokens,
            voice=response.voice,
        )
        dialogue.answer(wanted, response, self._prompt(response))

    async def _with_transcripts(self, response: Json) -> Json:
        """What is wanted, with the recordings in its input transcribed."""
        given = response.get("input")
        if not isinstance(given, list):
            return response
        dialogue = self._dialogue
        items = [
            await with_transcripts(item, dialogue.config, dialogue.engines, dialogue.most_turn_s)
            if isinstance(item, Mapping)
            else item
            for item in given
        ]
        return {**response, "input": items}

    def _prompt(self, response: ResponseConfig) -> list[Item] | None:
        """The items that the response is to go by; None is the conversation."""
        if response.input is None:
            return None
        conversation = self._dialogue.conversation
        return [
            conversation.get(item.id) if isinstance(item, ItemReference) else item
            for item in response.input
        ]

    async def _cancel(self, response_id: str | None) -> None:
        active = self._dialogue.translator.response
        if active is None or active.over or response_id not in {None, active.id}:
            raise WireError(
                "Cancellation failed: no active response found", "response_cancel_not_active"
            )
        await self._interrupt()

    async def _clear_output(self) -> None:
        if not self._dialogue.has_call:
            raise WireError(
                "'output_audio_buffer.clear' only works with WebRTC. Over WebSocket, stop playing "
                "and send 'conversation.item.truncate'.",
                "invalid_value",
                "type",
            )
        await self._interrupt()

    async def _interrupt(self) -> None:
        self._dialogue.translator.cancelling = True
        try:
            await self._dialogue.session.interrupt()
        finally:
            self._dialogue.translator.cancelling = False

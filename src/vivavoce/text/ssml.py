"""SSML, as far as voices follow it, as passages and pauses.

Tags that are not known are passed over, and what is in them is spoken. No tag is ever read aloud.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias
from xml.parsers import expat

from vivavoce.errors import BadRequest

from .marked_text import PLAIN, Alias, Delivery, MarkedText, Passage, Phonemes, SayAs
from .pauses import Pause
from .ssml_values import break_of, emphasis_of, phonemes_of, prosody_of, say_as_of

InputType: TypeAlias = Literal["auto", "text", "ssml"]
_DEEPEST = 32
_BEGINS = re.compile(r"\s*(?:<\?xml[^>]{0,200}\?>\s*)?<speak[\s/>]")
_MARKS = re.compile(r"[.,;:!?…。，！？、]+")
_UNSPOKEN = frozenset({"metadata", "meta", "desc", "lexicon", "lookup"})
_LONGEST_CODE = 35


def marked_text(text: str, input_type: InputType = "auto") -> str | MarkedText:
    """The text itself, or what it says where it is SSML.

    input_type: `auto` takes what begins with `<speak` for SSML. `ssml` does without `<speak>`, too.
    Raises BadRequest, which says where, for SSML that is broken.
    """
    is_document = _BEGINS.match(text) is not None
    if input_type == "text" or (input_type == "auto" and not is_document):
        return text
    return parse_ssml(text if is_document else f"<speak>{text}</speak>")


def parse_ssml(text: str) -> MarkedText:
    """What a document says. Raises BadRequest, which says where, for one that is broken."""
    document = _Document()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = document.start
    parser.EndElementHandler = document.end
    parser.CharacterDataHandler = document.take
    parser.StartDoctypeDeclHandler = _refuse_doctype
    try:
        parser.Parse(text.strip().encode("utf-8", "replace"), True)  # noqa: FBT003 - its own form
    except expat.ExpatError as error:
        raise BadRequest(
            f"SSML: line {error.lineno}, column {error.offset + 1}: {_reason(error)}"
        ) from None
    return tuple(document.parts)


@dataclass(frozen=True, slots=True)
class _Element:
    """An element that is open. reading: of all text within."""

    name: str
    delivery: Delivery
    reading: Alias | SayAs | Phonemes | None
    is_silent: bool


class _Document:
    """What has been said so far."""

    def __init__(self) -> None:
        self.parts: list[Passage | Pause] = []
        self._open: list[_Element] = [_Element("", PLAIN, None, is_silent=False)]
        self._text = ""

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        if len(self._open) > _DEEPEST:
            raise BadRequest(f"SSML: <{name[:40]}> is nested over {_DEEPEST} deep")
        around = self._open[-1]
        if around.reading is None:
            self._pass_on()
        element = replace(around, name=name)
        if around.reading is None and not around.is_silent:
            element = self._entered(element, attributes)
        self._open.append(element)

    def end(self, name: str) -> None:
        """An element ends."""
        element = self._open.pop()
        if element.reading is None or self._open[-1].reading is None:
            self._pass_on(element)
        if name in {"p", "s"}:
            self._end_sentence()

    def take(self, text: str) -> None:
        """Text within the element."""
        if not self._open[-1].is_silent:
            self._text += text

    def _entered(self, element: _Element, attributes: Mapping[str, str]) -> _Element:
        delivery = element.delivery
        language = attributes.get("xml:lang", "")[:_LONGEST_CODE]
        if language and element.name != "speak":
            delivery = replace(delivery, language=language)
        match element.name:
            case "break":
                if found := break_of(attributes):
                    self.parts.append(found)
            case "prosody":
                delivery = prosody_of(attributes, delivery)
            case "emphasis":
                delivery = emphasis_of(attributes, delivery)
            case "sub":
                if "alias" not in attributes:
                    raise BadRequest("SSML: <sub> needs `alias`: what is said instead")
                return replace(element, reading=Alias(attributes["alias"]))
            case "say-as":
                return replace(element, reading=say_as_of(attributes))
            case "phoneme":
                return replace(element, reading=phonemes_of(attributes))
            case "p" | "s":
                self._end_sentence()
            case name if name in _UNSPOKEN:
                return replace(element, is_silent=True)
        return replace(element, delivery=delivery)

    def _pass_on(self, element: _Element | None = None) -> None:
        """The text so far is over. element: that it is in."""
        element = element or self._open[-1]
        text, self._text = re.sub(r"\s+", " ", self._text), ""
        if element.reading is None:
            text = self._with_marks_before(text, element.delivery)
            if text:
                self.parts.append(Passage(text, element.delivery))
            return
        if not text.strip():
            raise BadRequest(
                f"SSML: <{element.name}> is empty; put in it the words to be spoken"
                " by voices that cannot follow it"
            )
        before, after = text[0].isspace(), text[-1].isspace()
        self.parts += [Passage(" ", element.delivery)] if before else []
        self.parts.append(Passage(text.strip(), element.delivery, element.reading))
        self.parts += [Passage(" ", element.delivery)] if after else []

    def _with_marks_before(self, text: str, delivery: Delivery) -> str:
        """The text without the marks that end the passage before it, which go to that."""
        last, marks = self.parts[-1] if self.parts else None, _MARKS.match(text)
        if marks is None or not isinstance(last, Passage) or last.delivery == delivery:
            return text
        if last.text[-1:].isspace():
            return text
        self.parts.append(Passage(marks.group(), last.delivery))
        return text[marks.end() :]

    def _end_sentence(self) -> None:
        if any(isinstance(part, Passage) and part.text.strip() for part in self.parts[-2:]):
            self.parts.append(Passage("\n\n", self._open[-1].delivery))


def _refuse_doctype(*_: object) -> None:
    raise BadRequest("SSML: leave out <!DOCTYPE …>; entities are not expanded")


def _reason(error: expat.ExpatError) -> str:
    what = expat.ErrorString(error.code)
    if what == "no element found":
        return "the document ends before every tag is closed"
    if what == "mismatched tag":
        return "this closes another tag than the last one that is open"
    if "not well-formed" in what or "undefined entity" in what:
        return f"{what}; write `&` as `&amp;` and `<` as `&lt;`, and close every tag"
    return what

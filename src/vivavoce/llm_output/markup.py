"""Thoughts and a model's own marks, told apart from the words of its reply.

Models write thoughts between tags, in channels (OpenAI's harmony format, Gemma's), or begin with
one whose opening tag was in the prompt; and some servers leave special tokens in the text.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from vivavoce.engines import Reasoning, Token

_THOUGHTS = "think|thinking|thoughts?|reason|reasoning|reflection|analysis|scratchpad|seed:think"
_SINGLE = (
    "s|eos|bos|pad|unk|end_of_turn|start_of_turn|end_of_utterance|endoftext|end_of_text|sep|cls"
)
_MARK = re.compile(
    rf"""
    (?P<open> <(?:{_THOUGHTS})(?:\s[^<>]{{0,40}})?> | \[THINK\] | ◁think▷
        | <\|(?:begin_of_thought|start_thinking|think)\|> | <\|channel> )
  | (?P<close> </(?:{_THOUGHTS})\s*> | \[/THINK\] | ◁/think▷
        | <\|(?:end_of_thought|end_thinking|/think)\|> | <channel\|> )
  | (?P<header> <\|(?:start|channel)\|> )
  | (?P<message> <\|message\|> )
  | (?P<role> <\|(?:im_start|start_header_id|turn)(?:\|>|>) | <start_of_turn> )
  | (?P<roled> <\|end_header_id\|> )
  | (?P<user> <\|(?:user|system|tool|observation)\|> )
  | (?P<assistant> <\|(?:assistant|model)\|> )
  | (?P<other> <\|[^\s<>|]{{1,40}}\|?> | <｜[^<>\n]{{1,40}}｜> | <[a-z_]{{1,16}}\|>
        | </?(?:{_SINGLE})> | <unused\d+> | \[/?INST\] | <</?SYS>> )
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAMES = tuple(
    f"{slash}{name}"
    for names in (_THOUGHTS.replace("thoughts?", "thought|thoughts"), _SINGLE, "channel|turn")
    for name in names.split("|")
    for slash in ("", "/")
)
_BRACKETED = ("[THINK]", "[/THINK]", "[INST]", "[/INST]", "◁think▷", "◁/think▷")
_MARK_BEGINS = re.compile(r"[<\[◁]")
_BEGINS = re.compile(r"[<\[◁][^>\]▷]*\Z")
_LONGEST_MARK = 60

_OPENINGS = (
    *(f"{start}the user {verb}"
      for start in (
          "", "ok ", "okay ", "alright ", "hmm ", "so ", "okay so ", "ok so ", "alright so ",
      )
      for verb in (
          "ask", "is ask", "is say", "is greet", "is want", "is request", "want", "say", "said",
          "just ", "has ask", "seem", "wrote", "greet", "would like", "mention", "request", "'s ",
          *(("need", "might", "may ", "is ", "has ") if start else ()),
      )
    ),
    "user ask", "user want", "user say", "we need to answer", "we need to respond",
    "we need to reply", "we should answer", "we should respond", "i need to answer the user",
    "i need to respond", "i should respond", "i should answer the user",
    "let me think about what the user", "thinking process", "here's a thinking process",
    "here's my thought process", "here is my thought process", "thought process", "用户",
    "好的，用户", "嗯，用户", "好，用户",
)  # fmt: skip
"""How a thought begins whose opening tag was in the prompt. Such a beginning is held back until
the thought's end, or the reply's."""

_THINKERS = re.compile(
    r"deepseek-r1|deepseek-reasoner|\bqwq\b|\br1-|-r1\b|thinking\b|reasoning\b|reasoner\b|magistral"
    r"|openthinker|marco-o1|skywork-o1|phi-?4-(?:mini-)?reason|exaone-deep|s1(?:\.1)?-32b",
    re.IGNORECASE,
)
"""Models that begin each reply with a thought, whose opening tag their template writes."""

_LONGEST_OPENING = max(map(len, _OPENINGS))
_MOST_HELD = 20_000

Mode: TypeAlias = Literal["text", "thought", "header", "role", "others"]
"""`header` and `role` name who speaks; `others` is what somebody else is made to say."""

Sorted: TypeAlias = list[Token | Reasoning]


class MarkupReader:
    """One reply's text, token by token. Only what may be a mark or a thought is held back.

    thinks_first: the model is known to begin with a thought whose opening tag is not written.
    tail: whether this reply had such a thought, or was cut off in one.
    """

    def __init__(self, *, thinks_first: bool = False) -> None:
        self.tail = False
        self._mode: Mode = "text"
        self._held = ""
        self._header = ""
        self._opening: str | None = ""
        self._thinks_first = thinks_first
        self._said = ""
        self._joint = False
        self._parted = False

    def expect_words(self) -> None:
        """The model's thoughts come apart from its text, which need not be held for any."""
        self._thinks_first = False

    def feed(self, text: str) -> Sorted:
        """What comes of the next text."""
        found: Sorted = []
        if self._plain and not self._held and not _MARK_BEGINS.search(text):
            self._say(text, found)
            return found
        self._held += text
        while mark := _MARK.search(self._held):
            before, self._held = self._held[: mark.start()], self._held[mark.end() :]
            self._add(before, found)
            self._pass(mark, found)
        end = _safe(self._held)
        ready, self._held = self._held[:end], self._held[end:]
        self._add(ready, found)
        return found

    @property
    def _plain(self) -> bool:
        return self._mode == "text" and self._opening is None

    def flush(self, *, cut_off: bool = False) -> Sorted:
        """What was held back, at the reply's end. cut_off: for its length, so that a thought may
        have had no time to end.
        """
        found: Sorted = []
        held, self._held = self._held, ""
        self._add(held, found)
        if cut_off and self._opening:
            self._reveal(found)
        self._open(found)
        return found

    def _pass(self, mark: re.Match[str], found: Sorted) -> None:
        self._joint = True
        self._parted |= mark.lastgroup in {"open", "close", "message"}
        match mark.lastgroup:
            case "open":
                self._open(found)
                self._mode = "thought"
            case "close":
                self._close(found)
            case "header":
                self._open(found)
                self._header = self._header if self._mode == "header" else ""
                self._header += " "
                self._mode = "header"
            case "message":
                self._begin_channel(found)
            case "role":
                self._open(found)
                self._mode, self._header = "role", ""
            case "roled":
                self._begin_turn(self._header, found)
            case "user":
                self._begin_turn("user", found)
            case "assistant":
                self._begin_turn("assistant", found)
            case _ if self._mode == "header":
                self._header += " "

    def _close(self, found: Sorted) -> None:
        if self._mode == "text":
            self._reveal(found)
        self._mode = "text"

    def _begin_channel(self, found: Sorted) -> None:
        """After a harmony header: whose message it is, in which channel, and for whom."""
        words = self._header.split()
        recipient = next((word[3:] for word in words if word.startswith("to=")), "")
        if words and words[0] in {"user", "system", "developer", "tool"}:
            self._mode = "others"
        elif recipient:
            self._mode = "text"
            self._add(recipient.removeprefix("functions."), found)
        elif "analysis" in words:
            self._mode = "thought"
        else:
            self._mode = "text"
        self._header = ""

    def _begin_turn(self, role: str, found: Sorted) -> None:
        self._open(found)
        mine = role.strip().lower() in {"assistant", "model", ""}
        self._mode = "text" if mine else "others"
        self._header = ""

    def _add(self, text: str, found: Sorted) -> None:
        if not text:
            return
        match self._mode:
            case "text" if self._opening is not None:
                self._hold(text, found)
            case "text":
                self._say(text, found)
            case "thought":
                found.append(Reasoning(text))
            case "header":
                self._header += text
            case "role":
                self._header += text
                role, line, rest = self._header.partition("\n")
                if line:
                    self._begin_turn(role, found)
                    self._add(rest, found)
            case "others":
                pass

    def _hold(self, text: str, found: Sorted) -> None:
        """At the reply's beginning: hold it as long as it reads like a thought."""
        assert self._opening is not None, "asked by the caller"
        self._opening += text
        if not (self._thinks_first or _like_a_thought(self._opening)):
            self._open(found)
        elif len(self._opening) > _MOST_HELD:
            self._reveal(found)
            self._mode = "thought"

    def _reveal(self, found: Sorted) -> None:
        """What is held is a thought."""
        thought, self._opening, self.tail = self._opening, None, True
        if thought:
            found.append(Reasoning(thought))

    def _open(self, found: Sorted) -> None:
        held, self._opening = self._opening, None
        if held:
            self._say(held, found)

    def _say(self, text: str, found: Sorted) -> None:
        if self._joint and (not self._said or self._said.isspace()):
            text = text.lstrip()
        elif self._parted and text[:1].isalnum():
            text = f" {text}"
        self._parted = False
        if text:
            self._joint = False
            self._said = text[-1]
            found.append(Token(text))


def thinks_first(model: str | None) -> bool:
    """Whether a model of this name begins its replies with a thought."""
    return model is not None and _THINKERS.search(model) is not None


def _like_a_thought(text: str) -> bool:
    start = text[: 2 * _LONGEST_OPENING].lstrip().lower()
    start = re.sub(r"[,.]\s*", " ", start).replace("’", "'")
    start = re.sub(r"\s+", " ", start)
    return any(start.startswith(one) or one.startswith(start) for one in _OPENINGS)


def _safe(text: str) -> int:
    """Up to where no mark can begin that the next text would complete."""
    begun = _BEGINS.search(text)
    if begun is None:
        return len(text)
    # A bracket may stand before the mark's own: `<<|im_`.
    return next((at for at in range(begun.start(), len(text)) if _may_grow(text[at:])), len(text))


def _may_grow(tail: str) -> bool:
    if len(tail) > _LONGEST_MARK:
        return False
    if tail[0] in "[◁":
        return any(one.startswith(tail) for one in _BRACKETED)
    if tail[0] != "<":
        return False
    if tail[1:2] in {"", "|", "｜", "<"}:
        return not re.search(r"\s", tail)
    name = tail[1:].lower()
    return any(one.startswith(name) or re.match(rf"{one}[\s|]", name) for one in _NAMES) or (
        re.fullmatch(r"unused\d*", name) is not None or "unused".startswith(name)
    )

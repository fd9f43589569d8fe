"""What is not words: Markdown, links, addresses and emoji, in any language."""

from __future__ import annotations

import re

from vivavoce.text.language.pack import AddressWords

LINE_START = re.compile(
    r"#{1,6}(?=\s|$)|[-*+•‣▪◦](?=\s|$)|>+(?=\s|$)|\[[ xX]\](?=\s)|\|"
    r"|(?:={3,}|-{3,}|\*{3,}|_{3,})(?=\s|$)"
)
"""Marks that shape a line and are not said: headings, bullets, quotes, boxes, tables, rules."""
NUMBERED = re.compile(r"([0-9]{1,3})[.)](?=\s)")
LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)")
NOTE = re.compile(r"\[\^?[0-9]{1,3}\]|\[\^[\w-]+\]:?|【[^】]{0,40}】")
TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]*(?:\s[^<>]{0,200})?/?>|<!--.*?-->")
_DOMAINS = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|dev|app|co|me|tv|eu|us|uk|ca|au|de|at|ch|fr|es|it"
    "|pt|nl|be|pl|se|no|dk|fi|jp|cn|in|br|ru"
)
URL = re.compile(
    rf"<?(?:(?:https?|ftp)://|www\.)(?P<full>[^\s<>\"'`*]+)>?"
    rf"|(?P<bare>(?:[A-Za-z0-9](?:[\w-]*[A-Za-z0-9])?\.)+(?:{_DOMAINS})(?:/[^\s<>\"'`*]*)?)"
    r"(?![\w@-])(?!\.\w)"
)
EMAIL = re.compile(r"<?(?:mailto:)?([\w.+-]*\w)@((?:[\w-]+\.)+[A-Za-z]{2,})>?(?!\w)")
EMOTICON = re.compile(r"(?:[:;=8xX]['’]?-?[()\[\]DPpOo3|/\\*]|<3|[oO]_[oO]|¯\\_\(ツ\)_/¯)(?!\w)")
EMOJI = (
    "\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\u25a0-\u25ff"
    "\u200d\u20e3\ufe0e\ufe0f\U000e0020-\U000e007f©®™"
)
"""Emoji and what they are made of, as the inside of a character class."""
_EMOJI = re.compile(f"[{EMOJI}]")
_LONGEST_PATH = 30
"""Characters of a path that are read out; of a longer one only the site is."""


def without_emoji(text: str) -> str:
    """The text without emoji and the like."""
    return _EMOJI.sub("", text)


def say_url(address: str, words: AddressWords | None) -> str:
    """`example.com/docs` is `example dot com slash docs`; no scheme, query or long path."""
    address = re.split(r"[?#]", address)[0].removeprefix("www.").rstrip("/")
    host, _, path = address.partition("/")
    host = host.rpartition("@")[2]
    if words is None or len(host) > 60:
        return host[:60]
    readable = len(path) <= _LONGEST_PATH and re.fullmatch(r"[\w./-]+", path)
    return _spell(f"{host}/{path}" if readable else host, words)


def say_email(name: str, host: str, words: AddressWords | None) -> str:
    """`jo@example.com` is `jo at example dot com`."""
    if words is None:
        return f"{name}@{host}"
    return _spell(f"{name}@{host}", words)


def _spell(address: str, words: AddressWords) -> str:
    signs = {
        ".": words.dot, "/": words.slash, "@": words.at, "-": words.dash, "_": words.underscore,
        "+": words.plus, ":": " ",
    }  # fmt: skip
    said = "".join(f" {signs[sign]} " if sign in signs else sign for sign in address)
    return " ".join(said.split())

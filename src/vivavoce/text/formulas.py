"""LaTeX and HTML entities as plain text that the rules of a language can say; pure."""

from __future__ import annotations

import html
import re
from bisect import bisect_left

_SYMBOLS = {
    "times": "×", "cdot": "×", "ast": "×", "div": "÷", "pm": "±", "leq": "≤", "le": "≤",
    "leqslant": "≤", "geq": "≥", "ge": "≥", "geqslant": "≥", "neq": "≠", "ne": "≠", "approx": "≈",
    "to": "→", "rightarrow": "→", "Rightarrow": "→", "infty": "∞", "lt": "<", "gt": ">",
}  # fmt: skip
_SILENT = frozenset(
    "left right big Big displaystyle quad qquad limits".split()  # noqa: SIM905
)
_LETTERS = (
    "alpha|beta|gamma|delta|epsilon|varepsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho"
    "|sigma|tau|phi|varphi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Pi|Sigma|Phi|Psi|Omega"
)
_WRAPPERS = (
    "text|textbf|textit|texttt|textrm|emph|underline|mathrm|mathbf|mathit|operatorname|boxed"
    "|overline|mathbb"
)
_ARGUMENT = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
_FRACTION = re.compile(rf"\\[dt]?frac\s*{_ARGUMENT}\s*{_ARGUMENT}")
_ROOT = re.compile(rf"\\sqrt\s*{_ARGUMENT}")
_WRAPPED = re.compile(rf"\\(?:{_WRAPPERS})\s*{_ARGUMENT}")
_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?")
_POWER = re.compile(r"\^(?:\{\s*([-+−]?[0-9]+)\s*\}|([0-9]))")
_LONG_POWER = re.compile(r"\^\{\s*([^{}]+?)\s*\}")
_RELATION = re.compile(r"\s*([=<>≤≥≠≈])\s*")
_SUBSCRIPT = re.compile(rf"_(?:{_ARGUMENT}|([A-Za-z0-9]))")
_COMMAND = re.compile(r"\\([A-Za-z]+)")
_OPERATORS = {"int": "integral", "sum": "sum", "prod": "product", "lim": "limit"}
_FROM_TO = re.compile(
    rf"(\\(?:int|sum|prod)(?:\\limits)?)\s*_(?:{_ARGUMENT}|(\w))\s*\^(?:{_ARGUMENT}|(\w|\\[a-z]+))"
)
_NEGATIVE = re.compile(r"(?:(?<=[=×÷±≤≥≠≈→<>(,])|^)\s*-\s*(?=[\w(√])")
_MINUS = re.compile(r"(?<=[\w)}⁰¹²³⁴⁵⁶⁷⁸⁹])\s*-\s*(?=[\w(\\])")
_MINUS_FIRST = re.compile(r"^\s*-\s*")
_SUPERSCRIPTS = str.maketrans("0123456789-+−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺⁻")
_OUTSIDE = "|".join(sorted(_SYMBOLS, key=len, reverse=True))
_FOUND = re.compile(
    r"\$\$(?P<display>[^$]+)\$\$|\\\[(?P<bracket>.+?)\\\]|\\\((?P<inline>.+?)\\\)"
    r"|\$(?=\S)(?P<dollar>[^$\n]*[^\s$])\$(?![0-9])"
    r"|(?P<entity>&(?:\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});)"
    rf"|(?<![\w:\\])(?P<command>\\(?:[dt]?frac\s*{_ARGUMENT}\s*{_ARGUMENT}"
    rf"|(?:sqrt|{_WRAPPERS})\s*{_ARGUMENT}|(?:{_OUTSIDE}|{_LETTERS})(?![A-Za-z])))"
    r"|(?<![\w\\])\\(?P<escaped>[%$&\#_{}])|(?<=[0-9])\\(?P<after>[%$&\#_{}])",
    re.DOTALL,
)
_IN_FORMULAS = re.compile(
    r"[\\^_={}<>+]|^[A-Za-z]['′]?$|(?<![A-Za-z0-9])[A-Za-z]\s*[-−*/(]|^[-−][0-9.]+$"
)
_PROSE = re.compile(r"(?<![\\A-Za-z{])[A-Za-z]{4,}")
_OPENS = re.compile(r"\$(?=[A-Za-z\\({]|[0-9.]+\s?[\^_\\])[^$]*$")


def plain(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without LaTeX and HTML entities, and which of its ends are where in the original.

    The pairs are ends of stretches in the plain text and in the original; within a stretch that
    was replaced nothing corresponds.
    """
    out: list[str] = []
    ends, length, at = [(0, 0)], 0, 0
    for match in _FOUND.finditer(text):
        said = _replaced(match)
        if said is None:
            continue
        out += [text[at : match.start()], said]
        ends.append((length + match.start() - at, match.start()))
        length += match.start() - at + len(said)
        at = match.end()
        ends.append((length, at))
    out.append(text[at:])
    ends.append((length + len(text) - at, len(text)))
    return "".join(out), ends


def source_end(end: int, ends: list[tuple[int, int]]) -> int | None:
    """Where an end in the plain text is in the original; None within what was replaced."""
    after = bisect_left(ends, (end, -1))
    if after < len(ends) and ends[after][0] == end:
        while after + 1 < len(ends) and ends[after + 1][0] == end:
            after += 1
        return ends[after][1]
    start, stop = ends[after - 1], ends[after]
    same = stop[0] - start[0] == stop[1] - start[1] and (after - 1) % 2 == 0
    return start[1] + end - start[0] if same else None


def open_formula(text: str) -> bool:
    """Whether a formula has begun that is not over."""
    if text.count("\\(") > text.count("\\)") or text.count("$$") % 2:
        return True
    return _OPENS.search(text.replace("$$", "")) is not None and text.count("$") % 2 == 1


def _replaced(match: re.Match[str]) -> str | None:
    kind = match.lastgroup
    if match["entity"]:
        plain_text = html.unescape(match["entity"])
        return None if plain_text == match["entity"] else plain_text
    for name in ("escaped", "after"):
        if match[name]:
            return match[name]
    if match["dollar"] is not None:
        found = match["dollar"]
        if not _IN_FORMULAS.search(found) or _PROSE.search(re.sub(r"\{[^}]*\}", "", found)):
            return None
        return _formula(found)
    for name in ("display", "bracket", "inline", "command"):
        if match[name] is not None:
            return _formula(match[name])
    raise AssertionError(kind)


def _formula(source: str) -> str:
    """A formula with signs instead of commands."""
    said = _DEGREES.sub("°", source)
    said = _FROM_TO.sub(lambda it: f"{it[1]} {it[2] or it[3]} → {it[4] or it[5]} ", said)
    said = _POWER.sub(lambda it: (it[1] or it[2]).translate(_SUPERSCRIPTS), said)
    said = _LONG_POWER.sub(r"^\1", said)
    said = _SUBSCRIPT.sub(lambda it: f" {it[1] or it[2]}", said)
    for _ in range(4):
        before = said
        said = _FRACTION.sub(_fraction, said)
        said = _ROOT.sub(r" √ \1", said)
        said = _WRAPPED.sub(r"\1", said)
        if said == before:
            break
    said = _MINUS.sub(" − ", said)
    said = re.sub(r"\\[,;:! \\]", " ", said)
    said = re.sub(r"\\([%$&#_{}])", r"\1", said)
    # Without a space `x)` would be a face.
    said = _RELATION.sub(r" \1 ", _COMMAND.sub(_command, said)).replace(")", " ) ")
    said = _NEGATIVE.sub(" − ", said)
    return " ".join(said.replace("{", " ").replace("}", " ").split())


def _fraction(match: re.Match[str]) -> str:
    above, below = match[1].strip(), match[2].strip()
    if above.isdigit() and below.isdigit():
        return f"{above}/{below}"
    return f"{_MINUS_FIRST.sub('− ', above)} ÷ {below}"


def _command(match: re.Match[str]) -> str:
    name = match[1]
    if name in _SYMBOLS:
        return f" {_SYMBOLS[name]} "
    return " " if name in _SILENT else f" {_OPERATORS.get(name, name.removeprefix('var'))} "

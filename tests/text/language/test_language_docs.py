"""What `docs/languages.md` says of packs and of following a language is so."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vivavoce.conversation.spoken_language import SpokenLanguage, follow
from vivavoce.engines import Transcript
from vivavoce.testing import check_language
from vivavoce.text.language.pack import LanguagePack
from vivavoce.text.language.packs import pack_codes, pack_of

PAGE = Path(__file__).parents[3] / "docs/languages.md"
PARTS = {
    "turns": 3,
    "sentences": 6,
    "phrases": 6,
    "addresses": 1,
    "numbers": 11,
}


def table() -> str:
    """The table of packs, as Markdown; whole ones first."""
    packs = [pack_of(code) for code in pack_codes()]
    packs.sort(key=lambda pack: len(check_language(pack)) > 0)
    head = f"| code | language | {' | '.join(PARTS)} |\n|{'---|' * (len(PARTS) + 2)}\n"
    return head + "".join(row(pack) for pack in packs)


def row(pack: LanguagePack) -> str:
    lacking = [name.replace("breaks.", "sentences.") for name in check_language(pack)]
    lacking = [name.replace("forms.", "numbers.") for name in lacking]
    cells = [had(part, lacking) for part in PARTS]
    return f"| `{pack.code}` | {pack.name} | {' | '.join(cells)} |\n"


def had(part: str, lacking: Iterable[str]) -> str:
    count = sum(name.partition(".")[0] == part for name in lacking)
    return "yes" if not count else "–" if count == PARTS[part] else "some"


def test_the_page_lists_what_each_pack_has() -> None:
    assert table() in PAGE.read_text("utf-8"), f"the table is behind; it should be:\n{table()}"


def test_a_language_is_left_for_as_many_words_and_as_sure_as_the_page_says() -> None:
    page = " ".join(PAGE.read_text("utf-8").split())
    assert "an utterance of at least three words of which the ears are at least 70 % sure" in page
    settled = SpokenLanguage("en", settled=True)

    def after(text: str, sure: float) -> str | None:
        return follow(settled, Transcript(text, language="de", language_confidence=sure)).code

    assert after("Wie geht es", 0.7) == "de"
    assert after("Guten Tag", 0.99) == "en"
    assert after("Wie geht es", 0.69) == "en"

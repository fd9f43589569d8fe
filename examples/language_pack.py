"""A language of your own: Finnish as a pack, which has been checked."""

import re

from vivavoce.testing import check_language
from vivavoce.text.language.pack import (
    AddressWords,
    BreakWords,
    DefaultPhrases,
    LanguagePack,
    TurnWords,
    spoken_examples,
    words,
)
from vivavoce.text.language.rbnf import spell_out

NUMBER = re.compile(r"([-−])?([0-9]+)(?:,([0-9]+))?(\s?%)?")

ABBREVIATIONS = {"esim.": "esimerkiksi", "klo": "kello", "ks.": "katso"}
SIGNS = {"+": "plus", "=": "on yhtä kuin", "&": "ja", "%": "prosenttia"}


class FinnishForms:
    """Keeps the contract `vivavoce.text.language.grammar.SpokenForms`; inherits nothing."""

    def number(self, text: str, at: int) -> tuple[str, int] | None:
        """What is said for a number that begins at `at`, and where it ends."""
        match = NUMBER.match(text, at)
        if match is None or text[at - 1 : at].isalnum():
            return None
        minus, whole, part, percent = match.groups()
        said = [self.item(int(whole))]
        if minus:
            said.insert(0, "miinus")
        if part:
            said += ["pilkku", *map(self.item, map(int, part))]
        if percent:
            said.append("prosenttia")
        return " ".join(said), match.end()

    def sign(self, text: str, at: int) -> str | None:
        """A sign that touches a number: none is known yet."""
        return None

    def abbreviation(self, word: str, before: str, after: str) -> str | None:
        """What is said for a word that stands for another, or for a sign on its own."""
        return ABBREVIATIONS.get(word.lower()) or SIGNS.get(word)

    def word(self, word: str) -> str:
        """Any other word; the digits within one are said, too."""
        said = re.sub(r"[0-9]+", lambda digits: f" {self.item(int(digits[0]))} ", word)
        return " ".join(said.split())

    def item(self, number: int) -> str:
        """What is said for the number of a list's item."""
        if number >= 10**15:
            return " ".join(map(self.item, map(int, str(number))))
        return spell_out(number, "fi", "spellout-cardinal")


FI = LanguagePack(
    code="fi",
    name="suomi",
    turns=TurnWords(
        hesitations=words("öö ööh hmm"),
        backchannels=words("joo juu niin aivan okei selvä kyllä"),
        openers=words("hei anteeksi odota hetkinen seis ei"),
    ),
    breaks=BreakWords(
        never_last=words("esim ks klo ts"),
        late=words("jne ym yms"),
        conjunctions=words("ja tai mutta koska kun jos vaikka"),
        ordinal_dot=True,
    ),
    phrases=DefaultPhrases(
        greeting="Hei! Kuinka voin auttaa?",
        apology="Anteeksi, jokin meni vikaan. Yritä uudelleen.",
        tool_filler="Hetkinen.",
        idle_prompt="Oletko vielä siellä?",
        code="koodiesimerkki",
        question="Mikä on Ranskan pääkaupunki?",
    ),
    addresses=AddressWords("piste", "kauttaviiva", "ät", "viiva", "alaviiva"),
    forms=FinnishForms(),
    examples=spoken_examples(
        """
        numbers: 21,5 % → kaksikymmentäyksi pilkku viisi prosenttia
        signs: 2 + 2 = 4 → kaksi plus kaksi on yhtä kuin neljä
        abbreviations: esim. klo 8 → esimerkiksi kello kahdeksan
        """
    ),
)

if __name__ == "__main__":
    lacking = check_language(FI)
    print(f"Finnish keeps the contract. It lacks {len(lacking)} parts: {', '.join(lacking)}.")

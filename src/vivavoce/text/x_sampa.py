"""X-SAMPA, the International Phonetic Alphabet in ASCII, as IPA.

Source: J. C. Wells, Computer-coding the IPA (University College London, 1995).
"""

from __future__ import annotations

import re

_SYMBOLS = {
    "b_<": "ɓ", "d`": "ɖ", "d_<": "ɗ", "g_<": "ɠ", "h\\": "ɦ", "j\\": "ʝ", "l`": "ɭ", "l\\": "ɺ",
    "n`": "ɳ", "p\\": "ɸ", "r`": "ɽ", "r\\`": "ɻ", "r\\": "ɹ", "s`": "ʂ", "s\\": "ɕ", "t`": "ʈ",
    "v\\": "ʋ", "x\\": "ɧ", "z`": "ʐ", "z\\": "ʑ", "A": "ɑ", "B\\": "ʙ", "B": "β", "C": "ç",
    "D": "ð", "E": "ɛ", "F": "ɱ", "G\\": "ɢ", "G": "ɣ", "H\\": "ʜ", "H": "ɥ", "I\\": "ɪ̈", "I": "ɪ",
    "J\\": "ɟ", "J": "ɲ", "K\\": "ɮ", "K": "ɬ", "L\\": "ʟ", "L": "ʎ", "M\\": "ɰ", "M": "ɯ",
    "N\\": "ɴ", "N": "ŋ", "O\\": "ʘ", "O": "ɔ", "P": "ʋ", "Q": "ɒ", "R\\": "ʀ", "R": "ʁ", "S": "ʃ",
    "T": "θ", "U\\": "ʊ̈", "U": "ʊ", "V": "ʌ", "W": "ʍ", "X\\": "ħ", "X": "χ", "Y": "ʏ", "Z": "ʒ",
    ".": ".", '"': "ˈ", "%": "ˌ", "@`": "ɚ", "@\\": "ɘ", "@": "ə", "{": "æ", "}": "ʉ", "1": "ɨ",
    "2": "ø", "3`": "ɝ", "3\\": "ɞ", "3": "ɜ", "4": "ɾ", "5": "ɫ", "6": "ɐ", "7": "ɤ", "8": "ɵ",
    "9": "œ", "&": "ɶ", "?": "ʔ", "?\\": "ʕ", ":\\": "ˑ", ":": "ː", "_~": "\u0303", "~": "\u0303",
    "_h": "ʰ", "_j": "ʲ", "'": "ʲ", "_w": "ʷ", "_=": "\u0329", "=": "\u0329", "_0": "\u0325",
    "_d": "\u032a", "_^": "\u032f", "|": "|", "||": "‖", "-": "", "_": "",
}  # fmt: skip
_ANY = re.compile("|".join(sorted(map(re.escape, _SYMBOLS), key=len, reverse=True)))


def from_x_sampa(sounds: str) -> str:
    """The same sounds in IPA; letters that both alphabets share stay."""
    return _ANY.sub(lambda found: _SYMBOLS[found.group()], sounds.strip())

"""What is said in each language for what is written, word for word."""

from __future__ import annotations

import pytest

from vivavoce.text.normalizer import pieces
from vivavoce.text.phrases import Phrase

GERMAN = {
    "am 3.10.2024 um 14:30 Uhr": (
        "am dritten Oktober zweitausendvierundzwanzig um vierzehn Uhr dreißig"
    ),
    "Das kostet 1.234,56 €.": (
        "Das kostet eintausendzweihundertvierunddreißig Euro sechsundfünfzig."
    ),
    "0,99 € oder 1 €": "neunundneunzig Cent oder ein Euro",
    "3 Mio. Euro": "drei Millionen Euro",
    "12,50 €/Monat bzw. 5 €/kg": (
        "zwölf Euro fünfzig pro Monat beziehungsweise fünf Euro pro Kilogramm"
    ),
    "3,5 km bei -5 °C": "drei Komma fünf Kilometer bei minus fünf Grad Celsius",
    "20 % Rabatt": "zwanzig Prozent Rabatt",
    "1 Person, 1 Kind, 1 Tag, 1 h": "eine Person, ein Kind, ein Tag, eine Stunde",
    "der 3. Platz im 20. Jahrhundert": "der dritte Platz im zwanzigsten Jahrhundert",
    "zum 2. Mal in der 3. Woche": "zum zweiten Mal in der dritten Woche",
    "Es sind 3. Danach 1999.": "Es sind drei. Danach neunzehnhundertneunundneunzig.",
    "Mo–Fr, 9–17 Uhr": "Montag bis Freitag, neun bis siebzehn Uhr",
    "Mo. bis Fr. 9-17 Uhr": "Montag bis Freitag neun bis siebzehn Uhr",
    "Fr. Weber": "Frau Weber",
    "9:00-17:30": "neun Uhr bis siebzehn Uhr dreißig",
    "Tel. 030 123456": "Telefon null drei null, eins zwei drei vier fünf sechs",
    "z. B. Hr. Dr. Weber, d. h. er": "zum Beispiel Herr Doktor Weber, das heißt er",
    "Ludwig XIV. und Kapitel IV": "Ludwig der Vierzehnte und Kapitel vier",
    "½, ¾ und 2½": "ein halb, drei Viertel und zweieinhalb",
    "2024-01-15T10:30:00Z": "fünfzehnter Januar zweitausendvierundzwanzig, zehn Uhr dreißig",
    "die 1990er": "die neunzehnhundertneunziger",
    "1,234.5 km": "eintausendzweihundertvierunddreißig Komma fünf Kilometer",
    "x² + 2 = 6": "x Quadrat plus zwei gleich sechs",
    "3:1": "drei zu eins",
    "R&D bei 60 km/h": "R und D bei sechzig Kilometer pro Stunde",
}
FRENCH = {
    "le 1er mai 2024 à 14h30": "le premier mai deux mille vingt-quatre à quatorze heures trente",
    "1 234,56 €": "mille deux cent trente-quatre euros cinquante-six",
    "0,99 € ou 1 €": "quatre-vingt-dix-neuf centimes ou un euro",
    "3 millions d'euros": "trois millions d'euros",
    "12,50 €/mois, 5 €/kg": "douze euros cinquante par mois, cinq euros par kilogramme",
    "3,14 ou 1,5 km": "trois virgule quatorze ou un virgule cinq kilomètre",
    "21 heures, 1 fois": "vingt-et-une heures, une fois",
    "80 % à -5 °C": "quatre-vingts pour cent à moins cinq degrés Celsius",
    "lun-ven, 9h-17h30": "lundi à vendredi, neuf heures à dix-sept heures trente",
    "01 23 45 67 89": ("zéro un, vingt-trois, quarante-cinq, soixante-sept, quatre-vingt-neuf"),
    "Louis XIV, le XXe siècle": "Louis quatorze, le vingtième siècle",
    "2e étage, 1ère fois": "deuxième étage, première fois",
    "p. ex. M. Dupont, n° 5": "par exemple monsieur Dupont, numéro cinq",
    "¾ et 2½": "trois quarts et deux et demi",
    "03/10/2024": "trois octobre deux mille vingt-quatre",
    "De la main": "De la main",
}
SPANISH = {
    "el 03/10/2024 a las 14:30 h": (
        "el tres de octubre de dos mil veinticuatro a las catorce treinta"
    ),
    "a las 9:15": "a las nueve y cuarto",
    "1.234,56 €": ("mil doscientos treinta y cuatro euros con cincuenta y seis céntimos"),
    "1.000.000 €": "un millón de euros",
    "12,50 €/mes, 5 €/kg": "doce euros con cincuenta céntimos al mes, cinco euros por kilogramo",
    "21 años, 21 horas, 200 personas": "veintiún años, veintiuna horas, doscientas personas",
    "1 vez, 1 día": "una vez, un día",
    "80 % a -5 °C": "ochenta por ciento a menos cinco grados Celsius",
    "lun-vie, de 9 a 17 h": "lunes a viernes, de nueve a diecisiete horas",
    "612 345 678": "seis uno dos, tres cuatro cinco, seis siete ocho",
    "Luis XIV, Felipe VI, el siglo XX": "Luis catorce, Felipe sexto, el siglo veinte",
    "2.º piso, 1ª vez, 3er lugar": "segundo piso, primera vez, tercer lugar",
    "p. ej. el Sr. López en EE. UU.": "por ejemplo el señor López en Estados Unidos.",
    "¾ y 2½": "tres cuartos y dos y medio",
}
ITALIAN = {
    "il 3/10/2024 alle 14:30": "il tre ottobre duemilaventiquattro alle quattordici e trenta",
    "alle 14.30": "alle quattordici e trenta",
    "1.234,56 €": "milleduecentotrentaquattro euro e cinquantasei centesimi",
    "12,50 €/mese, 100 €/notte": "dodici euro e cinquanta centesimi al mese, cento euro a notte",
    "60 km/h, 5 €/kg": "sessanta chilometri all'ora, cinque euro al chilogrammo",
    "1 volta, 1 km, 200 persone": "una volta, un chilometro, duecento persone",
    "80 % a -5 °C": "ottanta per cento a meno cinque gradi Celsius",
    "Luigi XIV, il XX secolo": "Luigi quattordicesimo, il ventesimo secolo",
    "2º piano, 1ª volta": "secondo piano, prima volta",
    "p. es. il sig. Rossi": "per esempio il signor Rossi",
    "lun-ven": "lunedì a venerdì",
    "¾ e 2½": "tre quarti e due e mezzo",
}
PORTUGUESE = {
    "em 03/10/2024 às 14h30": "em três de outubro de dois mil e vinte e quatro às catorze e trinta",
    "1º de maio": "primeiro de maio",
    "R$ 1.234,56": "mil duzentos e trinta e quatro reais e cinquenta e seis centavos",
    "R$ 1.000.000": "um milhão de reais",
    "12,50 €/mês": "doze euros e cinquenta cêntimos por mês",
    "1 vez, 2 pessoas, 21 horas": "uma vez, duas pessoas, vinte e uma horas",
    "80 % a -5 °C": "oitenta por cento a menos cinco graus Celsius",
    "Luís XIV, Pedro II, século XX": "Luís catorze, Pedro segundo, século vinte",
    "2º andar, 1ª vez": "segundo andar, primeira vez",
    "p. ex. o Sr. Silva": "por exemplo o senhor Silva",
    "9h-17h30": "nove horas a dezessete e trinta",
    "¾ e 2½": "três quartos e dois e meio",
}
DUTCH = {
    "De 3-10-2024 om 14.30 uur": (
        "De drie oktober tweeduizendvierentwintig om veertien uur dertig"
    ),
    "€ 1.234,56": "duizendtweehonderdvierendertig euro zesenvijftig",
    "€ 12,50/maand, € 5/kg": "twaalf euro vijftig per maand, vijf euro per kilogram",
    "1 keer, 200 mensen": "één keer, tweehonderd mensen",
    "80 % bij -5 °C": "tachtig procent bij min vijf graden Celsius",
    "9-17 uur, ma-vr": "negen tot zeventien uur, maandag tot vrijdag",
    "Lodewijk XIV, de XXe eeuw": "Lodewijk de Veertiende, de twintigste eeuw",
    "2e verdieping": "tweede verdieping",
    "bijv. dhr. Jansen, d.w.z. nr. 5": "bijvoorbeeld de heer Jansen, dat wil zeggen nummer vijf",
    "in 1999": "in negentiennegenennegentig",
    "1½ en 2½": "anderhalf en tweeënhalf",
}
TABLES = {
    "de": GERMAN, "fr": FRENCH, "es": SPANISH, "it": ITALIAN, "pt": PORTUGUESE, "nl": DUTCH,
}  # fmt: skip


def said(text: str, language: str | None) -> str:
    return Phrase(tuple(pieces(text, language))).spoken


@pytest.mark.parametrize("language", TABLES)
def test_what_is_written_is_said_as_people_say_it(language: str) -> None:
    table = TABLES[language]
    assert {written: said(written, language) for written in table} == table


@pytest.mark.parametrize("language", ["en", *TABLES])
@pytest.mark.parametrize(
    "text",
    ["₹1,50,000", "1234567890123456789", "€", "5€-10€/", "99:99", "32.13.2024", "0/0", "½½", "-",
     "1.2.3.4.5", "²", "IIII", "MMXXIV", "5 €/", "%%", "°", "00:00", "1/0", "1e5", "+1", "①"],
)  # fmt: skip
def test_odd_signs_and_numbers_break_nothing(language: str, text: str) -> None:
    found = pieces(text, language)
    assert "".join(piece.written for piece in found) == text


@pytest.mark.parametrize("language", TABLES)
def test_groups_of_indian_numbers_are_one_number(language: str) -> None:
    assert said("1,50,000", language) == said("150000", language)

"""German units, currencies, abbreviations and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import SignWords, currencies, nouns, pairs

UNITS = nouns(
    """
    km: Kilometer, Kilometer, m
    m: Meter, Meter, m
    cm: Zentimeter, Zentimeter, m
    mm: Millimeter, Millimeter, m
    nm: Nanometer, Nanometer, m
    µm μm: Mikrometer, Mikrometer, m
    km² qkm: Quadratkilometer, Quadratkilometer, m
    m² qm: Quadratmeter, Quadratmeter, m
    cm²: Quadratzentimeter, Quadratzentimeter, m
    m³: Kubikmeter, Kubikmeter, m
    ha: Hektar, Hektar, m
    km/h: Kilometer pro Stunde, Kilometer pro Stunde, m
    m/s: Meter pro Sekunde, Meter pro Sekunde, m
    kg: Kilogramm, Kilogramm, n
    g: Gramm, Gramm, n
    mg: Milligramm, Milligramm, n
    µg: Mikrogramm, Mikrogramm, n
    t: Tonne, Tonnen, f
    l L: Liter, Liter, m
    ml mL: Milliliter, Milliliter, m
    cl: Zentiliter, Zentiliter, m
    °C: Grad Celsius, Grad Celsius, m
    °F: Grad Fahrenheit, Grad Fahrenheit, m
    °: Grad, Grad, m
    h Std. Std: Stunde, Stunden, f
    min Min. Min: Minute, Minuten, f
    s Sek. Sek: Sekunde, Sekunden, f
    ms: Millisekunde, Millisekunden, f
    Hz: Hertz, Hertz, n
    kHz: Kilohertz, Kilohertz, n
    MHz: Megahertz, Megahertz, n
    GHz: Gigahertz, Gigahertz, n
    kB KB: Kilobyte, Kilobyte, n
    MB: Megabyte, Megabyte, n
    GB: Gigabyte, Gigabyte, n
    TB: Terabyte, Terabyte, n
    Mbit/s: Megabit pro Sekunde, Megabit pro Sekunde, n
    MB/s: Megabyte pro Sekunde, Megabyte pro Sekunde, n
    V: Volt, Volt, n
    W: Watt, Watt, n
    kW: Kilowatt, Kilowatt, n
    MW: Megawatt, Megawatt, n
    GW: Gigawatt, Gigawatt, n
    kWh: Kilowattstunde, Kilowattstunden, f
    kcal: Kilokalorie, Kilokalorien, f
    kJ: Kilojoule, Kilojoule, n
    hPa: Hektopascal, Hektopascal, n
    bar: Bar, Bar, n
    PS: PS, PS, n
    dB: Dezibel, Dezibel, n
    """
)
RATES = nouns(
    """
    Monat Mon. mtl.: Monat, Monate, m
    Jahr: Jahr, Jahre, n
    Woche: Woche, Wochen, f
    Tag: Tag, Tage, m
    Nacht: Nacht, Nächte, f
    Stunde: Stunde, Stunden, f
    Minute: Minute, Minuten, f
    Sekunde: Sekunde, Sekunden, f
    Person Pers.: Person, Personen, f
    Stück Stk.: Stück, Stück, n
    Kopf: Kopf, Köpfe, m
    Kilo: Kilo, Kilo, n
    Liter: Liter, Liter, m
    """
)
CURRENCIES = currencies(
    """
    € EUR Euro: Euro, Euro, m, Cent, Cent, m
    $ USD US$: Dollar, Dollar, m, Cent, Cent, m
    £ GBP: Pfund, Pfund, n, Penny, Pence, m
    CHF: Franken, Franken, m, Rappen, Rappen, m
    ¥: Yen, Yen, m
    ₹: Rupie, Rupien, f, Paisa, Paise, m
    ₽: Rubel, Rubel, m, Kopeke, Kopeken, f
    ₿: Bitcoin, Bitcoin, m
    """
)
SIZES = nouns(
    """
    Tsd. Tsd: Tausend, Tausend, n
    Mio. Mio Millionen: Million, Millionen, f
    Mrd. Mrd Milliarden: Milliarde, Milliarden, f
    Bio. Billionen: Billion, Billionen, f
    Million: Million, Millionen, f
    Milliarde: Milliarde, Milliarden, f
    """
)
ABBREVIATIONS = pairs(
    """
    z. B.: zum Beispiel
    Mo.: Montag
    Di.: Dienstag
    Mi.: Mittwoch
    Do.: Donnerstag
    Sa.: Samstag
    z.B.: zum Beispiel
    d. h.: das heißt
    d.h.: das heißt
    u. a.: unter anderem
    u.a.: unter anderem
    u. U.: unter Umständen
    u.U.: unter Umständen
    o. Ä.: oder Ähnliches
    o.Ä.: oder Ähnliches
    i. d. R.: in der Regel
    i.d.R.: in der Regel
    z. T.: zum Teil
    z.T.: zum Teil
    v. a.: vor allem
    v.a.: vor allem
    s. o.: siehe oben
    s.o.: siehe oben
    s. u.: siehe unten
    s.u.: siehe unten
    n. Chr.: nach Christus
    v. Chr.: vor Christus
    bzw.: beziehungsweise
    usw.: und so weiter
    etc.: et cetera
    evtl.: eventuell
    ggf.: gegebenenfalls
    vgl.: vergleiche
    ca.: circa
    inkl.: inklusive
    exkl.: exklusive
    zzgl.: zuzüglich
    bspw.: beispielsweise
    sog.: sogenannt
    geb.: geboren
    gest.: gestorben
    ehem.: ehemals
    tgl.: täglich
    dr.: Doktor
    prof.: Professor
    hr.: Herr
    fr.: Frau
    dipl.: Diplom
    ing.: Ingenieur
    st.: Sankt
    str.: Straße
    tel.: Telefon
    nr.: Nummer
    jh.: Jahrhundert
    mio.: Millionen
    mrd.: Milliarden
    jan.: Januar
    feb.: Februar
    apr.: April
    aug.: August
    sept.: September
    okt.: Oktober
    nov.: November
    dez.: Dezember
    und/oder: und oder
    c++: C plus plus
    c#: C sharp
    """
)
SIGNS = SignWords(
    alone=pairs(
        """
        &: und
        +: plus
        =: gleich
        ==: gleich
        ≈: ungefähr gleich
        ≠: ungleich
        !=: ungleich
        ≤: kleiner oder gleich
        <=: kleiner oder gleich
        ≥: größer oder gleich
        >=: größer oder gleich
        <: kleiner als
        >: größer als
        ×: mal
        ÷: geteilt durch
        ±: plus minus
        →: zu
        ->: zu
        =>: zu
        @: at
        %: Prozent
        °: Grad
        ∞: unendlich
        /: Schrägstrich
        ~: ungefähr
        #: Nummer
        §: Paragraf
        §§: Paragrafen
        √: Wurzel aus
        """
    ),
    before_number=pairs(
        """
        ~: ungefähr
        ≈: ungefähr
        #: Nummer
        §: Paragraf
        <: weniger als
        >: mehr als
        ±: plus minus
        ≤: höchstens
        ≥: mindestens
        ^: hoch
        √: Wurzel aus
        """
    ),
    between_numbers={"-": "minus", "–": "minus", "−": "minus", "*": "mal", "x": "mal",
                     "/": "geteilt durch", "^": "hoch", "·": "mal", ":": "geteilt durch"},
    inside={"&": "und", "+": "plus", "=": "gleich", "*": "mal", "×": "mal", "÷": "geteilt durch",
            "^": "hoch", "@": "at", "#": "Hashtag", "/": "Schrägstrich", "\\": "Backslash",
            "%": "Prozent", "°": "Grad", ".": "Punkt"},
)  # fmt: skip

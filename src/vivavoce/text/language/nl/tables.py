"""Dutch units, currencies, abbreviations and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import SignWords, currencies, nouns, pairs

UNITS = nouns(
    """
    km: kilometer, kilometer, m
    m: meter, meter, m
    cm: centimeter, centimeter, m
    mm: millimeter, millimeter, m
    nm: nanometer, nanometer, m
    µm μm: micrometer, micrometer, m
    km²: vierkante kilometer, vierkante kilometer, m
    m²: vierkante meter, vierkante meter, m
    cm²: vierkante centimeter, vierkante centimeter, m
    m³: kubieke meter, kubieke meter, m
    ha: hectare, hectare, m
    km/h km/u: kilometer per uur, kilometer per uur, m
    m/s: meter per seconde, meter per seconde, m
    kg: kilogram, kilogram, m
    g: gram, gram, m
    mg: milligram, milligram, m
    µg: microgram, microgram, m
    t: ton, ton, m
    l L: liter, liter, m
    ml mL: milliliter, milliliter, m
    cl: centiliter, centiliter, m
    °C: graad Celsius, graden Celsius, m
    °F: graad Fahrenheit, graden Fahrenheit, m
    °: graad, graden, m
    h u: uur, uur, m
    min: minuut, minuten, m
    s sec: seconde, seconden, m
    ms: milliseconde, milliseconden, m
    Hz: hertz, hertz, m
    kHz: kilohertz, kilohertz, m
    MHz: megahertz, megahertz, m
    GHz: gigahertz, gigahertz, m
    kB KB: kilobyte, kilobyte, m
    MB: megabyte, megabyte, m
    GB: gigabyte, gigabyte, m
    TB: terabyte, terabyte, m
    Mbps Mbit/s: megabit per seconde, megabit per seconde, m
    MB/s: megabyte per seconde, megabyte per seconde, m
    V: volt, volt, m
    W: watt, watt, m
    kW: kilowatt, kilowatt, m
    MW: megawatt, megawatt, m
    GW: gigawatt, gigawatt, m
    kWh: kilowattuur, kilowattuur, m
    kcal: kilocalorie, kilocalorieën, m
    kJ: kilojoule, kilojoule, m
    hPa: hectopascal, hectopascal, m
    dB: decibel, decibel, m
    """
)
RATES = nouns(
    """
    maand mnd: maand, maanden, m
    jaar: jaar, jaar, m
    week: week, weken, m
    dag: dag, dagen, m
    nacht: nacht, nachten, m
    uur: uur, uur, m
    minuut: minuut, minuten, m
    seconde: seconde, seconden, m
    persoon pers. p.p.: persoon, personen, m
    stuk st.: stuk, stuks, m
    kilo: kilo, kilo, m
    liter: liter, liter, m
    """
)
CURRENCIES = currencies(
    """
    € EUR euro: euro, euro, m, cent, cent, m
    $ USD US$: dollar, dollar, m, cent, cent, m
    £ GBP: pond, pond, m, penny, pence, m
    CHF: Zwitserse frank, Zwitserse frank, m, rappen, rappen, m
    ¥: yen, yen, m
    ₹: roepie, roepies, m, paisa, paisa, m
    ₽: roebel, roebel, m, kopeke, kopeken, m
    ₿: bitcoin, bitcoins, m
    """
)
SIZES = nouns("miljoen mln mln.: miljoen, miljoen, m\nmiljard mld mld.: miljard, miljard, m\n"
               "duizend: duizend, duizend, m")  # fmt: skip
ABBREVIATIONS = pairs(
    """
    bijv.: bijvoorbeeld
    bv.: bijvoorbeeld
    b.v.: bijvoorbeeld
    d.w.z.: dat wil zeggen
    m.a.w.: met andere woorden
    o.a.: onder andere
    e.d.: en dergelijke
    i.p.v.: in plaats van
    t.o.v.: ten opzichte van
    m.b.t.: met betrekking tot
    a.u.b.: alstublieft
    s.v.p.: alstublieft
    enz.: enzovoort
    etc.: et cetera
    v.Chr.: voor Christus
    n.Chr.: na Christus
    v. Chr.: voor Christus
    n. Chr.: na Christus
    dhr.: de heer
    mevr.: mevrouw
    mw.: mevrouw
    drs.: doctorandus
    dr.: dokter
    ir.: ingenieur
    ing.: ingenieur
    mr.: meester
    prof.: professor
    st.: sint
    str.: straat
    ca.: circa
    max.: maximaal
    incl.: inclusief
    excl.: exclusief
    evt.: eventueel
    resp.: respectievelijk
    tel.: telefoon
    blz.: bladzijde
    jan.: januari
    feb.: februari
    apr.: april
    aug.: augustus
    sept.: september
    okt.: oktober
    nov.: november
    dec.: december
    en/of: en of
    c++: C plus plus
    c#: C sharp
    """
)
SIGNS = SignWords(
    alone=pairs(
        """
        &: en
        +: plus
        =: is
        ==: is
        ≈: is ongeveer
        ≠: is niet
        !=: is niet
        ≤: is hoogstens
        <=: is hoogstens
        ≥: is minstens
        >=: is minstens
        <: is kleiner dan
        >: is groter dan
        ×: keer
        ÷: gedeeld door
        ±: plus of min
        →: naar
        ->: naar
        =>: naar
        @: apenstaartje
        %: procent
        °: graden
        ∞: oneindig
        /: schuine streep
        ~: ongeveer
        #: nummer
        §: paragraaf
        √: de wortel van
        """
    ),
    before_number=pairs(
        """
        ~: ongeveer
        ≈: ongeveer
        #: nummer
        §: paragraaf
        <: minder dan
        >: meer dan
        ±: plusminus
        ≤: hoogstens
        ≥: minstens
        ^: tot de macht
        √: de wortel van
        """
    ),
    between_numbers={"-": "min", "–": "min", "−": "min", "*": "keer", "x": "keer",
                     "/": "gedeeld door", "^": "tot de macht", "·": "keer", ":": "gedeeld door"},
    inside={"&": "en", "+": "plus", "=": "is", "*": "keer", "×": "keer", "÷": "gedeeld door",
            "^": "tot de macht", "@": "apenstaartje", "#": "hashtag", "/": "schuine streep",
            "\\": "backslash", "%": "procent", "°": "graden", ".": "punt"},
)  # fmt: skip

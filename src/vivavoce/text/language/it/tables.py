"""Italian units, currencies, abbreviations and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import SignWords, currencies, nouns, pairs

UNITS = nouns(
    """
    km: chilometro, chilometri, m
    m: metro, metri, m
    cm: centimetro, centimetri, m
    mm: millimetro, millimetri, m
    nm: nanometro, nanometri, m
    µm μm: micrometro, micrometri, m
    km²: chilometro quadrato, chilometri quadrati, m
    m² mq: metro quadrato, metri quadrati, m
    cm²: centimetro quadrato, centimetri quadrati, m
    m³: metro cubo, metri cubi, m
    ha: ettaro, ettari, m
    km/h: chilometro all'ora, chilometri all'ora, m
    m/s: metro al secondo, metri al secondo, m
    kg: chilogrammo, chilogrammi, m
    g: grammo, grammi, m
    mg: milligrammo, milligrammi, m
    µg: microgrammo, microgrammi, m
    t: tonnellata, tonnellate, f
    l L: litro, litri, m
    ml mL: millilitro, millilitri, m
    cl: centilitro, centilitri, m
    °C: grado Celsius, gradi Celsius, m
    °F: grado Fahrenheit, gradi Fahrenheit, m
    °: grado, gradi, m
    h: ora, ore, f
    min: minuto, minuti, m
    s: secondo, secondi, m
    ms: millisecondo, millisecondi, m
    Hz: hertz, hertz, m
    kHz: chilohertz, chilohertz, m
    MHz: megahertz, megahertz, m
    GHz: gigahertz, gigahertz, m
    kB KB: kilobyte, kilobyte, m
    MB: megabyte, megabyte, m
    GB: gigabyte, gigabyte, m
    TB: terabyte, terabyte, m
    Mbps Mbit/s: megabit al secondo, megabit al secondo, m
    MB/s: megabyte al secondo, megabyte al secondo, m
    V: volt, volt, m
    W: watt, watt, m
    kW: chilowatt, chilowatt, m
    MW: megawatt, megawatt, m
    GW: gigawatt, gigawatt, m
    kWh: chilowattora, chilowattora, m
    kcal: chilocaloria, chilocalorie, f
    kJ: chilojoule, chilojoule, m
    hPa: ettopascal, ettopascal, m
    dB: decibel, decibel, m
    """
)
RATES = nouns(
    """
    mese: mese, mesi, m
    anno: anno, anni, m
    settimana sett.: settimana, settimane, f
    giorno gg: giorno, giorni, m
    notte: notte, notti, f
    ora: ora, ore, f
    minuto: minuto, minuti, m
    secondo: secondo, secondi, m
    persona pers.: persona, persone, f
    pezzo pz: pezzo, pezzi, m
    chilo: chilo, chili, m
    litro: litro, litri, m
    """
)
CURRENCIES = currencies(
    """
    € EUR euro: euro, euro, m, centesimo, centesimi, m
    $ USD US$: dollaro, dollari, m, centesimo, centesimi, m
    £ GBP: sterlina, sterline, f, penny, pence, m
    CHF: franco svizzero, franchi svizzeri, m, centesimo, centesimi, m
    ¥: yen, yen, m
    ₹: rupia, rupie, f, paisa, paise, f
    ₽: rublo, rubli, m, copeco, copechi, m
    ₿: bitcoin, bitcoin, m
    """
)
SIZES = nouns("milione milioni mln Mln: milione, milioni, m\n"
               "miliardo miliardi mld Mld: miliardo, miliardi, m\nmila: mila, mila, m")  # fmt: skip
ABBREVIATIONS = pairs(
    """
    p. es.: per esempio
    p.es.: per esempio
    ad es.: ad esempio
    a. C.: avanti Cristo
    a.C.: avanti Cristo
    d. C.: dopo Cristo
    d.C.: dopo Cristo
    ecc.: eccetera
    etc.: eccetera
    sig.: signor
    sigg.: signori
    sig.ra: signora
    sig.na: signorina
    dott.: dottor
    dott.ssa: dottoressa
    prof.: professor
    prof.ssa: professoressa
    ing.: ingegner
    avv.: avvocato
    arch.: architetto
    geom.: geometra
    on.: onorevole
    ca.: circa
    pag.: pagina
    pagg.: pagine
    cap.: capitolo
    tel.: telefono
    v.le: viale
    c.so: corso
    p.zza: piazza
    gen.: gennaio
    feb.: febbraio
    apr.: aprile
    ago.: agosto
    sett.: settembre
    ott.: ottobre
    nov.: novembre
    dic.: dicembre
    max.: massimo
    min.: minimo
    e/o: e o
    c++: C più più
    c#: C sharp
    """
)
SIGNS = SignWords(
    alone=pairs(
        """
        &: e
        +: più
        =: è uguale a
        ==: è uguale a
        ≈: è circa
        ≠: è diverso da
        !=: è diverso da
        ≤: è minore o uguale a
        <=: è minore o uguale a
        ≥: è maggiore o uguale a
        >=: è maggiore o uguale a
        <: è minore di
        >: è maggiore di
        ×: per
        ÷: diviso
        ±: più o meno
        →: a
        ->: a
        =>: a
        @: chiocciola
        %: per cento
        °: gradi
        ∞: infinito
        /: barra
        ~: circa
        #: numero
        §: paragrafo
        √: radice quadrata di
        """
    ),
    before_number=pairs(
        """
        ~: circa
        ≈: circa
        #: numero
        §: paragrafo
        <: meno di
        >: più di
        ±: più o meno
        ≤: al massimo
        ≥: almeno
        ^: alla
        √: radice quadrata di
        """
    ),
    between_numbers={"-": "meno", "–": "meno", "−": "meno", "*": "per", "x": "per",
                     "/": "diviso", "^": "elevato a", "·": "per", ":": "diviso"},
    inside={"&": "e", "+": "più", "=": "è uguale a", "*": "per", "×": "per", "÷": "diviso",
            "^": "elevato a", "@": "chiocciola", "#": "hashtag", "/": "barra",
            "\\": "barra rovesciata", "%": "per cento", "°": "gradi", ".": "punto"},
)  # fmt: skip

"""French units, currencies, abbreviations and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import SignWords, currencies, nouns, pairs

UNITS = nouns(
    """
    km: kilomètre, kilomètres, m
    m: mètre, mètres, m
    cm: centimètre, centimètres, m
    mm: millimètre, millimètres, m
    nm: nanomètre, nanomètres, m
    µm μm: micromètre, micromètres, m
    km²: kilomètre carré, kilomètres carrés, m
    m²: mètre carré, mètres carrés, m
    cm²: centimètre carré, centimètres carrés, m
    m³: mètre cube, mètres cubes, m
    ha: hectare, hectares, m
    km/h: kilomètre à l'heure, kilomètres à l'heure, m
    m/s: mètre par seconde, mètres par seconde, m
    kg: kilogramme, kilogrammes, m
    g: gramme, grammes, m
    mg: milligramme, milligrammes, m
    µg: microgramme, microgrammes, m
    t: tonne, tonnes, f
    l L: litre, litres, m
    ml mL: millilitre, millilitres, m
    cl cL: centilitre, centilitres, m
    °C: degré Celsius, degrés Celsius, m
    °F: degré Fahrenheit, degrés Fahrenheit, m
    °: degré, degrés, m
    h: heure, heures, f
    min: minute, minutes, f
    s: seconde, secondes, f
    ms: milliseconde, millisecondes, f
    Hz: hertz, hertz, m
    kHz: kilohertz, kilohertz, m
    MHz: mégahertz, mégahertz, m
    GHz: gigahertz, gigahertz, m
    Ko ko kB: kilooctet, kilooctets, m
    Mo MB: mégaoctet, mégaoctets, m
    Go GB: gigaoctet, gigaoctets, m
    To TB: téraoctet, téraoctets, m
    Mbit/s: mégabit par seconde, mégabits par seconde, m
    Mo/s: mégaoctet par seconde, mégaoctets par seconde, m
    V: volt, volts, m
    W: watt, watts, m
    kW: kilowatt, kilowatts, m
    MW: mégawatt, mégawatts, m
    GW: gigawatt, gigawatts, m
    kWh: kilowattheure, kilowattheures, m
    kcal: kilocalorie, kilocalories, f
    kJ: kilojoule, kilojoules, m
    hPa: hectopascal, hectopascals, m
    dB: décibel, décibels, m
    """
)
RATES = nouns(
    """
    mois: mois, mois, m
    an année: an, ans, m
    semaine sem.: semaine, semaines, f
    jour j: jour, jours, m
    nuit: nuit, nuits, f
    heure: heure, heures, f
    minute: minute, minutes, f
    seconde: seconde, secondes, f
    personne pers.: personne, personnes, f
    pièce: pièce, pièces, f
    kilo: kilo, kilos, m
    litre: litre, litres, m
    """
)
CURRENCIES = currencies(
    """
    € EUR euros euro: euro, euros, m, centime, centimes, m
    $ USD US$: dollar, dollars, m, cent, cents, m
    £ GBP: livre, livres, f, penny, pence, m
    CHF: franc suisse, francs suisses, m, centime, centimes, m
    ¥: yen, yens, m
    ₹: roupie, roupies, f, paisa, paisas, m
    ₽: rouble, roubles, m, kopeck, kopecks, m
    ₿: bitcoin, bitcoins, m
    """
)
SIZES = nouns(
    """
    million millions M: million, millions, m
    milliard milliards Md Mds: milliard, milliards, m
    k: mille, mille, m
    """
)
ABBREVIATIONS = pairs(
    """
    p. ex.: par exemple
    p.ex.: par exemple
    c.-à-d.: c'est-à-dire
    c-à-d: c'est-à-dire
    av. J.-C.: avant Jésus-Christ
    apr. J.-C.: après Jésus-Christ
    M.: monsieur
    MM.: messieurs
    Mme: madame
    Mmes: mesdames
    Mlle: mademoiselle
    Mlles: mesdemoiselles
    Me: maître
    dr: docteur
    dr.: docteur
    pr.: professeur
    st: saint
    ste: sainte
    etc.: et cetera
    env.: environ
    av.: avenue
    bd: boulevard
    bd.: boulevard
    chap.: chapitre
    vol.: volume
    tél.: téléphone
    éd.: édition
    janv.: janvier
    févr.: février
    juil.: juillet
    sept.: septembre
    oct.: octobre
    nov.: novembre
    déc.: décembre
    min.: minutes
    svp: s'il vous plaît
    rdv: rendez-vous
    et/ou: et ou
    c++: C plus plus
    c#: C sharp
    """
)
SIGNS = SignWords(
    alone=pairs(
        """
        &: et
        +: plus
        =: égale
        ==: égale
        ≈: environ égal à
        ≠: différent de
        !=: différent de
        ≤: inférieur ou égal à
        <=: inférieur ou égal à
        ≥: supérieur ou égal à
        >=: supérieur ou égal à
        <: inférieur à
        >: supérieur à
        ×: fois
        ÷: divisé par
        ±: plus ou moins
        →: vers
        ->: vers
        =>: vers
        @: arobase
        %: pour cent
        °: degrés
        ∞: l'infini
        /: barre oblique
        ~: environ
        #: numéro
        §: paragraphe
        √: racine carrée de
        """
    ),
    before_number=pairs(
        """
        ~: environ
        ≈: environ
        #: numéro
        §: paragraphe
        <: moins de
        >: plus de
        ±: plus ou moins
        ≤: au plus
        ≥: au moins
        ^: puissance
        √: racine carrée de
        """
    ),
    between_numbers={"-": "moins", "–": "moins", "−": "moins", "*": "fois", "x": "fois",
                     "/": "divisé par", "^": "puissance", "·": "fois", ":": "divisé par"},
    inside={"&": "et", "+": "plus", "=": "égale", "*": "fois", "×": "fois", "÷": "divisé par",
            "^": "puissance", "@": "arobase", "#": "hashtag", "/": "barre oblique",
            "\\": "barre oblique inverse", "%": "pour cent", "°": "degrés", ".": "point"},
)  # fmt: skip

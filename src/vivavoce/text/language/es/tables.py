"""Spanish units, currencies, abbreviations and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import SignWords, currencies, nouns, pairs

UNITS = nouns(
    """
    km: kilómetro, kilómetros, m
    m: metro, metros, m
    cm: centímetro, centímetros, m
    mm: milímetro, milímetros, m
    nm: nanómetro, nanómetros, m
    µm μm: micrómetro, micrómetros, m
    km²: kilómetro cuadrado, kilómetros cuadrados, m
    m²: metro cuadrado, metros cuadrados, m
    cm²: centímetro cuadrado, centímetros cuadrados, m
    m³: metro cúbico, metros cúbicos, m
    ha: hectárea, hectáreas, f
    km/h: kilómetro por hora, kilómetros por hora, m
    m/s: metro por segundo, metros por segundo, m
    kg: kilogramo, kilogramos, m
    g: gramo, gramos, m
    mg: miligramo, miligramos, m
    µg: microgramo, microgramos, m
    t: tonelada, toneladas, f
    l L: litro, litros, m
    ml mL: mililitro, mililitros, m
    cl: centilitro, centilitros, m
    °C: grado Celsius, grados Celsius, m
    °F: grado Fahrenheit, grados Fahrenheit, m
    °: grado, grados, m
    h: hora, horas, f
    min: minuto, minutos, m
    s: segundo, segundos, m
    ms: milisegundo, milisegundos, m
    Hz: hercio, hercios, m
    kHz: kilohercio, kilohercios, m
    MHz: megahercio, megahercios, m
    GHz: gigahercio, gigahercios, m
    kB KB: kilobyte, kilobytes, m
    MB: megabyte, megabytes, m
    GB: gigabyte, gigabytes, m
    TB: terabyte, terabytes, m
    Mbps Mbit/s: megabit por segundo, megabits por segundo, m
    MB/s: megabyte por segundo, megabytes por segundo, m
    V: voltio, voltios, m
    W: vatio, vatios, m
    kW: kilovatio, kilovatios, m
    MW: megavatio, megavatios, m
    GW: gigavatio, gigavatios, m
    kWh: kilovatio hora, kilovatios hora, m
    kcal: kilocaloría, kilocalorías, f
    kJ: kilojulio, kilojulios, m
    hPa: hectopascal, hectopascales, m
    dB: decibelio, decibelios, m
    """
)
RATES = nouns(
    """
    mes: mes, meses, m
    año: año, años, m
    semana sem.: semana, semanas, f
    día: día, días, m
    noche: noche, noches, f
    hora: hora, horas, f
    minuto: minuto, minutos, m
    segundo seg: segundo, segundos, m
    persona pers.: persona, personas, f
    unidad ud.: unidad, unidades, f
    kilo: kilo, kilos, m
    litro: litro, litros, m
    """
)
CURRENCIES = currencies(
    """
    € EUR euros euro: euro, euros, m, céntimo, céntimos, m
    $ USD US$: dólar, dólares, m, centavo, centavos, m
    £ GBP: libra, libras, f, penique, peniques, m
    CHF: franco suizo, francos suizos, m, céntimo, céntimos, m
    MXN: peso, pesos, m, centavo, centavos, m
    ¥: yen, yenes, m
    ₹: rupia, rupias, f, paisa, paisas, f
    ₽: rublo, rublos, m, kopek, kopeks, m
    ₿: bitcoin, bitcoins, m
    """
)
SIZES = nouns("millón millones M: millón, millones, m\nbillón billones: billón, billones, m\n"
               "mil: mil, mil, m")  # fmt: skip
ABBREVIATIONS = pairs(
    """
    p. ej.: por ejemplo
    p.ej.: por ejemplo
    a. C.: antes de Cristo
    a.C.: antes de Cristo
    d. C.: después de Cristo
    d.C.: después de Cristo
    EE. UU.: Estados Unidos
    EE.UU.: Estados Unidos
    a. m.: de la mañana
    a.m.: de la mañana
    p. m.: de la tarde
    p.m.: de la tarde
    etc.: etcétera
    sr.: señor
    sra.: señora
    srta.: señorita
    sres.: señores
    d.: don
    dª: doña
    dña.: doña
    dr.: doctor
    dra.: doctora
    prof.: profesor
    ud.: usted
    uds.: ustedes
    aprox.: aproximadamente
    av.: avenida
    avda.: avenida
    c/: calle
    tel.: teléfono
    cap.: capítulo
    pág.: página
    págs.: páginas
    máx.: máximo
    mín.: mínimo
    ene.: enero
    feb.: febrero
    ago.: agosto
    sept.: septiembre
    oct.: octubre
    nov.: noviembre
    dic.: diciembre
    y/o: y o
    c++: C más más
    c#: C sharp
    """
)
SIGNS = SignWords(
    alone=pairs(
        """
        &: y
        +: más
        =: es igual a
        ==: es igual a
        ≈: es aproximadamente
        ≠: no es igual a
        !=: no es igual a
        ≤: es menor o igual que
        <=: es menor o igual que
        ≥: es mayor o igual que
        >=: es mayor o igual que
        <: es menor que
        >: es mayor que
        ×: por
        ÷: dividido por
        ±: más o menos
        →: a
        ->: a
        =>: a
        @: arroba
        %: por ciento
        °: grados
        ∞: infinito
        /: barra
        ~: unos
        #: número
        §: sección
        √: la raíz cuadrada de
        """
    ),
    before_number=pairs(
        """
        ~: unos
        ≈: unos
        #: número
        §: sección
        <: menos de
        >: más de
        ±: más o menos
        ≤: como máximo
        ≥: como mínimo
        ^: elevado a
        √: la raíz cuadrada de
        """
    ),
    between_numbers={"-": "menos", "–": "menos", "−": "menos", "*": "por", "x": "por",
                     "/": "entre", "^": "elevado a", "·": "por", ":": "entre"},
    inside={"&": "y", "+": "más", "=": "es igual a", "*": "por", "×": "por", "÷": "dividido por",
            "^": "elevado a", "@": "arroba", "#": "hashtag", "/": "barra",
            "\\": "barra invertida", "%": "por ciento", "°": "grados", ".": "punto"},
)  # fmt: skip

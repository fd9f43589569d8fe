"""Portuguese units, currencies, abbreviations and signs."""

from __future__ import annotations

from vivavoce.text.language.grammar import SignWords, currencies, nouns, pairs

UNITS = nouns(
    """
    km: quilômetro, quilômetros, m
    m: metro, metros, m
    cm: centímetro, centímetros, m
    mm: milímetro, milímetros, m
    nm: nanômetro, nanômetros, m
    µm μm: micrômetro, micrômetros, m
    km²: quilômetro quadrado, quilômetros quadrados, m
    m²: metro quadrado, metros quadrados, m
    cm²: centímetro quadrado, centímetros quadrados, m
    m³: metro cúbico, metros cúbicos, m
    ha: hectare, hectares, m
    km/h: quilômetro por hora, quilômetros por hora, m
    m/s: metro por segundo, metros por segundo, m
    kg: quilograma, quilogramas, m
    g: grama, gramas, m
    mg: miligrama, miligramas, m
    µg: micrograma, microgramas, m
    t: tonelada, toneladas, f
    l L: litro, litros, m
    ml mL: mililitro, mililitros, m
    cl: centilitro, centilitros, m
    °C: grau Celsius, graus Celsius, m
    °F: grau Fahrenheit, graus Fahrenheit, m
    °: grau, graus, m
    h: hora, horas, f
    min: minuto, minutos, m
    s: segundo, segundos, m
    ms: milissegundo, milissegundos, m
    Hz: hertz, hertz, m
    kHz: quilohertz, quilohertz, m
    MHz: mega-hertz, mega-hertz, m
    GHz: giga-hertz, giga-hertz, m
    kB KB: quilobyte, quilobytes, m
    MB: megabyte, megabytes, m
    GB: gigabyte, gigabytes, m
    TB: terabyte, terabytes, m
    Mbps Mbit/s: megabit por segundo, megabits por segundo, m
    MB/s: megabyte por segundo, megabytes por segundo, m
    V: volt, volts, m
    W: watt, watts, m
    kW: quilowatt, quilowatts, m
    MW: megawatt, megawatts, m
    GW: gigawatt, gigawatts, m
    kWh: quilowatt-hora, quilowatts-hora, m
    kcal: quilocaloria, quilocalorias, f
    kJ: quilojoule, quilojoules, m
    hPa: hectopascal, hectopascais, m
    dB: decibel, decibéis, m
    """
)
RATES = nouns(
    """
    mês: mês, meses, m
    ano: ano, anos, m
    semana sem.: semana, semanas, f
    dia: dia, dias, m
    noite: noite, noites, f
    hora: hora, horas, f
    minuto: minuto, minutos, m
    segundo: segundo, segundos, m
    pessoa: pessoa, pessoas, f
    unidade un.: unidade, unidades, f
    quilo: quilo, quilos, m
    litro: litro, litros, m
    """
)
CURRENCIES = currencies(
    """
    R$ BRL: real, reais, m, centavo, centavos, m
    € EUR euros euro: euro, euros, m, cêntimo, cêntimos, m
    $ USD US$: dólar, dólares, m, centavo, centavos, m
    £ GBP: libra, libras, f, pêni, pence, m
    CHF: franco suíço, francos suíços, m, cêntimo, cêntimos, m
    ¥: iene, ienes, m
    ₹: rupia, rupias, f, paisa, paisas, f
    ₽: rublo, rublos, m, copeque, copeques, m
    ₿: bitcoin, bitcoins, m
    """
)
SIZES = nouns("milhão milhões mi: milhão, milhões, m\nbilhão bilhões bi: bilhão, bilhões, m\n"
               "mil: mil, mil, m")  # fmt: skip
ABBREVIATIONS = pairs(
    """
    p. ex.: por exemplo
    p.ex.: por exemplo
    a. C.: antes de Cristo
    a.C.: antes de Cristo
    d. C.: depois de Cristo
    d.C.: depois de Cristo
    etc.: et cetera
    sr.: senhor
    sra.: senhora
    srta.: senhorita
    d.: dona
    dr.: doutor
    dra.: doutora
    prof.: professor
    profa.: professora
    aprox.: aproximadamente
    av.: avenida
    r.: rua
    tel.: telefone
    cap.: capítulo
    pág.: página
    págs.: páginas
    máx.: máximo
    mín.: mínimo
    jan.: janeiro
    fev.: fevereiro
    abr.: abril
    ago.: agosto
    set.: setembro
    out.: outubro
    nov.: novembro
    dez.: dezembro
    e/ou: e ou
    c++: C mais mais
    c#: C sharp
    """
)
SIGNS = SignWords(
    alone=pairs(
        """
        &: e
        +: mais
        =: é igual a
        ==: é igual a
        ≈: é aproximadamente
        ≠: é diferente de
        !=: é diferente de
        ≤: é menor ou igual a
        <=: é menor ou igual a
        ≥: é maior ou igual a
        >=: é maior ou igual a
        <: é menor que
        >: é maior que
        ×: vezes
        ÷: dividido por
        ±: mais ou menos
        →: para
        ->: para
        =>: para
        @: arroba
        %: por cento
        °: graus
        ∞: infinito
        /: barra
        ~: cerca de
        #: número
        §: parágrafo
        √: raiz quadrada de
        """
    ),
    before_number=pairs(
        """
        ~: cerca de
        ≈: cerca de
        #: número
        §: parágrafo
        <: menos de
        >: mais de
        ±: mais ou menos
        ≤: no máximo
        ≥: no mínimo
        ^: elevado a
        √: raiz quadrada de
        """
    ),
    between_numbers={"-": "menos", "–": "menos", "−": "menos", "*": "vezes", "x": "vezes",
                     "/": "dividido por", "^": "elevado a", "·": "vezes", ":": "dividido por"},
    inside={"&": "e", "+": "mais", "=": "é igual a", "*": "vezes", "×": "vezes",
            "÷": "dividido por", "^": "elevado a", "@": "arroba", "#": "hashtag", "/": "barra",
            "\\": "barra invertida", "%": "por cento", "°": "graus", ".": "ponto"},
)  # fmt: skip

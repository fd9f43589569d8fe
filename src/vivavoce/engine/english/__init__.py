"""English text as phonemes, for neural voices that read misaki's alphabet, as Kokoro's do.

The word lists, the tagger's weights and the network for unknown words come with the `hibari`
model. The rules follow misaki 0.9.4 (https://github.com/hexgrad/misaki, Apache-2.0).
"""

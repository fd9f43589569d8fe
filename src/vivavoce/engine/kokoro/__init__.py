"""Kokoro-82M and its kin (https://huggingface.co/hexgrad/Kokoro-82M, Apache-2.0)."""

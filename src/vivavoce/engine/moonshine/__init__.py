"""Moonshine speech-to-text through ONNX Runtime (https://github.com/moonshine-ai/moonshine)."""

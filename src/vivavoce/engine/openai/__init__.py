"""Engines behind any OpenAI-compatible server."""

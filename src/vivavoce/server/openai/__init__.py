"""OpenAI's audio, chat and models API."""

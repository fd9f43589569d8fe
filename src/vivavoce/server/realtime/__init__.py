"""OpenAI's Realtime protocol: what goes over the wire, and the conversation behind it."""

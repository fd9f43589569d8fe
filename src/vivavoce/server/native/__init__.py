"""Vivavoce's own REST and WebSocket API."""

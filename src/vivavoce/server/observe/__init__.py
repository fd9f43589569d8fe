"""How the server is: health, metrics, logs, its self-test."""

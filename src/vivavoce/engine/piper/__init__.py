"""Piper voices (https://github.com/OHF-Voice/piper1-gpl)."""

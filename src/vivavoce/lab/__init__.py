"""Measurements of recorded speech."""

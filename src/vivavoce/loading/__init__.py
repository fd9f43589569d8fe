"""Engines made from a configuration: loaded, watched, and replaced when they fail."""

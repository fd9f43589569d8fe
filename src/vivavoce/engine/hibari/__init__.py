"""Hibari, a neural voice of 8 MB (https://github.com/MMWilliams/hibari, Apache-2.0)."""

"""espeak-ng in this process."""

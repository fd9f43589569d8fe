"""Sound files: read, written, and what libav needs for it."""

"""One conversation: audio in, events and audio out."""

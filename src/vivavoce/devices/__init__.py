"""The machine's microphone and loudspeaker, and what cleans their sound."""

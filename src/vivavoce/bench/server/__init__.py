"""A server as its clients see it: gap, load, latency, memory."""

"""Which engine and which settings serve a request."""

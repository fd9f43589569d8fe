"""HTTP and WebSockets for all protocols: errors, bounds, uploads, streams, static pages."""

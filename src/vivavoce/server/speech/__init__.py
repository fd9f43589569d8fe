"""Text to speech and speech to text, as all protocols share them."""

"""Text as speech: phrases, their audio, and when each word is said."""

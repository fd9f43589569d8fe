"""Whisper speech-to-text through CTranslate2 (https://github.com/SYSTRAN/faster-whisper)."""

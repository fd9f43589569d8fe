"""Speak a text into a file; the extension decides the format."""

import sys

import vivavoce

audio = vivavoce.speak("Dr. Smith paid $5.20 on May 3rd. See example.com/docs!")
vivavoce.write_audio(audio, sys.argv[1])
print(f"{audio.seconds:.1f} s of speech")

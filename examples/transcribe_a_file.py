"""Transcribe a recording of any format and length, with times."""

import sys

import vivavoce

for segment in vivavoce.transcribe_file(sys.argv[1]):
    print(f"{segment.start:7.2f} {segment.end:7.2f}  {segment.transcript.text}")

"""One spoken turn: a recorded question in, a spoken answer out."""

import sys

import vivavoce

turn = vivavoce.ask(sys.argv[1])
print("heard: ", turn.heard.text)
print("answer:", turn.text)
vivavoce.write_audio(turn.audio, sys.argv[2])

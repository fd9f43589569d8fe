"""Everything that a Vivavoce server does, from Python.

python client.py http://127.0.0.1:8080 question.wav
"""

import itertools
import sys
import time
from collections.abc import Iterator

import vivavoce
from vivavoce.conversation.sinks import MemorySink
from vivavoce.events import Event, Heard, ReplyEnded

url, path = sys.argv[1:]
question = vivavoce.read_audio(path, rate=16_000)

with vivavoce.Client(url) as client:
    for segment in client.transcribe_file(path):
        print(f"{segment.start:.2f} {segment.transcript.text}")

    speech = client.speak("Dinner is at 7:30.")
    print(f"{speech.seconds:.1f} s of speech")

    answer = client.ask(question)
    print("asked: ", answer.heard.text)
    print("answer:", answer.text)

    for caption in client.listen([question]):
        if caption.final:
            print("heard: ", caption.transcript.text)

    def on_event(event: Event) -> None:
        match event:
            case Heard(final=True):
                print("You:     ", event.transcript.text)
            case ReplyEnded():
                print("Vivavoce:", event.heard)
                ended.append(event)

    def microphone() -> Iterator[vivavoce.Audio]:
        """The question at the speed of speech, then silence until it has been answered."""
        for block in itertools.count():
            chunk = question.cut(0.02 * block, 0.02 * (block + 1))
            if not chunk.seconds and ended:
                return
            time.sleep(0.02)
            yield chunk if chunk.seconds else vivavoce.Audio.silence(0.02, 16_000)

    ended: list[ReplyEnded] = []
    loudspeaker = MemorySink(24_000)
    client.converse(microphone(), loudspeaker, on_event)
    print(f"{loudspeaker.audio.seconds:.1f} s were played")

"""A decoder that does what some pictures would have it do: those that end in a word."""

from __future__ import annotations

import os
import sys
import time

if __name__ == "__main__":
    sys.path[:0] = sys.argv[1:]

from facemo.library import decoder

whole = decoder._answer
asked = []


def answer(question):
    asked.append(question.wanted)
    for word, act in ACTS.items():
        if question.content.endswith(word):
            act()
    return whole(question)


def eat():
    held = []
    while True:
        held.append(bytes(64 << 20))


def spin():
    while True:
        pass


def hang():
    time.sleep(600)


def babble():
    os.write(4, os.urandom(100))


def write():
    with open(os.path.join(os.path.dirname(__file__), "written"), "w") as file:
        file.write("x")


def tire():
    if len(asked) > 2:  # the first is its own
        raise OSError("no room in what is left")


ACTS = {
    b"tire": tire,
    b"crash": os.abort,
    b"leave": lambda: os._exit(0),
    b"eat": eat,
    b"spin": spin,
    b"hang": hang,
    b"babble": babble,
    b"write": write,
}


def guarded(question):
    try:
        return answer(question)
    except MemoryError:
        return decoder.Answer(decoder.NO_MEMORY)
    except OSError:
        return decoder.Answer(decoder.FAILED)


if __name__ == "__main__":
    decoder._answer = guarded
    decoder._SECONDS = 0  # and one more
    decoder.main()

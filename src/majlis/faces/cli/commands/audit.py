"""Prove every invariant of the house (ledger, calendar, quotas …) by asking the rows themselves. Exit status 1 when one
is broken, with the rows named."""

import argparse

from majlis.faces.cli.house import add_data, data_directory, django

ORDER = 20
COMMANDS = {"audit": "prove every invariant; exit 1 and name the rows if one is broken"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("only", nargs="?", default="", help="only claims that begin with this: `ledger`")
    parser.add_argument("--limit", type=int, default=20, help="findings shown of each claim (default: 20)")
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    with django(data_directory(asked.data)):
        from majlis.kit import audit

        broken = held = 0
        for outcome in audit.run(asked.only, limit=asked.limit):
            print(f"  {'✗' if outcome.findings else '✓'} {outcome.claim}", flush=True)
            for finding in outcome.findings:
                print(f"      {finding}")
            if outcome.more:
                print(f"      … and more than {asked.limit}.")
            broken += bool(outcome.findings)
            held += not outcome.findings
    print(f"{held} hold, {broken} broken." if held + broken else f"No claim begins with {asked.only!r}.")
    return 1 if broken or not held else 0

"""`python -m majlis.faces.cli`, which `./majlis` calls."""

import argparse
import os
import sys
from collections.abc import Sequence

from majlis.faces.cli import commands
from majlis.faces.cli.house import UserError
from majlis.faces.collect import areas

EXAMPLES = """
Start here:
  ./majlis up            start everything and open the address it prints
  ./majlis test          run every test
  ./majlis doctor        what is missing on this machine, and the command that mends it
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line; each file of `commands` adds its own part."""
    whole = argparse.ArgumentParser(
        prog="majlis",
        description="The open platform on which a company runs an online service business.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    choices = whole.add_subparsers(metavar="COMMAND", required=True)
    for command in sorted(areas(commands), key=lambda c: c.ORDER):
        for name, said in command.COMMANDS.items():
            one = choices.add_parser(name, help=said, description=command.__doc__, add_help=name not in PASS_ON)
            command.arguments(one)
            one.set_defaults(run=command.run, command=name)
    return whole


PASS_ON = {"manage", "test"}
"""Commands whose arguments go on to another program, `--help` too."""


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. What a person did wrong is said in a sentence, never as a traceback."""
    from majlis.config.postgres_binaries import PostgresProblem

    given = list(sys.argv[1:] if words is None else words) or ["--help"]
    try:
        asked, rest = parser().parse_known_args(given)
        if rest and asked.command not in PASS_ON:
            parser().error(f"unrecognized arguments: {' '.join(rest)}")
        asked.rest = given[given.index(asked.command) + 1 :]
        return int(asked.run(asked) or 0)
    except (UserError, PostgresProblem) as wrong:
        print(f"majlis: {wrong}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(file=sys.stderr)
        return 130
    except BrokenPipeError:
        # `| head` has read enough. Not by the signal's default, which would also end a server whose client hangs up.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except PermissionError as wrong:
        print(f"majlis: no permission for {wrong.filename}; run as its owner, or choose --data.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "majlis.config.settings")
    sys.exit(main())

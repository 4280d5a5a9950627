"""Extract every sentence from the sources into locale/*/LC_MESSAGES/django.po, and say what is not translated yet."""

import argparse
import json
import sys
from pathlib import Path

from majlis.faces.cli.house import UserError

ORDER = 30
COMMANDS = {"messages": "extract sentences, say what is untranslated, take translations in"}


def arguments(parser: argparse.ArgumentParser) -> None:
    one = parser.add_mutually_exclusive_group()
    one.add_argument("--missing", metavar="LANGUAGE", help="print what LANGUAGE lacks, as JSON to be filled in")
    one.add_argument("--merge", nargs=2, metavar=("LANGUAGE", "FILE"), help="take filled-in JSON into the catalogue")


def run(asked: argparse.Namespace) -> int:
    from majlis.faces.cli import catalogues

    language = asked.missing or (asked.merge and asked.merge[0])
    if language and language not in catalogues.LANGUAGES:
        raise UserError(f"{language!r} is not one of {', '.join(catalogues.LANGUAGES)}.")
    if asked.missing:
        json.dump(catalogues.missing(language), sys.stdout, ensure_ascii=False, indent=1)
        print()
        return 0
    if asked.merge:
        try:
            given = json.loads(Path(asked.merge[1]).read_text(encoding="utf-8"))
        except (OSError, ValueError) as wrong:
            raise UserError(f"{asked.merge[1]} cannot be read as JSON: {wrong}") from None
        taken, refused = catalogues.merge(language, given)
        for sentence in refused:
            print(f"  ✗ {sentence}", file=sys.stderr)
        catalogues.compile_all()
        print(f"{taken} translations taken into {catalogues.path_of(language)}, {len(refused)} refused.")
        return 1 if refused else 0
    for code, lacking in catalogues.update().items():
        print(f"  {code}: {f'{lacking} not translated' if lacking else 'complete'}")
    catalogues.compile_all()
    return 0

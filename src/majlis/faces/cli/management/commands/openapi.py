"""The API's description, as committed in docs/openapi.json."""

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.test import RequestFactory
from django.urls import resolve, reverse
from django.utils import translation


class Command(BaseCommand):
    """`./majlis manage openapi`: prints it; `--write` commits it to the file; `--check` compares."""

    help = "Print, write or check docs/openapi.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="write docs/openapi.json")
        parser.add_argument("--check", action="store_true", help="exit 1 when docs/openapi.json differs")

    def handle(self, *args: Any, **options: Any) -> None:
        address = reverse("api:openapi-json")
        with translation.override("en"):
            answer = resolve(address).func(RequestFactory().get(address))
        text = json.dumps(json.loads(answer.content), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        path = settings.HOME / "docs" / "openapi.json"
        if options["write"]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        elif options["check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise CommandError("docs/openapi.json is not what the API is; run: ./majlis manage openapi --write")
        else:
            self.stdout.write(text)

"""`./majlis manage load_catalogue`."""

from typing import Any

from django.core.management.base import BaseCommand

from majlis.kernel.catalogue import services


class Command(BaseCommand):
    help = "Add the base catalogue (subjects, levels, places, money). Harmless when repeated: existing rows stay."

    def handle(self, *args: Any, **options: Any) -> None:
        added = services.load_base_catalogue()
        self.stdout.write(f"The catalogue is there; {added} rows were new.")

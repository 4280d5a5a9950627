"""How a module of Majlis becomes a Django app."""

import importlib
import importlib.util

from django.apps import AppConfig

LOADED_AT_START = ("handlers", "audits", "personal")
"""What registers itself by being imported: subscriptions, what `./majlis audit` proves, what is kept about a person."""


class ModuleConfig(AppConfig):
    """Loads the module's `handlers.py`, `audits.py` and `personal.py`, so that its subscriptions stand before the first
    event. A module's `apps.py` subclasses it with `name`, `label` and `verbose_name`; what it registers with an engine
    it registers in `ready` (after `super().ready()`)."""

    default_auto_field = "django.db.models.BigAutoField"

    def __init_subclass__(cls) -> None:
        # An `apps.py` sees two configurations, its own and this one that it imports: without this Django takes neither.
        cls.default = True

    def ready(self) -> None:
        for name in LOADED_AT_START:
            if importlib.util.find_spec(f"{self.name}.{name}"):
                importlib.import_module(f"{self.name}.{name}")

"""How a module of Majlis becomes a Django app."""

import importlib
import importlib.util

from django.apps import AppConfig


class ModuleConfig(AppConfig):
    """Loads the module's `handlers.py`, so that its subscriptions stand before the first event. A module's `apps.py`
    subclasses it with `name`, `label` and `verbose_name`; what it registers with an engine it registers in `ready`
    (after `super().ready()`)."""

    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        if importlib.util.find_spec(f"{self.name}.handlers"):
            importlib.import_module(f"{self.name}.handlers")

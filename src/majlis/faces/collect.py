"""How a face finds what its areas offer: every file of a package, in alphabetical order."""

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType


def areas(package: ModuleType) -> Iterator[ModuleType]:
    """Each module directly inside `package`, imported."""
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda i: i.name):
        if not info.name.startswith("_") and not info.ispkg:
            yield importlib.import_module(f"{package.__name__}.{info.name}")

"""What this installation is: one TOML file in `editions/`."""

import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings


@dataclass(frozen=True)
class Edition:
    """One edition: the same code with its own modules, words, languages, money, fees and policies."""

    code: str
    """The file's name without ending: `all`, `school`, …"""
    name: dict[str, str]
    """The brand, by language."""
    modules: frozenset[str]
    """Labels of the product modules switched on."""
    languages: tuple[str, ...]
    """Interface languages offered; the first is the default."""
    currency: str
    """The currency of prices and books when nobody chose another."""
    currencies: tuple[str, ...]
    zone: str
    country: str
    palette: str
    """The name of the token file of its colours."""
    policies: dict[str, Any] = field(default_factory=dict)
    """Numbers and tables that modules read (`lessons`, `billing`, `withdrawals`…), documented where they are read."""
    demonstration: dict[str, Any] = field(default_factory=dict)

    def has(self, module: str) -> bool:
        """Whether a product module is switched on."""
        return module in self.modules


@lru_cache
def load_edition(path: str) -> Edition:
    """Read an edition file. Raises `FileNotFoundError` or `tomllib.TOMLDecodeError`."""
    raw = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    return Edition(
        code=Path(path).stem,
        name=raw["name"],
        modules=frozenset(raw["modules"]),
        languages=tuple(raw["languages"]),
        currency=raw["currency"],
        currencies=tuple(raw.get("currencies", [raw["currency"]])),
        zone=raw["zone"],
        country=raw["country"],
        palette=raw.get("palette", Path(path).stem),
        policies=raw.get("policies", {}),
        demonstration=raw.get("demonstration", {}),
    )


def edition() -> Edition:
    """The edition this process runs (`settings.EDITION`)."""
    return load_edition(f"{settings.EDITIONS_DIR}/{settings.EDITION}.toml")

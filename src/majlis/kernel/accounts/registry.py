"""Where modules above say what they know about a person: for the data a member may take away, and for forgetting them.

    # in the module's personal.py, which is loaded at start
    services.register_export("lessons", lambda person_id: [...])     # JSON: lists, dicts, text, numbers
    services.register_eraser("messaging", lambda person_id: ...)     # deletes personal content

Both run inside accounts' transaction; an eraser leaves what is evidence (money, contracts) without a name.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

Export = Callable[[UUID], Any]
Eraser = Callable[[UUID], None]

exports: dict[str, Export] = {}
erasers: dict[str, Eraser] = {}


def register_export(label: str, export: Export) -> None:
    """`export(person_id)` returns everything the module keeps about that person, as JSON; `label` names its file."""
    if exports.get(label, export) is not export:
        raise ValueError(f"The export {label!r} is registered twice.")
    exports[label] = export


def register_eraser(label: str, eraser: Eraser) -> None:
    """`eraser(person_id)` deletes what is personal and not evidence. May raise a `Refusal` to stop the deletion (an
    open booking, say); then nothing is deleted."""
    if erasers.get(label, eraser) is not eraser:
        raise ValueError(f"The eraser {label!r} is registered twice.")
    erasers[label] = eraser

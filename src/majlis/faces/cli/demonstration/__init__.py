"""The demonstration: a small company's first months, made by the services themselves.

Nothing is written past them, so the ledger and the calendar audit clean. The same edition gives the same people.
"""

from datetime import timedelta
from random import Random
from typing import Any

from majlis.faces.cli.demonstration import history, members, teachers
from majlis.faces.cli.demonstration.members import PASSWORD, ROLES
from majlis.kernel.catalogue import services as catalogue
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.edition import edition

ACCOUNTS = [{"role": role.role, "email": role.email, "password": PASSWORD} for role in ROLES]
"""One account per role, as `./majlis up` prints them."""

SIZES = {"experts": 300, "members": 1000, "weeks": 10, "lessons_per_week": 25}
"""How large a demonstration is, unless the edition's `[demonstration]` says otherwise."""


def load(progress: Any, **sizes: int) -> None:
    """Make the people, their hours, and their past and coming lessons. `progress(done, of, what)` is called as it
    goes; `sizes` overrides `SIZES`."""
    size: dict[str, int] = {**SIZES, **edition().demonstration, **sizes}
    dice = Random(f"majlis {edition().code}")  # noqa: S311 - a story, not a secret
    catalogue.load_base_catalogue()
    now = clock.now()
    began = now - timedelta(weeks=size["weeks"])
    # Teachers take most of the time, then the weeks; the bar follows.
    whole = size["experts"] * 3 + size["members"] + size["weeks"] * size["lessons_per_week"] * 4
    done = 0

    def advance(steps: int, what: str) -> None:
        nonlocal done
        done += steps
        progress(min(done, whole), whole, what)

    with clock.travel(to=began):
        members.make_office()
        taught = teachers.make_teachers(size["experts"], dice, lambda: advance(3, "teachers"))
        taken = members.make_members(size["members"], dice, lambda: advance(1, "members"))
    history.live(taught, taken, size, dice, began, now, lambda: advance(4, "lessons"))
    notices.drop_waiting_mails(before=clock.now())
    progress(whole, whole, "done")

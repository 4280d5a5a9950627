"""The office and the students of the demonstration."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random
from typing import Any

from django.db import transaction

from majlis.faces.cli.demonstration.names import people
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kit.edition import edition

PASSWORD = "majlis-demo"  # noqa: S105 - a playground's, printed on the screen


@dataclass(frozen=True, slots=True)
class RoleAccount:
    """An account to sign in with."""

    role: str
    """What `up` prints."""
    email: str
    name: str
    roles: tuple[str, ...] = ()


ROLES = (
    RoleAccount("member (student)", "student@majlis.example", "Nadia Rahman"),
    RoleAccount("expert (teacher)", "teacher@majlis.example", "Salma Hassan"),
    RoleAccount("guardian", "guardian@majlis.example", "Huda Mansour"),
    RoleAccount("coordinator", "coordinator@majlis.example", "Tarek Osman", (Role.COORDINATOR,)),
    RoleAccount("support", "support@majlis.example", "Dewi Lestari", (Role.SUPPORT,)),
    RoleAccount("moderator", "moderator@majlis.example", "Omar Nagi", (Role.MODERATOR,)),
    RoleAccount("finance", "finance@majlis.example", "Mona Zaki", (Role.FINANCE,)),
    RoleAccount("admin", "admin@majlis.example", "Karim Fouad", (Role.ADMIN,)),
    RoleAccount("owner", "owner@majlis.example", "Laila El-Masry", (Role.OWNER,)),
)


@transaction.atomic
def make_office() -> None:
    """The people who work in the office."""
    for who in ROLES:
        if who.roles:
            accounts.enrol_person(actor=None, name=who.name, email=who.email, password=PASSWORD, roles=who.roles)


@transaction.atomic
def make_members(count: int, dice: Random, made: Callable[[], None]) -> list[Any]:
    """The students, first of all the one to sign in as; then a guardian, and the ward whose lessons they see."""
    student = accounts.enrol_person(
        actor=None, name=ROLES[0].name, email=ROLES[0].email, password=PASSWORD, currency=edition().currency
    )
    accounts.enrol_person(actor=None, name=ROLES[2].name, email=ROLES[2].email, password=PASSWORD)
    found = [student]
    for number, who in enumerate(people(count - 2, dice), start=1):
        found.append(
            accounts.enrol_person(
                actor=None,
                name=who.name,
                email=f"member{number}@majlis.example",
                gender=who.gender,
                birth_date=date(dice.randint(1965, 2006), dice.randint(1, 12), dice.randint(1, 28)),
                language=who.origin.language if who.origin.language in edition().languages else edition().languages[0],
                zone=who.origin.zone,
                country=who.origin.country,
                city=dice.choice(who.origin.cities),
            )
        )
        made()
    return found
